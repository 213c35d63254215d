import { describe, expect, it } from "vitest";
import { smallWorld } from "./examples";
import { find } from "./search";

const places = smallWorld();
const titles = (text: string) => find(places, text).map(({ title }) => title);

describe("finding a place by what somebody types", () => {
  it("needs neither accents nor capitals nor hyphens", () => {
    expect(titles("sao paulo")).toEqual(["São Paulo"]);
    expect(titles("SAINT ETIENNE")).toEqual(["Saint-Étienne"]);
  });

  it("puts names that begin so before names with such a word, and those before the rest", () => {
    expect(titles("e")).toEqual(["Europe", "Saint-Étienne", "South America", "France"]);
  });

  it("puts continents before countries before cities", () => {
    expect(titles("s")).toEqual(["South America", "São Paulo", "Saint-Étienne"]);
  });

  it("says how many tiles there are, and where", () => {
    expect(find(places, "lyon")).toMatchObject([
      { kind: "city", filter: { kind: "city", id: 7 }, subtitle: "France", tiles: 3 },
    ]);
    expect(find(places, "brazil")).toMatchObject([{ kind: "country", subtitle: "South America" }]);
  });

  it("finds nothing for nothing, and nothing for what is not there", () => {
    expect(find(places, "  ")).toEqual([]);
    expect(find(places, "Atlantis")).toEqual([]);
    expect(find(places, "<script>")).toEqual([]);
  });

  it("stops at as many as are wanted", () => expect(find(places, "a", 2)).toHaveLength(2));
});

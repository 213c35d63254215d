import { describe, expect, it } from "vitest";
import { smallWorld } from "./examples";
import { countOf, label, mask, same, tilesOf } from "./filter";
import type { Filter } from "./types";

const places = smallWorld();
const france: Filter = { kind: "country", code: "FR" };

describe("a part of the world", () => {
  it("keeps the tiles of a city, a country or a continent", () => {
    expect(mask(places, { kind: "city", id: 8 })).toEqual(Uint8Array.from([0, 0, 0, 1, 1, 0]));
    expect(mask(places, france)).toEqual(Uint8Array.from([1, 1, 1, 0, 0, 1]));
    expect(mask(places, { kind: "continent", name: "South America" })).toEqual(
      Uint8Array.from([0, 0, 0, 1, 1, 0]),
    );
  });

  it("is nothing where no filter is set", () => expect(mask(places, null)).toBeNull());

  it("lists and counts the tiles that its mask keeps", () => {
    expect([...tilesOf(places, france)]).toEqual([0, 1, 2, 5]);
    expect(countOf(places, france)).toBe(4);
  });

  it("is called by its name, not by its code", () => {
    expect(label(places, france)).toBe("France");
    expect(label(places, { kind: "city", id: 8 })).toBe("São Paulo");
    expect(label(places, { kind: "continent", name: "Europe" })).toBe("Europe");
  });

  it("is the same as another that keeps the same", () => {
    expect(same(france, { kind: "country", code: "FR" })).toBe(true);
    expect(same(france, null)).toBe(false);
  });
});

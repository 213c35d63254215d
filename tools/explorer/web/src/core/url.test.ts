import { describe, expect, it } from "vitest";
import { smallWorld } from "./examples";
import { known, read, write, type Shared } from "./url";

describe("the state in the address", () => {
  const whole: Shared = {
    tileId: 80_001,
    method: "median",
    otherCitiesOnly: false,
    filter: { kind: "continent", name: "South America" },
    view: "map",
    mapView: { lat: -23.55, lon: -46.63, zoom: 9.5 },
    satellite: true,
  };

  it("comes back as it was written", () => {
    expect(read(write(whole, "mean"))).toEqual(whole);
  });

  it("can be read by a person", () => {
    expect(write(whole, "mean")).toBe(
      "?tile=80001&method=median&cities=all&in=continent:South%20America&view=map" +
        "&at=-23.5500,-46.6300,9.50&picture=satellite",
    );
  });

  it("says nothing of what is as usual", () => {
    expect(write({ method: "mean", otherCitiesOnly: true, view: "both" }, "mean")).toBe("");
  });

  it.each([
    "?tile=-1",
    "?tile=1e9",
    "?tile=9007199254740993",
    "?tile=<svg>",
    "?method=__proto__",
    "?in=planet:Mars",
    "?in=city:many",
    "?in=country:",
    "?view=moon",
    "?at=91,0,3",
    "?at=1,2",
    "?at=,,",
    "?at=NaN,0,1",
  ])("passes over what makes no sense: %s", (search) => {
    expect(read(search)).toEqual({});
  });

  it("keeps to no place that the data do not have", () => {
    const places = smallWorld();
    expect(known(places, { kind: "country", code: "XX" })).toBeNull();
    expect(known(places, { kind: "country", code: "BR" })).toEqual({ kind: "country", code: "BR" });
    expect(known(places, undefined)).toBeNull();
  });
});

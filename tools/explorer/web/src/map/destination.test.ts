import { describe, expect, it } from "vitest";
import { smallWorld } from "../core/examples";
import { destination, start } from "./destination";

const size = { width: 800, height: 600 };
const places = smallWorld();
const still = {
  places,
  filter: null,
  selected: null,
  selectedFrom: "url" as const,
  revealed: 0,
  mapView: null,
};
const going = (
  now: object,
  before: object = {},
  reported: Parameters<typeof destination>[2] = null,
) => destination({ ...still, ...now }, { ...still, ...before }, reported, 3, size);

describe("where the map goes by itself", () => {
  it("goes to a tile that was chosen elsewhere", () => {
    for (const selectedFrom of ["umap", "list", "url"] as const)
      expect(going({ selected: 4, selectedFrom })).toMatchObject({ lon: 10.02, lat: 45 });
  });

  it("does not move under the pointer that chose a tile on it", () =>
    expect(going({ selected: 4, selectedFrom: "map" })).toBeNull());

  it("goes back to the tile when the reader asks for it once more", () => {
    const chosen = { selected: 4, selectedFrom: "list" };
    expect(going({ ...chosen, revealed: 1 }, chosen)).toMatchObject({ lon: 10.02 });
    expect(going(chosen, chosen)).toBeNull();
  });

  it("fits a part of the world that is set, and stays when it is taken away", () => {
    const filter = { kind: "country", code: "BR" };
    expect(going({ filter })?.lon).toBeCloseTo(10.01, 6);
    expect(going({}, { filter })).toBeNull();
  });

  it("stays where a filter keeps no tile", () =>
    expect(going({ filter: { kind: "city", id: 404 } })).toBeNull());

  it("follows a view that the address tells, but not the one that it told itself", () => {
    const mapView = { lon: 1, lat: 2, zoom: 5 };
    expect(going({ mapView, selected: 4 })).toBe(mapView);
    expect(going({ mapView }, {}, mapView)).toBeNull();
  });
});

describe("what the map shows at first", () => {
  const filter = { kind: "city", id: 8 } as const;
  it("is the view of the address, else its tile, else its part of the world, else the world", () => {
    const mapView = { lon: 1, lat: 2, zoom: 5 };
    expect(start({ ...still, mapView, selected: 4, filter }, size)).toBe(mapView);
    expect(start({ ...still, selected: 5, filter }, size)).toMatchObject({ lon: 20, lat: 45 });
    expect(start({ ...still, filter }, size).lon).toBeCloseTo(10.01, 6);
    expect(start(still, size).zoom).toBeLessThan(2);
  });
});

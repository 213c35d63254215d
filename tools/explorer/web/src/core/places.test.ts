// @vitest-environment node
import { beforeAll, describe, expect, it } from "vitest";
import { example, packOf } from "./madeByPython";
import { readLayout, readPlaces } from "./places";
import type { LonLat, Places } from "./types";

const METRES_PER_DEGREE = 111_320;
const MILLIMETRE = 0.001;

let places: Places;
beforeAll(async () => {
  places = await readPlaces(packOf("locations"));
});

function metresBetween([lon, lat]: LonLat, [otherLon, otherLat]: LonLat): number {
  const turn = Math.abs(lon - otherLon) % 360;
  const across = Math.min(turn, 360 - turn) * Math.cos((lat * Math.PI) / 180);
  return METRES_PER_DEGREE * Math.hypot(across, lat - otherLat);
}

describe("places from a pack that Python wrote", () => {
  it("have the numbers that the API knows, and find a tile by them", () => {
    expect([...places.ids]).toEqual(example.ids);
    expect(example.ids.map((id) => places.find(id))).toEqual(example.ids.map((_, tile) => tile));
    expect(places.find(example.ids[3]! + 50)).toBe(-1);
  });

  it("lie where PROJ has them, to a millimetre, in the far north, the south and on the equator", () => {
    example.centres.forEach((centre, tile) =>
      expect(metresBetween(places.centre(tile), centre)).toBeLessThan(MILLIMETRE),
    );
    example.outlines.forEach((corners, tile) => {
      const own = places.outline(tile);
      expect(own).toHaveLength(corners.length);
      corners.forEach((corner, number) =>
        expect(metresBetween(own[number]!, corner)).toBeLessThan(MILLIMETRE),
      );
    });
  });

  it("lie in their cities, with names as they are written there", () => {
    expect(places.cities.map(({ name, count }) => [name, count])).toEqual([
      ["Lyon", 9],
      ["Longyearbyen", 4],
      ["São Paulo", 6],
      ["Suva", 5],
      ["Taveuni", 4],
      ["Libreville", 7],
    ]);
    const paulo = places.cityOf(places.find(130_001));
    expect(paulo).toMatchObject({ name: "São Paulo", countryCode: "BR", epsg: 32723, first: 13 });
    expect(places.continents[paulo.continent]!.name).toBe("South America");
    expect(places.notice).toBe("Invented, for tests.");
    expect(places.synthetic).toBe(true);
  });

  it("stay in one piece across the 180th meridian", () => {
    const taveuni = places.cities[4]!;
    const tiles = Array.from({ length: taveuni.count }, (_, index) => taveuni.first + index);
    for (const tile of tiles) {
      const lons = places.outline(tile).map(([lon]) => lon);
      expect(Math.max(...lons) - Math.min(...lons)).toBeLessThan(0.1);
    }
    const [west, south, east, north] = places.box(tiles);
    expect(east - west).toBeLessThan(0.1);
    expect(north - south).toBeLessThan(0.1);
    expect(west).toBeGreaterThan(179);
    expect(east).toBeGreaterThan(180);
  });

  it("have a box that holds them and no more", () => {
    const lyon = Array.from({ length: 9 }, (_, tile) => tile);
    const [west, south, east, north] = places.box(lyon);
    const lons = lyon.map((tile) => places.centre(tile)[0]);
    const lats = lyon.map((tile) => places.centre(tile)[1]);
    expect([west, south, east, north]).toEqual([
      Math.min(...lons),
      Math.min(...lats),
      Math.max(...lons),
      Math.max(...lats),
    ]);
  });
});

describe("the view of look-alikes", () => {
  it("lies within -1 and 1 at one scale for both axes", async () => {
    const { x, y } = await readLayout(packOf("umap"), places);
    example.layout.forEach(([wantedX, wantedY], tile) => {
      expect(x[tile]!).toBeCloseTo(wantedX, 4);
      expect(y[tile]!).toBeCloseTo(wantedY, 4);
    });
    expect(Math.min(...x)).toBe(-1);
    expect(Math.max(...x)).toBe(1);
    expect(Math.max(...y) + Math.min(...y)).toBeCloseTo(0, 6);
  });

  it("is refused where it is of other tiles", async () => {
    const fewer = { ...places, count: places.count - 1 };
    await expect(readLayout(packOf("umap"), fewer)).rejects.toThrow(/35 tiles/);
  });
});

import { describe, expect, it } from "vitest";
import { twoCities } from "./examples";
import { toPlane, widthOf } from "./mercator";
import { TileIndex } from "./tileIndex";

const SIDE = 8;
const places = twoCities(SIDE);
const index = new TileIndex(places);
const acrossTheMeridian = Array.from({ length: places.count }, (_, tile) => tile).find((tile) => {
  const lons = places.outline(tile).map(([lon]) => lon);
  return Math.min(...lons) < -180 || Math.max(...lons) > 180;
})!;

describe("finding tiles in the map's plane", () => {
  it("has a tile on both sides of the 180th meridian to find", () =>
    expect(acrossTheMeridian).toBeGreaterThanOrEqual(SIDE * SIDE));

  it("finds every tile from its middle, and from just inside each of its corners", () => {
    for (let tile = 0; tile < places.count; tile++) {
      const [x, y] = [index.x[tile]!, index.y[tile]!];
      expect(index.containing([x, y])).toBe(tile);
      for (const corner of places.outline(tile)) {
        const [cornerX, cornerY] = toPlane(corner);
        const way = cornerX - x - Math.round(cornerX - x);
        expect(index.containing([x + way * 0.999, y + (cornerY - y) * 0.999])).toBe(tile);
        expect(index.containing([x + way * 1.001, y + (cornerY - y) * 1.001])).not.toBe(tile);
      }
    }
  });

  it("finds a tile whichever round of the world the pointer is on", () => {
    const [x, y] = [index.x[acrossTheMeridian]!, index.y[acrossTheMeridian]!];
    for (const round of [-1, 1, 2]) {
      expect(index.containing([x + round, y])).toBe(acrossTheMeridian);
      expect(index.nearest([x + round, y], 1e-6)).toBe(acrossTheMeridian);
    }
  });

  it("finds the nearest tile only within reach", () => {
    const [x, y] = [index.x[0]!, index.y[0]!];
    const width = widthOf(places.tileMetres, y);
    expect(index.nearest([x - 3 * width, y], 4 * width)).toBe(0);
    expect(index.nearest([x - 3 * width, y], 2 * width)).toBeNull();
    expect(index.containing([x - 3 * width, y])).toBeNull();
  });

  it("passes over tiles that the filter leaves out", () => {
    const kept = new Uint8Array(places.count).fill(1, 1);
    const [x, y] = [index.x[0]!, index.y[0]!];
    expect(index.nearest([x, y], 1)).toBe(0);
    expect([1, SIDE]).toContain(index.nearest([x, y], 1, kept));
    expect(index.within({ west: 0, east: 1, north: 0, south: 1 }, kept)).not.toContain(0);
  });

  it("counts each tile once, even where the whole world is seen more than once", () => {
    expect(index.within({ west: -0.6, east: 1.7, north: 0, south: 1 })).toHaveLength(places.count);
  });

  it("finds what a view across the 180th meridian shows, and nothing else", () => {
    const pacific = index.within({ west: 0.9, east: 1.1, north: 0, south: 1 });
    expect(pacific).toHaveLength(SIDE * SIDE);
    expect(pacific[0]).toBe(SIDE * SIDE);
    expect(index.within({ west: -0.1, east: 0.1, north: 0, south: 1 })).toEqual(pacific);
    expect(index.within({ west: 0.4, east: 0.6, north: 0, south: 0.3 })).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import type { Layout } from "../core/types";
import { Grid } from "./grid";

/** Points that lie anywhere, the same every time. */
function scattered(count: number): Layout {
  let state = 7;
  const next = () => (state = (state * 48_271) % 2_147_483_647) / 1_073_741_823.5 - 1;
  return {
    x: Float32Array.from({ length: count }, next),
    y: Float32Array.from({ length: count }, next),
  };
}

function nearestByLooking(layout: Layout, x: number, y: number, kept?: Uint8Array): number {
  const away = (tile: number) => (layout.x[tile]! - x) ** 2 + (layout.y[tile]! - y) ** 2;
  const tiles = [...layout.x.keys()].filter((tile) => !kept || kept[tile]);
  return tiles.reduce((best, tile) => (away(tile) < away(best) ? tile : best));
}

describe("the point nearest to a place", () => {
  const layout = scattered(3000);
  const grid = new Grid(layout);
  const asked = scattered(200);

  it("is the one that looking at all of them finds", () => {
    asked.x.forEach((x, at) => {
      const y = asked.y[at]!;
      expect(grid.nearestOfAll(x, y)).toBe(nearestByLooking(layout, x, y));
    });
  });

  it("is the nearest of those that a filter keeps", () => {
    const kept = Uint8Array.from(layout.x, (_, tile) => Number(tile % 97 === 0));
    asked.x.forEach((x, at) => {
      const y = asked.y[at]!;
      expect(grid.nearestOfAll(x, y, kept)).toBe(nearestByLooking(layout, x, y, kept));
    });
  });

  it("is none where all are farther away than meant", () => {
    const tile = 5;
    const beside = layout.x[tile]! + 1e-5;
    expect(grid.nearest(beside, layout.y[tile]!, 1e-4)).toBe(tile);
    expect(new Grid({ x: Float32Array.of(0.5), y: Float32Array.of(0) }).nearest(0, 0, 0.4)).toBe(
      -1,
    );
  });

  it("is found from outside of all points, and from their very edge", () => {
    const corners = new Grid({ x: Float32Array.of(-1, 1), y: Float32Array.of(-1, 1) });
    expect(corners.nearestOfAll(1.5, 1.5)).toBe(1);
    expect(corners.nearestOfAll(-1.5, -1.5)).toBe(0);
    expect(corners.nearest(1, 1, 0.01)).toBe(1);
  });

  it("is none where a filter keeps nothing", () => {
    expect(grid.nearestOfAll(0, 0, new Uint8Array(3000))).toBe(-1);
  });
});

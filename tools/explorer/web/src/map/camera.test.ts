import { describe, expect, it } from "vitest";
import type { Box } from "../core/types";
import { constrained, fitted, lies, onTile, rectOf, same } from "./camera";
import { toPlane } from "./mercator";

const size = { width: 800, height: 600 };
const TILE = 2240;

describe("fitting a part of the world", () => {
  const boxes: [string, Box][] = [
    ["a country", [-5, 42, 8, 51]],
    ["a country across the 180th meridian", [177, -19, 181.5, -16]],
    ["a continent across it", [112, -45, 202, -5]],
    ["a narrow strip", [-71, -54, -70.5, -18]],
  ];

  it.each(boxes)("shows all of %s, and not much more", (_, box) => {
    const view = fitted(box, TILE, size);
    const seen = rectOf(view, size);
    const [[west, north], [east, south]] = [toPlane([box[0], box[3]]), toPlane([box[2], box[1]])];
    expect(lies({ west, north, east, south }, seen)).toBe(true);
    const share = Math.max(
      (east - west) / (seen.east - seen.west),
      (south - north) / (seen.south - seen.north),
    );
    expect(share).toBeGreaterThan(0.8);
    expect(Math.abs(view.lon)).toBeLessThanOrEqual(180);
  });

  it("shows a single tile as a whole, with its surroundings", () => {
    const view = fitted([4.8, 45.7, 4.8, 45.7], TILE, size);
    const pixels = (TILE / 40_075_017 / Math.cos((45.7 * Math.PI) / 180)) * 512 * 2 ** view.zoom;
    expect(pixels).toBeGreaterThan(100);
    expect(pixels).toBeLessThan(size.height / 2);
  });

  it("still finds a scale for a view with hardly any room", () =>
    expect(fitted([-5, 42, 8, 51], TILE, { width: 20, height: 0 }).zoom).toBeGreaterThanOrEqual(0));
});

describe("looking at a tile", () => {
  it("comes nearer from far away, and stays as near as the reader was", () => {
    expect(onTile([4.8, 45.7], 2).zoom).toBe(11);
    expect(onTile([4.8, 45.7], 12.3).zoom).toBe(12.3);
    expect(onTile([4.8, 45.7], 17).zoom).toBe(14);
  });
});

describe("two views", () => {
  it("are the same where an address would say the same of them", () => {
    const view = { lon: 180, lat: 10, zoom: 5 };
    expect(same(view, { lon: -180, lat: 10.00001, zoom: 5.001 })).toBe(true);
    expect(same(view, { lon: 179, lat: 10, zoom: 5 })).toBe(false);
    expect(same(view, null)).toBe(false);
  });
});

describe("how far the map goes", () => {
  const place = { lng: 500, lat: 20 };

  it("lets it turn around the world, and keeps to its scales", () => {
    expect(constrained(place, 5)).toEqual({ center: place, zoom: 5 });
    expect(constrained(place, -3).zoom).toBe(0);
    expect(constrained(place, 30).zoom).toBe(17);
  });

  it("does not leave the land for the poles", () =>
    expect(constrained({ lng: 0, lat: -89 }, 3).center).toEqual({ lng: 0, lat: -80 }));
});

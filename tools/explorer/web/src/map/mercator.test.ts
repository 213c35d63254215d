import { describe, expect, it } from "vitest";
import type { LonLat } from "../core/types";
import { around, fromPlane, toPlane, widthOf, wrapped } from "./mercator";

describe("the map's plane", () => {
  it("has the middle of the world in its middle, and its corners at 85° north and south", () => {
    expect(toPlane([0, 0])).toEqual([0.5, 0.5]);
    expect(toPlane([-180, 85.051129])[1]).toBeCloseTo(0, 6);
    expect(toPlane([180, -85.051129])[1]).toBeCloseTo(1, 6);
    expect(toPlane([0, 90])[1]).toBeCloseTo(0, 6);
  });

  it.each<LonLat>([
    [2.35, 48.85],
    [-70.67, -33.45],
    [179.99, -16.6],
  ])("leads back to %d, %d", (lon, lat) => {
    const [lonBack, latBack] = fromPlane(toPlane([lon, lat]));
    expect(lonBack).toBeCloseTo(lon, 10);
    expect(latBack).toBeCloseTo(lat, 10);
  });

  it("shows a metre twice as wide at 60° as at the equator", () => {
    const north = toPlane([0, 60])[1];
    expect(widthOf(1, north) / widthOf(1, 0.5)).toBeCloseTo(2, 6);
  });

  it("knows the shorter way around the world", () => {
    expect(around(0.95, 0.05)).toBeCloseTo(0.1, 10);
    expect(around(0.05, 0.95)).toBeCloseTo(-0.1, 10);
    expect(wrapped(190)).toBe(-170);
  });
});

// The map's plane: 0 … 1 from west to east and from north to south, as web maps have it.
import type { LonLat } from "../core/types";

export type Point = [x: number, y: number];
/** Part of the plane. `east` is right of `west` by the part's width, so it may lie beyond 1. */
export interface Rect {
  west: number;
  north: number;
  east: number;
  south: number;
}

const AROUND = 2 * Math.PI * 6_378_137; // metres along the equator of the sphere that web maps use
const STEEPEST = (85.051129 * Math.PI) / 180;

export function toPlane([lon, lat]: LonLat): Point {
  const phi = Math.max(-STEEPEST, Math.min(STEEPEST, (lat * Math.PI) / 180));
  return [(lon + 180) / 360, 0.5 - Math.asinh(Math.tan(phi)) / (2 * Math.PI)];
}

export function fromPlane([x, y]: Point): LonLat {
  return [x * 360 - 180, (Math.atan(Math.sinh((0.5 - y) * 2 * Math.PI)) * 180) / Math.PI];
}

/** How wide so many metres are in the plane at this height of it. */
export function widthOf(metres: number, y: number): number {
  const lat = (fromPlane([0, y])[1] * Math.PI) / 180;
  return metres / (AROUND * Math.cos(lat));
}

/** The way from one x to another that is the shorter one around the world, −0.5 … 0.5. */
export function around(from: number, to: number): number {
  const way = to - from;
  return way - Math.round(way);
}

/** A longitude as −180 … 180. */
export function wrapped(lon: number): number {
  return lon - 360 * Math.round(lon / 360);
}

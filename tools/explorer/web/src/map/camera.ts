// Where the map should look.
import type { Box, MapView } from "../core/types";
import { fromPlane, toPlane, widthOf, wrapped, type Rect } from "./mercator";

/** Pixels that the whole world is wide at zoom 0. */
export const WORLD = 512;
/** From here on tiles are drawn by their outlines, and a pointer must be inside of one. */
export const OUTLINES_FROM = 8;
export const LEAST_ZOOM = 0;
export const MOST_ZOOM = 17;
/** A tile with the streets around it: 2.24 km are 60 to 120 pixels. */
const TILE_ZOOM = 11;
/** A single tile that is fitted does not fill the view: its surroundings say where it is. */
const CLOSEST_FIT = 12.5;
const FARTHEST = 80; // degrees north or south in the middle of the map
const MARGIN = 36; // pixels, so that nothing lies under the edge or a button

export interface Size {
  width: number;
  height: number;
}

/** The view that a box around the middles of tiles fits into, with the tiles as a whole. */
export function fitted([west, south, east, north]: Box, tileMetres: number, size: Size): MapView {
  const [left, top] = toPlane([west, north]);
  const [right, bottom] = toPlane([east, south]);
  const middle = (top + bottom) / 2;
  const tile = widthOf(tileMetres, middle);
  const room = (pixels: number) => Math.max(pixels - 2 * MARGIN, 64);
  const zoom = Math.min(
    Math.log2(room(size.width) / (WORLD * (right - left + tile))),
    Math.log2(room(size.height) / (WORLD * (bottom - top + tile))),
    CLOSEST_FIT,
  );
  const [lon, lat] = fromPlane([(left + right) / 2, middle]);
  return { lon: wrapped(lon), lat, zoom: Math.max(LEAST_ZOOM, zoom) };
}

/** The view of one tile: nearer where the map is far away, else as near as it is. */
export function onTile([lon, lat]: [number, number], now: number): MapView {
  return { lon, lat, zoom: Math.max(TILE_ZOOM, Math.min(now, TILE_ZOOM + 3)) };
}

/** The part of the plane that a map of this size shows. */
export function rectOf(view: MapView, size: Size, margin = 0): Rect {
  const [x, y] = toPlane([view.lon, view.lat]);
  const pixels = WORLD * 2 ** view.zoom;
  const halfWidth = (size.width / 2 / pixels) * (1 + margin);
  const halfHeight = (size.height / 2 / pixels) * (1 + margin);
  return { west: x - halfWidth, east: x + halfWidth, north: y - halfHeight, south: y + halfHeight };
}

/** The nearest view that the map may have: within its scales, and with land in it. */
export function constrained<Place extends { lng: number; lat: number }>(
  center: Place,
  zoom: number,
): { center: Place; zoom: number } {
  const kept = Math.max(LEAST_ZOOM, Math.min(MOST_ZOOM, zoom));
  const lat = Math.max(-FARTHEST, Math.min(FARTHEST, center.lat));
  if (lat === center.lat) return { center, zoom: kept };
  const moved: Place = Object.assign(Object.create(Object.getPrototypeOf(center)), center, { lat });
  return { center: moved, zoom: kept };
}

/** Whether one part lies in another, on whatever round of the world. */
export function lies(inner: Rect, outer: Rect): boolean {
  const left = inner.west - outer.west;
  const west = left - Math.floor(left);
  return (
    west + (inner.east - inner.west) <= outer.east - outer.west &&
    inner.north >= outer.north &&
    inner.south <= outer.south
  );
}

/** Whether two views are the same to what an address keeps of them. */
export function same(one: MapView | null, other: MapView | null): boolean {
  if (!one || !other) return one === other;
  return (
    Math.abs(wrapped(one.lon - other.lon)) < 1e-4 &&
    Math.abs(one.lat - other.lat) < 1e-4 &&
    Math.abs(one.zoom - other.zoom) < 1e-2
  );
}

// What is drawn for every tile: where, in which order, and in which colour.
import type { Tokens } from "../core/theme";
import type { Layout, Places, Theme } from "../core/types";
import type { Size } from "./camera";
import { seen } from "../core/colours";

/** Points in the order in which they are drawn: the last lies on top. */
export interface Dots {
  x: Float32Array;
  y: Float32Array;
  /** Which of the palette's colours. */
  colour: Float32Array;
  /** Which of the opacities: 0 for tiles that the filter keeps, 1 for those it does not. */
  faded: Float32Array;
}

/** Rows of the tiles in an order that no city, country or continent has a place in. */
export function shuffled(count: number): Uint32Array {
  // Knuth's multiplicative hash: the same order every time, so that a picture can be compared with another.
  const keys = Float64Array.from({ length: count }, (_, tile) => {
    return (Math.imul(tile + 1, 2_654_435_761) >>> 0) * 2 ** 21 + tile;
  });
  return Uint32Array.from(keys.sort(), (key) => key % 2 ** 21);
}

/** Tiles outside of the filter are grey, faint, and below all others. */
export function dotsOf(
  places: Places,
  layout: Layout,
  order: Uint32Array,
  kept: Uint8Array | null,
): Dots {
  const outside = kept ? order.filter((tile) => !kept[tile]) : [];
  const inside = kept ? order.filter((tile) => kept[tile]) : order;
  const tiles = new Uint32Array(order.length);
  tiles.set(outside);
  tiles.set(inside, outside.length);
  const grey = places.continents.length;
  return {
    x: Float32Array.from(tiles, (tile) => layout.x[tile]!),
    y: Float32Array.from(tiles, (tile) => layout.y[tile]!),
    colour: Float32Array.from(tiles, (tile, at) =>
      at < outside.length ? grey : places.cityOf(tile).continent,
    ),
    faded: Float32Array.from(tiles, (_, at) => Number(at < outside.length)),
  };
}

/** A colour for each continent, and last the grey of tiles outside of the filter. */
export function palette(places: Places, tokens: Tokens, theme: Theme): string[] {
  return [...places.continents.map(({ colour }) => seen(colour, theme)), tokens.inkSoft];
}

/** Of tiles inside and outside of the filter. */
export const OPACITIES = [0.75, 0.12];

/** Pixels across a point when everything is seen: the more there are for their room, the smaller. */
export function sizeOf(count: number, { width, height }: Size): number {
  return Math.min(Math.max(Math.min(width, height) / 2 / Math.sqrt(count), 2), 7);
}

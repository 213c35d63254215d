// Far away, the tiles of a city lie on one another. Drawing only as many as can be told apart looks the same, and makes
// a map of the world cheap even where a processor has to do the work of a graphics card.
import type { Places } from "../core/types";
import { WORLD } from "./camera";
import { widthOf } from "./mercator";

/** Tiles of this rank are drawn however far away the map is: one of each city. */
export const MOST_RANK = 6;
const SPACING = 1.5; // pixels between points: less than a point's radius, so that no gap shows

/** For each tile the rank r up to which it is drawn when only every 2^r-th row and column of a city is. */
export function ranks(places: Places): Uint8Array {
  const found = new Uint8Array(places.count);
  for (let tile = 0; tile < places.count; tile++)
    found[tile] = twos(places.row[tile]! | places.col[tile]! | (1 << MOST_RANK));
  for (const { first, count } of places.cities) if (count) found[first] = MOST_RANK;
  return found;
}

/** The least rank to draw at a zoom; at the equator, where tiles are smallest on the map. */
export function rankAt(zoom: number, tileMetres: number): number {
  const pixels = widthOf(tileMetres, 0.5) * WORLD * 2 ** zoom;
  return Math.max(0, Math.min(MOST_RANK, Math.floor(Math.log2(SPACING / pixels))));
}

export interface Group {
  /** Where the group begins in the order. */
  first: number;
  /** By rank: how many of the group's first tiles are of at least that rank. */
  counts: number[];
}

/** Tiles in the order of drawing: group after group (0 first), each from the highest rank to the lowest. */
export function ordered(
  rank: Uint8Array,
  groupOf: (tile: number) => 0 | 1,
): { order: Uint32Array; groups: Group[] } {
  const buckets = Array.from({ length: 2 * (MOST_RANK + 1) }, (): number[] => []);
  for (let tile = 0; tile < rank.length; tile++)
    buckets[groupOf(tile) * (MOST_RANK + 1) + MOST_RANK - rank[tile]!]!.push(tile);
  const order = Uint32Array.from(buckets.flat());
  let first = 0;
  const groups = [0, 1].map((group): Group => {
    const counts = Array.from({ length: MOST_RANK + 1 }, () => 0);
    let sum = 0;
    for (let step = 0; step <= MOST_RANK; step++) {
      sum += buckets[group * (MOST_RANK + 1) + step]!.length;
      counts[MOST_RANK - step] = sum;
    }
    first += sum;
    return { first: first - sum, counts };
  });
  return { order, groups };
}

/** How often two divides a number. */
function twos(number: number): number {
  return 31 - Math.clz32(number & -number);
}

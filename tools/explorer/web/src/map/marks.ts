// Which tiles stand out, how, and in which order: what is drawn last lies on top.
import type { Hit, Places, Theme } from "../core/types";
import type { Tokens } from "../core/theme";
import { rgba, seen } from "../core/colours";
import type { Point } from "./points";
import { ordered, type Group } from "./thinning";
import type { TileIndex } from "./tileIndex";

const FAINT = 40; // of 255

export interface Mark {
  tile: number;
  kind: "similar" | "hovered" | "selected";
}

/** Look-alikes from the last to the best, then the selected tile, then the one under the pointer. */
export function marksOf(
  selected: number | null,
  hovered: number | null,
  hits: readonly Hit[],
): Mark[] {
  const marks = hits
    .filter(({ tile }) => tile !== selected)
    .map(({ tile }): Mark => ({ tile, kind: "similar" }))
    .reverse();
  if (selected !== null) marks.push({ tile: selected, kind: "selected" });
  if (hovered !== null && hovered !== selected) marks.push({ tile: hovered, kind: "hovered" });
  return marks;
}

/** Marks as points: told apart by size and shape too, not only by colour. */
export function markPoints(marks: readonly Mark[], index: TileIndex, tokens: Tokens): Point[] {
  return marks.map(({ tile, kind }) => {
    const place = { x: index.x[tile]!, y: index.y[tile]! };
    if (kind === "selected")
      return { ...place, radius: 8, fill: tokens.selected, rim: tokens.ground };
    if (kind === "similar")
      return { ...place, radius: 5.5, fill: tokens.similar, rim: tokens.ground };
    return { ...place, radius: 8, fill: tokens.ink, rim: tokens.ink, ring: true };
  });
}

export function markOutlines(marks: readonly Mark[], places: Places): GeoJSON.FeatureCollection {
  return {
    type: "FeatureCollection",
    features: marks.map(({ tile, kind }) => feature(places, tile, { kind })),
  };
}

/** Outlines of tiles, with their continent's colour, and whether the filter keeps them. */
export function outlines(
  tiles: readonly number[],
  places: Places,
  kept: Uint8Array | null,
  theme: Theme,
): GeoJSON.FeatureCollection {
  const colours = places.continents.map(({ colour }) => seen(colour, theme));
  return {
    type: "FeatureCollection",
    features: tiles.map((tile) =>
      feature(places, tile, {
        colour: colours[places.cityOf(tile).continent]!,
        kept: !kept || kept[tile] === 1,
      }),
    ),
  };
}

/** The crowd of points: those outside of the filter first and faint, so that they cover none of the others. */
export function crowd(
  places: Places,
  rank: Uint8Array,
  kept: Uint8Array | null,
  theme: Theme,
): { order: Uint32Array; groups: Group[]; colours: Uint8Array } {
  const shades = places.continents.map(({ colour }) => rgba(seen(colour, theme), 255));
  const colours = new Uint8Array(places.count * 4);
  for (let tile = 0; tile < places.count; tile++) {
    colours.set(shades[places.cityOf(tile).continent]!, tile * 4);
    if (kept && !kept[tile]) colours[tile * 4 + 3] = FAINT;
  }
  return { ...ordered(rank, (tile) => (!kept || kept[tile] ? 1 : 0)), colours };
}

function feature(
  places: Places,
  tile: number,
  properties: GeoJSON.GeoJsonProperties,
): GeoJSON.Feature {
  return {
    type: "Feature",
    properties,
    geometry: { type: "Polygon", coordinates: [places.outline(tile)] },
  };
}

// What the map draws, in which order, and in which colours.
import type { StyleSpecification } from "maplibre-gl";
import type { Basemap, Theme } from "../core/types";
import type { Tokens } from "../core/theme";
import { OUTLINES_FROM } from "./camera";

export const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

/** Layers from the lowest up; points lie between outlines and marks. */
export const FIRST_ABOVE_PICTURE = "land";
export const FIRST_ABOVE_POINTS = "mark-fill";

export function baseStyle(): StyleSpecification {
  const geojson = { type: "geojson", data: NOTHING } as const;
  return {
    version: 8,
    sources: {
      land: geojson,
      // As exact as the data: near by, a simplified outline would lie metres off.
      outlines: { ...geojson, tolerance: 0 },
      marks: { ...geojson, tolerance: 0 },
    },
    layers: [
      { id: "sea", type: "background" },
      { id: "land", type: "fill", source: "land" },
      { id: "coast", type: "line", source: "land" },
      { id: "outline-fill", type: "fill", source: "outlines", minzoom: OUTLINES_FROM },
      { id: "outline", type: "line", source: "outlines", minzoom: OUTLINES_FROM },
      { id: "mark-fill", type: "fill", source: "marks", minzoom: OUTLINES_FROM },
      { id: "mark-casing", type: "line", source: "marks", minzoom: OUTLINES_FROM },
      { id: "mark", type: "line", source: "marks", minzoom: OUTLINES_FROM },
    ],
  };
}

export type Paint = [layer: string, property: string, value: unknown];

/** How everything is painted. Where a satellite picture is seen, nothing may cover it. */
export function paints(tokens: Tokens, theme: Theme, picture: boolean): Paint[] {
  const near = (value: unknown) => [
    "interpolate",
    ["linear"],
    ["zoom"],
    OUTLINES_FROM,
    0,
    OUTLINES_FROM + 1,
    value,
  ];
  const kept = (then: number, otherwise: number) => ["case", ["get", "kept"], then, otherwise];
  const kind = (selected: unknown, hovered: unknown, similar: unknown) => [
    "match",
    ["get", "kind"],
    "selected",
    selected,
    "hovered",
    hovered,
    similar,
  ];
  return [
    ["sea", "background-color", tokens.sea],
    ["land", "fill-color", tokens.land],
    ["land", "fill-opacity", picture ? 0 : 1],
    // The land's own edge costs software half of what a line of its own does; over a picture there is no land.
    ["land", "fill-outline-color", tokens.line],
    ["coast", "line-color", "#ffffff"],
    ["coast", "line-opacity", picture ? 0.6 : 0],
    ["coast", "line-width", 0.8],
    ["outline-fill", "fill-color", ["get", "colour"]],
    ["outline-fill", "fill-opacity", near(picture ? 0 : kept(theme === "dark" ? 0.3 : 0.2, 0.05))],
    ["outline", "line-color", picture ? "#ffffff" : ["get", "colour"]],
    ["outline", "line-opacity", near(kept(0.9, 0.25))],
    ["outline", "line-width", 1],
    ["mark-fill", "fill-color", kind(tokens.selected, tokens.ink, tokens.similar)],
    ["mark-fill", "fill-opacity", picture ? 0.08 : kind(0.3, 0.1, 0.35)],
    ["mark-casing", "line-color", tokens.ground],
    ["mark-casing", "line-opacity", near(1)],
    ["mark-casing", "line-width", kind(6.5, 4.5, 5)],
    ["mark", "line-color", kind(tokens.selected, tokens.ink, tokens.similar)],
    ["mark", "line-opacity", near(1)],
    ["mark", "line-width", kind(3.5, 2, 2.5)],
  ];
}

/** The satellite picture as a source; only ever added when a reader switches it on. */
export function pictureSource(basemap: Basemap) {
  return {
    type: "raster" as const,
    tiles: basemap.tiles,
    tileSize: basemap.tiles.some((address) => address.includes("@2x")) ? 512 : 256,
    maxzoom: basemap.maxZoom,
  };
}

// When the map goes somewhere by itself, and where to.
import { tilesOf } from "../core/filter";
import type { Explorer } from "../core/store";
import type { Box, MapView } from "../core/types";
import { fitted, onTile, type Size } from "./camera";

type Part = Pick<
  Explorer,
  "places" | "filter" | "selected" | "selectedFrom" | "revealed" | "mapView"
>;

/** Where cities are: without the empty north and south. */
const INHABITED: Box = [-168, -55, 179, 71];

/** What the map shows at first. */
export function start(state: Part, size: Size): MapView {
  const { mapView, places, selected } = state;
  if (mapView) return mapView;
  if (places && selected !== null) return onTile(places.centre(selected), 0);
  return onFilter(state, size) ?? fitted(INHABITED, 0, size);
}

/**
 * Where a change of the state moves the map to; null where it stays. A view that the map itself told (`reported`)
 * is no reason to move, nor is a tile that was chosen on the map: it lies under the pointer already.
 */
export function destination(
  now: Part,
  before: Part,
  reported: MapView | null,
  zoom: number,
  size: Size,
): MapView | null {
  if (now.mapView && now.mapView !== before.mapView && now.mapView !== reported) return now.mapView;
  const isNew = now.selected !== before.selected || now.revealed !== before.revealed;
  if (now.places && now.selected !== null && isNew && now.selectedFrom !== "map")
    return onTile(now.places.centre(now.selected), zoom);
  if (now.filter !== before.filter) return onFilter(now, size);
  return null;
}

function onFilter({ places, filter }: Part, size: Size): MapView | null {
  if (!places || !filter) return null;
  const tiles = [...tilesOf(places, filter)];
  return tiles.length ? fitted(places.box(tiles), places.tileMetres, size) : null;
}

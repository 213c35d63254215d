// The state in the address, so that a view can be shared: ?tile=…&method=…&cities=all&in=country:FR&view=map&at=48.85,2.35,9
import type { Filter, MapView, Places, View } from "./types";

/** What an address says; a part that is missing or makes no sense is not there. */
export interface Shared {
  tileId?: number;
  method?: string;
  otherCitiesOnly?: boolean;
  filter?: Filter;
  view?: View;
  mapView?: MapView;
  satellite?: boolean;
}

const VIEWS: readonly string[] = ["both", "map", "umap"] satisfies View[];

export function read(search: string): Shared {
  const asked = new URLSearchParams(search);
  const shared: Shared = {};
  const tile = asked.get("tile");
  if (tile && /^\d{1,16}$/.test(tile) && Number.isSafeInteger(Number(tile)))
    shared.tileId = Number(tile);
  const method = asked.get("method");
  if (method && /^[a-z][a-z0-9_]*$/.test(method)) shared.method = method;
  if (asked.has("cities")) shared.otherCitiesOnly = asked.get("cities") !== "all";
  const filter = asFilter(asked.get("in"));
  if (filter) shared.filter = filter;
  const view = asked.get("view");
  if (view && VIEWS.includes(view)) shared.view = view as View;
  const mapView = asMapView(asked.get("at"));
  if (mapView) shared.mapView = mapView;
  if (asked.get("picture") === "satellite") shared.satellite = true;
  return shared;
}

/** The address of a state, without what is as it would be anyway. */
export function write(shared: Shared, usualMethod: string): string {
  const said: [string, string][] = [];
  if (shared.tileId !== undefined) said.push(["tile", String(shared.tileId)]);
  if (shared.method && shared.method !== usualMethod) said.push(["method", shared.method]);
  if (shared.otherCitiesOnly === false) said.push(["cities", "all"]);
  if (shared.filter) said.push(["in", filterWord(shared.filter)]);
  if (shared.view && shared.view !== "both") said.push(["view", shared.view]);
  if (shared.mapView) {
    const { lat, lon, zoom } = shared.mapView;
    said.push(["at", `${lat.toFixed(4)},${lon.toFixed(4)},${zoom.toFixed(2)}`]);
  }
  if (shared.satellite) said.push(["picture", "satellite"]);
  // Commas and colons may stand in a query as they are, and read better so.
  const query = said
    .map(
      ([name, value]) =>
        `${name}=${encodeURIComponent(value).replace(/%2C/g, ",").replace(/%3A/g, ":")}`,
    )
    .join("&");
  return query && `?${query}`;
}

/** A filter that keeps something, or null. */
export function known(places: Places, filter: Filter | undefined): Filter | null {
  if (!filter) return null;
  const there = {
    city: () => places.cities.some((city) => filter.kind === "city" && city.id === filter.id),
    country: () =>
      places.cities.some((city) => filter.kind === "country" && city.countryCode === filter.code),
    continent: () =>
      places.continents.some((one) => filter.kind === "continent" && one.name === filter.name),
  };
  return there[filter.kind]() ? filter : null;
}

function filterWord(filter: Filter): string {
  switch (filter.kind) {
    case "city":
      return `city:${filter.id}`;
    case "country":
      return `country:${filter.code}`;
    case "continent":
      return `continent:${filter.name}`;
  }
}

function asFilter(word: string | null): Filter | null {
  const [, kind, value] = word?.match(/^(city|country|continent):(.{1,60})$/) ?? [];
  if (!value) return null;
  if (kind === "city") return /^\d{1,12}$/.test(value) ? { kind, id: Number(value) } : null;
  if (kind === "country") return { kind, code: value };
  return { kind: "continent", name: value };
}

function asMapView(word: string | null): MapView | null {
  const numbers = word?.split(",").map((part) => (part.trim() ? Number(part) : NaN)) ?? [];
  const [lat = NaN, lon = NaN, zoom = NaN] = numbers;
  const makesSense =
    numbers.length === 3 && Math.abs(lat) <= 85 && Math.abs(lon) <= 180 && zoom >= -2 && zoom <= 22;
  return makesSense ? { lat, lon, zoom } : null;
}

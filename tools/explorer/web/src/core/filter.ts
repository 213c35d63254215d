// A part of the world: which tiles are in it, and what it is called.
import type { Filter, Places } from "./types";

/** Tiles that a filter keeps (1) and those it does not (0), by row; null where nothing is filtered. */
export function mask(places: Places, filter: Filter | null): Uint8Array | null {
  if (!filter) return null;
  const kept = new Uint8Array(places.count);
  for (const city of places.cities)
    if (keeps(places, filter, city)) kept.fill(1, city.first, city.first + city.count);
  return kept;
}

/** Rows of the tiles that a filter keeps, city by city. */
export function* tilesOf(places: Places, filter: Filter): Generator<number> {
  for (const city of places.cities)
    if (keeps(places, filter, city))
      for (let tile = city.first; tile < city.first + city.count; tile++) yield tile;
}

export function countOf(places: Places, filter: Filter): number {
  return places.cities.reduce(
    (sum, city) => sum + (keeps(places, filter, city) ? city.count : 0),
    0,
  );
}

/** What a filter is called; empty for a place that is not in the data. */
export function label(places: Places, filter: Filter): string {
  if (filter.kind === "continent") return filter.name;
  const city = places.cities.find((one) => keeps(places, filter, one));
  return (filter.kind === "city" ? city?.name : city?.country) ?? "";
}

export function same(one: Filter | null, other: Filter | null): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function keeps(places: Places, filter: Filter, city: Places["cities"][number]): boolean {
  switch (filter.kind) {
    case "city":
      return city.id === filter.id;
    case "country":
      return city.countryCode === filter.code;
    case "continent":
      return places.continents[city.continent]?.name === filter.name;
  }
}

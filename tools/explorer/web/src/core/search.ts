// Finding a city, a country or a continent by what somebody types.
import { countOf } from "./filter";
import type { Filter, Places } from "./types";

export interface Found {
  kind: Filter["kind"];
  filter: Filter;
  title: string;
  subtitle: string;
  tiles: number;
}

interface Entry extends Found {
  /** The title as `plain` makes it. */
  words: string;
}

const ORDER = { continent: 0, country: 1, city: 2 };
const entries = new WeakMap<Places, Entry[]>();

/** Places whose name begins with the text, then those with a word that does, then those that hold it. */
export function find(places: Places, text: string, most = 12): Found[] {
  const wanted = plain(text);
  if (!wanted) return [];
  return entriesOf(places)
    .map((entry) => ({ entry, rank: rankOf(entry.words, wanted) }))
    .filter(({ rank }) => rank < 3)
    .sort(
      (a, b) =>
        a.rank - b.rank ||
        ORDER[a.entry.kind] - ORDER[b.entry.kind] ||
        b.entry.tiles - a.entry.tiles ||
        (a.entry.words < b.entry.words ? -1 : 1),
    )
    .slice(0, most)
    .map(({ entry }) => entry);
}

/** Small letters without accents, and only one space between words. */
export function plain(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

function rankOf(words: string, wanted: string): number {
  if (words.startsWith(wanted)) return 0;
  if (words.includes(` ${wanted}`)) return 1;
  return words.includes(wanted) ? 2 : 3;
}

function entriesOf(places: Places): Entry[] {
  let known = entries.get(places);
  if (!known) {
    const filters: [Filter, string, string][] = places.cities.map((city) => [
      { kind: "city", id: city.id },
      city.name,
      city.country,
    ]);
    const countries = new Map(places.cities.map((city) => [city.countryCode, city]));
    for (const [code, city] of countries) {
      const continent = places.continents[city.continent]?.name ?? "";
      filters.push([{ kind: "country", code }, city.country, continent]);
    }
    for (const { name } of places.continents)
      filters.push([{ kind: "continent", name }, name, "Continent"]);
    known = filters.map(([filter, title, subtitle]) => ({
      kind: filter.kind,
      filter,
      title,
      subtitle,
      tiles: countOf(places, filter),
      words: plain(title),
    }));
    entries.set(places, known);
  }
  return known;
}

// All tiles, from the pack that holds them: two bytes a tile, since the rest follows from its city.
import { readPack } from "./pack";
import type { Box, City, Continent, Layout, LonLat, Places } from "./types";
import { degreesOf } from "./utm";

interface AboutPlaces {
  tile_metres: number;
  synthetic: boolean;
  notice: string;
  continents: Continent[];
  cities: {
    id: number;
    name: string;
    country: string;
    country_code: string;
    continent: number;
    epsg: number;
    left: number;
    top: number;
    count: number;
  }[];
}

export async function readPlaces(bytes: ArrayBuffer): Promise<Places> {
  const { about, arrays } = await readPack<AboutPlaces>(bytes);
  const row = arrays.row as Uint8Array;
  const col = arrays.col as Uint8Array;
  const count = row.length;
  const side = about.tile_metres;
  const city = new Uint16Array(count);
  const ids = new Float64Array(count);
  let first = 0;
  const cities: City[] = about.cities.map((said, index) => {
    const { country_code: countryCode, ...rest } = said;
    city.fill(index, first, first + said.count);
    for (let tile = first; tile < first + said.count; tile++)
      ids[tile] = said.id * 10_000 + row[tile]! * 100 + col[tile]!;
    first += said.count;
    return { ...rest, countryCode, first: first - said.count };
  });

  const at = (tile: number, right: number, down: number): LonLat => {
    const { epsg, left, top } = cities[city[tile]!]!;
    return degreesOf(epsg, left + (col[tile]! + right) * side, top - (row[tile]! + down) * side);
  };
  const centres = new Map<number, LonLat>();
  const centre = (tile: number): LonLat => {
    let known = centres.get(tile);
    if (!known) centres.set(tile, (known = at(tile, 0.5, 0.5)));
    return known;
  };
  return {
    count,
    cities,
    ids,
    city,
    row,
    col,
    continents: about.continents,
    tileMetres: side,
    notice: about.notice,
    synthetic: about.synthetic,
    cityOf: (tile) => cities[city[tile]!]!,
    centre,
    outline: (tile) => around(at(tile, 0, 0), at(tile, 1, 0), at(tile, 1, 1), at(tile, 0, 1)),
    box: (tiles) => boxOf(tiles, centre),
    find: (id) => search(ids, id),
  };
}

export async function readLayout(bytes: ArrayBuffer, places: Places): Promise<Layout> {
  const { arrays } = await readPack<unknown>(bytes);
  const [x, y] = [arrays.x!, arrays.y!];
  if (x.length !== places.count)
    throw new Error(`the view has ${x.length} tiles, and there are ${places.count}`);
  // Both axes have one scale, and the shorter one is put into the middle.
  const scaled = (steps: ArrayLike<number>): Float32Array => {
    let most = 0;
    for (let tile = 0; tile < steps.length; tile++) most = Math.max(most, steps[tile]!);
    return Float32Array.from(steps, (step) => (2 * step - most) / 65_535);
  };
  return { x: scaled(x), y: scaled(y) };
}

/** Corners as a closed ring. One across the 180th meridian goes on beyond it, so that it stays in one piece. */
function around(...corners: [LonLat, ...LonLat[]]): LonLat[] {
  const [start] = corners[0];
  const unrolled = corners.map(([lon, lat]): LonLat => [
    lon - 360 * Math.round((lon - start) / 360),
    lat,
  ]);
  return [...unrolled, unrolled[0]!];
}

/** The smallest box around the tiles' centres; where that crosses the 180th meridian, east is above 180. */
function boxOf(tiles: Iterable<number>, centre: (tile: number) => LonLat): Box {
  const points = Array.from(tiles, centre);
  const lons = points.map(([lon]) => lon).toSorted((a, b) => a - b);
  const lats = points.map(([, lat]) => lat);
  if (!lons.length) throw new Error("there is no box around no tiles");
  // The widest gap between neighbours is what the box leaves out.
  let widest = lons[0]! + 360 - lons.at(-1)!;
  let west = lons[0]!;
  let east = lons.at(-1)!;
  for (let index = 1; index < lons.length; index++) {
    const gap = lons[index]! - lons[index - 1]!;
    if (gap <= widest) continue;
    widest = gap;
    west = lons[index]!;
    east = lons[index - 1]! + 360;
  }
  const [south, north] = lats.reduce(
    ([low, high], lat) => [Math.min(low, lat), Math.max(high, lat)],
    [Infinity, -Infinity],
  );
  return [west, south, east, north];
}

function search(ids: Float64Array, id: number): number {
  let [low, high] = [0, ids.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (ids[middle] === id) return middle;
    if (ids[middle]! < id) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

// Worlds for the map's tests, laid out as the real ones are: whole tiles in a city's UTM zone.
import type { Box, City, LonLat, Places } from "../core/types";
import { degreesOf } from "../core/utm";

const SIDE = 2240;
const FIJI = { epsg: 32701, left: 179_000, top: 8_160_000 }; // tiles on both sides of the 180th meridian
const LYON = { epsg: 32631, left: 640_000, top: 5_070_000 };
const CORNERS = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
  [0, 0],
] as const;

/** Two cities, of so many rows and columns each: Lyon and one across the 180th meridian. */
export function twoCities(side: number): Places {
  const base = { country: "", countryCode: "", count: side * side };
  const cities: City[] = [
    { ...base, ...LYON, id: 1, name: "Lyon", continent: 0, first: 0, country: "France" },
    { ...base, ...FIJI, id: 2, name: "Taveuni", continent: 1, first: side * side },
  ];
  const count = 2 * side * side;
  const within = (tile: number) => tile % (side * side);
  const city = Uint16Array.from({ length: count }, (_, tile) => Math.floor(tile / (side * side)));
  const row = Uint8Array.from({ length: count }, (_, tile) => Math.floor(within(tile) / side));
  const col = Uint8Array.from({ length: count }, (_, tile) => within(tile) % side);
  const at = (tile: number, right: number, down: number): LonLat => {
    const { epsg, left, top } = cities[city[tile]!]!;
    return degreesOf(epsg, left + (col[tile]! + right) * SIDE, top - (row[tile]! + down) * SIDE);
  };
  const centre = (tile: number) => at(tile, 0.5, 0.5);
  return {
    count,
    cities,
    ids: Float64Array.from({ length: count }, (_, tile) => tile),
    city,
    row,
    col,
    continents: [
      { name: "Europe", colour: "#aa4499" },
      { name: "Oceania", colour: "#999933" },
    ],
    tileMetres: SIDE,
    notice: "",
    synthetic: true,
    cityOf: (tile) => cities[city[tile]!]!,
    centre,
    outline(tile) {
      const start = at(tile, 0, 0)[0];
      return CORNERS.map(([right, down]): LonLat => {
        const [lon, lat] = at(tile, right, down);
        return [lon - 360 * Math.round((lon - start) / 360), lat];
      });
    },
    box(tiles): Box {
      const points = Array.from(tiles, centre);
      const east = points.map(([lon]) => (lon < 0 && points[0]![0] > 90 ? lon + 360 : lon));
      const lats = points.map(([, lat]) => lat);
      return [Math.min(...east), Math.min(...lats), Math.max(...east), Math.max(...lats)];
    },
    find: (id) => id,
  };
}

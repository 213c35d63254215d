// A small world for unit tests: three cities in two countries, laid where anybody can check it by hand.
import type { Places } from "./types";

export function smallWorld(): Places {
  const cities = [
    { id: 7, name: "Lyon", country: "France", countryCode: "FR", continent: 0, first: 0, count: 3 },
    {
      id: 8,
      name: "São Paulo",
      country: "Brazil",
      countryCode: "BR",
      continent: 1,
      first: 3,
      count: 2,
    },
    {
      id: 9,
      name: "Saint-Étienne",
      country: "France",
      countryCode: "FR",
      continent: 0,
      first: 5,
      count: 1,
    },
  ].map((city) => ({ ...city, epsg: 32631, left: 600_000, top: 5_000_000 }));
  const city = Uint16Array.from([0, 0, 0, 1, 1, 2]);
  const col = Uint8Array.from([0, 1, 2, 0, 1, 0]);
  const ids = Float64Array.from(city, (of, tile) => cities[of]!.id * 10_000 + col[tile]!);
  const centre = (tile: number): [number, number] => [city[tile]! * 10 + col[tile]! * 0.02, 45];
  return {
    count: ids.length,
    cities,
    ids,
    city,
    row: new Uint8Array(ids.length),
    col,
    continents: [
      { name: "Europe", colour: "#332288" },
      { name: "South America", colour: "#44aa99" },
    ],
    tileMetres: 2240,
    notice: "",
    synthetic: true,
    cityOf: (tile) => cities[city[tile]!]!,
    centre,
    outline: (tile) => [centre(tile)],
    box: (tiles) => {
      const lons = [...tiles].map((tile) => centre(tile)[0]);
      return [Math.min(...lons), 45, Math.max(...lons), 45];
    },
    find: (id) => ids.indexOf(id),
  };
}

import { describe, expect, it } from "vitest";
import { twoCities } from "./examples";
import { rgba, seen } from "../core/colours";
import { crowd, markOutlines, markPoints, marksOf, outlines } from "./marks";
import { MOST_RANK, rankAt, ranks } from "./thinning";
import { TileIndex } from "./tileIndex";

const SIDE = 8;
const places = twoCities(SIDE);
const hits = [
  { tile: 9, score: 0.9 },
  { tile: 10, score: 0.8 },
];
const tokens = { selected: "#b3261e", similar: "#b35c00", ground: "#fff", ink: "#1f2a37" };

describe("tiles that stand out", () => {
  it("are drawn with the selected one above look-alikes, the best of these above others", () =>
    expect(marksOf(3, null, hits).map(({ tile, kind }) => `${kind} ${tile}`)).toEqual([
      "similar 10",
      "similar 9",
      "selected 3",
    ]));

  it("show a look-alike under the pointer as both, and the selected one only as selected", () => {
    expect(marksOf(3, 9, hits).filter(({ tile }) => tile === 9)).toHaveLength(2);
    expect(marksOf(3, 3, []).map(({ kind }) => kind)).toEqual(["selected"]);
  });

  it("differ in size or shape too, for readers who cannot tell the colours", () => {
    const index = new TileIndex(places);
    const [similar, , selected, hovered] = markPoints(
      marksOf(3, 4, hits),
      index,
      tokens as Parameters<typeof markPoints>[2],
    );
    expect(selected!.radius).toBeGreaterThan(similar!.radius);
    expect([selected!.ring, hovered!.ring]).toEqual([undefined, true]);
  });

  it("have the exact outline of their tile", () => {
    const [feature] = markOutlines(marksOf(3, null, []), places).features;
    expect(feature!.geometry).toEqual({ type: "Polygon", coordinates: [places.outline(3)] });
  });
});

describe("the crowd", () => {
  const rank = ranks(places);

  it("has every tile once, those outside of the filter first and faint", () => {
    const kept = new Uint8Array(places.count).fill(1, 0, SIDE * SIDE);
    const { order, colours, groups } = crowd(places, rank, kept, "light");
    expect([...order].toSorted((a, b) => a - b)).toEqual([...places.ids]);
    expect([...order.subarray(0, SIDE * SIDE)].every((tile) => !kept[tile])).toBe(true);
    expect(groups.map(({ first, counts }) => [first, counts[0]])).toEqual([
      [0, SIDE * SIDE],
      [SIDE * SIDE, SIDE * SIDE],
    ]);
    expect([...colours.subarray(0, 4)]).toEqual([0xaa, 0x44, 0x99, 255]);
    expect(colours[places.count * 4 - 1]).toBeLessThan(100);
  });

  it("keeps of a city far away one tile at least, and near by all", () => {
    const { order, groups } = crowd(places, rank, null, "light");
    const { first, counts } = groups[1]!;
    const far = order.slice(first, first + counts[MOST_RANK]!);
    expect(new Set([...far].map((tile) => places.city[tile]))).toEqual(new Set([0, 1]));
    expect(counts[MOST_RANK]).toBeLessThan(counts[1]!);
    expect(counts[0]).toBe(places.count);
  });

  it("leaves out a tile only where its neighbours are less than two pixels away", () => {
    for (let zoom = 0; zoom < 9; zoom += 0.5) {
      const pixels = (places.tileMetres / 40_075_017) * 512 * 2 ** zoom;
      const rankThen = rankAt(zoom, places.tileMetres);
      if (rankThen) expect(pixels * 2 ** rankThen).toBeLessThan(2);
      else expect(pixels * 2).toBeGreaterThan(1.5);
    }
  });
});

describe("outlines", () => {
  it("tell a tile's colour, and whether the filter keeps it", () => {
    const kept = new Uint8Array(places.count).fill(1, 0, 1);
    const said = outlines([0, 1], places, kept, "light").features.map((one) => one.properties);
    expect(said).toEqual([
      { colour: "#aa4499", kept: true },
      { colour: "#aa4499", kept: false },
    ]);
  });

  it("of one across the 180th meridian stays in one piece", () => {
    for (const { geometry } of outlines([...places.ids], places, null, "light").features) {
      const lons = (geometry as GeoJSON.Polygon).coordinates[0]!.map(([lon]) => lon!);
      expect(Math.max(...lons) - Math.min(...lons)).toBeLessThan(0.1);
    }
  });
});

describe("colours", () => {
  it("are read as style sheets shorten them", () => {
    expect(rgba("#fff", 255)).toEqual([255, 255, 255, 255]);
    expect(rgba("#1f2a37", 0)).toEqual([0x1f, 0x2a, 0x37, 0]);
  });

  it("of continents are lighter in the dark", () => {
    expect(seen("#332288", "light")).toBe("#332288");
    expect(rgba(seen("#332288", "dark"), 0)[0]).toBeGreaterThan(0x33);
  });
});

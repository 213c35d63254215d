// @vitest-environment node
/// <reference types="node" />
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { example, gzipped, packOf } from "./madeByPython";
import { StaticSource } from "./static";
import { Trouble, type Places, type Query } from "./types";

/** What lies beside the page, by path; and what was asked for. */
const files = new Map<string, Uint8Array | string>();
let asked: string[] = [];
/** A host that knows gzip tells the browser to unpack; one that does not sends the file as it lies there. */
let unpacks = false;
let server: Server;
let root = "";
let source: StaticSource;
let places: Places;

beforeAll(async () => {
  const put = async (path: string, pack: ArrayBuffer) =>
    files.set(path, new Uint8Array(await gzipped(pack)));
  await put("/data/locations.pack", packOf("locations"));
  await put("/data/umap.pack", packOf("umap"));
  await put("/data/neighbours/mean.pack", packOf("neighbours"));
  await put("/data/neighbours/other.pack", packOf("umap"));
  files.set("/data/land.json", '{"type":"FeatureCollection","features":[]}');
  files.set(
    "/data/config.json",
    JSON.stringify({
      title: "An example",
      default_method: "mean",
      page_size: 6,
      most_results: 6,
      can_filter_search: false,
      has_thumbnails: true,
      thumbnail_note: "Seen from above.",
      without_thumbnail: [3],
    }),
  );
  const method = { name: "mean", title: "Mean", describes: "The mean.", available: true };
  files.set("/data/methods.json", JSON.stringify({ default: "mean", methods: [method] }));

  server = createServer(({ url }, response) => {
    asked.push(url!);
    const body = files.get(url!);
    if (body === undefined) return void response.writeHead(404).end("no such file");
    if (unpacks && url!.endsWith(".pack")) response.setHeader("Content-Encoding", "gzip");
    response.end(body);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  root = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data`;
});
afterAll(() => void server.close());
beforeEach(async () => {
  unpacks = false;
  source = new StaticSource(root);
  places = await source.places();
  asked = [];
});

const question = (more: Partial<Query> = {}): Query => ({
  tile: 0,
  method: "mean",
  otherCitiesOnly: true,
  filter: null,
  offset: 0,
  limit: 24,
  ...more,
});

describe("the explorer on files beside the page", () => {
  it.each([
    ["others", true],
    ["all", false],
  ] as const)(
    "names the same look-alikes as a search through %s",
    async (which, otherCitiesOnly) => {
      for (let tile = 0; tile < places.count; tile++) {
        const { hits, more } = await source.similar(places, question({ tile, otherCitiesOnly }));
        const wanted = example.nearest[which][tile]!;
        expect(hits.map((hit) => hit.tile)).toEqual(wanted.map(([row]) => row));
        wanted.forEach(([, score], place) =>
          expect(Math.abs(hits[place]!.score - score)).toBeLessThan(0.0004),
        );
        expect(more).toBe(false);
      }
    },
  );

  it("asks for look-alikes when they are first needed, and once", async () => {
    expect(asked).toEqual([]);
    await Promise.all([
      source.similar(places, question()),
      source.similar(places, question({ tile: 4, otherCitiesOnly: false })),
    ]);
    await source.similar(places, question({ tile: 9 }));
    expect(asked).toEqual(["/data/neighbours/mean.pack"]);
  });

  it("gives them page by page", async () => {
    const first = await source.similar(places, question({ limit: 4 }));
    const rest = await source.similar(places, question({ offset: 4, limit: 4 }));
    expect([first.hits.length, first.more, rest.hits.length, rest.more]).toEqual([
      4,
      true,
      2,
      false,
    ]);
    expect([...first.hits, ...rest.hits].map(({ tile }) => tile)).toEqual(
      example.nearest.others[0]!.map(([tile]) => tile),
    );
  });

  it("reads the same from a host that unpacks by itself", async () => {
    unpacks = true;
    const again = await new StaticSource(root).places();
    expect([...again.ids]).toEqual(example.ids);
  });

  it("says what is wrong where a file is missing, and finds it once it is there", async () => {
    const pack = files.get("/data/neighbours/mean.pack")!;
    files.delete("/data/neighbours/mean.pack");
    const told = await source.similar(places, question()).catch((error: unknown) => error);
    expect(told).toBeInstanceOf(Trouble);
    expect(told).toMatchObject({ again: true });
    expect(String(told)).toContain("neighbours/mean.pack");
    files.set("/data/neighbours/mean.pack", pack);
    expect((await source.similar(places, question())).hits).toHaveLength(6);
  });

  it("asks for no file by a name that is none of a method's", async () => {
    await expect(source.similar(places, question({ method: "../config" }))).rejects.toThrow(
      /no way to compare/,
    );
    expect(asked).toEqual([]);
  });

  it("keeps what was loaded for one who called off, for the next who asks", async () => {
    const called = new AbortController();
    const off = source.similar(places, question(), called.signal);
    called.abort();
    await expect(off).rejects.toThrow(/abort/i);
    expect((await source.similar(places, question())).hits).toHaveLength(6);
    expect(asked).toEqual(["/data/neighbours/mean.pack"]);
  });

  it("shows a tile's square of its city's picture, and none where there is none", async () => {
    await source.config();
    const tile = places.find(110_102); // the sixth of nine
    expect(await source.thumbnail(places, tile)).toEqual({
      url: `${root}/thumbnails/11.png`,
      sprite: { column: 2, row: 1, columns: 3, rows: 3 },
    });
    expect(await source.thumbnail(places, 3)).toBeNull();
  });

  it("draws no satellite picture, for that would come from elsewhere", async () => {
    expect(await source.config()).toMatchObject({
      defaultMethod: "mean",
      basemap: { kind: "none" },
      canFilterSearch: false,
    });
    expect((await source.methods()).map(({ name }) => name)).toEqual(["mean"]);
  });
});

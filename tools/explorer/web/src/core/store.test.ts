import { beforeEach, describe, expect, it } from "vitest";
import { smallWorld } from "./examples";
import { useExplorer } from "./store";
import { Trouble, type Config, type Page, type Query, type Source } from "./types";
import type { Shared } from "./url";

const places = smallWorld();
const config: Config = {
  title: "",
  defaultMethod: "mean",
  pageSize: 2,
  mostResults: 5,
  basemap: { kind: "none", title: "", tiles: [], attribution: "", maxZoom: 0 },
  canFilterSearch: true,
  hasThumbnails: false,
  thumbnailNote: "",
};
const methods = ["mean", "median", "gone"].map((name) => ({
  name,
  title: name,
  describes: "",
  available: name !== "gone",
}));

interface Asked {
  query: Query;
  signal: AbortSignal;
  answer(page: Page): Promise<void>;
  fail(error: unknown): Promise<void>;
}

let asked: Asked[];
let broken: Error | null;
const settled = () => new Promise<void>((resolve) => setTimeout(resolve));
const explorer = () => useExplorer.getState();
const last = () => asked.at(-1)!;
const tiles = () => {
  const { results } = explorer();
  return "hits" in results ? results.hits.map(({ tile }) => tile) : null;
};
const page = (found: number[], more = false): Page => ({
  hits: found.map((tile) => ({ tile, score: 1 - tile / 10 })),
  more,
});

/** Where every question waits until a test answers it. */
function waiting(said: Partial<Config> = {}): Source {
  return {
    config: async () => ({ ...config, ...said }),
    methods: async () => methods,
    places: async () => {
      if (broken) throw broken;
      return places;
    },
    layout: async () => ({ x: new Float32Array(6), y: new Float32Array(6) }),
    land: async () => ({ type: "FeatureCollection", features: [] }),
    thumbnail: async () => null,
    similar: (_, query, signal) =>
      new Promise((resolve, reject) => {
        asked.push({
          query,
          signal: signal!,
          answer: (found) => (resolve(found), settled()),
          fail: (error) => (reject(error), settled()),
        });
      }),
  };
}

const start = (shared?: Shared, said?: Partial<Config>) => explorer().start(waiting(said), shared);

beforeEach(() => {
  useExplorer.setState(useExplorer.getInitialState());
  asked = [];
  broken = null;
});

describe("look-alikes of the selected tile", () => {
  it("are asked for at once when a tile is selected, and shown when they come", async () => {
    await start();
    expect(asked).toHaveLength(0);
    explorer().select(1, "map");
    expect(explorer().results.status).toBe("loading");
    expect(last().query).toEqual({
      tile: 1,
      method: "mean",
      otherCitiesOnly: true,
      filter: null,
      offset: 0,
      limit: 2,
    });
    await last().answer(page([4, 5]));
    expect(explorer().results.status).toBe("ready");
    expect(tiles()).toEqual([4, 5]);
  });

  it("are those of the last question, though an earlier one is answered later", async () => {
    await start();
    explorer().select(1, "map");
    explorer().select(2, "map");
    const [first, second] = asked as [Asked, Asked];
    expect(first.signal.aborted).toBe(true);
    await second.answer(page([5]));
    await first.answer(page([3, 4]));
    expect(tiles()).toEqual([5]);
  });

  it("do not fail because a question that was called off did", async () => {
    await start();
    explorer().select(1, "map");
    explorer().select(2, "map");
    await asked[0]!.fail(new DOMException("called off", "AbortError"));
    expect(explorer().results.status).toBe("loading");
    await last().answer(page([5]));
    expect(tiles()).toEqual([5]);
  });

  it("are none once nothing is selected, even if an answer still comes", async () => {
    await start();
    explorer().select(1, "map");
    explorer().select(null, "list");
    await last().answer(page([4]));
    expect(explorer().results).toEqual({ status: "none" });
  });

  it("are not asked for again when the same tile is clicked again", async () => {
    await start();
    explorer().select(1, "map");
    explorer().select(1, "umap");
    expect(asked).toHaveLength(1);
    expect(explorer().selectedFrom).toBe("umap");
  });
});

describe("showing more", () => {
  it("puts more after what is there, until there is no more", async () => {
    await start();
    explorer().select(0, "map");
    await last().answer(page([1, 2], true));
    explorer().showMore();
    expect(last().query).toMatchObject({ offset: 2, limit: 2 });
    expect(explorer().results.status).toBe("more");
    expect(tiles()).toEqual([1, 2]);
    await last().answer(page([3], false));
    expect(tiles()).toEqual([1, 2, 3]);
    expect(explorer().results).toMatchObject({ status: "ready", more: false });
    explorer().showMore();
    expect(asked).toHaveLength(2);
  });

  it("ends at the most that may be asked for, and asks for no more than that", async () => {
    await start();
    explorer().select(0, "map");
    await last().answer(page([1, 2], true));
    explorer().showMore();
    await last().answer(page([3, 4], true));
    explorer().showMore();
    expect(last().query).toMatchObject({ offset: 4, limit: 1 });
    await last().answer(page([5], true));
    expect(explorer().results).toMatchObject({ status: "ready", more: false });
  });

  it("asks once, however often it is clicked", async () => {
    await start();
    explorer().select(0, "map");
    await last().answer(page([1, 2], true));
    explorer().showMore();
    explorer().showMore();
    expect(asked).toHaveLength(2);
  });

  it("adds nothing to another tile's look-alikes", async () => {
    await start();
    explorer().select(0, "map");
    await last().answer(page([1, 2], true));
    explorer().showMore();
    const more = last();
    explorer().select(5, "map");
    await last().answer(page([0]));
    await more.answer(page([3, 4]));
    expect(tiles()).toEqual([0]);
  });
});

describe("an error", () => {
  it("says what was wrong, and is taken back by trying again", async () => {
    await start();
    explorer().select(0, "map");
    const trouble = new Trouble("The index is gone.", true, 5);
    await last().fail(trouble);
    expect(explorer().results).toEqual({ status: "failed", trouble, hits: [] });
    explorer().retry();
    expect(explorer().results.status).toBe("loading");
    expect(last().query.offset).toBe(0);
    await last().answer(page([3]));
    expect(tiles()).toEqual([3]);
  });

  it("keeps what was found before it, and trying again goes on from there", async () => {
    await start();
    explorer().select(0, "map");
    await last().answer(page([1, 2], true));
    explorer().showMore();
    await last().fail(new Trouble("Too many questions.", true, 1));
    expect(explorer().results.status).toBe("failed");
    expect(tiles()).toEqual([1, 2]);
    explorer().retry();
    expect(last().query.offset).toBe(2);
    await last().answer(page([3]));
    expect(tiles()).toEqual([1, 2, 3]);
  });

  it("that nobody foresaw is put into words too", async () => {
    await start();
    explorer().select(0, "map");
    await last().fail(new TypeError("x is not a function"));
    expect(explorer().results).toMatchObject({
      status: "failed",
      trouble: { message: expect.stringContaining("x is not a function"), again: false },
    });
  });
});

describe("another choice asks again", () => {
  beforeEach(async () => {
    await start();
    explorer().select(0, "map");
    await last().answer(page([1, 2], true));
  });

  it.each<[string, () => void, Partial<Query>]>([
    ["of a method", () => explorer().setMethod("median"), { method: "median" }],
    ["of cities", () => explorer().setOtherCitiesOnly(false), { otherCitiesOnly: false }],
    [
      "of a part of the world",
      () => explorer().setFilter({ kind: "country", code: "BR" }),
      { filter: { kind: "country", code: "BR" } },
    ],
  ])("%s", (_, choose, question) => {
    choose();
    expect(asked).toHaveLength(2);
    expect(last().query).toMatchObject({ tile: 0, offset: 0, ...question });
    expect(explorer().results.status).toBe("loading");
  });

  it("and the same choice does not", () => {
    explorer().setMethod("mean");
    explorer().setOtherCitiesOnly(true);
    expect(asked).toHaveLength(1);
  });
});

it("a source that cannot keep its search to a part of the world is not asked to", async () => {
  await start({}, { canFilterSearch: false });
  explorer().select(0, "map");
  await last().answer(page([1]));
  explorer().setFilter({ kind: "city", id: 8 });
  expect(asked).toHaveLength(1);
  expect(tiles()).toEqual([1]);
});

describe("starting", () => {
  it("with a tile from the address asks for its look-alikes at once, as the address says", async () => {
    await start({
      tileId: 80_001,
      method: "median",
      otherCitiesOnly: false,
      filter: { kind: "country", code: "FR" },
    });
    expect(explorer()).toMatchObject({ selected: 4, selectedFrom: "url", note: "" });
    expect(last().query).toMatchObject({
      tile: 4,
      method: "median",
      otherCitiesOnly: false,
      filter: { kind: "country", code: "FR" },
    });
  });

  it("with a tile that is not there says so, and selects none", async () => {
    await start({ tileId: 123 });
    expect(explorer().selected).toBeNull();
    expect(explorer().note).toContain("not in these data");
    expect(asked).toHaveLength(0);
  });

  it.each(["gone", "unheard"])("with the method “%s” takes the usual one", async (method) => {
    await start({ method });
    expect(explorer().method).toBe("mean");
  });

  it("that fails says why, and can be tried again with the same address", async () => {
    broken = new Trouble("The server cannot be reached.", true);
    await start({ tileId: 80_001 });
    expect(explorer().loading).toEqual({ status: "failed", trouble: broken });
    broken = null;
    explorer().retry();
    await settled();
    expect(explorer().loading.status).toBe("ready");
    expect(explorer().selected).toBe(4);
  });
});

describe("going back", () => {
  it("to an address without a tile lets go of it and of its look-alikes", async () => {
    await start({ tileId: 80_001 });
    await last().answer(page([1]));
    explorer().follow({});
    expect(explorer()).toMatchObject({ selected: null, results: { status: "none" } });
  });

  it("to an address with another tile asks for that one's", async () => {
    await start({ tileId: 80_001 });
    explorer().follow({ tileId: 70_000 });
    await asked[0]!.answer(page([1]));
    await last().answer(page([5]));
    expect(explorer().selected).toBe(0);
    expect(tiles()).toEqual([5]);
  });
});

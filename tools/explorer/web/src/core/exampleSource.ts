// A source for unit tests whose answers about look-alikes the test itself gives.
import { smallWorld } from "./examples";
import { useExplorer } from "./store";
import type { Config, Page, Query, Source } from "./types";
import type { Shared } from "./url";

const CONFIG: Config = {
  title: "Look-alike places",
  defaultMethod: "mean",
  pageSize: 2,
  mostResults: 4,
  basemap: { kind: "none", title: "", tiles: [], attribution: "", maxZoom: 0 },
  canFilterSearch: true,
  hasThumbnails: false,
  thumbnailNote: "",
};

interface Given {
  config?: Partial<Config>;
  notice?: string;
  similar?: (query: Query) => Promise<Page>;
  thumbnail?: Source["thumbnail"];
  shared?: Shared;
}

/** Put the explorer into the state it has once such a source is loaded. */
export async function startExplorer(given: Given = {}): Promise<void> {
  const places = { ...smallWorld(), notice: given.notice ?? "" };
  const source: Source = {
    config: async () => ({ ...CONFIG, ...given.config }),
    methods: async () => [
      { name: "mean", title: "Mean", describes: "All patches together.", available: true },
      { name: "median", title: "Median", describes: "Patches in the middle.", available: true },
      { name: "gone", title: "Contrast", describes: "Less the mean.", available: false },
    ],
    places: async () => places,
    layout: async () => ({ x: new Float32Array(6), y: new Float32Array(6) }),
    land: async () => ({ type: "FeatureCollection", features: [] }),
    similar: async (_, query) => (given.similar ?? alike)(query),
    thumbnail: given.thumbnail ?? (async () => null),
  };
  useExplorer.setState(useExplorer.getInitialState(), true);
  await useExplorer.getState().start(source, given.shared);
}

/** The other tiles in their own order, each less alike than the one before. */
export async function alike({ tile, offset, limit }: Query): Promise<Page> {
  const hits = [0, 1, 2, 3, 4, 5]
    .filter((other) => other !== tile)
    .map((other, rank) => ({ tile: other, score: 0.9 - rank / 8 }));
  return { hits: hits.slice(offset, offset + limit), more: offset + limit < hits.length };
}

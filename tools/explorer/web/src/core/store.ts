// The one state of the explorer. Views read it by `useExplorer(state => …)` and change it by its actions.
import { create } from "zustand";
import type {
  Config,
  Filter,
  From,
  Hit,
  Layout,
  MapView,
  Method,
  Places,
  Source,
  Theme,
  View,
} from "./types";
import { Trouble } from "./types";
import { isNarrow } from "./narrow";
import { known, type Shared } from "./url";

export type Results =
  | { status: "none" }
  | { status: "loading" }
  | { status: "ready" | "more"; hits: Hit[]; more: boolean }
  | { status: "failed"; trouble: Trouble; hits: Hit[] };

export type Loading =
  { status: "loading" } | { status: "ready" } | { status: "failed"; trouble: Trouble };

export interface Explorer {
  loading: Loading;
  source: Source | null;
  config: Config | null;
  methods: Method[];
  places: Places | null;
  layout: Layout | null;

  theme: Theme;
  view: View;
  /** Whether the satellite picture lies under the map; it comes from outside, so only when asked for. */
  satellite: boolean;
  mapView: MapView | null;
  method: string;
  otherCitiesOnly: boolean;
  filter: Filter | null;
  selected: number | null;
  /** Where it was selected, so that the view a reader clicked in does not move under the pointer. */
  selectedFrom: From;
  /** Counts up whenever the views are to move to the selected tile once more. */
  revealed: number;
  hovered: number | null;
  hoveredFrom: From;
  results: Results;
  helpOpen: boolean;
  /** What the reader should know about the address that was opened; empty where nothing. */
  note: string;

  /** Load what both views need, and take up the state that an address tells. */
  start(source: Source, shared?: Shared): Promise<void>;
  /** Take up the state of an address, as when the reader goes back. */
  follow(shared: Shared): void;
  select(tile: number | null, from: From): void;
  /** Bring the selected tile into sight in a view, and that view onto the page. */
  reveal(view: "map" | "umap"): void;
  hover(tile: number | null, from: From): void;
  setMethod(method: string): void;
  setOtherCitiesOnly(only: boolean): void;
  setFilter(filter: Filter | null): void;
  setView(view: View): void;
  setMapView(view: MapView): void;
  setSatellite(on: boolean): void;
  setTheme(theme: Theme): void;
  setHelpOpen(open: boolean): void;
  showMore(): void;
  retry(): void;
}

export const useExplorer = create<Explorer>()((set, get) => {
  // Every question about look-alikes cancels the one before, and only the last one's answer is taken.
  let question = new AbortController();
  let asked: Shared = {};

  async function ask(more: boolean): Promise<void> {
    question.abort();
    const mine = (question = new AbortController());
    const { selected, source, places, config, method, otherCitiesOnly, filter, results } = get();
    if (selected === null || !source || !places || !config)
      return set({ results: { status: "none" } });
    const before = more && "hits" in results ? results.hits : [];
    set({
      results: before.length ? { status: "more", hits: before, more: true } : { status: "loading" },
    });
    const began = performance.now();
    const limit = Math.min(config.pageSize, config.mostResults - before.length);
    try {
      const page = await source.similar(
        places,
        { tile: selected, method, otherCitiesOnly, filter, offset: before.length, limit },
        mine.signal,
      );
      if (mine !== question) return;
      const hits = [...before, ...page.hits];
      const left = page.more && hits.length < config.mostResults;
      set({ results: { status: "ready", hits, more: left } });
      performance.measure("explorer:results", { start: began });
    } catch (error) {
      if (mine !== question) return;
      set({ results: { status: "failed", trouble: asTrouble(error), hits: before } });
    }
  }

  return {
    loading: { status: "loading" },
    source: null,
    config: null,
    methods: [],
    places: null,
    layout: null,
    theme: "light",
    view: "both",
    satellite: false,
    mapView: null,
    method: "",
    otherCitiesOnly: true,
    filter: null,
    selected: null,
    selectedFrom: "url",
    revealed: 0,
    hovered: null,
    hoveredFrom: "url",
    results: { status: "none" },
    helpOpen: false,
    note: "",

    async start(source, shared = {}) {
      asked = shared;
      set({ source, loading: { status: "loading" }, view: shared.view ?? get().view });
      try {
        const [config, methods, places] = await Promise.all([
          source.config(),
          source.methods(),
          source.places(),
        ]);
        const layout = await source.layout(places);
        set({ config, methods, places, layout, loading: { status: "ready" } });
        get().follow(shared);
      } catch (error) {
        set({ loading: { status: "failed", trouble: asTrouble(error) } });
      }
    },
    follow(shared) {
      const { places, methods, config, mapView } = get();
      if (!places || !config) return;
      const tile = shared.tileId === undefined ? null : places.find(shared.tileId);
      const usable = methods.some(({ name, available }) => available && name === shared.method);
      set({
        selected: tile === -1 ? null : tile,
        selectedFrom: "url",
        method: usable ? shared.method! : config.defaultMethod,
        otherCitiesOnly: shared.otherCitiesOnly ?? true,
        filter: known(places, shared.filter),
        view: shared.view ?? "both",
        mapView: shared.mapView ?? mapView,
        satellite: shared.satellite ?? false,
        note: tile === -1 ? "The address names a tile that is not in these data." : "",
      });
      void ask(false);
    },
    select(tile, from) {
      if (tile === get().selected) return set({ selectedFrom: from });
      set({ selected: tile, selectedFrom: from, note: "" });
      void ask(false);
    },
    reveal(view) {
      const shown = get().view;
      set({
        selectedFrom: "list",
        revealed: get().revealed + 1,
        view: shown === "both" && !isNarrow() ? shown : view,
      });
    },
    hover(tile, from) {
      if (tile !== get().hovered) set({ hovered: tile, hoveredFrom: from });
    },
    setMethod(method) {
      if (method === get().method) return;
      set({ method });
      void ask(false);
    },
    setOtherCitiesOnly(only) {
      if (only === get().otherCitiesOnly) return;
      set({ otherCitiesOnly: only });
      void ask(false);
    },
    setFilter(filter) {
      set({ filter });
      if (get().config?.canFilterSearch) void ask(false);
    },
    setView: (view) => set({ view }),
    setMapView: (mapView) => set({ mapView }),
    setSatellite: (satellite) => set({ satellite }),
    setTheme: (theme) => set({ theme }),
    setHelpOpen: (helpOpen) => set({ helpOpen }),
    showMore() {
      const { results } = get();
      if (results.status === "ready" && results.more) void ask(true);
    },
    retry() {
      const { results, loading, source } = get();
      if (loading.status === "failed" && source) void get().start(source, asked);
      else if (results.status === "failed") void ask(results.hits.length > 0);
    },
  };
});

function asTrouble(error: unknown): Trouble {
  if (error instanceof Trouble) return error;
  return new Trouble(`Something went wrong in this page: ${String(error)}`, false);
}

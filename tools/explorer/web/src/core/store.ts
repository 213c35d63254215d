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
  hovered: number | null;
  hoveredFrom: From;
  results: Results;
  helpOpen: boolean;

  start(source: Source): Promise<void>;
  select(tile: number | null, from: From): void;
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
    const asked = performance.now();
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
      performance.measure("explorer:results", { start: asked });
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
    hovered: null,
    hoveredFrom: "url",
    results: { status: "none" },
    helpOpen: false,

    async start(source) {
      set({ source, loading: { status: "loading" } });
      try {
        const [config, methods, places] = await Promise.all([
          source.config(),
          source.methods(),
          source.places(),
        ]);
        const layout = await source.layout(places);
        const usable = methods.filter((method) => method.available).map((method) => method.name);
        const method = usable.includes(get().method) ? get().method : config.defaultMethod;
        set({ config, methods, places, layout, method, loading: { status: "ready" } });
        if (get().selected !== null) await ask(false);
      } catch (error) {
        set({ loading: { status: "failed", trouble: asTrouble(error) } });
      }
    },
    select(tile, from) {
      if (tile === get().selected) return set({ selectedFrom: from });
      set({ selected: tile, selectedFrom: from });
      void ask(false);
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
      if (loading.status === "failed" && source) void get().start(source);
      else if (results.status === "failed") void ask(results.hits.length > 0);
    },
  };
});

function asTrouble(error: unknown): Trouble {
  if (error instanceof Trouble) return error;
  return new Trouble(`Something went wrong in this page: ${String(error)}`, false);
}

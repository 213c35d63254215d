// Ties the map to the store: what changes there is shown here, and what a reader does here is told there.
import { mask } from "../core/filter";
import { Turn } from "../core/pace";
import { useExplorer, type Explorer } from "../core/store";
import { tokens } from "../core/theme";
import type { MapView, Places } from "../core/types";
import { same } from "./camera";
import { destination, start } from "./destination";
import type { PictureState } from "./picture";
import { WorldMap } from "./worldMap";

export interface Shown {
  view: MapView;
  inView: number;
}

export interface Events {
  shown(shown: Shown): void;
  ready(): void;
  picture(state: PictureState): void;
  failed(message: string): void;
}

export interface Tied {
  map: WorldMap;
  untie(): void;
}

/** Draw the map into an element that has a size. Throws where the browser cannot. */
export function tie(container: HTMLElement, places: Places, events: Events): Tied {
  const first = useExplorer.getState();
  const size = { width: container.clientWidth, height: container.clientHeight };
  let reported: MapView | null = start(first, size);
  let late: (() => void) | null = null; // what cannot be fitted while the map is hidden

  const colours = ({ theme }: Explorer) => ({ tokens: tokens(theme), theme });
  const map = new WorldMap(container, places, colours(first), reported, {
    moved(view, inView) {
      if (late && map.size().width) {
        const go = late;
        late = null;
        go();
        return;
      }
      events.shown({ view, inView });
      if (same(view, reported)) return;
      reported = view;
      useExplorer.getState().setMapView(view);
    },
    hovered: (tile) => useExplorer.getState().hover(tile, "map"),
    picked: (tile) => useExplorer.getState().select(tile, "map"),
    ready: events.ready,
    picture: events.picture,
    failed: events.failed,
  });

  const mark = ({ selected, hovered, results }: Explorer) =>
    map.setMarks(selected, hovered, "hits" in results ? results.hits : []);
  const keep = ({ filter }: Explorer) => map.setKept(mask(places, filter));
  const put = ({ satellite, config }: Explorer) =>
    map.setPicture(satellite && config ? config.basemap : null);

  keep(first);
  mark(first);
  put(first);
  const turn = new Turn(() => mark(useExplorer.getState()));
  const stop = useExplorer.subscribe((now, before) => {
    if (now.theme !== before.theme) {
      const { tokens, theme } = colours(now);
      map.setColours(tokens, theme);
    }
    if (now.filter !== before.filter) keep(now);
    if (now.satellite !== before.satellite || now.config !== before.config) put(now);
    const seek = () => destination(now, before, reported, map.view().zoom, map.size());
    const go = () => {
      const to = seek();
      if (to) map.go(to);
    };
    const moves = seek() !== null;
    const hidden = !map.size().width;
    if (moves) late = hidden ? go : null;
    turn.follow(now, before, moves && !hidden ? go : null);
  });
  return {
    map,
    untie() {
      stop();
      turn.leave();
      map.destroy();
    },
  };
}

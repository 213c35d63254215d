// Keeps the address of the page and the state of the explorer the same.
import { useExplorer, type Explorer } from "./store";
import { read, write, type Shared } from "./url";

const QUIET = 250; // milliseconds without a change before the address follows: browsers limit how often it may

/** Write every change into the address, and follow the reader back and forth. Returns how to stop. */
export function keepAddress(): () => void {
  let due: ReturnType<typeof setTimeout> | undefined;
  let lastTile = useExplorer.getState().selected;

  const put = () => {
    const state = useExplorer.getState();
    if (state.loading.status !== "ready") return;
    const query = write(sharedOf(state), state.config?.defaultMethod ?? "");
    if (query === location.search) return;
    const address = `${location.pathname}${query}`;
    // Another tile is a step that "back" takes back; a move of the map is not.
    if (state.selected === lastTile) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    lastTile = state.selected;
  };
  const stop = useExplorer.subscribe(() => {
    clearTimeout(due);
    due = setTimeout(put, QUIET);
  });
  const back = () => {
    clearTimeout(due);
    useExplorer.getState().follow(read(location.search));
    lastTile = useExplorer.getState().selected;
  };
  addEventListener("popstate", back);
  return () => {
    clearTimeout(due);
    stop();
    removeEventListener("popstate", back);
  };
}

function sharedOf(state: Explorer): Shared {
  const shared: Shared = {
    method: state.method,
    otherCitiesOnly: state.otherCitiesOnly,
    view: state.view,
    satellite: state.satellite,
  };
  if (state.selected !== null && state.places) shared.tileId = state.places.ids[state.selected]!;
  if (state.filter) shared.filter = state.filter;
  if (state.mapView) shared.mapView = state.mapView;
  return shared;
}

import { same } from "../core/filter";
import { useExplorer } from "../core/store";
import type { Filter } from "../core/types";
import { seen } from "../core/colours";

/** What the colours mean; a continent is also a button that keeps to it. */
export function Legend() {
  const places = useExplorer((state) => state.places);
  const theme = useExplorer((state) => state.theme);
  const filter = useExplorer((state) => state.filter);
  const setFilter = useExplorer((state) => state.setFilter);
  if (!places) return null;
  return (
    <ul className="umap-legend" aria-label="Continents">
      {places.continents.map(({ name, colour }) => {
        const own: Filter = { kind: "continent", name };
        const on = same(own, filter);
        return (
          <li key={name}>
            <button
              type="button"
              aria-pressed={on}
              title={on ? "Show the whole world again" : `Keep to ${name}`}
              onClick={() => setFilter(on ? null : own)}
            >
              <svg viewBox="0 0 10 10" aria-hidden="true">
                <circle cx="5" cy="5" r="5" fill={seen(colour, theme)} />
              </svg>
              {name}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

import { useMemo } from "react";
import { useExplorer } from "../core/store";
import type { City } from "../core/types";

const EXAMPLES = 3;

export function Welcome() {
  const places = useExplorer((state) => state.places)!;
  const select = useExplorer((state) => state.select);
  const setHelpOpen = useExplorer((state) => state.setHelpOpen);
  const examples = useMemo(() => oneEach(places.cities), [places]);
  return (
    <section className="panel-welcome" aria-labelledby="panel-welcome-title">
      <h2 id="panel-welcome-title">Which places look like this one?</h2>
      <p>
        Each tile is a square piece of a city, seen from a satellite and turned into a vector.
        Choose one on the map or in the view of look-alikes, and the most alike of{" "}
        {places.count.toLocaleString("en")} tiles are listed here.
      </p>
      <div className="panel-card">
        <h3>Begin with one of these</h3>
        <ul>
          {examples.map((city) => (
            <li key={city.id}>
              <button type="button" onClick={() => select(middleOf(city), "list")}>
                {city.name}, {city.country}
              </button>
            </li>
          ))}
        </ul>
      </div>
      <div className="panel-card">
        <h3>Then try</h3>
        <p>
          Compare by another method. Let its own city in again: are the nearest tiles those next
          door? Search for a country and see where its tiles lie among all.
        </p>
      </div>
      <div className="panel-card">
        <h3>Before you believe it</h3>
        <p>Alike from above is not alike in life.</p>
        <button type="button" onClick={() => setHelpOpen(true)}>
          What this cannot tell
        </button>
      </div>
    </section>
  );
}

/** The cities with most tiles, each of another continent. */
function oneEach(cities: City[]): City[] {
  const taken = new Map<number, City>();
  for (const city of cities.toSorted((a, b) => b.count - a.count || a.id - b.id))
    if (!taken.has(city.continent)) taken.set(city.continent, city);
  return [...taken.values()].slice(0, EXAMPLES);
}

function middleOf(city: City): number {
  return city.first + (city.count >> 1);
}

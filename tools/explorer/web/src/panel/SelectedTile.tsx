import { useEffect, useRef } from "react";
import { useExplorer } from "../core/store";
import { Picture } from "./Picture";

export function SelectedTile({ tile }: { tile: number }) {
  const places = useExplorer((state) => state.places)!;
  const reveal = useExplorer((state) => state.reveal);
  const heading = useRef<HTMLHeadingElement>(null);
  const city = places.cityOf(tile);
  const [lon, lat] = places.centre(tile);

  // The button that chose this tile is gone with its list, and the focus must not go with it.
  useEffect(() => {
    if (useExplorer.getState().selectedFrom === "list") heading.current!.focus();
    heading.current!.closest(".app-panel")?.scrollTo({ top: 0 });
  }, [tile]);

  return (
    <section className="panel-selected" aria-labelledby="panel-selected-title">
      <Picture tile={tile} size={104} />
      <div>
        <h2 id="panel-selected-title" ref={heading} tabIndex={-1}>
          {city.name}
        </h2>
        <p>
          {city.country} · {places.continents[city.continent]?.name}
        </p>
        <p className="panel-soft">
          {degrees(lat, "N", "S")}, {degrees(lon, "E", "W")}
        </p>
      </div>
      <div className="panel-row">
        <button type="button" onClick={() => reveal("map")}>
          Show on the map
        </button>
        <button type="button" onClick={() => reveal("umap")}>
          Show among look-alikes
        </button>
      </div>
    </section>
  );
}

function degrees(value: number, positive: string, negative: string): string {
  return `${Math.abs(value).toFixed(3)}° ${value < 0 ? negative : positive}`;
}

import { useRef, useState } from "react";
import "maplibre-gl/dist/maplibre-gl.css";
import { countOf } from "../core/filter";
import { useExplorer } from "../core/store";
import { Attribution } from "./Attribution";
import { Buttons } from "./Buttons";
import { MapCount } from "./MapCount";
import { MapMissing, MapNotes } from "./MapNotes";
import { useMap } from "./useMap";
import "./map.css";

const HINT = "map-hint";

/** The map of all tiles. */
export function MapPane() {
  const container = useRef<HTMLDivElement>(null);
  const places = useExplorer((state) => state.places);
  const selected = useExplorer((state) => state.selected);
  const filter = useExplorer((state) => state.filter);
  const basemap = useExplorer((state) => state.config?.basemap);
  const [crosshair, setCrosshair] = useState<string | null>(null);
  const { map, shown, ready, picture, trouble, credit, reload } = useMap(container, {
    describedBy: HINT,
    crosshair: setCrosshair,
  });
  const at = shown?.view;
  const canDraw = trouble?.kind !== "no-map";
  return (
    <section
      className="map-pane"
      aria-label="Map"
      data-testid="map"
      data-ready={ready}
      data-zoom={at?.zoom.toFixed(2)}
      data-lon={at?.lon.toFixed(5)}
      data-lat={at?.lat.toFixed(5)}
      data-selected={places && selected !== null ? places.ids[selected] : undefined}
      data-picture={picture}
    >
      <div className="map-canvas" ref={container} />
      {canDraw ? (
        <>
          <p className="sr-only" id={HINT}>
            Arrow keys move the map, plus and minus change its scale, and Enter selects the tile
            nearest to the middle.
          </p>
          {crosshair !== null && <div className="map-crosshair" aria-hidden="true" />}
          <p className="sr-only" aria-live="polite">
            {crosshair}
          </p>
          <Buttons map={map} picture={picture} />
          <div className="map-foot">
            <MapNotes trouble={trouble} picture={picture} reload={reload} />
            {places && shown && (
              <MapCount
                all={places.count}
                kept={filter ? countOf(places, filter) : places.count}
                inView={shown.inView}
              />
            )}
            <Attribution
              land={credit}
              picture={picture === "off" ? "" : (basemap?.attribution ?? "")}
            />
          </div>
        </>
      ) : (
        <MapMissing />
      )}
    </section>
  );
}

import { useExplorer } from "../core/store";
import type { PictureState } from "./picture";
import type { WorldMap } from "./worldMap";

/** Scale and satellite picture, in reach of pointer and keyboard. */
export function Buttons({ map, picture }: { map: WorldMap | null; picture: PictureState }) {
  const basemap = useExplorer((state) => state.config?.basemap);
  const satellite = useExplorer((state) => state.satellite);
  const setSatellite = useExplorer((state) => state.setSatellite);
  return (
    <div className="map-buttons" role="group" aria-label="Map controls">
      <button type="button" aria-label="Zoom in" title="Zoom in" onClick={() => map?.zoomBy(1)}>
        <span aria-hidden="true">+</span>
      </button>
      <button type="button" aria-label="Zoom out" title="Zoom out" onClick={() => map?.zoomBy(-1)}>
        <span aria-hidden="true">−</span>
      </button>
      {basemap?.kind === "raster" && (
        <button
          type="button"
          aria-pressed={satellite}
          aria-busy={picture === "loading"}
          title={`${basemap.title}, from the internet`}
          onClick={() => setSatellite(!satellite)}
        >
          Satellite
        </button>
      )}
    </div>
  );
}

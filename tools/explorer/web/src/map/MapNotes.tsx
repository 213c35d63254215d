import { useExplorer } from "../core/store";
import type { PictureState } from "./picture";
import type { MapTrouble } from "./useMap";

interface Told {
  trouble: MapTrouble | null;
  picture: PictureState;
  reload: () => void;
}

/** What does not work on the map, and what does all the same. */
export function MapNotes({ trouble, picture, reload }: Told) {
  const setSatellite = useExplorer((state) => state.setSatellite);
  return (
    <div className="map-notes" role="status">
      {trouble?.kind === "no-land" && (
        <p>
          The outlines of the land could not be loaded: {trouble.message}{" "}
          <button type="button" onClick={reload}>
            Try again
          </button>
        </p>
      )}
      {trouble?.kind === "other" && <p>The map met a problem: {trouble.message}</p>}
      {picture === "failed" && (
        <p>
          The satellite picture is not to be had at the moment; the map works without it.{" "}
          <button type="button" onClick={() => setSatellite(false)}>
            Switch it off
          </button>
        </p>
      )}
    </div>
  );
}

/** In place of a map that cannot be drawn. */
export function MapMissing() {
  return (
    <div className="map-missing" role="status">
      <p>
        <strong>The map cannot be drawn here.</strong>
      </p>
      <p>
        It needs WebGL 2, which this browser lacks or has switched off. Search, results and
        everything else work without it.
      </p>
    </div>
  );
}

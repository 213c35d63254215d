import { useRef } from "react";
import { useExplorer } from "../core/store";
import { Buttons } from "./Buttons";
import { Legend } from "./Legend";
import { Tip, words } from "./Tip";
import { useView } from "./useView";
import "./umap.css";

const HINT = "umap-hint";

/** All tiles, placed by how much they look alike. */
export function UmapPane() {
  const stage = useRef<HTMLDivElement>(null);
  const dots = useRef<HTMLCanvasElement>(null);
  const marks = useRef<HTMLCanvasElement>(null);
  const places = useExplorer((state) => state.places);
  const selected = useExplorer((state) => state.selected);
  const pointed = useExplorer((state) => (state.hoveredFrom === "umap" ? state.hovered : null));
  const { view, shown, ready, crosshair, trouble, retry } = useView(stage, dots, marks);
  const camera = shown?.camera;
  const middle = crosshair && places && pointed !== null ? words(places, pointed) : null;
  return (
    <section
      className="umap-pane"
      aria-label="Look-alike view"
      data-testid="umap"
      data-ready={ready}
      data-zoom={camera?.zoom.toFixed(4)}
      data-x={camera?.x.toFixed(6)}
      data-y={camera?.y.toFixed(6)}
      data-selected={places && selected !== null ? places.ids[selected] : undefined}
    >
      <div className="umap-stage" ref={stage}>
        <canvas className="umap-dots" ref={dots} aria-hidden="true" />
        <canvas
          className="umap-marks"
          ref={marks}
          role="application"
          aria-label={`Look-alike view: ${places?.count.toLocaleString("en") ?? 0} tiles as points, those that look alike near each other`}
          aria-describedby={HINT}
          tabIndex={0}
          hidden={trouble !== null}
        />
        <p className="sr-only" id={HINT}>
          Arrow keys move the view, plus and minus bring it nearer or farther, Home shows
          everything, Enter selects the tile nearest to the middle, and Escape lets go of it.
        </p>
        <p className="sr-only" aria-live="polite">
          {middle && `Nearest to the middle: ${middle.city}, ${middle.where}.`}
        </p>
        {!trouble && (
          <>
            {crosshair && <div className="umap-crosshair" aria-hidden="true" />}
            {shown && <Tip shown={shown} />}
            {!ready && <p className="umap-waiting">Drawing the points…</p>}
            <Buttons view={view} />
          </>
        )}
        {trouble && (
          <div className="umap-missing" role="alert">
            <p>{trouble.message}</p>
            {trouble.again && (
              <button type="button" onClick={retry}>
                Draw it again
              </button>
            )}
          </div>
        )}
      </div>
      <Legend />
      <p className="umap-caption">
        Each point is a tile. Near means alike, far means little, and the axes mean nothing: UMAP
        has squeezed many dimensions into two.
      </p>
    </section>
  );
}

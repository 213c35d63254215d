import type { View } from "./view";

/** Scale and the way back, in reach of pointer and keyboard. */
export function Buttons({ view }: { view: View | null }) {
  const actions: [label: string, sign: string, act: () => void][] = [
    ["Zoom in", "+", () => view?.zoomBy(2)],
    ["Zoom out", "−", () => view?.zoomBy(1 / 2)],
    ["Show all points", "⤢", () => view?.reset()],
  ];
  return (
    <div className="umap-buttons" role="group" aria-label="Look-alike view controls">
      {actions.map(([label, sign, act]) => (
        <button type="button" key={label} aria-label={label} title={label} onClick={act}>
          <span aria-hidden="true">{sign}</span>
        </button>
      ))}
    </div>
  );
}

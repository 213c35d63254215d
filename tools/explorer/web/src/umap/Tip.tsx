import { useExplorer } from "../core/store";
import type { Places } from "../core/types";
import { toPixel } from "./camera";
import type { Shown } from "./view";

export function words(places: Places, tile: number): { city: string; where: string } {
  const { name, country } = places.cityOf(tile);
  return { city: name, where: country };
}

/** The name of the hovered tile's place beside its point, whichever view it is hovered in. */
export function Tip({ shown }: { shown: Shown }) {
  const places = useExplorer((state) => state.places);
  const layout = useExplorer((state) => state.layout);
  const hovered = useExplorer((state) => state.hovered);
  if (!places || !layout || hovered === null) return null;
  const { width, height } = shown.size;
  const [x, y] = toPixel(layout.x[hovered]!, layout.y[hovered]!, shown.camera, shown.size);
  if (x < 0 || y < 0 || x > width || y > height) return null;
  const { city, where } = words(places, hovered);
  // Towards the middle, so that no edge cuts the words.
  const style = {
    ...(x < width / 2 ? { left: x + 14 } : { right: width - x + 14 }),
    ...(y < height / 2 ? { top: y + 8 } : { bottom: height - y + 8 }),
    maxWidth: Math.max(x, width - x) - 18,
  };
  return (
    <p className="umap-tip" style={style} data-testid="umap-tip">
      {city}
      <span>{where}</span>
    </p>
  );
}

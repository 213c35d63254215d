// What stands out from the crowd, drawn above it: look-alikes, the selected tile, the one under the pointer.
import type { Tokens } from "../core/theme";
import type { Hit, Layout } from "../core/types";
import { toPixel, type Camera, type Size } from "./camera";

export interface Mark {
  tile: number;
  kind: "similar" | "selected" | "hovered";
}

/** Look-alikes from the last to the best, the selected tile, the hovered one: what comes last lies on top. */
export function marksOf(
  selected: number | null,
  hovered: number | null,
  hits: readonly Hit[],
): Mark[] {
  const marks: Mark[] = [];
  for (const { tile } of hits) if (tile !== selected) marks.unshift({ tile, kind: "similar" });
  if (selected !== null) marks.push({ tile: selected, kind: "selected" });
  if (hovered !== null) marks.push({ tile: hovered, kind: "hovered" });
  return marks;
}

const SIMILAR = 5; // pixels from the middle to the rim
const SELECTED = 7;
const HOVERED = 10;
const RIM = 1.5;
const OUTSIDE = 20; // a mark may be cut by the pane's edge, but one farther off is not drawn

/** Draw marks; they differ in size and shape, and not by colour alone. Returns how many were in sight. */
export function drawMarks(
  context: CanvasRenderingContext2D,
  marks: readonly Mark[],
  layout: Layout,
  camera: Camera,
  size: Size,
  tokens: Tokens,
): number {
  const ratio = context.canvas.width / size.width;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, size.width, size.height);
  let inSight = 0;
  for (const { tile, kind } of marks) {
    const [x, y] = toPixel(layout.x[tile]!, layout.y[tile]!, camera, size);
    const outside =
      Math.min(x, y) < -OUTSIDE || x > size.width + OUTSIDE || y > size.height + OUTSIDE;
    if (outside) continue;
    inSight++;
    if (kind === "hovered") circle(context, x, y, HOVERED, null, tokens.ink, 2);
    if (kind === "similar") {
      circle(context, x, y, SIMILAR, tokens.similar, tokens.ground, RIM);
      circle(context, x, y, SIMILAR + RIM, null, tokens.ink, 1);
    }
    if (kind === "selected") {
      circle(context, x, y, SELECTED, tokens.selected, tokens.ground, RIM);
      circle(context, x, y, SELECTED + 4, null, tokens.selected, 2);
    }
  }
  return inSight;
}

function circle(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  radius: number,
  fill: string | null,
  rim: string,
  width: number,
): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  if (fill) {
    context.fillStyle = fill;
    context.fill();
  }
  context.strokeStyle = rim;
  context.lineWidth = width;
  context.stroke();
}

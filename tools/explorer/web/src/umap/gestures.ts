// Mouse, touch, pen and keys in the view.
import { panned, zoomed, type Camera, type Pixel, type Size } from "./camera";

export interface Hands {
  camera(): Camera;
  size(): Size;
  /** The reader moved the view. */
  move(camera: Camera): void;
  /** The pointer rests at a place, or at none. */
  point(at: Pixel | null, reach: number): void;
  click(at: Pixel, reach: number): void;
  /** A key was pressed that this view knows. */
  key(name: "move" | "select" | "clear" | "reset"): void;
}

const STILL = 4; // pixels that a press may move and be a click
const REACH = { mouse: 8, touch: 18 }; // pixels beside a point that still mean it
const STEP = 80; // pixels that an arrow key moves
const KEY_ZOOM = 1.5;
const LINE = 16; // pixels of a wheel that counts in lines
const WHEEL = 0.002;
const PINCH = 0.01; // browsers tell of a pinch on a touchpad as of a wheel with small steps

const ARROWS: Record<string, Pixel> = {
  ArrowLeft: [STEP, 0],
  ArrowRight: [-STEP, 0],
  ArrowUp: [0, STEP],
  ArrowDown: [0, -STEP],
};
const ZOOMS: Record<string, number> = {
  "+": KEY_ZOOM,
  "=": KEY_ZOOM,
  "-": 1 / KEY_ZOOM,
  _: 1 / KEY_ZOOM,
};
const OTHERS = { Enter: "select", Escape: "clear", Home: "reset", "0": "reset" } as const;

/** Follow a reader's hands on an element. Returns how to stop. */
export function follow(element: HTMLElement, hands: Hands): () => void {
  const down = new Map<number, Pixel>();
  let travelled = 0;

  const at = (event: MouseEvent): Pixel => {
    const { left, top } = element.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  const reachOf = (event: PointerEvent) =>
    event.pointerType === "touch" ? REACH.touch : REACH.mouse;

  function press(event: PointerEvent) {
    if (event.button !== 0) return;
    travelled = down.size ? Infinity : 0; // two fingers never click
    down.set(event.pointerId, at(event));
    element.setPointerCapture(event.pointerId);
  }
  function moved(event: PointerEvent) {
    const to = at(event);
    const from = down.get(event.pointerId);
    if (!from) {
      if (event.pointerType !== "touch") hands.point(to, reachOf(event));
      return;
    }
    travelled = Math.max(travelled, Math.hypot(to[0] - from[0], to[1] - from[1]));
    if (travelled <= STILL) return;
    const [before, apart] = spread([...down.values()]);
    down.set(event.pointerId, to);
    const [now, apartNow] = spread([...down.values()]);
    const size = hands.size();
    const dragged = panned(hands.camera(), size, now[0] - before[0], now[1] - before[1]);
    hands.move(apart ? zoomed(dragged, size, apartNow / apart, now) : dragged);
    hands.point(null, 0);
  }
  function release(event: PointerEvent) {
    const known = down.delete(event.pointerId);
    if (known && !down.size && travelled <= STILL) hands.click(at(event), reachOf(event));
  }
  function cancel(event: PointerEvent) {
    down.delete(event.pointerId);
    travelled = Infinity;
  }
  function leave() {
    if (!down.size) hands.point(null, 0);
  }
  function turn(event: WheelEvent) {
    event.preventDefault();
    const step = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1;
    const factor = Math.exp(-event.deltaY * step * (event.ctrlKey ? PINCH : WHEEL));
    hands.move(zoomed(hands.camera(), hands.size(), factor, at(event)));
    hands.point(at(event), REACH.mouse);
  }
  function type(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    const size = hands.size();
    const arrow = ARROWS[key];
    const factor = ZOOMS[key];
    if (arrow) hands.move(panned(hands.camera(), size, ...arrow));
    if (factor) hands.move(zoomed(hands.camera(), size, factor, [size.width / 2, size.height / 2]));
    if (arrow || factor) hands.key("move");
    else if (key in OTHERS) hands.key(OTHERS[key as keyof typeof OTHERS]);
    else return;
    event.preventDefault();
  }

  const leaving = new AbortController();
  const { signal } = leaving;
  element.addEventListener("pointerdown", press, { signal });
  element.addEventListener("pointermove", moved, { signal });
  element.addEventListener("pointerup", release, { signal });
  element.addEventListener("pointercancel", cancel, { signal });
  element.addEventListener("pointerleave", leave, { signal });
  element.addEventListener("wheel", turn, { signal, passive: false });
  element.addEventListener("keydown", type, { signal });
  return () => leaving.abort();
}

/** The middle between fingers, and how far apart they are; 0 for one. */
function spread(fingers: Pixel[]): [middle: Pixel, apart: number] {
  const [first, second] = fingers as [Pixel, Pixel?];
  if (!second) return [first, 0];
  return [
    [(first[0] + second[0]) / 2, (first[1] + second[1]) / 2],
    Math.hypot(first[0] - second[0], first[1] - second[1]),
  ];
}

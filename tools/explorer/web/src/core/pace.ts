// When views may move: after what a reader asked for is on the screen, and smoothly only where frames are quick.
import { useExplorer, type Explorer } from "./store";

const LONGEST = 300; // milliseconds that a view waits for an answer
const SLOW = 70; // milliseconds from one frame to the next
const IN_A_ROW = 2;
const MARKED = ["selected", "hovered", "results"] as const; // in both views

let slow = false;

/** Whether to fly rather than jump: the reader bears motion, and this machine draws it. */
export function movesSmoothly(): boolean {
  return !slow && !matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Watch the frames of a flight; where they come too slowly, end it by `arrive`, and fly no more. Returns how to stop. */
export function watch(arrive: () => void): () => void {
  let late = 0;
  let last = performance.now();
  let frame = requestAnimationFrame(function look(now) {
    late = now - last > SLOW ? late + 1 : 0;
    last = now;
    if (late < IN_A_ROW) {
      frame = requestAnimationFrame(look);
      return;
    }
    slow = true;
    arrive();
  });
  return () => cancelAnimationFrame(frame);
}

/** Whether a change of the state is one that look-alikes are asked for: they come first, then what both views mark. */
export function asks(now: Explorer, before: Explorer): boolean {
  return now.selected !== before.selected || (now.results !== before.results && asking(now));
}

function asking({ results }: Explorer): boolean {
  return results.status === "loading";
}

/** What a view marks and where it moves, in its turn: after the look-alikes that are being asked for. */
export class Turn {
  private waits = false;
  private move: (() => void) | null = null;
  private stop = () => {};

  constructor(private readonly mark: () => void) {}

  /** Take up a change of the state, and a move that comes of it. */
  follow(now: Explorer, before: Explorer, move: (() => void) | null): void {
    if (move) this.wait(move);
    else if (asks(now, before)) this.wait();
    else if (MARKED.some((name) => now[name] !== before[name])) this.now();
  }

  /** Mark, and move if it is to, once the look-alikes are shown. A later move takes the place of one that waits. */
  wait(move = this.move): void {
    this.stop();
    this.waits = true;
    this.move = move;
    this.stop = afterResults(() => {
      this.waits = false;
      this.move = null;
      this.mark();
      move?.();
    });
  }

  /** Mark now, unless it waits: it is then done with the rest. */
  now(): void {
    if (!this.waits) this.mark();
  }

  leave(): void {
    this.stop();
  }
}

/** Do something once the look-alikes that are being asked for are on the screen, or take long. Returns how to leave it. */
export function afterResults(act: () => void): () => void {
  let left = false;
  let stop = () => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  const leave = () => {
    left = true;
    stop();
    clearTimeout(timer);
  };
  const once = () => {
    if (left) return;
    stop();
    clearTimeout(timer);
    // After the frame that shows them, not in it.
    requestAnimationFrame(() => setTimeout(() => left || act()));
  };
  // Whoever selects, asks only after the views have heard of it.
  queueMicrotask(() => {
    if (left) return;
    if (!asking(useExplorer.getState())) return act();
    stop = useExplorer.subscribe((now) => asking(now) || once());
    timer = setTimeout(once, LONGEST);
  });
  return leave;
}

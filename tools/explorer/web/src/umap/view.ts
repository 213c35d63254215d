// The look-alike view itself: what it draws, where it looks, and what it tells the store.
import { mask } from "../core/filter";
import { useExplorer, type Explorer } from "../core/store";
import { tokens, type Tokens } from "../core/theme";
import { movesSmoothly, Turn, watch } from "../core/pace";
import type { Layout, Places } from "../core/types";
import {
  between,
  centred,
  toPlane,
  scaleOf,
  WHOLE,
  zoomed,
  type Camera,
  type Pixel,
  type Size,
} from "./camera";
import { toCentre } from "./centring";
import { dotsOf, palette, shuffled } from "./dots";
import { follow } from "./gestures";
import { Grid } from "./grid";
import { drawMarks, marksOf } from "./marks";
import type { Plot } from "./plot";

/** What a reader sees, after each drawing. */
export interface Shown {
  camera: Camera;
  size: Size;
}

export interface Listener {
  shown(shown: Shown): void;
  /** Everything is drawn for the first time. */
  ready(): void;
  /** The browser has taken the graphics away. */
  lost(): void;
  /** Whether the keyboard moves the view, so that its middle is to be marked. */
  crosshair(on: boolean): void;
}

export interface Stage {
  /** Takes pointer and keys, and shows the marks. */
  marks: HTMLCanvasElement;
  dots: HTMLCanvasElement;
}

const FLIGHT = 500; // milliseconds

export class View {
  private camera: Camera = WHOLE;
  /** What the last drawn picture shows; the camera may be ahead of it by a frame. */
  private drawn: Camera = WHOLE;
  private flight = 0;
  /** Ends the watch over a flight. */
  private land = () => {};
  private readonly turn = new Turn(() => this.mark());
  private keys = false;
  private kept: Uint8Array | null;
  private ink: Tokens;
  private ratio = devicePixelRatio;
  private readonly plot: Plot;
  private readonly grid: Grid;
  private readonly order: Uint32Array;
  private readonly context: CanvasRenderingContext2D;
  private readonly stops: (() => void)[];

  constructor(
    Drawer: typeof Plot,
    private readonly stage: Stage,
    private size: Size,
    private readonly places: Places,
    private readonly layout: Layout,
    private readonly listener: Listener,
  ) {
    const state = useExplorer.getState();
    this.grid = new Grid(layout);
    this.order = shuffled(places.count);
    this.kept = mask(places, state.filter);
    this.ink = tokens(state.theme);
    this.context = stage.marks.getContext("2d")!;
    this.plot = new Drawer(
      stage.dots,
      size,
      places.count,
      palette(places, this.ink, state.theme),
      () => this.afterDrawing(),
      () => listener.lost(),
    );
    if (state.selected !== null) this.camera = this.over(state.selected);
    this.fit();
    this.stops = [useExplorer.subscribe((now, before) => this.follow(now, before)), this.listen()];
    void this.draw().then(() => listener.ready());
  }

  resize(size: Size): void {
    this.size = size;
    this.plot.resize(size);
    this.fit();
  }

  zoomBy(factor: number): void {
    const { width, height } = this.size;
    this.fly(zoomed(this.camera, this.size, factor, [width / 2, height / 2]));
  }

  reset(): void {
    this.fly(WHOLE);
  }

  destroy(): void {
    cancelAnimationFrame(this.flight);
    this.turn.leave();
    this.land();
    for (const stop of this.stops) stop();
    this.plot.destroy();
  }

  private follow(now: Explorer, before: Explorer): void {
    if (now.theme !== before.theme) {
      this.ink = tokens(now.theme);
      this.plot.paint(palette(this.places, this.ink, now.theme));
      this.turn.now();
    }
    if (now.filter !== before.filter) {
      this.kept = mask(this.places, now.filter);
      void this.draw();
    }
    const tile = toCentre(now, before);
    this.turn.follow(now, before, tile === null ? null : () => this.fly(this.over(tile)));
  }

  private draw(): Promise<void> {
    return this.plot.draw(dotsOf(this.places, this.layout, this.order, this.kept));
  }

  private fit(): void {
    this.ratio = devicePixelRatio;
    const { marks } = this.stage;
    marks.style.width = `${this.size.width}px`;
    marks.style.height = `${this.size.height}px`;
    marks.width = Math.floor(this.size.width * this.ratio);
    marks.height = Math.floor(this.size.height * this.ratio);
    this.look(this.camera);
  }

  private mark(): void {
    const { selected, hovered, results } = useExplorer.getState();
    const marks = marksOf(selected, hovered, "hits" in results ? results.hits : []);
    drawMarks(this.context, marks, this.layout, this.drawn, this.size, this.ink);
  }

  private afterDrawing(): void {
    // Some browsers say nothing when the screen's pixels change, as when a window goes to another screen.
    if (devicePixelRatio !== this.ratio) return this.resize(this.size);
    this.drawn = this.camera;
    this.mark();
    this.listener.shown({ camera: this.camera, size: this.size });
  }

  private look(camera: Camera): void {
    this.camera = camera;
    this.plot.look(camera);
  }

  /** Go to a camera, by a short flight unless the reader wants no motion. */
  private fly(to: Camera): void {
    cancelAnimationFrame(this.flight);
    this.land();
    if (!movesSmoothly()) return this.arrive(to);
    const from = this.camera;
    const start = performance.now();
    const step = (now: number) => {
      const share = (now - start) / FLIGHT;
      if (share >= 1) return this.arrive(to);
      this.look(between(from, to, Math.max(share, 0)));
      this.flight = requestAnimationFrame(step);
    };
    this.flight = requestAnimationFrame(step);
    this.land = watch(() => {
      cancelAnimationFrame(this.flight);
      this.arrive(to);
    });
  }

  private arrive(at: Camera): void {
    this.land();
    this.look(at);
    if (this.keys) this.pointAtMiddle();
  }

  private over(tile: number): Camera {
    return centred(this.camera, this.layout.x[tile]!, this.layout.y[tile]!);
  }

  /** The tile meant by a place: one that the filter keeps before one that it does not. */
  private tileAt(at: Pixel, reach: number): number | null {
    const [x, y] = toPlane(at, this.camera, this.size);
    const radius = reach / scaleOf(this.camera, this.size);
    const kept = this.kept ? this.grid.nearest(x, y, radius, this.kept) : -1;
    const tile = kept >= 0 ? kept : this.grid.nearest(x, y, radius);
    return tile >= 0 ? tile : null;
  }

  private middle(): number | null {
    const tile = this.grid.nearestOfAll(this.camera.x, this.camera.y, this.kept);
    return tile >= 0 ? tile : null;
  }

  private pointAtMiddle(): void {
    useExplorer.getState().hover(this.middle(), "umap");
  }

  private setKeys(on: boolean): void {
    if (on) this.pointAtMiddle();
    else if (this.keys) useExplorer.getState().hover(null, "umap");
    if (on !== this.keys) this.listener.crosshair(on);
    this.keys = on;
  }

  private listen(): () => void {
    const { marks } = this.stage;
    const { hover, select } = useExplorer.getState();
    const stopHands = follow(marks, {
      camera: () => this.camera,
      size: () => this.size,
      move: (camera) => {
        cancelAnimationFrame(this.flight);
        this.look(camera);
      },
      point: (at, reach) => {
        const tile = at && this.tileAt(at, reach);
        marks.style.cursor = tile === null ? "" : "pointer";
        hover(tile, "umap");
      },
      click: (at, reach) => {
        const tile = this.tileAt(at, reach);
        if (tile !== null) select(tile, "umap");
      },
      key: (name) => {
        if (name === "clear") return (this.setKeys(false), hover(null, "umap"));
        if (name === "reset") this.reset();
        this.setKeys(true);
        const tile = name === "select" ? this.middle() : null;
        if (tile !== null) select(tile, "umap");
      },
    });
    const leaving = new AbortController();
    const { signal } = leaving;
    const focus = () => marks.matches(":focus-visible") && this.setKeys(true);
    marks.addEventListener("focus", focus, { signal });
    marks.addEventListener("blur", () => this.setKeys(false), { signal });
    marks.addEventListener("pointerdown", () => this.setKeys(false), { signal });
    return () => {
      stopHands();
      leaving.abort();
    };
  }
}

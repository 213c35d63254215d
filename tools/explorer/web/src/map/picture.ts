// The satellite picture below the map. It comes from outside, so it may be late, broken or not there at all.
import type { Map as GlMap } from "maplibre-gl";
import type { Basemap } from "../core/types";
import { FIRST_ABOVE_PICTURE, pictureSource } from "./style";

export type PictureState = "off" | "loading" | "shown" | "failed";
export type PictureEvent = "on" | "off" | "tile" | "error" | "quiet";

/** What follows from an event. A picture that has begun to show keeps showing what there is of it. */
export function next(state: PictureState, event: PictureEvent): PictureState {
  if (event === "off") return "off";
  if (event === "on") return state === "off" ? "loading" : state;
  if (state === "off") return "off";
  if (event === "tile") return "shown";
  // No tile at all: a server that knows no such tile reports no error, but then nothing is left to wait for.
  return state === "shown" ? "shown" : "failed";
}

const ID = "picture";
const GLANCE = 2_000; // milliseconds
const PATIENCE = 8; // glances: a server that stalls is no better than one that is not there

export class Picture {
  state: PictureState = "off";
  private watch: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly map: GlMap,
    private readonly changed: (state: PictureState) => void,
  ) {
    map.on("sourcedata", (event) => {
      if (event.sourceId === ID && event.tile?.state === "loaded") this.take("tile");
    });
    map.on("remove", () => clearInterval(this.watch));
  }

  /** Show this picture, or none: then nothing of it is asked for. */
  set(basemap: Basemap | null): void {
    const there = this.map.getLayer(ID) !== undefined;
    const wanted = basemap?.kind === "raster";
    if (wanted && !there) {
      this.map.addSource(ID, pictureSource(basemap));
      this.map.addLayer({ id: ID, type: "raster", source: ID }, FIRST_ABOVE_PICTURE);
      this.take("on");
      this.await();
    } else if (!wanted && there) {
      this.map.removeLayer(ID);
      this.map.removeSource(ID);
      this.take("off");
    }
  }

  /** Whether an error was the picture's. */
  failed(event: object): boolean {
    if (!("sourceId" in event) || event.sourceId !== ID) return false;
    this.take("error");
    return true;
  }

  /** Tiles that a server does not know, or never sends, make no event: so look whether any is still to come. */
  private await(): void {
    let glances = 0;
    clearInterval(this.watch);
    this.watch = setInterval(() => {
      glances++;
      if (this.state !== "loading") clearInterval(this.watch);
      else if (glances >= PATIENCE || this.map.isSourceLoaded(ID)) this.take("quiet");
    }, GLANCE);
  }

  private take(event: PictureEvent): void {
    const now = next(this.state, event);
    if (now === this.state) return;
    this.state = now;
    this.changed(now);
  }
}

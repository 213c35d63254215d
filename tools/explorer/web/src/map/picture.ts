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

export class Picture {
  state: PictureState = "off";

  constructor(
    private readonly map: GlMap,
    private readonly changed: (state: PictureState) => void,
  ) {
    map.on("sourcedata", (event) => {
      if (event.sourceId === ID && event.tile?.state === "loaded") this.take("tile");
    });
    map.on("idle", () => {
      if (this.state === "loading" && map.getSource(ID)) this.take("quiet");
    });
  }

  /** Show this picture, or none: then nothing of it is asked for. */
  set(basemap: Basemap | null): void {
    const there = this.map.getLayer(ID) !== undefined;
    const wanted = basemap?.kind === "raster";
    if (wanted && !there) {
      this.map.addSource(ID, pictureSource(basemap));
      this.map.addLayer({ id: ID, type: "raster", source: ID }, FIRST_ABOVE_PICTURE);
      this.take("on");
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

  private take(event: PictureEvent): void {
    const now = next(this.state, event);
    if (now === this.state) return;
    this.state = now;
    this.changed(now);
  }
}

// The life of the map in the page: made when its place has a size, tied to the store, and cleared away.
import { useCallback, useEffect, useRef, useState, type RefObject } from "react";
import { useExplorer } from "../core/store";
import type { Places } from "../core/types";
import type { PictureState } from "./picture";
import { words } from "./popup";
import { tie, type Shown, type Tied } from "./tie";
import type { WorldMap } from "./worldMap";

/** What is wrong with the map: nothing can be drawn, the land's outlines are missing, or something else. */
export interface MapTrouble {
  kind: "no-map" | "no-land" | "other";
  message: string;
}

interface Options {
  /** Identity of the element that says how the keyboard moves the map. */
  describedBy: string;
  /** Told what is in the middle while the keyboard moves the map; null when it does not. */
  crosshair(words: string | null): void;
}

export function useMap(container: RefObject<HTMLDivElement | null>, options: Options) {
  const places = useExplorer((state) => state.places);
  const source = useExplorer((state) => state.source);
  const [tied, setTied] = useState<Tied | null>(null);
  const [shown, setShown] = useState<Shown | null>(null);
  const [ready, setReady] = useState(false);
  const [picture, setPicture] = useState<PictureState>("off");
  const [trouble, setTrouble] = useState<MapTrouble | null>(null);
  // Asked for while the map is being made; without outlines once it is known that they are not to be had.
  const [land, setLand] = useState<{ outlines: GeoJSON.GeoJSON | null } | null>(null);
  const [tries, setTries] = useState(0);
  const { describedBy, crosshair } = options;
  const tell = useRef(crosshair);
  tell.current = crosshair;

  useEffect(() => {
    const element = container.current;
    if (!element || !places) return;
    let made: Tied | null = null;
    let untieKeys = () => {};
    // A hidden pane has no size, and a map of no size cannot be fitted to anything.
    const whenSized = new ResizeObserver(() => {
      if (made || !element.clientWidth || !element.clientHeight) return;
      whenSized.disconnect();
      try {
        made = tie(element, places, {
          shown: setShown,
          picture: setPicture,
          ready() {
            setReady(true);
            performance.mark("explorer:map");
          },
          failed: (message) => setTrouble({ kind: "other", message }),
        });
      } catch (error) {
        setTrouble({ kind: "no-map", message: String(error) });
        return;
      }
      untieKeys = keys(made.map, places, describedBy, (said) => tell.current(said));
      setTied(made);
    });
    whenSized.observe(element);
    return () => {
      whenSized.disconnect();
      untieKeys();
      made?.untie();
      setTied(null);
      setReady(false);
    };
  }, [container, places, describedBy]);

  useEffect(() => {
    if (!source) return;
    const leaving = new AbortController();
    source.land(leaving.signal).then(
      (outlines) => {
        setLand({ outlines });
        setTrouble((known) => (known?.kind === "no-land" ? null : known));
      },
      (error: Error) => {
        if (leaving.signal.aborted) return;
        setLand({ outlines: null });
        setTrouble({ kind: "no-land", message: error.message });
      },
    );
    return () => leaving.abort();
  }, [source, tries]);

  useEffect(() => {
    if (tied && land) tied.map.setLand(land.outlines);
  }, [tied, land]);

  const reload = useCallback(() => setTries((before) => before + 1), []);
  return {
    map: tied?.map ?? null,
    shown,
    ready,
    picture,
    trouble,
    credit: creditOf(land?.outlines),
    reload,
  };
}

/** Whose outlines they are, which they say themselves. */
function creditOf(land: GeoJSON.GeoJSON | null | undefined): string {
  return land && "credit" in land && typeof land.credit === "string" ? land.credit : "";
}

/** The keyboard's way: a crosshair in the middle says which tile Enter would select. */
function keys(
  map: WorldMap,
  places: Places,
  describedBy: string,
  tell: (words: string | null) => void,
): () => void {
  const { canvas } = map;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-describedby", describedBy);
  let on = false;
  const point = () => {
    if (!on) return;
    const tile = map.middle();
    useExplorer.getState().hover(tile, "map");
    const { city, where } = tile === null ? { city: "", where: "" } : words(places, tile);
    tell(tile === null ? "No tile is near the middle." : `In the middle: ${city}, ${where}.`);
  };
  const turnOn = () => {
    on = true;
    point();
  };
  const turnOff = () => {
    if (!on) return;
    on = false;
    useExplorer.getState().hover(null, "map");
    tell(null);
  };
  const focus = () => canvas.matches(":focus-visible") && turnOn();
  const press = (event: KeyboardEvent) => {
    if (event.key === "Enter") {
      event.preventDefault();
      turnOn();
      const tile = map.middle();
      if (tile !== null) useExplorer.getState().select(tile, "map");
    } else if (event.key.startsWith("Arrow") || event.key === "+" || event.key === "-") turnOn();
  };
  canvas.addEventListener("focus", focus);
  canvas.addEventListener("blur", turnOff);
  canvas.addEventListener("pointerdown", turnOff);
  canvas.addEventListener("keydown", press);
  const stop = map.whenMoved(point);
  return () => {
    canvas.removeEventListener("focus", focus);
    canvas.removeEventListener("blur", turnOff);
    canvas.removeEventListener("pointerdown", turnOff);
    canvas.removeEventListener("keydown", press);
    stop();
  };
}

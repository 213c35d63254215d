// The life of the view in the page: its drawing code is fetched, it is made once its pane has a size, and cleared away.
import { useCallback, useEffect, useState, type RefObject } from "react";
import { useExplorer } from "../core/store";
import type { Size } from "./camera";
import { View, type Shown } from "./view";

export interface ViewTrouble {
  message: string;
  again: boolean;
}

const MISSING: ViewTrouble = {
  message:
    "This view cannot be drawn: WebGL is missing from this browser or switched off. " +
    "Search, the selected tile and the list of its look-alikes work without it.",
  again: false,
};
const LOST: ViewTrouble = {
  message:
    "The browser has taken the graphics away from this view, as it does when memory is short.",
  again: true,
};

// Fetched while the data come, and not within the page's own code: nothing else need wait for it.
const fetchDrawer = () => import("./plot");
let drawer: ReturnType<typeof fetchDrawer> | null = null;

function load(): ReturnType<typeof fetchDrawer> {
  drawer ??= fetchDrawer();
  drawer.catch(() => (drawer = null));
  return drawer;
}
void load();

export function useView(
  stage: RefObject<HTMLDivElement | null>,
  dots: RefObject<HTMLCanvasElement | null>,
  marks: RefObject<HTMLCanvasElement | null>,
) {
  const places = useExplorer((state) => state.places);
  const layout = useExplorer((state) => state.layout);
  const [view, setView] = useState<View | null>(null);
  const [shown, setShown] = useState<Shown | null>(null);
  const [ready, setReady] = useState(false);
  const [crosshair, setCrosshair] = useState(false);
  const [trouble, setTrouble] = useState<ViewTrouble | null>(null);
  const [tries, setTries] = useState(0);

  useEffect(() => {
    if (!places || !layout || !stage.current || !dots.current || !marks.current) return;
    const canvases = { dots: dots.current, marks: marks.current };
    let made: View | null = null;
    let size: Size | null = null;
    let left = false;
    setTrouble(null);

    async function make() {
      const { CannotDraw, Plot } = await load();
      if (left || !size) return;
      try {
        made = new View(Plot, canvases, size, places!, layout!, {
          shown: setShown,
          ready() {
            setReady(true);
            performance.mark("explorer:umap");
          },
          lost: () => setTrouble(LOST),
          crosshair: setCrosshair,
        });
      } catch (error) {
        if (error instanceof CannotDraw) return setTrouble(MISSING);
        throw error;
      }
      setView(made);
    }
    const stop = watch(stage.current, (now) => {
      const first = !size;
      size = now;
      if (made) made.resize(now);
      else if (first)
        make().catch((error: unknown) => {
          if (!left) setTrouble({ message: `This view could not start: ${error}`, again: true });
        });
    });
    return () => {
      left = true;
      stop();
      made?.destroy();
      setView(null);
      setShown(null);
      setReady(false);
      setCrosshair(false);
    };
  }, [places, layout, stage, dots, marks, tries]);

  const retry = useCallback(() => setTries((before) => before + 1), []);
  return { view, shown, ready, crosshair, trouble, retry };
}

/** Tell an element's size now and whenever it, or how many pixels the screen has to one of the page, changes. */
function watch(element: HTMLElement, tell: (size: Size) => void): () => void {
  const leaving = new AbortController();
  const measure = () => {
    // A hidden pane has no size, and nothing can be drawn in it.
    const { clientWidth: width, clientHeight: height } = element;
    if (width && height) tell({ width, height });
  };
  const watchRatio = () => {
    const query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    const changed = () => {
      measure();
      watchRatio();
    };
    query.addEventListener("change", changed, { once: true, signal: leaving.signal });
  };
  const observer = new ResizeObserver(measure);
  observer.observe(element);
  watchRatio();
  return () => {
    observer.disconnect();
    leaving.abort();
  };
}

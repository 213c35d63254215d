import { useEffect, useRef, useState } from "react";
import { useExplorer } from "../core/store";
import type { Thumbnail } from "../core/types";

/** What a tile looks like, where there is a picture of it; loaded once it comes into sight. */
export function Picture({ tile, size }: { tile: number; size: number }) {
  const source = useExplorer((state) => state.source)!;
  const places = useExplorer((state) => state.places)!;
  const box = useRef<HTMLDivElement>(null);
  const [picture, setPicture] = useState<{ tile: number; is: Thumbnail | null }>();

  useEffect(() => {
    let wanted = true;
    const seen = new IntersectionObserver(([entry]) => {
      if (!entry?.isIntersecting) return;
      seen.disconnect();
      source
        .thumbnail(places, tile)
        .catch(() => null) // a picture that cannot be had leaves its place empty; the rest needs none
        .then((is) => wanted && setPicture({ tile, is }));
    });
    seen.observe(box.current!);
    return () => {
      wanted = false;
      seen.disconnect();
    };
  }, [source, places, tile]);

  useEffect(() => {
    const is = picture?.tile === tile ? picture.is : null;
    const { style } = box.current!;
    style.backgroundImage = is ? `url(${JSON.stringify(is.url)})` : "";
    const { column = 0, row = 0, columns = 1, rows = 1 } = is?.sprite ?? {};
    style.backgroundSize = `${columns * 100}% ${rows * 100}%`;
    const along = (index: number, of: number) => (of > 1 ? `${(100 * index) / (of - 1)}%` : "0%");
    style.backgroundPosition = `${along(column, columns)} ${along(row, rows)}`;
  }, [picture, tile]);

  useEffect(() => {
    box.current!.style.setProperty("--size", `${size}px`);
  }, [size]);

  return <div ref={box} className="panel-picture" aria-hidden="true" />;
}

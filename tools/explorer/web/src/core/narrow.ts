// Whether there is room for one view only, as on a phone; styles/page.css draws the same line.
import { useSyncExternalStore } from "react";

const PHONE = "(max-width: 720px)";

export function isNarrow(): boolean {
  return matchMedia(PHONE).matches;
}

export function useNarrow(): boolean {
  return useSyncExternalStore(follow, isNarrow);
}

function follow(changed: () => void): () => void {
  const media = matchMedia(PHONE);
  media.addEventListener("change", changed);
  return () => media.removeEventListener("change", changed);
}

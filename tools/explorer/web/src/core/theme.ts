// Light and dark: what the reader chose, else what the system says; and the colours for what is drawn on a canvas.
import type { Theme } from "./types";

const KEY = "explorer-theme";

export function preferred(): Theme {
  const kept = remembered();
  if (kept === "light" || kept === "dark") return kept;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function apply(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
}

export function remember(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // A browser that keeps nothing (private, or framed by another site) simply forgets the choice.
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export interface Tokens {
  ground: string;
  card: string;
  ink: string;
  inkSoft: string;
  line: string;
  accent: string;
  selected: string;
  similar: string;
  land: string;
  sea: string;
}

/** The style sheet's colours, so that canvases and page cannot disagree. */
export function tokens(theme: Theme): Tokens {
  const root = document.documentElement;
  if (root.dataset.theme !== theme) apply(theme);
  const style = getComputedStyle(root);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    ground: of("--ground"),
    card: of("--card"),
    ink: of("--ink"),
    inkSoft: of("--ink-soft"),
    line: of("--line"),
    accent: of("--accent"),
    selected: of("--selected"),
    similar: of("--similar"),
    land: of("--land"),
    sea: of("--sea"),
  };
}

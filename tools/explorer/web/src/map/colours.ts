// Continents' colours were chosen for paper: on a dark ground they are lightened until they can be seen.
import type { Theme } from "../core/types";

const LIGHTEN = 0.45;

export function seen(colour: string, theme: Theme): string {
  if (theme === "light") return colour;
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return `#${parts
    .map((part) => Math.round(part + (255 - part) * LIGHTEN))
    .map((part) => part.toString(16).padStart(2, "0"))
    .join("")}`;
}

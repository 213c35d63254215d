// Colours as the graphics card takes them, and as they can be told from what they lie on.
import type { Theme } from "./types";

const LIGHTEN = 0.45;

/** Continents' colours were chosen for paper: on a dark ground they are lightened. */
export function seen(colour: string, theme: Theme): string {
  if (theme === "light") return colour;
  const parts = rgba(colour, 0)
    .slice(0, 3)
    .map((part) => Math.round(part + (255 - part) * LIGHTEN));
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

/** Red, green, blue and opacity, 0 … 255, of any opaque colour that a style sheet may hold. */
export function rgba(colour: string, alpha: number): [number, number, number, number] {
  const number = parseInt(sixDigits(colour).slice(1), 16);
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255, alpha];
}

/** As #rrggbb. What shortens style sheets writes #fff, or a name where that is shorter. */
function sixDigits(colour: string): string {
  if (/^#[0-9a-f]{6}$/i.test(colour)) return colour;
  if (/^#[0-9a-f]{3}$/i.test(colour)) return colour.replace(/[0-9a-f]/gi, "$&$&");
  const brush = document.createElement("canvas").getContext("2d");
  if (!brush) throw new Error(`The colour ${colour} is not written as #rrggbb or #rgb.`);
  brush.fillStyle = colour;
  return brush.fillStyle;
}

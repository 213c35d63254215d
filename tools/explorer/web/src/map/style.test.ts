import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
import { describe, expect, it } from "vitest";
import type { Tokens } from "../core/theme";
import type { Theme } from "../core/types";
import { baseStyle, FIRST_ABOVE_PICTURE, FIRST_ABOVE_POINTS, paints } from "./style";

const colours = ["ground", "card", "ink", "inkSoft", "line", "accent", "selected", "similar"];
const tokens = Object.fromEntries(
  [...colours, "land", "sea"].map((name, at) => [name, `#1234${String(at).padStart(2, "0")}`]),
) as unknown as Tokens;

function painted(theme: Theme, picture: boolean) {
  const style = baseStyle();
  for (const [id, property, value] of paints(tokens, theme, picture)) {
    const layer = style.layers.find((one) => one.id === id)!;
    layer.paint = { ...layer.paint, [property]: value };
  }
  return style;
}
const valueOf = (picture: boolean, layer: string, property: string) =>
  paints(tokens, "light", picture).find(([of, name]) => of === layer && name === property)![2];

describe("the map's style", () => {
  it.each([
    ["light", false],
    ["light", true],
    ["dark", false],
    ["dark", true],
  ] as const)("is one that MapLibre takes: %s, over a picture: %s", (theme, picture) =>
    expect(validateStyleMin(painted(theme, picture))).toEqual([]),
  );

  it("covers no satellite picture, but draws the land where there is none", () => {
    for (const layer of ["land", "outline-fill"])
      expect(JSON.stringify(valueOf(true, layer, "fill-opacity"))).toMatch(/\b0\]?$/);
    expect(valueOf(false, "land", "fill-opacity")).toBe(1);
    expect(valueOf(true, "coast", "line-opacity")).toBeGreaterThan(0);
  });

  it("asks nobody for anything: no sprites, no fonts, no addresses", () => {
    const style = baseStyle();
    expect([style.sprite, style.glyphs]).toEqual([undefined, undefined]);
    expect(JSON.stringify(style)).not.toContain("http");
  });

  it("has the layers that others are put below", () => {
    const ids = baseStyle().layers.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([FIRST_ABOVE_PICTURE, FIRST_ABOVE_POINTS]));
    expect(ids.indexOf(FIRST_ABOVE_PICTURE)).toBeLessThan(ids.indexOf("outline"));
  });
});

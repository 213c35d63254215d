import { describe, expect, it } from "vitest";
import { smallWorld } from "../core/examples";
import { mask } from "../core/filter";
import type { Tokens } from "../core/theme";
import { dotsOf, OPACITIES, palette, shuffled, sizeOf } from "./dots";

const places = smallWorld();
const layout = {
  x: Float32Array.of(0, 0.125, 0.25, 0.375, 0.5, 0.625),
  y: Float32Array.of(0, -0.125, -0.25, -0.375, -0.5, -0.625),
};
const order = Uint32Array.of(3, 0, 5, 1, 4, 2);
const tileAt = (x: number) => x * 8;

describe("what is drawn for every tile", () => {
  it("is its place, in its continent's colour", () => {
    const dots = dotsOf(places, layout, order, null);
    expect([...dots.x].map(tileAt)).toEqual([...order]);
    expect([...dots.y]).toEqual([...dots.x].map((x) => 0 - x));
    expect([...dots.colour]).toEqual([1, 0, 0, 0, 1, 0]);
    expect([...dots.faded]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("is faint, grey and below the others outside of the filter", () => {
    const kept = mask(places, { kind: "country", code: "BR" });
    const dots = dotsOf(places, layout, order, kept);
    expect([...dots.x].map(tileAt)).toEqual([0, 5, 1, 2, 3, 4]);
    expect([...dots.colour]).toEqual([2, 2, 2, 2, 1, 1]);
    expect([...dots.faded]).toEqual([1, 1, 1, 1, 0, 0]);
    expect(OPACITIES[1]!).toBeLessThan(OPACITIES[0]! / 2);
  });

  it("has a colour for whatever it is given", () => {
    const inks = { inkSoft: "#55616e" } as Tokens;
    const light = palette(places, inks, "light");
    expect(light).toEqual(["#332288", "#44aa99", "#55616e"]);
    const dark = palette(places, inks, "dark");
    expect(dark).toHaveLength(light.length);
    expect(dark[0]).not.toBe(light[0]);
  });

  it("is smaller the more there are for their room, and can always be seen", () => {
    const pane = { width: 640, height: 600 };
    const narrow = { width: 300, height: 600 };
    expect(sizeOf(48_881, pane)).toBeLessThan(sizeOf(1_440, pane));
    expect(sizeOf(5_000, narrow)).toBeLessThan(sizeOf(5_000, pane));
    expect(sizeOf(1e9, pane)).toBeGreaterThan(1);
    expect(sizeOf(1, pane)).toBeLessThan(10);
  });
});

describe("the order in which tiles are drawn", () => {
  const shuffle = shuffled(10_000);

  it("has every tile once, and is the same every time", () => {
    expect([...shuffle].sort((a, b) => a - b)).toEqual([...shuffle.keys()]);
    expect(shuffled(10_000)).toEqual(shuffle);
  });

  it("gives neighbours in a city no place next to each other", () => {
    const together = shuffle.filter(
      (tile, at) => at > 0 && Math.abs(tile - shuffle[at - 1]!) === 1,
    );
    expect(together.length).toBeLessThan(20);
    const early = shuffle.subarray(0, 5000).filter((tile) => tile < 5000).length;
    expect(early).toBeGreaterThan(2300);
    expect(early).toBeLessThan(2700);
  });
});

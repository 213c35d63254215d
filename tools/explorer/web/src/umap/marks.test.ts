import { describe, expect, it } from "vitest";
import { marksOf } from "./marks";

const hits = [
  { tile: 4, score: 0.9 },
  { tile: 2, score: 0.8 },
];

describe("what stands out", () => {
  it("is the hovered tile above the selected one, and that above its look-alikes, the best above the rest", () => {
    expect(marksOf(1, 5, hits)).toEqual([
      { tile: 2, kind: "similar" },
      { tile: 4, kind: "similar" },
      { tile: 1, kind: "selected" },
      { tile: 5, kind: "hovered" },
    ]);
  });

  it("is a look-alike as well as hovered, when it is pointed at", () => {
    expect(marksOf(null, 4, hits)).toHaveLength(3);
  });

  it("is not its own look-alike, while the answer for another tile still comes", () => {
    expect(marksOf(2, null, hits)).toEqual([
      { tile: 4, kind: "similar" },
      { tile: 2, kind: "selected" },
    ]);
  });

  it("is nothing where nothing is selected", () => expect(marksOf(null, null, [])).toEqual([]));
});

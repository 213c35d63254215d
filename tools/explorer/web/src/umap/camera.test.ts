import { describe, expect, it } from "vitest";
import {
  between,
  centred,
  matrixOf,
  MOST_ZOOM,
  panned,
  toPixel,
  toPlane,
  WHOLE,
  zoomed,
  type Camera,
  type Pixel,
} from "./camera";

const size = { width: 640, height: 400 };
const near: Camera = { x: 0.31, y: -0.42, zoom: 7.5 };

describe("the camera", () => {
  it("shows all points at zoom 1, however the pane is shaped", () => {
    for (const pane of [size, { width: 300, height: 900 }])
      for (const corner of [-1, 1]) {
        const [x, y] = toPixel(corner, corner, WHOLE, pane);
        expect(x).toBeGreaterThan(0);
        expect(x).toBeLessThan(pane.width);
        expect(y).toBeGreaterThan(0);
        expect(y).toBeLessThan(pane.height);
      }
  });

  it("puts up what is up, and right what is right", () => {
    const [x, y] = toPixel(0.5, 0.5, WHOLE, size);
    expect(x).toBeGreaterThan(size.width / 2);
    expect(y).toBeLessThan(size.height / 2);
  });

  it("finds the place of a pixel, and its pixel again", () => {
    const [x, y] = toPlane([123, 45], near, size);
    const [right, down] = toPixel(x, y, near, size);
    expect(right).toBeCloseTo(123, 9);
    expect(down).toBeCloseTo(45, 9);
  });

  it("keeps what lies under the cursor there, through many steps nearer and farther", () => {
    const cursor: Pixel = [517, 61];
    const [x, y] = toPlane(cursor, near, size);
    let camera = near;
    for (const factor of [1.3, 1.3, 4, 0.5, 1.01, 0.3, 1.7])
      camera = zoomed(camera, size, factor, cursor);
    expect(camera.zoom).not.toBeCloseTo(near.zoom);
    const [right, down] = toPixel(x, y, camera, size);
    expect(right).toBeCloseTo(cursor[0], 6);
    expect(down).toBeCloseTo(cursor[1], 6);
  });

  it("goes no nearer and no farther than makes sense, and does not slide when it cannot", () => {
    const nearest = zoomed(near, size, 1e9, [10, 10]);
    expect(nearest.zoom).toBe(MOST_ZOOM);
    const stuck = zoomed(nearest, size, 2, [10, 10]);
    expect(stuck.x).toBeCloseTo(nearest.x, 12);
    expect(stuck.y).toBeCloseTo(nearest.y, 12);
    expect(zoomed(WHOLE, size, 0.5, [600, 20])).toEqual(WHOLE);
  });

  it("moves what is seen by just as many pixels as it is dragged", () => {
    const before = toPixel(0.2, 0.1, near, size);
    const after = toPixel(0.2, 0.1, panned(near, size, 30, -12), size);
    expect(after[0] - before[0]).toBeCloseTo(30, 9);
    expect(after[1] - before[1]).toBeCloseTo(-12, 9);
  });

  it("does not lose the points, however far it is dragged", () => {
    const far = panned(WHOLE, size, -1e6, 1e6);
    const [x, y] = toPixel(1, 1, far, size);
    expect(x).toBeGreaterThan(0);
    expect(y).toBeGreaterThan(0);
  });

  it("centres a point, nearer where everything was seen, else as near as it was", () => {
    const [x, y] = toPixel(0.7, -0.9, centred(WHOLE, 0.7, -0.9), size);
    expect([x, y]).toEqual([size.width / 2, size.height / 2]);
    expect(centred(WHOLE, 0.7, -0.9).zoom).toBeGreaterThan(1);
    expect(centred(near, 0, 0).zoom).toBe(near.zoom);
  });

  it("flies from one camera to another, and arrives exactly", () => {
    const to: Camera = { x: -1, y: 1, zoom: 30 };
    expect(between(near, to, 0)).toEqual({ ...near, zoom: expect.closeTo(near.zoom, 9) });
    expect(between(near, to, 1)).toEqual(to);
    const halfway = between(near, to, 0.5);
    expect(halfway.zoom).toBeCloseTo(Math.sqrt(near.zoom * to.zoom), 9);
    expect(halfway.x).toBeCloseTo((near.x + to.x) / 2, 9);
  });

  it("is the same to the library that draws as to what is drawn above", () => {
    const matrix = matrixOf(near, size);
    const [x, y] = [0.4, -0.3];
    const clipX = ((matrix[0]! * x + matrix[12]!) * size.height) / size.width;
    const clipY = matrix[5]! * y + matrix[13]!;
    const [right, down] = toPixel(x, y, near, size);
    expect(((clipX + 1) / 2) * size.width).toBeCloseTo(right, 9);
    expect(((1 - clipY) / 2) * size.height).toBeCloseTo(down, 9);
  });
});

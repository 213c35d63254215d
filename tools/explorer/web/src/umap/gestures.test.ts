import { fireEvent } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toPixel, toPlane, type Camera, type Pixel } from "./camera";
import { follow } from "./gestures";

const size = { width: 400, height: 400 };
let element: HTMLElement;
let camera: Camera;
let told: string[];
let stop: () => void;

beforeEach(() => {
  camera = { x: 0.1, y: 0.2, zoom: 4 };
  told = [];
  element = document.body.appendChild(document.createElement("div"));
  stop = follow(element, {
    camera: () => camera,
    size: () => size,
    move: (next) => (camera = next),
    point: (at) => told.push(at ? `point ${at}` : "point at nothing"),
    click: (at, reach) => told.push(`click ${at} within ${reach}`),
    key: (name) => told.push(`key ${name}`),
  });
});

afterEach(() => {
  stop();
  element.remove();
});

const touch = (pointerId: number, [clientX, clientY]: Pixel, pointerType = "touch") => ({
  pointerId,
  pointerType,
  clientX,
  clientY,
  button: 0,
});

describe("hands on the view", () => {
  it("drag what they hold along, and do not click with that", () => {
    const held = toPlane([100, 100], camera, size);
    fireEvent.pointerDown(element, touch(1, [100, 100], "mouse"));
    fireEvent.pointerMove(element, touch(1, [103, 100], "mouse"));
    fireEvent.pointerMove(element, touch(1, [160, 140], "mouse"));
    fireEvent.pointerUp(element, touch(1, [160, 140], "mouse"));
    const [right, down] = toPixel(...held, camera, size);
    expect(right).toBeCloseTo(160, 9);
    expect(down).toBeCloseTo(140, 9);
    expect(told.filter((word) => word.startsWith("click"))).toEqual([]);
  });

  it("click where they hardly move, a finger meaning a wider place than a mouse", () => {
    const before = camera;
    fireEvent.pointerDown(element, touch(1, [100, 100], "mouse"));
    fireEvent.pointerMove(element, touch(1, [102, 101], "mouse"));
    fireEvent.pointerUp(element, touch(1, [102, 101], "mouse"));
    fireEvent.pointerDown(element, touch(2, [50, 60]));
    fireEvent.pointerUp(element, touch(2, [50, 60]));
    expect(camera).toEqual(before);
    expect(told).toEqual(["click 102,101 within 8", "click 50,60 within 18"]);
  });

  it("bring nearer with two fingers what lies between them, and do not click with that", () => {
    const middle = toPlane([200, 200], camera, size);
    fireEvent.pointerDown(element, touch(1, [150, 200]));
    fireEvent.pointerDown(element, touch(2, [250, 200]));
    fireEvent.pointerMove(element, touch(1, [100, 200]));
    fireEvent.pointerMove(element, touch(2, [300, 200]));
    expect(camera.zoom).toBeCloseTo(8, 9);
    const [right, down] = toPixel(...middle, camera, size);
    expect(right).toBeCloseTo(200, 9);
    expect(down).toBeCloseTo(200, 9);
    fireEvent.pointerUp(element, touch(1, [100, 200]));
    fireEvent.pointerUp(element, touch(2, [300, 200]));
    expect(told.filter((word) => word.startsWith("click"))).toEqual([]);
  });

  it("turn the wheel about the cursor, without moving the page", () => {
    const cursor: Pixel = [330, 70];
    const under = toPlane(cursor, camera, size);
    const wheel = new WheelEvent("wheel", { deltaY: -250, cancelable: true });
    Object.defineProperties(wheel, { clientX: { value: 330 }, clientY: { value: 70 } });
    element.dispatchEvent(wheel);
    expect(wheel.defaultPrevented).toBe(true);
    expect(camera.zoom).toBeGreaterThan(4);
    const [right, down] = toPixel(...under, camera, size);
    expect(right).toBeCloseTo(cursor[0], 9);
    expect(down).toBeCloseTo(cursor[1], 9);
  });

  it("point with a mouse, and at nothing once they leave", () => {
    fireEvent.pointerMove(element, touch(1, [20, 30], "mouse"));
    fireEvent.pointerLeave(element);
    expect(told).toEqual(["point 20,30", "point at nothing"]);
  });

  it("move by keys the way the arrows say", () => {
    fireEvent.keyDown(element, { key: "ArrowRight" });
    fireEvent.keyDown(element, { key: "ArrowUp" });
    expect(camera.x).toBeGreaterThan(0.1);
    expect(camera.y).toBeGreaterThan(0.2);
    fireEvent.keyDown(element, { key: "+" });
    expect(camera.zoom).toBeGreaterThan(4);
    fireEvent.keyDown(element, { key: "-" });
    expect(camera.zoom).toBeCloseTo(4, 9);
    fireEvent.keyDown(element, { key: "Enter" });
    fireEvent.keyDown(element, { key: "Escape" });
    fireEvent.keyDown(element, { key: "Home" });
    expect(told.slice(-3)).toEqual(["key select", "key clear", "key reset"]);
  });

  it("leave alone the keys that are the browser's or another's", () => {
    const before = camera;
    fireEvent.keyDown(element, { key: "+", ctrlKey: true });
    fireEvent.keyDown(element, { key: "ArrowLeft", altKey: true });
    expect(fireEvent.keyDown(element, { key: "Tab" })).toBe(true);
    expect(camera).toEqual(before);
    expect(told).toEqual([]);
  });
});

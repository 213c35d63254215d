// Which part of the look-alike view is seen: all of this is arithmetic, so that a point under the cursor stays there.
export interface Size {
  width: number;
  height: number;
}

/** What lies in the middle, and how near: at zoom 1 everything is seen. */
export interface Camera {
  x: number;
  y: number;
  zoom: number;
}

export type Pixel = [x: number, y: number];

export const WHOLE: Camera = { x: 0, y: 0, zoom: 1 };
export const MOST_ZOOM = 200;
/** Near enough to tell a tile from the others around it. */
const CLOSE = 4;
const FILLED = 0.92; // share of the shorter side that the points take up at zoom 1
const REACH = 1.5; // how far the middle may be from that of all points, whose outermost lie at 1

/** Pixels to one unit of the layout, which reaches from -1 to 1. */
export function scaleOf(camera: Camera, size: Size): number {
  return (camera.zoom * FILLED * Math.min(size.width, size.height)) / 2;
}

export function toPixel(x: number, y: number, camera: Camera, size: Size): Pixel {
  const scale = scaleOf(camera, size);
  return [size.width / 2 + (x - camera.x) * scale, size.height / 2 - (y - camera.y) * scale];
}

export function toPlane([x, y]: Pixel, camera: Camera, size: Size): [x: number, y: number] {
  const scale = scaleOf(camera, size);
  return [camera.x + (x - size.width / 2) / scale, camera.y - (y - size.height / 2) / scale];
}

/** Move what is seen by pixels, as if it were dragged. */
export function panned(camera: Camera, size: Size, right: number, down: number): Camera {
  const scale = scaleOf(camera, size);
  return bounded({ ...camera, x: camera.x - right / scale, y: camera.y + down / scale });
}

/** Nearer or farther by a factor; what lies at a pixel stays at it. */
export function zoomed(camera: Camera, size: Size, factor: number, at: Pixel): Camera {
  const zoom = clamp(camera.zoom * factor, 1, MOST_ZOOM);
  const [x, y] = toPlane(at, camera, size);
  const [nextX, nextY] = toPlane(at, { ...camera, zoom }, size);
  return bounded({ x: camera.x + x - nextX, y: camera.y + y - nextY, zoom });
}

/** With a point in the middle: nearer where all is seen, else as near as it is. */
export function centred(camera: Camera, x: number, y: number): Camera {
  return bounded({ x, y, zoom: Math.max(camera.zoom, CLOSE) });
}

/** Somewhere on the way from one camera to another; `share` goes from 0 to 1. */
export function between(from: Camera, to: Camera, share: number): Camera {
  if (share >= 1) return to;
  const eased = share * share * (3 - 2 * share);
  const mix = (one: number, other: number) => one + (other - one) * eased;
  return {
    x: mix(from.x, to.x),
    y: mix(from.y, to.y),
    zoom: Math.exp(mix(Math.log(from.zoom), Math.log(to.zoom))),
  };
}

/** The matrix that regl-scatterplot draws by; it makes the view as high as 2 and divides by its shape itself. */
export function matrixOf(camera: Camera, size: Size): number[] {
  const scale = scaleOf(camera, size) / (size.height / 2);
  return [scale, 0, 0, 0, 0, scale, 0, 0, 0, 0, 1, 0, -camera.x * scale, -camera.y * scale, 0, 1];
}

function bounded(camera: Camera): Camera {
  return { ...camera, x: clamp(camera.x, -REACH, REACH), y: clamp(camera.y, -REACH, REACH) };
}

const clamp = (value: number, least: number, most: number) =>
  Math.min(Math.max(value, least), most);

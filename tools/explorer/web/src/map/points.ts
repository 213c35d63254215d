// All tiles as points, drawn straight from arrays: nothing is parsed or cut up, so that a change of theme, filter or
// selection is there in the next frame. Far away only; near by, tiles have outlines.
import type { CustomLayerInterface, CustomRenderMethodInput, Map as GlMap } from "maplibre-gl";
import { OUTLINES_FROM } from "./camera";
import { rgba } from "../core/colours";
import type { Group } from "./thinning";

/** All points: `x`, `y` and `colours` (red, green, blue, opacity: 0 … 255) by tile, and the order they are drawn in. */
export interface Crowd {
  x: Float64Array;
  y: Float64Array;
  colours: Uint8Array;
  order: Uint32Array;
  groups: Group[];
}

export interface Point {
  x: number;
  y: number;
  /** Pixels from the middle to the rim. */
  radius: number;
  /** As #rrggbb; a ring has only a rim. */
  fill: string;
  rim: string;
  ring?: boolean;
}

const VERTEX = `#version 300 es
uniform mat4 matrix;
uniform float shift, scale, ratio;
layout(location = 0) in vec2 place;
layout(location = 1) in vec4 fill;
layout(location = 2) in vec4 rim;
layout(location = 3) in float radius;
out vec4 inner, outer;
out float size;
void main() {
  gl_Position = matrix * vec4(place.x + shift, place.y, 0.0, 1.0);
  size = radius * scale * ratio + 1.0;
  gl_PointSize = 2.0 * size;
  inner = fill;
  outer = rim;
}`;

const FRAGMENT = `#version 300 es
precision mediump float;
uniform float opacity, width;
in vec4 inner, outer;
in float size;
out vec4 colour;
void main() {
  float away = length(gl_PointCoord * 2.0 - 1.0) * size;
  float cover = 1.0 - smoothstep(size - 1.5, size - 0.5, away);
  vec4 paint = mix(inner, outer, width > 0.0 ? smoothstep(size - width - 1.5, size - width - 0.5, away) : 0.0);
  float alpha = paint.a * cover * opacity;
  if (alpha < 0.01) discard;
  colour = vec4(paint.rgb * alpha, alpha);
}`;

const STRIDE = 20; // bytes of a point: place 2 × 4, fill 4, rim 4, radius 4
const RIM = 1.5; // pixels

/** A layer of many small points without a rim, below a few marked ones with one. */
export class PointLayer implements CustomLayerInterface {
  readonly id = "points";
  readonly type = "custom" as const;
  private map: GlMap | null = null;
  private drawer: Drawer | null = null;
  private crowd = new ArrayBuffer(0);
  private groups: Group[] = [];
  private marked = new ArrayBuffer(0);
  private staleCrowd = true; // a pointer changes what is marked often, and then a megabyte need not move
  private staleMarked = true;
  /** Whether all points have been drawn at least once. */
  drawn = false;

  constructor(private readonly rankAt: (zoom: number) => number) {}

  setCrowd({ x, y, colours, order, groups }: Crowd): void {
    this.crowd = new ArrayBuffer(order.length * STRIDE);
    this.groups = groups;
    const floats = new Float32Array(this.crowd);
    const bytes = new Uint8Array(this.crowd);
    order.forEach((tile, at) => {
      floats[at * 5] = x[tile]!;
      floats[at * 5 + 1] = y[tile]!;
      for (let part = 0; part < 4; part++)
        bytes[at * STRIDE + 8 + part] = colours[tile * 4 + part]!;
      floats[at * 5 + 4] = 1;
    });
    this.staleCrowd = true;
    this.map?.triggerRepaint();
  }

  setMarked(points: Point[]): void {
    this.marked = new ArrayBuffer(points.length * STRIDE);
    const floats = new Float32Array(this.marked);
    const bytes = new Uint8Array(this.marked);
    points.forEach((point, at) => {
      floats.set([point.x, point.y], at * 5);
      bytes.set(rgba(point.fill, point.ring ? 0 : 255), at * STRIDE + 8);
      bytes.set(rgba(point.rim, 255), at * STRIDE + 12);
      floats[at * 5 + 4] = point.radius;
    });
    this.staleMarked = true;
    this.map?.triggerRepaint();
  }

  onAdd(map: GlMap, gl: WebGL2RenderingContext): void {
    this.map = map;
    this.drawer = new Drawer(gl);
    this.staleCrowd = this.staleMarked = true;
  }

  onRemove(): void {
    this.drawer?.free();
    this.drawer = null;
  }

  render(gl: WebGL2RenderingContext, said: CustomRenderMethodInput): void {
    if (!this.map || !this.drawer) return;
    if (this.staleCrowd) this.drawer.load(0, this.crowd);
    if (this.staleMarked) this.drawer.load(1, this.marked);
    this.staleCrowd = this.staleMarked = false;
    const zoom = this.map.getZoom();
    const bounds = this.map.getBounds();
    const rounds: number[] = [];
    for (
      let round = Math.floor((bounds.getWest() + 180) / 360);
      round <= Math.floor((bounds.getEast() + 180) / 360);
      round++
    )
      rounds.push(round);
    const ratio = this.map.getPixelRatio();
    const matrix = said.defaultProjectionData.mainMatrix as Float32Array;
    const [crowd, marked] = opacities(zoom);
    this.drawer.begin(matrix, ratio);
    const rank = this.rankAt(zoom);
    if (crowd > 0)
      for (const { first, counts } of this.groups)
        this.drawer.crowd(rounds, [first, counts[rank]!], radius(zoom), crowd);
    if (marked > 0) this.drawer.marked(rounds, marked, RIM * ratio);
    gl.bindVertexArray(null); // the map sets up its own, and must not write into this one
    this.drawn ||= this.crowd.byteLength > 0;
  }
}

/** Pixels from the middle of a small point to its edge. */
export function radius(zoom: number): number {
  return Math.min(4.5, 1.6 + 0.3 * zoom);
}

/** How opaque the crowd and the marked points are: they make way for outlines. */
export function opacities(zoom: number): [crowd: number, marked: number] {
  const fade = (from: number, to: number) =>
    Math.max(0, Math.min(1, 1 - (zoom - from) / (to - from)));
  return [
    0.85 * fade(OUTLINES_FROM + 0.5, OUTLINES_FROM + 1.5),
    fade(OUTLINES_FROM + 1, OUTLINES_FROM + 2),
  ];
}

/** What the graphics card holds of the layer. */
class Drawer {
  private readonly program: WebGLProgram;
  private readonly arrays: WebGLVertexArrayObject[] = [];
  private readonly buffers: WebGLBuffer[] = [];
  private markedCount = 0;
  private readonly at: Record<string, WebGLUniformLocation | null> = {};

  constructor(private readonly gl: WebGL2RenderingContext) {
    this.program = gl.createProgram();
    for (const [kind, text] of [
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, FRAGMENT],
    ] as const) {
      const shader = gl.createShader(kind)!;
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(this.program, shader);
      gl.deleteShader(shader);
    }
    gl.linkProgram(this.program);
    if (!gl.getProgramParameter(this.program, gl.LINK_STATUS) && !gl.isContextLost())
      throw new Error(`The points cannot be drawn: ${gl.getProgramInfoLog(this.program)}`);
    for (const name of ["matrix", "shift", "scale", "ratio", "opacity", "width"])
      this.at[name] = gl.getUniformLocation(this.program, name);
    for (let which = 0; which < 2; which++) {
      const [array, buffer] = [gl.createVertexArray(), gl.createBuffer()];
      gl.bindVertexArray(array);
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.vertexAttribPointer(0, 2, gl.FLOAT, false, STRIDE, 0);
      gl.vertexAttribPointer(1, 4, gl.UNSIGNED_BYTE, true, STRIDE, 8);
      gl.vertexAttribPointer(2, 4, gl.UNSIGNED_BYTE, true, STRIDE, 12);
      gl.vertexAttribPointer(3, 1, gl.FLOAT, false, STRIDE, 16);
      for (let location = 0; location < 4; location++) gl.enableVertexAttribArray(location);
      this.arrays.push(array);
      this.buffers.push(buffer);
    }
    gl.bindVertexArray(null);
  }

  load(which: 0 | 1, bytes: ArrayBuffer): void {
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, this.buffers[which]!);
    this.gl.bufferData(this.gl.ARRAY_BUFFER, bytes, this.gl.DYNAMIC_DRAW);
    if (which === 1) this.markedCount = bytes.byteLength / STRIDE;
  }

  begin(matrix: Float32Array, ratio: number): void {
    this.gl.useProgram(this.program);
    this.gl.uniformMatrix4fv(this.at.matrix!, false, matrix);
    this.gl.uniform1f(this.at.ratio!, ratio);
  }

  crowd(rounds: number[], part: [number, number], scale: number, opacity: number): void {
    this.draw(0, part, rounds, scale, opacity, 0);
  }

  marked(rounds: number[], opacity: number, width: number): void {
    this.draw(1, [0, this.markedCount], rounds, 1, opacity, width);
  }

  free(): void {
    this.arrays.forEach((array) => this.gl.deleteVertexArray(array));
    this.buffers.forEach((buffer) => this.gl.deleteBuffer(buffer));
    this.gl.deleteProgram(this.program);
  }

  private draw(
    which: 0 | 1,
    [first, count]: [number, number],
    rounds: number[],
    scale: number,
    opacity: number,
    width: number,
  ): void {
    const { gl, at } = this;
    gl.bindVertexArray(this.arrays[which]!);
    gl.uniform1f(at.scale!, scale);
    gl.uniform1f(at.opacity!, opacity);
    gl.uniform1f(at.width!, width);
    for (const round of rounds) {
      gl.uniform1f(at.shift!, round);
      gl.drawArrays(gl.POINTS, first, count);
    }
  }
}

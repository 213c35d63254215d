// All tiles as points, drawn straight from arrays: nothing is parsed or cut up, so that a change of theme, filter or
// selection is there in the next frame. Far away only; near by, tiles have outlines.
import type { CustomLayerInterface, CustomRenderMethodInput, Map as GlMap } from "maplibre-gl";
import { OUTLINES_FROM } from "./camera";

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
  private marked = new ArrayBuffer(0);
  private stale = true;
  /** Whether all points have been drawn at least once. */
  drawn = false;

  /** The crowd, in the order in which it is drawn; colours are red, green, blue and opacity, 0 … 255. */
  setCrowd(x: Float64Array, y: Float64Array, order: Uint32Array, colours: Uint8Array): void {
    this.crowd = new ArrayBuffer(order.length * STRIDE);
    const floats = new Float32Array(this.crowd);
    const bytes = new Uint8Array(this.crowd);
    order.forEach((tile, at) => {
      floats[at * 5] = x[tile]!;
      floats[at * 5 + 1] = y[tile]!;
      bytes.set(colours.subarray(tile * 4, tile * 4 + 4), at * STRIDE + 8);
      floats[at * 5 + 4] = 1;
    });
    this.changed();
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
    this.changed();
  }

  onAdd(map: GlMap, gl: WebGL2RenderingContext): void {
    this.map = map;
    this.drawer = new Drawer(gl);
    this.changed();
  }

  onRemove(): void {
    this.drawer?.free();
    this.drawer = null;
  }

  render(gl: WebGL2RenderingContext, said: CustomRenderMethodInput): void {
    if (!this.map || !this.drawer) return;
    if (this.stale) this.drawer.load(this.crowd, this.marked);
    this.stale = false;
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
    if (crowd > 0) this.drawer.crowd(rounds, radius(zoom), crowd);
    if (marked > 0) this.drawer.marked(rounds, marked, RIM * ratio);
    gl.bindVertexArray(null); // the map sets up its own, and must not write into this one
    this.drawn ||= this.crowd.byteLength > 0;
  }

  private changed(): void {
    this.stale = true;
    this.map?.triggerRepaint();
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
    fade(OUTLINES_FROM + 1.5, OUTLINES_FROM + 2.5),
  ];
}

export function rgba(colour: string, alpha: number): [number, number, number, number] {
  const number = parseInt(colour.slice(1), 16);
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255, alpha];
}

/** What the graphics card holds of the layer. */
class Drawer {
  private readonly program: WebGLProgram;
  private readonly arrays: WebGLVertexArrayObject[] = [];
  private readonly buffers: WebGLBuffer[] = [];
  private readonly counts = [0, 0];
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

  load(...data: ArrayBuffer[]): void {
    data.forEach((bytes, which) => {
      this.gl.bindBuffer(this.gl.ARRAY_BUFFER, this.buffers[which]!);
      this.gl.bufferData(this.gl.ARRAY_BUFFER, bytes, this.gl.DYNAMIC_DRAW);
      this.counts[which] = bytes.byteLength / STRIDE;
    });
  }

  begin(matrix: Float32Array, ratio: number): void {
    this.gl.useProgram(this.program);
    this.gl.uniformMatrix4fv(this.at.matrix!, false, matrix);
    this.gl.uniform1f(this.at.ratio!, ratio);
  }

  crowd(rounds: number[], scale: number, opacity: number): void {
    this.draw(0, rounds, scale, opacity, 0);
  }

  marked(rounds: number[], opacity: number, width: number): void {
    this.draw(1, rounds, 1, opacity, width);
  }

  free(): void {
    this.arrays.forEach((array) => this.gl.deleteVertexArray(array));
    this.buffers.forEach((buffer) => this.gl.deleteBuffer(buffer));
    this.gl.deleteProgram(this.program);
  }

  private draw(which: 0 | 1, rounds: number[], scale: number, opacity: number, width: number) {
    const { gl, at } = this;
    gl.bindVertexArray(this.arrays[which]!);
    gl.uniform1f(at.scale!, scale);
    gl.uniform1f(at.opacity!, opacity);
    gl.uniform1f(at.width!, width);
    for (const round of rounds) {
      gl.uniform1f(at.shift!, round);
      gl.drawArrays(gl.POINTS, 0, this.counts[which]!);
    }
  }
}

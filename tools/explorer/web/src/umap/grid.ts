// Which point is nearest to a place: points sorted into the cells of a grid.
import type { Layout } from "../core/types";

const ACROSS = 128; // cells on a side
const WIDEST = 4; // beyond the far corner from anywhere the camera goes

export class Grid {
  /** Where each cell's points begin in `sorted`; one more entry than cells. */
  private readonly first = new Uint32Array(ACROSS * ACROSS + 1);
  private readonly sorted: Uint32Array;

  constructor(private readonly layout: Layout) {
    const { x, y } = layout;
    const cells = Uint16Array.from(x, (at, tile) => cellOf(y[tile]!) * ACROSS + cellOf(at));
    for (const cell of cells) this.first[cell + 1]!++;
    for (let cell = 0; cell < ACROSS * ACROSS; cell++) this.first[cell + 1]! += this.first[cell]!;
    const next = this.first.slice();
    this.sorted = new Uint32Array(x.length);
    cells.forEach((cell, tile) => (this.sorted[next[cell]!++] = tile));
  }

  /** The point nearest to a place, within a radius; -1 where there is none. With `kept`, only those it marks. */
  nearest(x: number, y: number, radius: number, kept: Uint8Array | null = null): number {
    let found = -1;
    let least = radius * radius;
    for (let row = cellOf(y - radius); row <= cellOf(y + radius); row++)
      for (let cell = cellOf(x - radius); cell <= cellOf(x + radius); cell++) {
        const at = row * ACROSS + cell;
        for (let slot = this.first[at]!; slot < this.first[at + 1]!; slot++) {
          const tile = this.sorted[slot]!;
          if (kept && !kept[tile]) continue;
          const away = (this.layout.x[tile]! - x) ** 2 + (this.layout.y[tile]! - y) ** 2;
          if (away > least || (away === least && found >= 0)) continue;
          least = away;
          found = tile;
        }
      }
    return found;
  }

  /** The point nearest to a place, however far. */
  nearestOfAll(x: number, y: number, kept: Uint8Array | null = null): number {
    for (let radius = 2 / ACROSS; radius < WIDEST; radius *= 2) {
      const found = this.nearest(x, y, radius, kept);
      if (found >= 0) return found;
    }
    return -1;
  }
}

/** A cell's row or column; what lies outside belongs to the outermost. */
function cellOf(at: number): number {
  return Math.min(Math.max(Math.floor(((at + 1) / 2) * ACROSS), 0), ACROSS - 1);
}

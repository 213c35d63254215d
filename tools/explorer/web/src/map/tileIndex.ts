// Which tile lies where in the map's plane. Tiles lie in cities, so a city's box rules out all of its tiles at once.
import type { Places } from "../core/types";
import { around, toPlane, widthOf, type Point, type Rect } from "./mercator";

interface CityBox {
  x: number;
  y: number;
  halfWidth: number;
  halfHeight: number;
  first: number;
  end: number;
}

export class TileIndex {
  /** Middles of all tiles in the plane, by row. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  private readonly boxes: CityBox[];

  constructor(private readonly places: Places) {
    this.x = new Float64Array(places.count);
    this.y = new Float64Array(places.count);
    for (let tile = 0; tile < places.count; tile++)
      [this.x[tile], this.y[tile]] = toPlane(places.centre(tile));
    this.boxes = places.cities.map(({ first, count }) => this.boxOf(first, first + count));
  }

  /** The tile whose middle is nearest to a point and not farther than `reach`, of those that `kept` has. */
  nearest([x, y]: Point, reach: number, kept: Uint8Array | null = null): number | null {
    let best: number | null = null;
    let least = reach * reach;
    for (const box of this.boxes) {
      if (Math.abs(around(x, box.x)) > box.halfWidth + reach) continue;
      if (Math.abs(y - box.y) > box.halfHeight + reach) continue;
      for (let tile = box.first; tile < box.end; tile++) {
        if (kept && !kept[tile]) continue;
        const dx = around(x, this.x[tile]!);
        const dy = this.y[tile]! - y;
        const distance = dx * dx + dy * dy;
        if (distance > least) continue;
        least = distance;
        best = tile;
      }
    }
    return best;
  }

  /** The tile that a point lies in. */
  containing([x, y]: Point): number | null {
    const reach = widthOf(this.places.tileMetres, y); // more than half a diagonal
    for (const box of this.boxes) {
      if (Math.abs(around(x, box.x)) > box.halfWidth + reach) continue;
      if (Math.abs(y - box.y) > box.halfHeight + reach) continue;
      for (let tile = box.first; tile < box.end; tile++) {
        if (Math.abs(around(x, this.x[tile]!)) > reach || Math.abs(y - this.y[tile]!) > reach)
          continue;
        if (this.holds(tile, x, y)) return tile;
      }
    }
    return null;
  }

  /** Tiles whose middle lies in a part of the plane. */
  within(view: Rect, kept: Uint8Array | null = null): number[] {
    const found: number[] = [];
    const width = view.east - view.west;
    for (const box of this.boxes) {
      const offset = Math.abs(around((view.west + view.east) / 2, box.x));
      if (width < 1 && offset > width / 2 + box.halfWidth) continue;
      if (box.y + box.halfHeight < view.north || box.y - box.halfHeight > view.south) continue;
      for (let tile = box.first; tile < box.end; tile++) {
        if (kept && !kept[tile]) continue;
        if (this.y[tile]! < view.north || this.y[tile]! > view.south) continue;
        const right = this.x[tile]! - view.west;
        if (right - Math.floor(right) <= width) found.push(tile);
      }
    }
    return found;
  }

  private boxOf(first: number, end: number): CityBox {
    const start = this.x[first]!;
    let [west, east, north, south] = [0, 0, 1, 0];
    for (let tile = first; tile < end; tile++) {
      const way = around(start, this.x[tile]!);
      west = Math.min(west, way);
      east = Math.max(east, way);
      north = Math.min(north, this.y[tile]!);
      south = Math.max(south, this.y[tile]!);
    }
    return {
      x: start + (west + east) / 2,
      y: (north + south) / 2,
      halfWidth: (east - west) / 2,
      halfHeight: (south - north) / 2,
      first,
      end,
    };
  }

  private holds(tile: number, x: number, y: number): boolean {
    const ring = this.places.outline(tile).map(toPlane);
    let inside = false;
    for (let corner = 1; corner < ring.length; corner++) {
      const [startX, startY] = [around(x, ring[corner - 1]![0]), ring[corner - 1]![1] - y];
      const [endX, endY] = [around(x, ring[corner]![0]), ring[corner]![1] - y];
      if (startY > 0 === endY > 0) continue;
      if (startX - (startY * (endX - startX)) / (endY - startY) > 0) inside = !inside;
    }
    return inside;
  }
}

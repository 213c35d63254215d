// What the planes of look-alikes show: land, tiles, the chosen one, and lines to those that are like it.

const TILE_METRES = 2240;
const DEGREE_METRES = 40075016.686 / 360;
const RADIANS = Math.PI / 180;

const northing = (latitude) => Math.atanh(Math.sin(latitude * RADIANS)) / RADIANS;

class Painting {
  colour(name) { return this.colours[name] ??= getComputedStyle(this.root).getPropertyValue(name).trim(); }

  dotColour(tile) {
    const { light, dark } = this.content.continents[this.continent[tile]];
    return document.documentElement.dataset.theme === "dark" ? dark : light;
  }

  landPath() {
    const { rings, per_degree: unit } = this.content.land;
    const path = new Path2D();
    for (const steps of rings) {
      let [x, y] = [0, 0];
      for (let i = 0; i < steps.length; i += 2) {
        x += steps[i];
        y += steps[i + 1];
        path[i ? "lineTo" : "moveTo"](x / unit, northing(y / unit));
      }
      path.closePath();
    }
    return path;
  }

  /** The side of a tile in degrees of the map, which grow with latitude. */
  tileSize(tile) { return TILE_METRES / (DEGREE_METRES * Math.cos(this.lat[tile] * RADIANS)); }

  paintWorld(plane, context) {
    const { scale, ratio } = plane;
    const [left, top] = plane.screen(0, 0);
    context.save();
    context.setTransform(scale * ratio, 0, 0, -scale * ratio, left * ratio, top * ratio);
    context.fillStyle = this.colour("--land");
    context.fill(this.land, "evenodd");
    context.restore();
    const large = this.ids.length && this.tileSize(0) * scale > 7;
    if (this.chosen >= 0 && !large) this.paintArcs(plane, context);
    if (large) this.paintSquares(plane, context);
    else this.paintDots(plane, context, 3.4);
    this.paintMarks(plane, context, large);
  }

  paintView(plane, context) {
    const size = Math.min(Math.max(420 / Math.sqrt(plane.x.length), 1.6), 5) * Math.min(Math.sqrt(plane.scale / plane.whole()), 2);
    this.paintDots(plane, context, size * 0.38);
    this.paintMarks(plane, context, false);
  }

  paintDots(plane, context, radius) {
    const quiet = this.chosen >= 0;
    context.globalAlpha = quiet ? 0.62 : 0.85;
    for (let tile = 0; tile < plane.x.length; tile++) {
      const [x, y] = plane.screen(plane.x[tile], plane.y[tile]);
      if (x < -9 || y < -9 || x > plane.width + 9 || y > plane.height + 9) continue;
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fillStyle = this.dotColour(tile);
      context.fill();
    }
    context.globalAlpha = 1;
  }

  /** Turn and move the drawing so that a tile is the square from (0, 0) to (side, side). */
  inTile(plane, context, tile, draw) {
    const [x, y] = plane.screen(plane.x[tile], plane.y[tile]);
    const side = this.tileSize(tile) * plane.scale;
    if (x < -side || y < -side || x > plane.width + side || y > plane.height + side) return;
    context.save();
    context.translate(x, y);
    // The zone's north differs from true north by the meridian's distance: the tile stands at that angle.
    context.rotate((this.lon[tile] - this.place(tile).meridian) * Math.sin(this.lat[tile] * RADIANS) * RADIANS);
    context.translate(-side / 2, -side / 2);
    draw(side);
    context.restore();
  }

  paintSquares(plane, context) {
    const { sprite } = this.content;
    for (let tile = 0; tile < this.ids.length; tile++) {
      this.inTile(plane, context, tile, (side) => {
        if (this.picture && side > 12) {
          context.imageSmoothingEnabled = false;
          const [column, row] = [tile % sprite.columns, Math.floor(tile / sprite.columns)];
          context.drawImage(this.picture, column * sprite.width, row * sprite.height, sprite.width, sprite.height, 0, 0, side, side);
        } else {
          context.globalAlpha = 0.55;
          context.fillStyle = this.dotColour(tile);
          context.fillRect(0, 0, side, side);
          context.globalAlpha = 1;
        }
        context.strokeStyle = this.colour("--halo");
        context.lineWidth = 1;
        context.strokeRect(0, 0, side, side);
      });
    }
  }

  /** Great circles from the chosen tile's city to those of its look-alikes. */
  paintArcs(plane, context) {
    context.strokeStyle = this.colour("--accent");
    const drawn = new Set();
    this.results.forEach(({ tile }, rank) => {
      if (this.city[tile] === this.city[this.chosen] || drawn.has(this.city[tile])) return;
      drawn.add(this.city[tile]);
      context.globalAlpha = 0.75 - (0.4 * rank) / this.content.k;
      context.lineWidth = tile === this.hovered ? 3 : 1.5;
      context.beginPath();
      let before = null;
      for (const [lon, lat] of greatCircle([this.lon[this.chosen], this.lat[this.chosen]], [this.lon[tile], this.lat[tile]])) {
        const [x, y] = plane.screen(lon, northing(lat));
        if (before === null || Math.abs(lon - before) > 180) context.moveTo(x, y);
        else context.lineTo(x, y);
        before = lon;
      }
      context.stroke();
    });
    context.globalAlpha = 1;
  }

  paintMarks(plane, context, squares) {
    const at = (tile) => plane.screen(plane.x[tile], plane.y[tile]);
    const frame = (tile, widths, filled = false) => {
      if (squares) {
        this.inTile(plane, context, tile, (side) => widths.forEach(([width, colour]) => {
          context.lineWidth = width;
          context.strokeStyle = this.colour(colour);
          context.strokeRect(0, 0, side, side);
        }));
        return;
      }
      const [x, y] = at(tile);
      widths.forEach(([width, colour]) => {
        context.beginPath();
        context.arc(x, y, 7.5, 0, 2 * Math.PI);
        context.lineWidth = width;
        context.strokeStyle = context.fillStyle = this.colour(colour);
        context.stroke();
      });
      if (filled) context.fill();
    };
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = '700 11px Inter, "Source Sans 3", "Segoe UI", Roboto, Arial, sans-serif';
    // the nearest is drawn last, and so lies on top
    for (let rank = (this.results?.length ?? 0) - 1; rank >= 0; rank--) {
      const { tile } = this.results[rank];
      const [x, y] = at(tile);
      if (squares) frame(tile, [[5, "--halo"], [3, "--accent"]]);
      context.beginPath();
      context.arc(x, y, tile === this.hovered ? 11.5 : 9, 0, 2 * Math.PI);
      context.fillStyle = this.colour("--accent");
      context.fill();
      context.lineWidth = 1.5;
      context.strokeStyle = this.colour("--halo");
      context.stroke();
      context.fillStyle = this.colour("--halo");
      context.fillText(String(rank + 1), x, y + 0.5);
    }
    if (this.hovered >= 0) frame(this.hovered, [[4, "--halo"], [2, "--ink"]]);
    if (this.chosen >= 0) frame(this.chosen, [[8, "--halo"], [4.5, "--ink"]], true);
  }
}

function* greatCircle([fromLon, fromLat], [toLon, toLat], parts = 48) {
  const point = (lon, lat) => [Math.cos(lat) * Math.cos(lon), Math.cos(lat) * Math.sin(lon), Math.sin(lat)];
  const a = point(fromLon * RADIANS, fromLat * RADIANS);
  const b = point(toLon * RADIANS, toLat * RADIANS);
  const angle = Math.acos(Math.min(1, Math.max(-1, a[0] * b[0] + a[1] * b[1] + a[2] * b[2])));
  if (angle < 1e-6) return;
  for (let i = 0; i <= parts; i++) {
    const [s, t] = [Math.sin((1 - i / parts) * angle) / Math.sin(angle), Math.sin((i / parts) * angle) / Math.sin(angle)];
    const [x, y, z] = a.map((value, axis) => s * value + t * b[axis]);
    yield [Math.atan2(y, x) / RADIANS, Math.asin(Math.min(1, Math.max(-1, z))) / RADIANS];
  }
}

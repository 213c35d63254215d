// Areas as shapes: unpacked once, then drawn and found on any number of maps.

const SHAPE_ZOOM = 12; // shapes are kept in pixels of this zoom level, counted from the middle of the data

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

function* integersOf(base64) {
  let value = 0;
  let factor = 1;
  for (const byte of bytesOf(base64)) {
    value += (byte & 127) * factor;
    if (byte & 128) {
      factor *= 128;
    } else {
      yield value;
      value = 0;
      factor = 1;
    }
  }
}

function mercator(longitude, latitude) {
  const point = L.CRS.EPSG3857.latLngToPoint(L.latLng(latitude, longitude), SHAPE_ZOOM);
  return [point.x, point.y];
}

/** Unpack what tools/maps/geometry.py packed: Path2D shapes with their boxes, relative to `origin`. */
function unpackShapes(packed, origin) {
  const steps = integersOf(packed.steps);
  const step = () => {
    const value = steps.next().value;
    return value % 2 ? -(value + 1) / 2 : value / 2;
  };
  const polygons = integersOf(packed.polygons);
  const rings = integersOf(packed.rings);
  let longitude = 0;
  let latitude = 0;
  const shapes = [];
  for (const polygonCount of integersOf(packed.areas)) {
    const path = new Path2D();
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (let polygon = 0; polygon < polygonCount; polygon++) {
      for (let ring = polygons.next().value; ring > 0; ring--) {
        const vertices = rings.next().value;
        for (let vertex = 0; vertex < vertices; vertex++) {
          longitude += step();
          latitude += step();
          const [east, south] = mercator(longitude / packed.scale, latitude / packed.scale);
          const x = east - origin[0];
          const y = south - origin[1];
          if (vertex) path.lineTo(x, y);
          else path.moveTo(x, y);
          if (x < box[0]) box[0] = x;
          if (y < box[1]) box[1] = y;
          if (x > box[2]) box[2] = x;
          if (y > box[3]) box[3] = y;
        }
        path.closePath();
      }
    }
    const [width, height] = [box[2] - box[0], box[3] - box[1]];
    shapes.push({ path, box, middle: [box[0] + width / 2, box[1] + height / 2], size: Math.sqrt(width * height) });
  }
  return shapes;
}

const finder = document.createElement("canvas").getContext("2d");

/** The position of the area under a place, or, within `reach`, of the one whose middle is nearest; or -1. */
function areaAt(shapes, origin, latlng, reach) {
  const [east, south] = mercator(latlng.lng, latlng.lat);
  const x = east - origin[0];
  const y = south - origin[1];
  const under = shapes.findIndex(
    ({ path, box: [left, top, right, bottom] }) =>
      x >= left && x <= right && y >= top && y <= bottom && finder.isPointInPath(path, x, y, "evenodd"),
  );
  if (under >= 0 || !reach) return under;
  const distances = shapes.map(({ middle }) => Math.hypot(middle[0] - x, middle[1] - y));
  const nearest = distances.indexOf(Math.min(...distances));
  return distances[nearest] <= reach ? nearest : -1;
}

function median(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

/** A Leaflet layer that hands a canvas, already in the shapes' coordinates, to `paint(context, scale, inView)`. */
const ShapeCanvas = L.Renderer.extend({
  options: { padding: 0.4 },

  initialize(origin, paint, options) {
    L.Renderer.prototype.initialize.call(this, options);
    this._origin = origin;
    this._paint = paint;
  },

  _initContainer() {
    this._container = document.createElement("canvas");
  },

  _destroyContainer() {
    this._container.remove();
    delete this._container;
  },

  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    L.DomUtil.setPosition(this._container, this._bounds.min);
    this.redraw();
  },

  redraw() {
    if (!this._map || !this._container) return;
    const size = this._bounds.getSize();
    const ratio = Math.min(window.devicePixelRatio || 1, 3);
    Object.assign(this._container, { width: size.x * ratio, height: size.y * ratio });
    Object.assign(this._container.style, { width: `${size.x}px`, height: `${size.y}px` });
    const scale = 2 ** (this._zoom - SHAPE_ZOOM);
    const corner = this._map.getPixelOrigin().add(this._bounds.min);
    const left = this._origin[0] * scale - corner.x;
    const top = this._origin[1] * scale - corner.y;
    const context = this._container.getContext("2d");
    context.setTransform(scale * ratio, 0, 0, scale * ratio, left * ratio, top * ratio);
    context.lineJoin = "round";
    const inView = ({ box }) =>
      box[2] * scale + left >= 0 && box[3] * scale + top >= 0 && box[0] * scale + left <= size.x && box[1] * scale + top <= size.y;
    this._paint(context, scale, inView);
  },
});

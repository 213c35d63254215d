// One map on the page: its layers, its pointer and its keys; and how two maps move as one.

const BASEMAPS = {
  "No basemap": null,
  OpenStreetMap: {
    url: "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
    attribution: '© <a href="https://www.openstreetmap.org/copyright">OpenStreetMap</a> contributors',
  },
  "Satellite (Esri)": {
    url: "https://server.arcgisonline.com/ArcGIS/rest/services/World_Imagery/MapServer/tile/{z}/{y}/{x}",
    attribution: "Imagery © Esri, Maxar, Earthstar Geographics and the GIS user community",
  },
};

const FAINT = 0.2; // borders this faint are not worth the time that thousands of them take
const DOT = 6.5; // pixels; where there are few areas, one that is smaller than this is drawn as a dot

/** Borders that give way where areas are too small for them: their width in shape units and how solid they are. */
function borders(shapes, weight, scale) {
  const pixels = (shapes.typicalSize ??= median(shapes.map(({ size }) => size))) * scale;
  const room = Math.min(1, pixels / 24);
  return { width: (weight * Math.max(room, 0.4)) / scale, opacity: Math.max(room, 0.12) };
}

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children);
  return made;
}

class View {
  constructor(page, spec, position) {
    this.page = page;
    this.spec = spec;
    this.isolated = new Set();
    this.codes = bytesOf(spec.codes);
    this.container = element("div", { className: "map", role: "application", tabIndex: 0 });
    this.container.setAttribute("aria-label", `Map of ${spec.name}. Arrow keys move, plus and minus zoom, Enter chooses the area in the middle.`);
    this.tip = element("div", { className: "tip", hidden: true, "aria-hidden": "true" });
    this.legend = element("ul", { className: "legend" });
    const caption = element("h2", {}, spec.name);
    this.figure = element("div", { className: "view" }, caption, this.container, this.legend);
    page.root.querySelector(".views").append(this.figure);
    this.map = L.map(this.container, {
      zoomControl: false, zoomSnap: 0, zoomDelta: 0.5, wheelPxPerZoomLevel: 90,
      boxZoom: false, attributionControl: false, scrollWheelZoom: false, keyboardPanDelta: 60,
    });
    L.control.attribution({ prefix: false, position: "bottomright" }).addTo(this.map);
    L.control.scale({ imperial: false, position: "bottomleft", maxWidth: 90 }).addTo(this.map);
    if (position === 0) this.addButtons();
    this.container.append(this.tip, element("div", { className: "crosshair", "aria-hidden": "true" }));
    this.listen();
  }

  addButtons() {
    const step = (by) => () => this.map.setZoom(this.map.getZoom() + by);
    const make = (label, sign, act) => element("button", { type: "button", title: label, "aria-label": label, onclick: act }, sign);
    const bar = L.control({ position: "topleft" });
    bar.onAdd = () => {
      const holder = element("div", { className: "buttons" },
        make("Zoom in", "+", step(0.5)), make("Zoom out", "−", step(-0.5)), make("Show everything", "⤢", () => this.page.fit()));
      L.DomEvent.disableClickPropagation(holder);
      return holder;
    };
    bar.addTo(this.map);
  }

  addLayers() {
    const { page, map } = this;
    for (const [name, order] of [["context", 401], ["areas", 402], ["marks", 403]]) {
      const pane = map.createPane(name);
      pane.style.zIndex = order;
      pane.style.pointerEvents = "none";
    }
    const layer = (pane, paint) => new ShapeCanvas(page.origin, paint, { pane });
    this.context = layer("context", (...drawing) => this.paintContext(...drawing));
    this.areas = layer("areas", (...drawing) => this.paintAreas(...drawing));
    this.marks = layer("marks", (...drawing) => this.paintMarks(...drawing));
    this.points = L.layerGroup(page.content.points.map((point) => this.pointMarker(point)));
    if (page.context) this.context.addTo(map);
    this.areas.addTo(map);
    this.marks.addTo(map);
    this.points.addTo(map);
    map.on("zoomend resize", () => this.placeNames());
  }

  paintContext(context, scale, inView) {
    const style = this.page.content.context.style;
    const border = borders(this.page.context, style.weight ?? 0.6, scale);
    for (const shape of this.page.context.filter(inView)) {
      context.globalAlpha = style.fillOpacity ?? 1;
      context.fillStyle = style.fillColor ?? this.page.colour("--context");
      context.fill(shape.path, "evenodd");
      context.globalAlpha = (style.opacity ?? 1) * border.opacity;
      context.strokeStyle = style.color ?? this.page.colour("--context-line");
      context.lineWidth = border.width;
      context.stroke(shape.path);
    }
  }

  paintAreas(context, scale, inView) {
    const { shapes, content, basemap } = this.page;
    const { colours, missing } = this.spec;
    const { weight, color, fillOpacity, opacity } = content.style;
    // Seen through only where there is something to see: without a basemap the colours are the legend's own.
    const opaque = basemap ? fillOpacity : 1;
    const border = borders(shapes, weight, scale);
    const dots = [];
    shapes.forEach((shape, i) => {
      if (!inView(shape)) return;
      const code = this.codes[i];
      const aside = this.isolated.size > 0 && !this.isolated.has(code);
      context.globalAlpha = aside ? opaque * 0.25 : opaque;
      context.fillStyle = aside ? this.page.colour("--context") : (colours[code] ?? missing);
      context.fill(shape.path, "evenodd");
      if (opaque === 1) {
        // A hairline of its own colour closes the seam that two smoothed edges leave between neighbours.
        context.strokeStyle = context.fillStyle;
        context.lineWidth = 0.8 / scale;
        context.stroke(shape.path);
      }
      context.globalAlpha = opacity * border.opacity;
      context.strokeStyle = aside ? this.page.colour("--context-line") : color;
      context.lineWidth = border.width;
      if (weight > 0 && border.opacity > FAINT) context.stroke(shape.path);
      if (this.page.few && shape.size * scale < 2 * DOT) dots.push([shape, colours[code] ?? missing]);
    });
    context.globalAlpha = 1;
    for (const [{ middle }, colour] of dots) {
      context.beginPath();
      context.arc(...middle, DOT / scale, 0, 2 * Math.PI);
      context.fillStyle = colour;
      context.fill();
      context.lineWidth = 2 / scale;
      context.strokeStyle = this.page.colour("--ink");
      context.stroke();
    }
  }

  paintMarks(context, scale) {
    const { shapes, hovered, selected } = this.page;
    const outline = (i, widths) => {
      widths.forEach(([width, colour]) => {
        context.lineWidth = width / scale;
        context.strokeStyle = this.page.colour(colour);
        context.stroke(shapes[i].path);
      });
    };
    if (hovered >= 0) outline(hovered, [[4, "--paper"], [2, "--ink"]]);
    if (selected >= 0) outline(selected, [[6.5, "--paper"], [3.5, "--ink"]]);
  }

  pointMarker({ name, lat, lon }) {
    const label = element("span", { className: "point" }, element("b", {}, name));
    const icon = L.divIcon({ html: label, className: "", iconSize: [0, 0] });
    return L.marker([lat, lon], { icon, interactive: false, keyboard: false });
  }

  /** Put each name on the side of its point where it covers no other; hide it where no side is free. */
  placeNames() {
    const points = [...this.container.querySelectorAll(".point")];
    const taken = points.map((point) => point.getBoundingClientRect());
    const clear = (box) => taken.every((other) => box.right < other.left || box.left > other.right || box.bottom < other.top || box.top > other.bottom);
    for (const [i, point] of points.entries()) {
      const own = taken[i];
      taken[i] = { left: Infinity }; // a name may touch its own point
      const sides = ["e", "w", "ne", "se", "nw", "sw", "n", "s"];
      const free = sides.find((side) => {
        point.dataset.side = side;
        return clear(point.firstChild.getBoundingClientRect());
      });
      point.dataset.side = free ?? "none";
      taken[i] = own;
      if (free) taken.push(point.firstChild.getBoundingClientRect());
    }
  }

  areaAt(latlng) {
    const reach = this.page.few ? DOT / 2 ** (this.map.getZoom() - SHAPE_ZOOM) : 0;
    return areaAt(this.page.shapes, this.page.origin, latlng, reach);
  }

  listen() {
    const { map, page } = this;
    map.on("mousemove", (event) => page.hover(this.areaAt(event.latlng), event.containerPoint));
    map.on("mouseout movestart zoomstart", () => page.hover(-1));
    map.on("click", (event) => page.select(this.areaAt(event.latlng)));
    map.on("focus mousedown", () => map.scrollWheelZoom.enable());
    this.container.addEventListener("mouseleave", () => map.scrollWheelZoom.disable());
    // A pinch on a trackpad arrives as a wheel with the control key; the bare wheel belongs to the page until a click.
    this.container.addEventListener("wheel", (event) => event.ctrlKey && map.scrollWheelZoom.enable(), { capture: true });
    this.container.addEventListener("keydown", (event) => {
      this.container.classList.add("keys");
      if (event.key === "Enter" && event.target === this.container) page.select(this.areaAt(map.getCenter()));
    });
    // Leaflet focuses the map on a click too, which no selector tells from a visit by the Tab key.
    let byPointer = false;
    this.container.addEventListener("pointerdown", () => { byPointer = true; this.container.classList.remove("keys"); }, { capture: true });
    this.container.addEventListener("focus", () => this.container.classList.toggle("keys", !byPointer));
    this.container.addEventListener("blur", () => { byPointer = false; });
    const lead = () => { page.leader = this; };
    ["pointerdown", "pointerenter", "wheel", "focusin"].forEach((kind) => this.container.addEventListener(kind, lead, { capture: true }));
    map.on("move", () => page.follow(this));
    map.on("zoomanim", ({ center, zoom }) => page.follow(this, center, zoom));
  }

  showTip(area, at) {
    this.tip.hidden = area < 0 || !at;
    if (this.tip.hidden) return;
    const { page, spec } = this;
    const swatch = element("i");
    swatch.style.background = spec.colours[this.codes[area]] ?? spec.missing;
    const value = element("span", {}, swatch, page.valueText(spec.value, area));
    this.tip.replaceChildren(...(page.nameOf(area) ? [element("b", {}, page.nameOf(area))] : []), value);
    const size = this.map.getSize();
    const right = at.x + this.tip.offsetWidth + 26 > size.x;
    const below = at.y + this.tip.offsetHeight + 22 > size.y;
    this.tip.style.left = `${Math.max(4, right ? at.x - this.tip.offsetWidth - 12 : at.x + 16)}px`;
    this.tip.style.top = `${Math.max(4, below ? at.y - this.tip.offsetHeight - 10 : at.y + 14)}px`;
  }
}

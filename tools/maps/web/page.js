// The page around the maps: what is chosen, and the card, legend, search and layer list that show it.

class Page {
  constructor(root, content) {
    Object.assign(this, { root, content, hovered: -1, selected: -1, basemap: null, leader: null });
    this.origin = mercator(content.centre[1], content.centre[0]);
    this.shapes = unpackShapes(content.geometry, this.origin);
    this.context = content.context && unpackShapes(content.context.geometry, this.origin);
    this.few = this.shapes.length <= 100;
    this.number = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 4 });
    this.bounds = L.latLngBounds(content.bounds);
    root.classList.toggle("pair", content.views.length > 1);
    this.views = content.views.map((spec, position) => new View(this, spec, position));
    this.leader = this.views[0];
    this.buildLegends();
    this.buildLayers();
    this.buildSearch();
    this.buildFoot();
    followTheme(() => {
      this.colours = {};
      this.redraw();
    });
    this.fit();
    this.views.forEach((view) => { view.addLayers(); view.placeNames(); });
    this.followSize();
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.select(-1));
  }

  get maps() { return this.views.map((view) => view.map); }

  fit() {
    const { zoom } = this.content;
    this.views.forEach(({ map }) => {
      if (zoom === null) map.fitBounds(this.bounds, { padding: [10, 10], animate: false });
      else map.setView(this.bounds.getCenter(), zoom, { animate: false });
    });
    this.fitted = this.views[0].map.getSize();
    this.untouched = true;
  }

  follow(view, centre = view.map.getCenter(), zoom = view.map.getZoom()) {
    if (view !== this.leader) return;
    this.views.filter((other) => other !== view).forEach(({ map }) => map.setView(centre, zoom, { animate: false }));
  }

  followSize() {
    const watch = new ResizeObserver(() => {
      this.views.forEach(({ map }) => map.invalidateSize({ animate: false, pan: false }));
      const size = this.views[0].map.getSize();
      if (size.x && size.y && !size.equals(this.fitted) && this.untouched) this.fit();
    });
    this.views.forEach(({ container, map }) => {
      watch.observe(container);
      ["pointerdown", "wheel", "keydown"].forEach((kind) => container.addEventListener(kind, () => { this.untouched = false; }, { capture: true }));
    });
  }

  redraw() { this.views.forEach((view) => [view.context, view.areas, view.marks].forEach((layer) => layer?.redraw())); }

  colour(name) { return this.colours[name] ??= getComputedStyle(this.root).getPropertyValue(name).trim(); }

  nameOf(area) {
    const heading = this.content.columns[this.content.heading];
    return heading ? String(heading.values[area] ?? "") : "";
  }

  valueText(column, area) {
    const value = this.content.columns[column].values[area];
    if (value === null) return "no data";
    return typeof value === "number" ? this.number.format(value) : String(value);
  }

  hover(area, at) {
    this.views.forEach((view) => view.showTip(area, at));
    if (area === this.hovered) return;
    this.hovered = area;
    this.views.forEach((view) => view.marks?.redraw());
  }

  select(area) {
    this.selected = area;
    this.views.forEach((view) => view.marks.redraw());
    this.showCard(area);
  }

  goTo(area) {
    const [left, top, right, bottom] = this.shapes[area].box;
    const middle = L.point((left + right) / 2 + this.origin[0], (top + bottom) / 2 + this.origin[1]);
    const view = this.views[0];
    this.leader = view;
    this.untouched = false;
    view.map.setView(L.CRS.EPSG3857.pointToLatLng(middle, SHAPE_ZOOM), Math.max(view.map.getZoom(), 12), { animate: false });
    this.select(area);
  }

  showCard(area) {
    const card = this.root.querySelector(".card");
    card.hidden = area < 0;
    if (area < 0) return;
    this.root.querySelector(".layers").open = false; // both stand in the same corner
    const close = element("button", { type: "button", className: "plain close", "aria-label": "Close", onclick: () => this.select(-1) }, "×");
    const rows = this.content.columns.map(({ label }, column) => {
      const swatches = this.views.filter(({ spec }) => spec.value === column).map((view) => {
        const swatch = element("i");
        swatch.style.background = view.spec.colours[view.codes[area]] ?? view.spec.missing;
        return swatch;
      });
      return element("div", {}, element("dt", {}, label), element("dd", {}, ...swatches, this.valueText(column, area)));
    });
    rows.splice(this.content.heading, this.content.heading >= 0 ? 1 : 0);
    card.replaceChildren(element("h2", {}, this.nameOf(area) || `Area ${area + 1}`), close, element("dl", {}, ...rows));
  }

  buildLegends() {
    for (const view of this.views) {
      const { spec, legend } = view;
      legend.setAttribute("aria-label", `Legend: ${spec.name}`);
      if (!spec.legend) continue;
      if (spec.ramp) {
        const bar = element("span", { className: "ramp" });
        bar.style.background = `linear-gradient(to right, ${spec.colours.join(",")})`;
        legend.append(element("li", { className: "wide" }, bar, element("span", { className: "ticks" }, ...spec.labels.map((label) => element("span", {}, label)))));
      } else {
        spec.labels.forEach((label, code) => legend.append(this.legendButton(view, label, code, spec.counts[code])));
      }
      const absent = view.codes.filter((code) => code === 255).length;
      if (absent) legend.append(this.legendButton(view, "no data", 255, absent));
    }
  }

  legendButton(view, label, code, count) {
    const swatch = element("i");
    swatch.style.background = view.spec.colours[code] ?? view.spec.missing;
    const toggle = () => {
      if (!view.isolated.delete(code)) view.isolated.add(code);
      button.setAttribute("aria-pressed", view.isolated.has(code));
      view.areas.redraw();
    };
    const words = `${this.number.format(count)} ${count === 1 ? "area" : "areas"}`;
    const button = element("button", { type: "button", title: `${words}; press to show only these`, "aria-pressed": "false", onclick: toggle }, swatch, element("span", {}, label));
    return element("li", {}, button);
  }

  buildLayers() {
    const box = this.root.querySelector(".layers");
    box.open = this.content.layersOpen && window.innerWidth > 620;
    const choice = (type, name, checked, act) => {
      const input = element("input", { type, name: type === "radio" ? "basemap" : "", checked, onchange: () => act(input.checked) });
      return element("label", {}, input, element("span", {}, name));
    };
    box.querySelector(".basemaps").append(...Object.keys(BASEMAPS).map((name, i) => choice("radio", name, i === 0, () => this.showBasemap(name))));
    const overlay = (name, layer) => choice("checkbox", name, true, (on) => this.views.forEach((view) => {
      if (on) view[layer].addTo(view.map);
      else view[layer].remove();
      if (layer === "points" && on) view.placeNames();
    }));
    box.querySelector(".overlays").append(
      overlay(this.content.name, "areas"),
      ...(this.context ? [overlay(this.content.context.name, "context")] : []),
      ...(this.content.points.length ? [overlay("Reference points", "points")] : []),
    );
  }

  showBasemap(name) {
    const { url, attribution } = BASEMAPS[name] ?? {};
    this.views.forEach((view) => {
      view.tiles?.remove();
      view.tiles = url && L.tileLayer(url, { attribution, maxZoom: 19, referrerPolicy: "strict-origin-when-cross-origin" }).addTo(view.map);
    });
    this.basemap = url ? name : null;
    this.redraw();
  }

  buildSearch() {
    const texts = this.content.columns.filter(({ values }) => values.some((value) => typeof value === "string"));
    if (!texts.length) return;
    const box = this.root.querySelector(".search");
    const input = box.querySelector("input");
    const list = box.querySelector("ul");
    box.hidden = false;
    let found = [];
    let at = -1;
    const show = (areas, active) => {
      [found, at] = [areas, active];
      list.hidden = !found.length;
      input.setAttribute("aria-expanded", !list.hidden);
      list.replaceChildren(...found.map((area, i) => element("li", {
        id: `found-${i}`, role: "option", "aria-selected": String(i === at), onmousedown: (event) => { event.preventDefault(); choose(area); },
      }, this.nameOf(area) || String(texts[0].values[area]))));
      if (at >= 0) input.setAttribute("aria-activedescendant", `found-${at}`);
      else input.removeAttribute("aria-activedescendant");
    };
    const choose = (area) => { input.value = this.nameOf(area); show([], -1); this.goTo(area); };
    input.addEventListener("input", () => show(this.find(input.value, texts), -1));
    input.addEventListener("blur", () => show([], -1));
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" && found.length) show(found, (at + 1) % found.length);
      else if (event.key === "ArrowUp" && found.length) show(found, (at + found.length - 1) % found.length);
      else if (event.key === "Enter" && found.length) choose(found[Math.max(at, 0)]);
      else if (event.key === "Escape") show([], -1);
      else return;
      event.preventDefault();
    });
  }

  find(text, columns, most = 8) {
    const wanted = text.trim().toLowerCase();
    if (!wanted) return [];
    const hits = [];
    for (let area = 0; area < this.shapes.length && hits.length < most; area++) {
      if (columns.some(({ values }) => String(values[area] ?? "").toLowerCase().includes(wanted))) hits.push(area);
    }
    return hits;
  }

  buildFoot() {
    const foot = this.root.querySelector(".foot");
    foot.hidden = !this.content.notice;
    foot.classList.toggle("synthetic", this.content.synthetic);
    foot.textContent = this.content.notice;
    const button = this.root.querySelector(".fullscreen");
    button.hidden = !document.fullscreenEnabled;
    button.addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()));
  }
}

window.courseMap = new Page(document.documentElement, JSON.parse(document.getElementById("content").textContent));
document.documentElement.dataset.ready = "true";

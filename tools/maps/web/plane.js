// A plane of points that a reader moves about in: by pointer, wheel, fingers or keys. A map is one, a view another.

const NEAR = 16; // pixels within which a press means a point

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children);
  return made;
}

class Plane {
  /** `x` and `y` place the points, y upwards; `paint(plane, context)` draws; `act` hears of hover and choose. */
  constructor(holder, { kind, name, label, x, y, bounds, most, paint, act }) {
    Object.assign(this, { x, y, bounds, most, paint, act, untouched: true, pointers: new Map() });
    this.canvas = element("canvas", { tabIndex: 0, role: "application" });
    this.canvas.setAttribute("aria-label", `${label} Arrow keys move, plus and minus zoom, Enter chooses the tile nearest to the middle.`);
    this.tip = element("div", { className: "tip", hidden: true, "aria-hidden": "true" });
    const make = (words, sign, run) => element("button", { type: "button", title: words, "aria-label": `${words}: ${name}`, onclick: run }, sign);
    this.root = element("div", { className: `plane ${kind}` }, this.canvas,
      element("span", { className: "name", "aria-hidden": "true" }, name),
      element("div", { className: "crosshair", "aria-hidden": "true" }),
      element("div", { className: "buttons" },
        make("Zoom in", "+", () => this.zoom(1.7)), make("Zoom out", "−", () => this.zoom(1 / 1.7)), make("Show everything", "⤢", () => this.fit())),
      this.tip);
    holder.append(this.root);
    new ResizeObserver(() => this.resize()).observe(this.root);
    this.listen();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.root;
    if (!width || !height) return;
    const ratio = window.devicePixelRatio || 1;
    Object.assign(this, { width, height, ratio });
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    if (this.untouched) this.fit();
    else this.moved();
  }

  fit() {
    const [west, south, east, north] = this.bounds;
    this.show((west + east) / 2, (south + north) / 2, this.whole());
    this.untouched = true;
  }

  /** Pixels a unit at which everything is shown. */
  whole() {
    const [west, south, east, north] = this.bounds;
    return Math.min((this.width - 24) / (east - west), (this.height - 24) / (north - south));
  }

  show(middleX, middleY, scale) {
    Object.assign(this, { middleX, middleY, scale, untouched: false });
    this.moved();
  }

  zoom(factor, at = [this.width / 2, this.height / 2]) {
    const [x, y] = this.placeAt(at);
    const scale = Math.min(Math.max(this.scale * factor, this.whole() * 0.8), this.most);
    const kept = this.scale / scale;
    this.show(x + (this.middleX - x) * kept, y + (this.middleY - y) * kept, scale);
  }

  pan(right, down) { this.show(this.middleX - right / this.scale, this.middleY + down / this.scale, this.scale); }

  moved() {
    const [west, south, east, north] = this.bounds;
    this.middleX = Math.min(Math.max(this.middleX, west), east);
    this.middleY = Math.min(Math.max(this.middleY, south), north);
    this.redraw();
  }

  screen(x, y) { return [(x - this.middleX) * this.scale + this.width / 2, (this.middleY - y) * this.scale + this.height / 2]; }

  placeAt([right, down]) { return [this.middleX + (right - this.width / 2) / this.scale, this.middleY - (down - this.height / 2) / this.scale]; }

  nearest(at, reach) {
    let best = -1;
    let least = reach * reach;
    for (let i = 0; i < this.x.length; i++) {
      const [right, down] = this.screen(this.x[i], this.y[i]);
      const distance = (right - at[0]) ** 2 + (down - at[1]) ** 2;
      if (distance < least) [best, least] = [i, distance];
    }
    return best;
  }

  reach() { return NEAR; }

  redraw() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      if (!this.width) return;
      const context = this.canvas.getContext("2d");
      context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
      context.clearRect(0, 0, this.width, this.height);
      this.paint(this, context);
    });
  }

  listen() {
    const { canvas, pointers } = this;
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const between = () => {
      const [[ax, ay], [bx, by]] = [...pointers.values()];
      return { middle: [(ax + bx) / 2, (ay + by) / 2], apart: Math.hypot(ax - bx, ay - by) };
    };
    let travelled = 0;
    let many = false;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      canvas.classList.remove("keys");
      pointers.set(event.pointerId, at(event));
      if (pointers.size === 1) [travelled, many] = [0, false];
      else many = true;
      this.wheels = true;
    });
    canvas.addEventListener("pointermove", (event) => {
      const now = at(event);
      const before = pointers.get(event.pointerId);
      if (!before) return this.hover(this.nearest(now, this.reach()), now);
      if (pointers.size === 2) {
        const { apart } = between();
        pointers.set(event.pointerId, now);
        const after = between();
        this.zoom(after.apart / Math.max(apart, 1), after.middle);
        return undefined;
      }
      pointers.set(event.pointerId, now);
      travelled += Math.hypot(now[0] - before[0], now[1] - before[1]);
      if (travelled > 4) {
        canvas.classList.add("dragged");
        this.hover(-1);
        this.pan(now[0] - before[0], now[1] - before[1]);
      }
      return undefined;
    });
    const leave = (event) => {
      pointers.delete(event.pointerId);
      canvas.classList.remove("dragged");
    };
    canvas.addEventListener("pointerup", (event) => {
      if (pointers.has(event.pointerId) && travelled <= 4 && !many) this.act.choose(this.nearest(at(event), this.reach()));
      leave(event);
    });
    canvas.addEventListener("pointercancel", leave);
    canvas.addEventListener("pointerleave", () => { this.hover(-1); this.wheels = false; });
    // The bare wheel belongs to the page around until a press; a pinch on a trackpad comes with the control key.
    canvas.addEventListener("wheel", (event) => {
      if (!this.wheels && !event.ctrlKey) return;
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), at(event));
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
      canvas.classList.add("keys");
      if (steps[event.key]) this.pan(...steps[event.key]);
      else if (event.key === "+" || event.key === "=") this.zoom(1.4);
      else if (event.key === "-") this.zoom(1 / 1.4);
      else if (event.key === "0") this.fit();
      else if (event.key === "Enter") this.act.choose(this.nearest([this.width / 2, this.height / 2], Infinity));
      else return;
      event.preventDefault();
    });
    canvas.addEventListener("blur", () => canvas.classList.remove("keys"));
  }

  hover(point, at) {
    this.act.hover(point);
    this.tip.hidden = point < 0 || !at;
    if (this.tip.hidden) return;
    this.tip.replaceChildren(...this.act.tell(point));
    const right = at[0] + this.tip.offsetWidth + 20 > this.width;
    const below = at[1] + this.tip.offsetHeight + 20 > this.height;
    this.tip.style.left = `${Math.max(4, right ? at[0] - this.tip.offsetWidth - 12 : at[0] + 14)}px`;
    this.tip.style.top = `${Math.max(4, below ? at[1] - this.tip.offsetHeight - 10 : at[1] + 14)}px`;
  }
}

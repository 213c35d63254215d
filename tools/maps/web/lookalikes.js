// A tile is chosen, and those most like it are shown: on the map of the world, in the view, and as a list.

const NONE = 65535;

const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer;

class LookAlikes extends Painting {
  constructor(root, content) {
    super();
    Object.assign(this, { root, content, chosen: -1, hovered: -1, method: 0, colours: {} });
    const { tiles } = content;
    this.ids = new Float64Array(bytes(tiles.ids));
    this.city = new Uint16Array(bytes(tiles.city));
    this.lon = new Float32Array(bytes(tiles.lon));
    this.lat = new Float32Array(bytes(tiles.lat));
    this.continent = Array.from(this.city, (city) => content.cities[city].continent);
    this.members = content.cities.map(() => []);
    this.city.forEach((city, tile) => this.members[city].push(tile));
    this.methods = content.methods.map(({ name, near, scores, low, high }) => {
      const steps = new Uint16Array(bytes(scores));
      return { name, near: new Uint16Array(bytes(near)), score: (at) => low + ((high - low) * steps[at]) / 65534 };
    });
    if (content.sprite) document.documentElement.style.setProperty("--sprite", `url("${content.sprite.url}")`);
    this.land = this.landPath();
    this.buildPlanes();
    this.buildLegend();
    this.buildMethods();
    this.buildSearch();
    this.buildFoot();
    this.buildFullScreen();
    const picture = new Image();
    picture.onload = () => { this.picture = picture; this.redraw(); };
    if (content.sprite) picture.src = content.sprite.url;
    followTheme(() => { this.colours = {}; this.redraw(); });
    document.addEventListener("keydown", (event) => event.key === "Escape" && !event.defaultPrevented && this.choose(-1));
    this.choose(content.start);
  }

  get planes() { return [this.world, this.view].filter(Boolean); }

  redraw() { this.planes.forEach((plane) => plane.redraw()); }

  /** Rows of the chosen tile's look-alikes: tile and score, the nearest first. */
  found() {
    if (this.chosen < 0) return [];
    const { near, score } = this.methods[this.method];
    const first = this.chosen * this.content.k;
    return Array.from({ length: this.content.k }, (_, i) => ({ tile: near[first + i], score: score(first + i) })).filter(({ tile }) => tile !== NONE);
  }

  place(tile) { return this.content.cities[this.city[tile]]; }

  position(tile) {
    const within = this.ids[tile] % 10000;
    return { row: Math.floor(within / 100), col: within % 100 };
  }

  words(tile) {
    const { row, col } = this.position(tile);
    return `row ${row + 1}, column ${col + 1}`;
  }

  choose(tile) {
    this.chosen = tile;
    this.results = this.found();
    this.showChosen();
    this.showResults();
    this.redraw();
  }

  hover(tile) {
    if (tile === this.hovered) return;
    this.hovered = tile;
    this.root.querySelectorAll(".results button").forEach((button, i) => button.classList.toggle("pointed", this.results[i]?.tile === tile));
    this.redraw();
  }

  goTo(tile) {
    const scale = this.tileSize(tile) ? 44 / this.tileSize(tile) : this.world.most;
    this.world.show(this.world.x[tile], this.world.y[tile], Math.min(scale, this.world.most));
  }

  // ---- the planes

  buildPlanes() {
    const holder = this.root.querySelector(".views");
    holder.classList.toggle("single", !this.content.view);
    const act = {
      hover: (tile) => this.hover(tile),
      choose: (tile) => tile >= 0 && this.choose(tile),
      tell: (tile) => this.tell(tile),
    };
    const y = Float32Array.from(this.lat, northing);
    const [west, south, east, north] = this.content.bounds;
    this.world = new Plane(holder, {
      kind: "world", name: "World", label: `Map of the world with ${this.content.cities.length} cities.`, act, x: this.lon, y,
      bounds: [west, northing(south), east, northing(north)], most: 8000, paint: (...drawing) => this.paintWorld(...drawing),
    });
    this.world.reach = () => Math.max(NEAR, (this.tileSize(0) * this.world.scale) / 1.6);
    if (!this.content.view) return;
    const [u, v] = [this.content.view.x, this.content.view.y].map((axis) => new Uint16Array(bytes(axis)));
    this.view = new Plane(holder, {
      kind: "view", name: this.content.view.name, label: `${this.content.view.name}: tiles that are near are alike.`, act, x: u, y: v,
      bounds: [0, 0, Math.max(...u), Math.max(...v)], most: 2, paint: (...drawing) => this.paintView(...drawing),
    });
  }

  // ---- the panel

  tell(tile) {
    const { name, country } = this.place(tile);
    return [element("b", {}, name), element("span", {}, `${country} · ${this.words(tile)}`)];
  }

  pictureOf(tile, node, side) {
    const { sprite } = this.content;
    if (!sprite) return node;
    const [column, row] = [tile % sprite.columns, Math.floor(tile / sprite.columns)];
    node.classList.add("picture");
    node.style.width = node.style.height = `${side}px`;
    node.style.backgroundSize = `${sprite.columns * side}px ${sprite.rows * side}px`;
    node.style.backgroundPosition = `${-column * side}px ${-row * side}px`;
    return node;
  }

  showChosen() {
    const box = this.root.querySelector(".chosen");
    const { sprite } = this.content;
    box.classList.toggle("bare", !sprite);
    this.root.querySelector(".methods").hidden = this.chosen < 0 || this.methods.length < 2;
    if (this.chosen < 0) {
      box.replaceChildren(element("p", { className: "empty" }, "Choose a tile on the map or in the view, or find a city: the tiles most like it appear here."));
      return;
    }
    const tile = this.chosen;
    const { name, country, continent } = this.place(tile);
    const picture = sprite && this.pictureOf(tile, element("span", { role: "img", "aria-label": `The chosen tile: ${sprite.label}` }), 84);
    const zoomed = element("button", { type: "button", className: "plain", onclick: () => this.goTo(tile) }, "Show on the map");
    const words = element("div", {}, element("h2", {}, name), element("p", {}, `${country} · ${this.content.continents[continent].name}`), element("p", {}, `tile in ${this.words(tile)}`), zoomed);
    box.replaceChildren(...(picture ? [picture] : []), words, this.block(tile));
  }

  /** The tiles of the chosen tile's city, as they lie, to choose another by mouse or keys. */
  block(chosen) {
    const tiles = this.members[this.city[chosen]];
    const columns = Math.max(...tiles.map((tile) => this.position(tile).col)) + 1;
    const room = window.innerWidth <= 700 ? 31 : 27;
    const list = element("ul");
    list.style.gridTemplateColumns = `repeat(${columns}, auto)`;
    for (const tile of tiles) {
      const { row, col } = this.position(tile);
      const button = element("button", { type: "button", title: this.words(tile), "aria-label": `Tile in ${this.words(tile)}`, "aria-pressed": String(tile === chosen) });
      button.dataset.tile = tile;
      button.onclick = () => {
        this.choose(tile);
        this.root.querySelector(`.block [data-tile="${tile}"]`).focus();
      };
      const item = element("li", {}, this.pictureOf(tile, button, room));
      item.style.gridArea = `${row + 1} / ${col + 1}`;
      list.append(item);
    }
    return element("div", { className: "block" }, element("p", {}, `The city's ${tiles.length} tiles, as they lie`), list);
  }

  showResults() {
    const list = this.root.querySelector(".results");
    const count = this.root.querySelector(".count");
    const { results } = this;
    count.hidden = list.hidden = this.chosen < 0;
    const cities = new Set(results.map(({ tile }) => this.city[tile])).size;
    const many = (number, one, more) => `${number} ${number === 1 ? one : more}`;
    count.textContent = `${many(results.length, "look-alike", "look-alikes")} in ${many(cities, "city", "cities")}; the number is the ${this.content.score}`;
    const most = results[0]?.score ?? 1;
    const least = Math.min(0, ...results.map(({ score }) => score));
    list.replaceChildren(...results.map(({ tile, score }, rank) => {
      const { name, country } = this.place(tile);
      const bar = element("i");
      bar.style.setProperty("--full", `${most > least ? (100 * (score - least)) / (most - least) : 100}%`);
      const parts = [element("span", { className: "rank" }, String(rank + 1))];
      if (this.content.sprite) parts.push(this.pictureOf(tile, element("span", { "aria-hidden": "true" }), 40));
      parts.push(element("span", { className: "where" }, element("b", {}, name), element("small", {}, `${country}, `, element("span", {}, this.words(tile)))));
      parts.push(element("span", { className: "score" }, score.toFixed(3), bar));
      const button = element("button", { type: "button", title: "Show what is like this tile" }, ...parts);
      button.onclick = () => { this.choose(tile); this.root.querySelector(".results button")?.focus({ preventScroll: true }); };
      ["pointerenter", "focus"].forEach((kind) => button.addEventListener(kind, () => this.hover(tile)));
      ["pointerleave", "blur"].forEach((kind) => button.addEventListener(kind, () => this.hover(-1)));
      return element("li", {}, button);
    }));
  }

  buildLegend() {
    const counts = this.content.continents.map((_, number) => this.continent.filter((other) => other === number).length);
    this.root.querySelector(".legend").append(...this.content.continents.map(({ name, light, dark }, number) => {
      const dot = element("i");
      dot.style.setProperty("--dot", light);
      dot.style.setProperty("--dot-dark", dark);
      return element("li", {}, dot, `${name} (${counts[number].toLocaleString("en-GB")})`);
    }));
  }

  buildMethods() {
    const holder = element("div");
    this.methods.forEach(({ name }, number) => {
      const input = element("input", { type: "radio", name: "method", checked: number === 0, onchange: () => { this.method = number; this.choose(this.chosen); } });
      holder.append(element("label", {}, input, element("span", {}, name)));
    });
    this.root.querySelector(".methods").append(holder);
  }

  buildSearch() {
    const input = this.root.querySelector("#search");
    const list = this.root.querySelector("#found");
    const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    const keys = this.content.cities.map(({ name, country }) => plain(`${name} ${country}`));
    let found = [];
    let at = -1;
    const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
    const pick = (city) => {
      input.value = this.content.cities[city].name;
      close();
      const tiles = this.members[city];
      this.choose(tiles[Math.floor(tiles.length / 2)]);
    };
    const show = () => {
      list.replaceChildren(...found.map((city, i) => {
        const { name, country } = this.content.cities[city];
        return element("li", { id: `found-${i}`, role: "option", "aria-selected": String(i === at), onmousedown: (event) => { event.preventDefault(); pick(city); } }, name, " ", element("small", {}, country));
      }));
      if (!found.length) list.append(element("li", { className: "none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, "No such city"));
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      if (at >= 0) input.setAttribute("aria-activedescendant", `found-${at}`);
      else input.removeAttribute("aria-activedescendant");
    };
    input.addEventListener("input", () => {
      const wanted = plain(input.value.trim());
      const starts = (key) => key.startsWith(wanted) || key.includes(` ${wanted}`);
      found = keys.map((key, city) => [key, city]).filter(([key]) => key.includes(wanted))
        .sort(([a], [b]) => starts(b) - starts(a)).slice(0, 8).map(([, city]) => city);
      at = found.length ? 0 : -1;
      if (wanted) show();
      else close();
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        if (list.hidden) return;
        close();
      } else if (list.hidden || !found.length) return;
      else if (event.key === "ArrowDown") { at = (at + 1) % found.length; show(); }
      else if (event.key === "ArrowUp") { at = (at + found.length - 1) % found.length; show(); }
      else if (event.key === "Enter") pick(found[Math.max(at, 0)]);
      else return;
      event.preventDefault();
    });
    input.addEventListener("focus", () => input.select());
    input.addEventListener("blur", close);
  }

  buildFoot() {
    const foot = this.root.querySelector(".foot");
    foot.classList.toggle("synthetic", this.content.synthetic);
    foot.hidden = !foot.textContent.trim();
  }

  buildFullScreen() {
    const button = this.root.querySelector(".fullscreen");
    button.hidden = !document.fullscreenEnabled;
    button.addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()));
  }
}

const page = new LookAlikes(document.querySelector(".page"), JSON.parse(document.getElementById("content").textContent));
window.lookAlikes = page;
document.documentElement.dataset.ready = "true";

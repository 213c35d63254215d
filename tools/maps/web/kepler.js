const root = document.documentElement;
const stage = document.querySelector(".stage");
const holder = document.getElementById("map");
const said = document.getElementById("state");
const spec = JSON.parse(document.getElementById("spec").textContent);
const program = document.getElementById("script").dataset.program;

// Names for buttons of Kepler's that show a picture alone.
const NAMES = {
  ".side-bar__close": "Layers, filters and base map",
  ".split-map": "Two maps side by side",
  ".toggle-3d": "Flat, tilted or globe",
  ".map-draw": "Draw an area",
  ".toggle-annotation": "Write on the map",
  ".show-legend": "Legend",
  ".toggle-layer": "Layers on this map",
};

function nameButtons() {
  for (const [selector, name] of Object.entries(NAMES)) {
    for (const button of holder.querySelectorAll(`${selector}:not([aria-label])`)) {
      button.setAttribute("aria-label", name);
      button.title = name;
      if (button.tagName !== "BUTTON") {
        button.setAttribute("role", "button");
        button.tabIndex = 0;
        button.addEventListener("keydown", (event) => {
          if (event.key === "Enter" || event.key === " ") {
            event.preventDefault();
            button.click();
          }
        });
      }
    }
  }
}

// What the widget's program expects of a notebook: values that can be read, written and listened to.
function notebook(whenChanged) {
  const values = {
    data: spec.data,
    config: spec.config,
    height: stage.clientHeight,
    mapbox_token: "",
    theme: "light",
    app_name: "kepler.gl",
  };
  const listeners = {};
  return {
    get: (name) => values[name],
    set(name, value) {
      values[name] = value;
      for (const tell of listeners[`change:${name}`] ?? []) tell();
      if (name === "config") whenChanged(value.config);
    },
    on: (event, tell) => (listeners[event] ??= []).push(tell),
    off(event, tell) {
      listeners[event] = (listeners[event] ?? []).filter((each) => each !== tell);
    },
    save_changes() {},
  };
}

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));

async function show() {
  const { default: widget } = await import(new URL(program, document.baseURI));
  const ask = window.fetch.bind(window);
  const held = [];
  let drawn = false;
  let chosen = false;
  // Kepler asks for a base map of its own before it reads that there is to be none. Nothing is fetched before
  // a reader chooses one. Pictures for a layer of icons, which these points are not, are asked for as soon as
  // the side panel opens: there are none.
  window.fetch = (...request) => {
    const address = String(request[0]?.url ?? request[0]);
    if (address.endsWith("/svg-icons.json")) return Promise.resolve(Response.json({ svgIcons: [] }));
    if (chosen || new URL(address, document.baseURI).origin === location.origin) return ask(...request);
    return new Promise((resolve) => held.push(() => resolve(ask(...request))));
  };
  const changed = (config) => {
    drawn ||= config.visState?.layers?.length > 0;
    chosen ||= drawn && config.mapStyle?.styleType !== "no_map";
    if (chosen) held.splice(0).forEach((release) => release());
  };
  let model;
  const start = () => {
    model = notebook(changed);
    return widget.render({ model, el: holder });
  };
  let stop = start();
  new MutationObserver(nameButtons).observe(holder, { childList: true, subtree: true });
  new ResizeObserver(() => model.set("height", stage.clientHeight)).observe(stage);
  // On a very busy machine the program gives up waiting for itself before the data are in: start it again.
  let patience = 30_000;
  for (let waited = 0; !drawn; waited += 100) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (waited >= patience) {
      stop();
      stop = start();
      waited = 0;
      patience *= 2;
    }
  }
  for (let i = 0; i < 5; i += 1) await frame();
  said.textContent = "";
  root.dataset.ready = "true";
}

show().catch((error) => {
  const local = location.protocol === "file:" ? " Opened as a file, a page may not load it: serve the book." : "";
  said.textContent = `The map did not load (${error.message}).${local}`;
  throw error;
});

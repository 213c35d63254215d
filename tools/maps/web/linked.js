const reading = JSON.parse(document.getElementById("reading").textContent);
const pictures = [...document.querySelectorAll(".picture")];
const outputs = [...document.querySelectorAll("output")];
const where = document.getElementById("where");

// Bokeh draws when the document is complete; only then are there models to talk to.
function whenDrawn(go) {
  const drawing = Bokeh.documents[0];
  if (drawing?.is_idle && drawing.roots().length === 2) go(drawing.roots());
  else setTimeout(whenDrawn, 20, go);
}

function start(roots) {
  const ids = pictures.map((picture) => picture.querySelector("[data-root-id]").dataset.rootId);
  const models = ids.map((id) => roots.find((root) => root.id === id));
  const { x_range: across, y_range: down } = models[0];
  const whole = [across.start, across.end, down.start, down.end];

  const show = (left, right, bottom, top) => {
    across.setv({ start: left, end: right });
    down.setv({ start: bottom, end: top });
  };
  const zoom = (factor) => {
    const [x, y] = [(across.start + across.end) / 2, (down.start + down.end) / 2];
    const [w, h] = [((across.end - across.start) * factor) / 2, ((down.end - down.start) * factor) / 2];
    show(x - w, x + w, y - h, y + h);
  };
  const move = (right, up) => {
    const [w, h] = [(across.end - across.start) * right, (down.end - down.start) * up];
    show(across.start + w, across.end + w, down.start + h, down.end + h);
  };

  const valueAt = (model, x, y) => {
    const { image, x: lefts, y: bottoms, dw, dh } = model.renderers[0].data_source.data;
    const [rows, columns] = image[0].shape;
    const column = Math.floor(((x - lefts[0]) / dw[0]) * columns);
    const row = Math.floor(((y - bottoms[0]) / dh[0]) * rows);
    if (column < 0 || row < 0 || column >= columns || row >= rows) return null;
    return image[0].get ? image[0].get(row * columns + column) : image[0][row * columns + column];
  };
  const inWords = (value, categorical) => {
    if (value === null) return "outside";
    if (categorical) return value === reading.noClass ? "no class" : (reading.names[value] ?? "no class");
    return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : "no data";
  };
  const read = (xShare, yShare) => {
    const x = across.start + xShare * (across.end - across.start);
    const y = down.end - yShare * (down.end - down.start);
    models.forEach((model, i) => {
      outputs[i].textContent = inWords(valueAt(model, x, y), reading.categorical[i]);
      const cross = pictures[i].querySelector(".cross");
      cross.hidden = false;
      cross.style.left = `${100 * xShare}%`;
      cross.style.top = `${100 * yShare}%`;
    });
    where.textContent = reading.inMetres ? `${Math.round(x)} m east, ${Math.round(y)} m north` : `x ${x.toFixed(4)}, y ${y.toFixed(4)}`;
  };

  for (const picture of pictures) {
    picture.addEventListener("pointermove", (event) => {
      const box = picture.getBoundingClientRect();
      read((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    });
  }
  document.getElementById("closer").addEventListener("click", () => zoom(0.6));
  document.getElementById("farther").addEventListener("click", () => zoom(1 / 0.6));
  document.getElementById("whole").addEventListener("click", () => show(...whole));
  const keys = {
    ArrowLeft: () => move(-0.1, 0), ArrowRight: () => move(0.1, 0), ArrowUp: () => move(0, 0.1), ArrowDown: () => move(0, -0.1),
    "+": () => zoom(0.6), "=": () => zoom(0.6), "-": () => zoom(1 / 0.6), 0: () => show(...whole),
  };
  document.querySelector(".pair").addEventListener("keydown", (event) => {
    if (!(event.key in keys) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    keys[event.key]();
    read(0.5, 0.5);
  });
  document.documentElement.dataset.ready = "true";
}

followTheme(() => {});
whenDrawn(start);

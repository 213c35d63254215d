/** Be dark where the page around the frame is dark: a book, JupyterLab; else as the reader's system is. */
function followTheme(changed) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const around = pageAround();
  const apply = () => {
    document.documentElement.dataset.theme = (around ? isDark(around) : system.matches) ? "dark" : "light";
    changed();
  };
  system.addEventListener("change", apply);
  if (around) [around.documentElement, around.body].forEach((node) => new MutationObserver(apply).observe(node, { attributes: true }));
  apply();
}

function pageAround() {
  if (window.parent === window) return null;
  try {
    return window.parent.document;
  } catch (error) {
    // Colab and VS Code show outputs from another origin, whose page a frame may not read.
    if (error instanceof DOMException) return null;
    throw error;
  }
}

function isDark(page) {
  const grounds = [page.body, page.documentElement].map((node) => getComputedStyle(node).backgroundColor);
  const painted = grounds.map((ground) => ground.match(/[\d.]+/g).map(Number)).find(([, , , alpha = 1]) => alpha > 0);
  return Boolean(painted) && 0.299 * painted[0] + 0.587 * painted[1] + 0.114 * painted[2] < 128;
}

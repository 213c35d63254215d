"""Interactive figures as pages of their own, so that a lesson's page stays light.

A web map is stored in a notebook as ``<iframe srcdoc="…">``, a plotly figure and a Kepler map as JSON. All
become files under ``frames/<lesson>/``, shown by ``<iframe src="frames/<lesson>/<n>.html">``: the browser
loads each only when the reader comes near it, and all figures of one kind share one copy of their library,
which a page of its own carries in ``<script data-library="name.js">``.
Widgets, which live as long as their kernel, leave nothing behind: neither what they were nor their programs.
"""

from __future__ import annotations

import html
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

_HTML = "text/html"
_PLOTLY = "application/vnd.plotly.v1+json"
_KEPLER = "application/vnd.course.kepler+json"
_WIDGET = "application/vnd.jupyter.widget-view+json"
_WIDGETS = "widgets"
_VENDOR = "vendor"
_CARRIED = re.compile(r'<script data-library="([\w.-]+)">(.*?)</script>', re.DOTALL)

_PLOTLY_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
html, body, main, #figure {{ height: 100%; margin: 0; background: #fff; }}
h1 {{ position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); }}
</style>
<script src="../{library}"></script>
</head>
<body>
<main><h1>{title}</h1><div id="figure"></div></main>
<script type="application/json" id="spec">{spec}</script>
<script>
const spec = JSON.parse(document.getElementById("spec").textContent);
// Plotly breaks no lines: on a phone, titles and notes would run out of the picture.
if (innerWidth < 560) {{
  const layout = spec.layout;
  const preset = layout.template?.layout ?? {{}};
  const family = layout.font?.family ?? preset.font?.family ?? '"Open Sans", verdana, arial, sans-serif';
  const left = layout.margin?.l ?? preset.margin?.l ?? 80;
  const pen = document.createElement("canvas").getContext("2d");
  const wrapped = (text, size, room) => {{
    pen.font = `${{size}}px ${{family}}`;
    const lines = [""];
    for (const word of text.split(/<br>|\\s+/)) {{
      const last = lines.at(-1);
      if (last && pen.measureText(`${{last}} ${{word}}`).width > room) lines.push(word);
      else lines[lines.length - 1] = last ? `${{last}} ${{word}}` : word;
    }}
    return lines;
  }};
  const margin = (layout.margin ??= {{}});
  margin.b ??= preset.margin?.b ?? 80;
  if (layout.title?.text) {{
    const lines = wrapped(layout.title.text, 15, innerWidth - 40);
    const high = 20 * lines.length;
    const above = layout.legend?.orientation === "h" ? 24 + 22 * Math.ceil(spec.data.length / 2) : 0;
    layout.title.text = lines.join("<br>");
    Object.assign(layout.title, {{ xref: "container", x: 16 / innerWidth, font: {{ size: 15 }} }});
    Object.assign(layout.title, {{ yref: "container", yanchor: "middle" }});
    layout.title.y = 1 - (12 + high / 2) / (layout.height ?? innerHeight);
    if (above) layout.legend.title = {{ ...layout.legend.title, side: "top" }};
    margin.t = 24 + high + above;
  }}
  const along = layout.xaxis?.title;
  const beside = innerWidth - left - 40; // the labels of the other axis
  let lower = 0; // what more it takes of the foot
  if (along?.text) {{
    const lines = wrapped(along.text, along.font?.size ?? 14, beside);
    lower = 19 * (lines.length - along.text.split("<br>").length);
    along.text = lines.join("<br>");
    margin.b += lower;
  }}
  for (const note of layout.annotations ?? []) {{
    if (note.xref !== "paper" || note.showarrow !== false) continue;
    const size = note.font?.size ?? 12;
    const lines = wrapped(note.text, size, innerWidth - 40);
    const more = lines.length - note.text.split("<br>").length;
    margin.b += size * 1.5 * more;
    note.text = lines.join("<br>");
    if (note.y === 0 && note.yanchor === "top") note.yshift = (note.yshift ?? 0) - lower;
    // It begins where the axes do: there is more room from the edge of the page.
    if (note.x === 0 && note.xanchor === "left") note.xshift = (note.xshift ?? 0) + 16 - left;
  }}
}}
const config = Object.assign({{responsive: true}}, spec.config);
Plotly.newPlot("figure", spec.data, spec.layout, config).then(() => {{
  if (spec.frames) {{ return Plotly.addFrames("figure", spec.frames); }}
}});
</script>
</body>
</html>
"""


def extract(notebook: dict[str, Any], lesson: str, folder: Path) -> int:
    """Move the interactive figures of an executed notebook into files, in place.

    Parameters
    ----------
    notebook : dict
        The executed notebook (nbformat 4); its outputs are rewritten.
    lesson : str
        The lesson's name: the files go to ``<folder>/frames/<lesson>/``, which is emptied first.
    folder : pathlib.Path
        Where the executed notebook is stored.

    Returns
    -------
    int
        How many files were made.

    Examples
    --------
    >>> import tempfile
    >>> output = {"data": {"text/html": '<iframe srcdoc="&lt;p&gt;"></iframe>'}}
    >>> notebook = {"cells": [{"cell_type": "code", "outputs": [output]}]}
    >>> extract(notebook, "01-demo", Path(tempfile.mkdtemp()))
    1
    >>> output["data"]["text/html"]
    '<iframe src="frames/01-demo/1.html" loading="lazy"></iframe>'
    """
    writer = _Writer(folder / "frames", lesson)
    notebook.get("metadata", {}).pop(_WIDGETS, None)
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            data.pop(_WIDGET, None)
            if _KEPLER in data:
                data[_HTML] = writer.kepler(data.pop(_KEPLER), _alt_text(cell))
            elif _PLOTLY in data:
                data[_HTML] = writer.plotly(data.pop(_PLOTLY), _alt_text(cell))
            elif _HTML in data:
                data[_HTML] = writer.srcdoc(_text(data[_HTML]))
    return writer.count


def count(lesson: str, folder: Path) -> int:
    """Return how many frames of a lesson lie in `folder`.

    Parameters
    ----------
    lesson : str
        The lesson's name.
    folder : pathlib.Path
        Where executed notebooks are stored.

    Returns
    -------
    int

    Examples
    --------
    >>> count("01-demo", Path("nowhere"))
    0
    """
    return sum(1 for _ in (folder / "frames" / lesson).glob("*.html"))


class _Writer:
    def __init__(self, folder: Path, lesson: str):
        self.count = 0
        self._lesson = lesson
        self._folder = folder
        shutil.rmtree(folder / lesson, ignore_errors=True)

    def srcdoc(self, markup: str) -> str:
        finder = _Frames()
        finder.feed(markup)
        finder.close()
        for tag, attributes in finder.found:
            source = self._page(_CARRIED.sub(self._share, attributes.pop("srcdoc") or ""))
            attributes.pop("src", None)
            kept = {"src": source, **attributes, "loading": "lazy"}
            markup = markup.replace(tag, _start_tag(kept), 1)
        return markup

    def plotly(self, figure: dict[str, Any], alt: str) -> str:
        layout = figure.get("layout", {})
        title = alt or _title(layout) or f"Interactive figure {self.count + 1}"
        # "<" is escaped so that no text in the data can close the script element
        spec = json.dumps(figure, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
        page = _PLOTLY_PAGE.format(title=html.escape(title), spec=spec, library=self._library())
        height = int(layout.get("height") or 450)
        attributes = {"src": self._page(page), "class": "course-frame", "title": title, "loading": "lazy"}
        return _start_tag(attributes | {"width": "100%", "height": str(height)}) + "</iframe>"

    def kepler(self, spec: dict[str, Any], alt: str) -> str:
        from tools.maps import kepler

        page = kepler.page(spec, f"../{self._shared(*kepler.library())}")
        title = alt or spec["title"]
        attributes = {"src": self._page(page), "class": "course-frame", "title": title, "loading": "lazy"}
        return _start_tag(attributes | {"width": "100%", "height": str(spec["height"])}) + "</iframe>"

    def _page(self, content: str) -> str:
        self.count += 1
        path = self._folder / self._lesson / f"{self.count}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return f"frames/{self._lesson}/{self.count}.html"

    def _library(self) -> str:
        import plotly

        library = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
        return self._shared(f"plotly-{plotly.__version__}.min.js", library)

    def _share(self, carried: re.Match[str]) -> str:
        """Take a library out of a page that carries it, and return what loads the shared copy instead."""
        name, program = carried.groups()
        shared = self._folder / _VENDOR / name
        if not shared.exists() or shared.read_text("utf-8") != program:
            shared.parent.mkdir(parents=True, exist_ok=True)
            shared.write_text(program, encoding="utf-8")
        return f'<script src="../{_VENDOR}/{name}"></script>'

    def _shared(self, name: str, library: Path) -> str:
        """Put one copy of a library beside the lessons' folders and return its address from there."""
        shared = self._folder / _VENDOR / name
        if not shared.exists() or shared.stat().st_size != library.stat().st_size:
            shared.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(library, shared)
        return f"{_VENDOR}/{shared.name}"


class _Frames(HTMLParser):
    """Finds the start tags of inner frames that carry their page with them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "iframe" and "srcdoc" in attributes:
            self.found.append((self.get_starttag_text() or "", attributes))


def _start_tag(attributes: dict[str, str | None]) -> str:
    parts = [
        name if value is None else f'{name}="{html.escape(value)}"' for name, value in attributes.items()
    ]
    return f"<iframe {' '.join(parts)}>"


def _alt_text(cell: dict[str, Any]) -> str:
    return str(cell.get("metadata", {}).get("mystnb", {}).get("image", {}).get("alt", ""))


def _title(layout: dict[str, Any]) -> str:
    title = layout.get("title", "")
    return str(title.get("text", "") if isinstance(title, dict) else title)


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "".join(value)

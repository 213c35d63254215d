"""A web map as one self-contained page, shown in a notebook through a frame.

The page holds its data, its styles, its program and Leaflet, so that it works in JupyterLab, VS Code and
Colab, and from a file, without asking another host for anything until a reader opens a basemap. Areas are
drawn on a canvas from one unpacked copy of the geometry, however many maps show it; that is why the page is
written here and not by folium, which puts every polygon into the page as GeoJSON with a layer of its own.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tools import places
from tools.maps import palette

_WEB = Path(__file__).with_name("web")
_SCRIPTS = ("theme.js", "areas.js", "view.js", "page.js")
_LEAFLET = "https://cdn.jsdelivr.net/npm/leaflet@1.9.4/dist"
_INTEGRITY = {
    "leaflet.css": "sha256-p4NxAoJBhIIN+hmNHrzRCf9tD/miZyoHS5obTRR9BMY=",
    "leaflet.js": "sha256-20nQCchB9co0qIjJZRGuk2/Z9VM+kNiyxNV1lvTlZBo=",
}


@dataclass(frozen=True)
class WebMap:
    """An interactive map: shown by a notebook, or saved as a page.

    Parameters
    ----------
    content : dict
        What `tools/maps/web/page.js` draws, ready for JSON.
    title : str
        What the map shows; the page's heading and the frame's text for screen readers.
    height : str
        The frame's height, in CSS.

    Examples
    --------
    >>> WebMap({"views": []}, "A map of <nothing>").html.count("<title>A map of &lt;nothing&gt;</title>")
    1
    """

    content: dict[str, Any]
    title: str
    height: str = "600px"

    @cached_property
    def html(self) -> str:
        """The whole page."""
        parts = {
            "title": html.escape(self.title),
            "leaflet": _leaflet(),
            "css": page_colours() + (_WEB / "page.css").read_text("utf-8"),
            "content": _json(self.content),
            "script": page_script(*_SCRIPTS),
        }
        page = (_WEB / "page.html").read_text("utf-8")
        # Cut at the marks once, so that a name in the data that looks like a mark stays a name.
        first, *rest = page.split("{{")
        pieces = (piece.split("}}", 1) for piece in rest)
        return first + "".join(parts[mark] + text for mark, text in pieces)

    def save(self, path: str | Path) -> Path:
        """Write the page to a file and return its path.

        Parameters
        ----------
        path : str or pathlib.Path
            Where to; folders are made as needed.

        Returns
        -------
        pathlib.Path
        """
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.html, encoding="utf-8")
        return path

    def _repr_html_(self) -> str:
        return (
            f'<iframe class="course-frame" title="{html.escape(self.title)}" loading="lazy" '
            f'allow="fullscreen" style="width:100%;height:{self.height};border:0" '
            f'srcdoc="{html.escape(self.html)}"></iframe>'
        )

    def __repr__(self) -> str:
        return f"<WebMap: {self.title}>"


def _json(content: dict[str, Any]) -> str:
    # In a script element "<" could end it or open a comment; JSON may write it as an escape.
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace(
        "<", "\\u003c"
    )


def page_script(*names: str) -> str:
    """Return scripts of the folder ``web`` as one that keeps its names to itself.

    Parameters
    ----------
    *names : str
        Files, in the order in which they need each other.

    Returns
    -------
    str
        JavaScript.

    Examples
    --------
    >>> page_script("theme.js").startswith("(() => {")
    True
    """
    own = "\n".join((_WEB / name).read_text("utf-8") for name in names)
    return f'(() => {{\n"use strict";\n{own}\n}})();'


def _leaflet() -> str:
    style, script = (places.npm_asset(f"leaflet/dist/{name}") for name in _INTEGRITY)
    if style and script:
        return f"<style>{style.read_text('utf-8')}</style>\n<script>{script.read_text('utf-8')}</script>"
    # Without the installed packages (a fresh Colab) the library comes from its public address.
    remote = {name: f'integrity="{check}" crossorigin="anonymous"' for name, check in _INTEGRITY.items()}
    return (
        f'<link rel="stylesheet" href="{_LEAFLET}/leaflet.css" {remote["leaflet.css"]}>\n'
        f'<script src="{_LEAFLET}/leaflet.js" {remote["leaflet.js"]}></script>'
    )


def page_colours() -> str:
    """Return the course's page colours as CSS variables, light and dark.

    Returns
    -------
    str
        Rules; dark holds under ``data-theme="dark"``.

    Examples
    --------
    >>> "--accent: #0b6b66;" in page_colours()
    True
    """

    def rule(selector: str, roles: dict[str, str]) -> str:
        settings = " ".join(f"--{role.replace('_', '-')}: {colour};" for role, colour in roles.items())
        return f"{selector} {{ {settings} }}\n"

    dark = rule('html[data-theme="dark"]', palette.DARK)
    return rule(":root", palette.LIGHT) + "@media screen {\n" + dark + "}\n"

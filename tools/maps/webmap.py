"""A web map as one self-contained page, shown in a notebook through a frame.

The page holds its data, its styles, its program and Leaflet, so that it works in JupyterLab, VS Code and
Colab, and from a file, without asking another host for anything until a reader opens a basemap. Areas are
drawn on a canvas from one unpacked copy of the geometry, however many maps show it; that is why the page is
written here and not by folium, which puts every polygon into the page as GeoJSON with a layer of its own.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tools import places
from tools.maps.pages import WEB, Page, filled, page_colours, page_script, script_json

_SCRIPTS = ("theme.js", "areas.js", "view.js", "page.js")
_LEAFLET = "https://cdn.jsdelivr.net/npm/leaflet@1.9.4/dist"
_INTEGRITY = {
    "leaflet.css": "sha256-p4NxAoJBhIIN+hmNHrzRCf9tD/miZyoHS5obTRR9BMY=",
    "leaflet.js": "sha256-20nQCchB9co0qIjJZRGuk2/Z9VM+kNiyxNV1lvTlZBo=",
}


@dataclass(frozen=True, repr=False)
class WebMap(Page):
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
            "css": page_colours() + (WEB / "page.css").read_text("utf-8"),
            "content": script_json(self.content),
            "script": page_script(*_SCRIPTS),
        }
        return filled("page.html", parts)


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

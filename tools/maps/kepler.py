"""Kepler.gl for many points: what it is told, and a page that draws it without asking any other host.

The Python package's own export loads Kepler from public addresses and stays blank without a network; its
widget, stored in a notebook, weighs twelve megabytes. Here a page holds the data and the settings alone and
loads the program that the widget runs, one copy for all pages.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.colors import to_rgb

from tools.maps import palette
from tools.maps.pages import WEB, filled, page_colours, script_json

DATA = "Buildings"
"""What Kepler calls the table; readers see it in the side panel and over the tooltip."""

MIME = "application/vnd.course.kepler+json"
"""A map in an executed notebook, for `course run` to publish."""


def library() -> tuple[str, Path]:
    """Return the name under which to publish Kepler's program, and where it lies.

    Returns
    -------
    name : str
        With the version, so that a new one is never mistaken for the old.
    path : pathlib.Path
        A JavaScript module of about 12 MB (3.3 MB as servers compress it).

    Examples
    --------
    >>> library()[1].name
    'widget.js'
    """
    import keplergl

    return f"keplergl-{keplergl.__version__}.js", Path(keplergl.__file__).parent / "static" / "widget.js"


def settings(
    table: pd.DataFrame,
    column: str,
    colours: Mapping[str, str],
    tooltips: Sequence[str],
    *,
    radius: float,
) -> dict[str, Any]:
    """Return Kepler's settings for points coloured by class on a plain ground, without a base map.

    Parameters
    ----------
    table : pandas.DataFrame
        With the columns ``lon`` and ``lat`` in degrees.
    column : str
        The column of classes.
    colours : mapping of str to str
        ``#rrggbb`` by class.
    tooltips : sequence of str
        Columns to show under the pointer.
    radius : float
        Of a point, in pixels.

    Returns
    -------
    dict
        As ``KeplerGl(config=…)`` takes it.

    Examples
    --------
    >>> table = pd.DataFrame({"lon": [-3.0, -2.9], "lat": [53.4, 53.5], "cluster": ["A", "B"]})
    >>> made = settings(table, "cluster", {"A": "#332288", "B": "#44aa99"}, ["cluster"], radius=2)
    >>> made["config"]["mapState"]["longitude"], made["config"]["mapStyle"]["styleType"]
    (-2.95, 'no_map')
    """
    range_of_colours = {
        "name": "course",
        "type": "customOrdinal",
        "category": "Custom",
        "colors": list(colours.values()),
        "colorMap": [list(pair) for pair in colours.items()],
    }
    layer = {
        "id": "buildings",
        "type": "point",
        "config": {
            "dataId": DATA,
            "label": DATA,
            "columns": {"lat": "lat", "lng": "lon"},
            "isVisible": True,
            "visConfig": {
                "radius": radius,
                "fixedRadius": False,
                "opacity": 0.85,
                "outline": False,
                "filled": True,
                "colorRange": range_of_colours,
            },
        },
        "visualChannels": {"colorField": {"name": column, "type": "string"}, "colorScale": "customOrdinal"},
    }
    shown = [{"name": name, "format": None} for name in tooltips]
    interaction = {
        "tooltip": {"fieldsToShow": {DATA: shown}, "compareMode": False, "enabled": True},
        "brush": {"enabled": False},
        "geocoder": {"enabled": False},  # it would send what is typed to another host
        "coordinate": {"enabled": False},
    }
    ground = [round(255 * part) for part in to_rgb(palette.LIGHT["surface"])]
    return {
        "version": "v1",
        "config": {
            "visState": {"filters": [], "layers": [layer], "interactionConfig": interaction},
            "mapState": _all_in_view(table) | {"bearing": 0, "pitch": 0, "dragRotate": False},
            "mapStyle": {"styleType": "no_map", "backgroundColor": ground},
        },
    }


def live(table: pd.DataFrame, config: Mapping[str, Any], height: int) -> Any:
    """Return Kepler's widget, complete from its first message to the notebook on.

    The package's own constructor makes an empty widget and fills it afterwards. JupyterLab drops what comes
    while the widget's program, twelve megabytes, is still on its way, and the map stays empty.

    Parameters
    ----------
    table : pandas.DataFrame
        Points.
    config : mapping
        From `settings`.
    height : int
        In pixels.

    Returns
    -------
    keplergl.KeplerGl

    Examples
    --------
    >>> live(pd.DataFrame({"lon": [-3.0], "lat": [53.4]}), {}, 400).height
    400
    """
    import keplergl

    class Complete(keplergl.KeplerGl):
        _use_arrow = True

        def __init__(self, **state: Any) -> None:
            super(keplergl.KeplerGl, self).__init__(**state)

    return Complete(data={DATA: table}, config=dict(config), height=height, theme="light")


def page(spec: Mapping[str, Any], program: str) -> str:
    """Return the page of a map.

    Parameters
    ----------
    spec : mapping
        What `BuildingMap.spec` returns.
    program : str
        Where the page finds Kepler's program, relative to itself.

    Returns
    -------
    str

    Examples
    --------
    >>> made = page({"title": "A <map>", "legend": [], "notice": "", "synthetic": False}, "../kepler.js")
    >>> "<title>A &lt;map&gt;</title>" in made, "../kepler.js" in made
    (True, True)
    """
    parts = {
        "title": html.escape(spec["title"]),
        "css": page_colours(dark=False) + (WEB / "kepler.css").read_text("utf-8"),
        "legend": legend(spec["legend"]),
        "foot": foot(spec["notice"], spec["synthetic"]),
        "spec": script_json(spec),
        "program": html.escape(program),
        "script": (WEB / "kepler.js").read_text("utf-8"),
    }
    return filled("kepler.html", parts)


def legend(entries: Sequence[Sequence[Any]]) -> str:
    """Return the legend as a list: a colour, a name and how many there are.

    Parameters
    ----------
    entries : sequence of (str, str, int)
        Name, ``#rrggbb``, count.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> legend([("A", "#332288", 1200)]).count("<li")
    1
    """
    # a notebook has no style sheet of ours
    row = "display:flex;flex-wrap:wrap;gap:2px 16px;margin:5px 0 0;padding:0;list-style:none"
    square = (
        "display:inline-block;width:12px;height:12px;margin-right:7px;border-radius:3px;vertical-align:-1px"
    )
    items = (
        f'<li><i style="{square};background:{colour}"></i>{html.escape(name)} ({count:,})</li>'
        for name, colour, count in entries
    )
    return f'<ul class="legend" style="{row}">{"".join(items)}</ul>'


def foot(notice: str, synthetic: bool) -> str:
    """Return what must be said of the data, as the line below a map; nothing where there is nothing to say.

    Parameters
    ----------
    notice : str
        In words.
    synthetic : bool
        Whether the data were made up, which is set off by colour.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> "Synthetic &amp; small" in foot("Synthetic & small", True), foot("", False)
    (True, '')
    """
    if not notice:
        return ""
    kind = "foot synthetic" if synthetic else "foot"
    ground = palette.LIGHT["note_soft" if synthetic else "paper"]
    ink = palette.LIGHT["note" if synthetic else "muted"]
    look = f"padding:5px 14px 6px;font-size:12px;line-height:1.35;color:{ink};background:{ground}"
    return f'<footer class="{kind}" style="{look}">{html.escape(notice)}</footer>'


def _all_in_view(table: pd.DataFrame) -> dict[str, float]:
    """Kepler's centre and zoom for a frame of about 700 × 450 pixels that holds all points."""
    west, east = table["lon"].min(), table["lon"].max()
    south, north = table["lat"].min(), table["lat"].max()
    latitude = (south + north) / 2
    # at zoom 0 the world is 512 pixels wide, and a degree north is 1 / cos(latitude) times one east
    wide, high = max(east - west, 1e-4), max(north - south, 1e-4) / np.cos(np.radians(latitude))
    zoom = np.log2(min(700 / wide, 430 / high) * 360 / 512)
    return {
        "latitude": round(float(latitude), 5),
        "longitude": round(float((west + east) / 2), 5),
        "zoom": float(np.floor(np.clip(zoom, 1, 18) * 100) / 100),
    }

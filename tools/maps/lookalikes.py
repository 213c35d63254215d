"""A page on which a tile is chosen, and those most like it appear: on a world map, in a view, as a list."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex, to_rgb
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from tools import provenance
from tools.maps.land import CREDIT, land
from tools.maps.pages import WEB, Page, filled, page_colours, page_script, script_json
from tools.maps.world import continent_colours, plane_of
from tools.tables import require_columns

Neighbours = tuple[ArrayLike, ArrayLike]

MOST_TILES = 65_534
"""Rows are told by two bytes, and one number stands for none."""
_NEEDED = ("tile_id", "city_id", "city", "country", "continent", "utm_epsg", "lon", "lat")
_SMALL = 20  # pixels: pictures up to this size are drawn as squares, and stored without loss
_QUALITY = 72


@dataclass(frozen=True, repr=False)
class LookAlikes(Page):
    """Tiles and their look-alikes: shown by a notebook, or saved as a page.

    Parameters
    ----------
    content : dict
        What `tools/maps/web/lookalikes.js` draws, ready for JSON.
    title : str
        What the page shows; its heading and the frame's text for screen readers.
    choice : str
        What is chosen between, where neighbours were found in several ways.
    notice : str
        What must be said of the data.
    height : str
        The frame's height, in CSS.
    """

    content: dict[str, Any]
    title: str
    choice: str
    notice: str
    height: str = "800px"

    @cached_property
    def html(self) -> str:
        """The whole page."""
        parts = {
            "title": html.escape(self.title),
            "choice": html.escape(self.choice),
            "credit": html.escape(CREDIT + "."),
            "notice": html.escape(self.notice),
            "css": page_colours() + (WEB / "lookalikes.css").read_text("utf-8"),
            "content": script_json(self.content),
            "script": page_script("theme.js", "plane.js", "painting.js", "lookalikes.js"),
        }
        return filled("lookalikes.html", parts)


def map_look_alikes(
    tiles: pd.DataFrame,
    neighbours: Mapping[str, Neighbours],
    *,
    layout: pd.DataFrame | ArrayLike | None = None,
    pictures: NDArray[np.uint8] | None = None,
    picture_label: str = "its patches, like colours for like vectors",
    start: int | None = None,
    choice: str = "Neighbours by",
    score: str = "cosine similarity",
    view_name: str = "UMAP: near means alike",
    title: str | None = None,
    source: Any = None,
) -> LookAlikes:
    """Show the world's tiles, and for the one that is chosen those most like it.

    Parameters
    ----------
    tiles : pandas.DataFrame, n rows
        Tiles as `tools.tiling.lay_tiles` lays them.
    neighbours : mapping of str to (indices, scores)
        For each way of finding them: the rows of each tile's look-alikes, the nearest first (n, k), -1 where
        there is none, and how alike they are (n, k). The first is shown first; all have one k.
    layout : pandas.DataFrame with x and y, or array of float, shape (n, 2), optional
        Where tiles lie in a view such as UMAP's, drawn below the map.
    pictures : array of uint8, shape (n, height, width, 3), optional
        One a tile. Up to 20 pixels wide they are drawn as squares and stored without loss, as those of
        `tools.maps.PatchColours`; larger ones are stored as JPEG.
    picture_label : str
        What pictures show, for screen readers and the page's foot.
    start : int, optional
        The ``tile_id`` of the tile that is chosen at first; by default the first row's.
    choice, score, view_name : str
        What the ways are ways of, what the scores are, and what to write over the view.
    title : str, optional
        By default says how many tiles of how many cities there are.
    source : object, optional
        Whose provenance is written at the foot; by default that of `tiles` and `layout`.

    Returns
    -------
    LookAlikes
        A page of its own that asks no server for anything: land outlines are part of it. Tiles are chosen by
        a press on the map, in the view or in the list, by a search for the city, or by keys.

    Raises
    ------
    ValueError
        If columns are missing, shapes do not fit, rows are out of range, or there are more than 65,534 tiles.

    Examples
    --------
    >>> tiles = pd.DataFrame({"tile_id": [10000, 20000], "city_id": [1, 2], "city": ["Lyon", "Quito"],
    ...                       "country": ["France", "Ecuador"], "continent": ["Europe", "South America"],
    ...                       "utm_epsg": [32631, 32717], "lon": [4.8, -78.5], "lat": [45.8, -0.2]})
    >>> map_look_alikes(tiles, {"mean": ([[1], [0]], [[0.9], [0.9]])})
    <LookAlikes: Look-alikes among 2 tiles of 2 cities>
    """
    require_columns(tiles, _NEEDED)
    if not 1 <= len(tiles) <= MOST_TILES:
        raise ValueError(f"There are {len(tiles):,} tiles; a page holds from 1 to {MOST_TILES:,}.")
    if not neighbours:
        raise ValueError("Give neighbours by name, such as {'mean': (indices, scores)}.")
    methods = [_packed_method(name, *given, len(tiles)) for name, given in neighbours.items()]
    if len({method["k"] for method in methods}) > 1:
        raise ValueError("All ways of finding neighbours must find as many: their arrays differ in width.")
    colours = continent_colours(tiles["continent"])
    continents = list(colours)
    cities = tiles.drop_duplicates("city_id")
    marked = provenance.carry(pd.DataFrame(), *([tiles, layout] if source is None else [source]))
    said = [f"Pictures: {picture_label}."] if pictures is not None else []
    title = title or f"Look-alikes among {len(tiles):,} tiles of {len(cities):,} cities"
    content = {
        "cities": [
            {"name": str(c.city), "country": str(c.country), "continent": continents.index(c.continent),
             "meridian": int(c.utm_epsg) % 100 * 6 - 183}
            for c in cities[list(_NEEDED)].itertuples(index=False)
        ],
        "continents": [
            {"name": str(name), "light": colour, "dark": _lighter(colour)} for name, colour in colours.items()
        ],
        "tiles": {
            "ids": _text(tiles["tile_id"].to_numpy(), "<f8"),
            "city": _text(pd.Index(cities["city_id"]).get_indexer(tiles["city_id"]), "<u2"),
            "lon": _text(tiles["lon"].to_numpy(), "<f4"),
            "lat": _text(tiles["lat"].to_numpy(), "<f4"),
        },
        "methods": methods,
        "k": methods[0]["k"],
        "score": score,
        "view": None if layout is None else _packed_view(plane_of(layout, len(tiles)), view_name),
        "sprite": None if pictures is None else _sprite(pictures, len(tiles), picture_label),
        "start": _row_of(tiles, start),
        "bounds": _bounds(tiles),
        "land": land(),
        "synthetic": provenance.is_synthetic(marked),
    }  # fmt: skip
    notice = " ".join([*said, provenance.footnote(marked)]).strip()
    return LookAlikes(content, title, choice, notice)


def _packed_method(name: str, indices: ArrayLike, scores: ArrayLike, rows: int) -> dict[str, Any]:
    near, values = np.asarray(indices), np.asarray(scores, dtype=float)
    if near.ndim != 2 or len(near) != rows or near.shape[1] < 1 or near.shape != values.shape:
        raise ValueError(
            f"{name}: expected rows and scores of the shape ({rows}, k), got {near.shape} and {values.shape}."
        )
    if not np.issubdtype(near.dtype, np.integer) or near.min() < -1 or near.max() >= rows:
        raise ValueError(f"{name}: neighbours must be rows from 0 to {rows - 1}, or -1 for none.")
    there = near >= 0
    if not np.isfinite(values[there]).all():
        raise ValueError(f"{name}: a neighbour has a score that is not a finite number.")
    low, high = (float(values[there].min()), float(values[there].max())) if there.any() else (0.0, 1.0)
    steps = np.where(there, (values - low) / max(high - low, 1e-12) * MOST_TILES, 0)
    return {
        "name": str(name),
        "near": _text(np.where(there, near, MOST_TILES + 1), "<u2"),
        "scores": _text(np.rint(np.nan_to_num(steps)), "<u2"),
        "low": low,
        "high": high,
        "k": near.shape[1],
    }


def _packed_view(place: NDArray, name: str) -> dict[str, str]:
    """Coordinates as whole numbers; the longer side has 4,000, more than a screen has pixels."""
    from_zero = place - place.min(axis=0)
    whole = np.rint(from_zero / max(from_zero.max(), 1e-12) * 4000)
    return {"name": name, "x": _text(whole[:, 0], "<u2"), "y": _text(whole[:, 1], "<u2")}


def _sprite(pictures: NDArray[np.uint8], rows: int, label: str) -> dict[str, Any]:
    """All pictures as one, in rows and columns."""
    pictures = np.asarray(pictures)
    if pictures.ndim != 4 or len(pictures) != rows or pictures.shape[3] != 3 or pictures.dtype != np.uint8:
        raise ValueError(
            f"Expected pictures of uint8 and the shape ({rows}, height, width, 3), got {pictures.dtype} "
            f"{pictures.shape}."
        )
    height, width = pictures.shape[1:3]
    columns = math.ceil(math.sqrt(rows))
    lines = math.ceil(rows / columns)
    sheet = np.zeros((lines * columns, height, width, 3), np.uint8)
    sheet[:rows] = pictures
    whole = sheet.reshape(lines, columns, height, width, 3).swapaxes(1, 2).reshape(lines * height, -1, 3)
    file = BytesIO()
    if width <= _SMALL:
        Image.fromarray(whole).quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
            file, format="PNG", optimize=True
        )
        kind = "png"
    else:
        Image.fromarray(whole).save(file, format="JPEG", quality=_QUALITY, optimize=True)
        kind = "jpeg"
    url = f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
    return {"url": url, "width": width, "height": height, "columns": columns, "rows": lines, "label": label}


def _row_of(tiles: pd.DataFrame, tile: int | None) -> int:
    if tile is None:
        return 0
    rows = np.flatnonzero(tiles["tile_id"].to_numpy() == tile)
    if not len(rows):
        raise ValueError(f"start={tile} is no tile of the table; expected one of its tile_id.")
    return int(rows[0])


def _bounds(tiles: pd.DataFrame) -> list[float]:
    """Of what is shown at first: all tiles with some room, and never less than a region."""
    lon, lat = tiles["lon"].to_numpy(float), tiles["lat"].to_numpy(float)
    west, east, south, north = lon.min() - 8, lon.max() + 8, lat.min() - 6, lat.max() + 6
    return [max(west, -180), max(south, -60), min(east, 180), min(north, 80)]


def _text(values: Sequence[Any] | NDArray, kind: str) -> str:
    return base64.b64encode(np.asarray(values).astype(kind).tobytes()).decode("ascii")


def _lighter(colour: str) -> str:
    """The colour for a dark page."""
    return to_hex(0.6 * np.array(to_rgb(colour)) + 0.4)

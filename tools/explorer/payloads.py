"""What the explorer needs to draw all tiles at once, as small as it may be: a few bytes a tile."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tools import provenance
from tools.explorer.packing import pack
from tools.maps.world import continent_colours
from tools.tables import require_columns
from tools.tiling import LARGEST_CITY_ID, TILE_METRES

VERSION = 1
"""Of the packs; a page that knows another says so."""

LAYOUT_STEPS = 65_535
"""The longer side of the view has so many steps: 20 of them are a pixel on a screen of 3,000."""

_OF_A_CITY = {
    "city": "name",
    "country": "country",
    "country_code": "country code",
    "continent": "continent",
    "utm_epsg": "UTM zone",
}


def locations(tiles: pd.DataFrame) -> bytes:
    """Pack where all tiles are: cities with the corner of their grid, and two bytes a tile.

    Parameters
    ----------
    tiles : pandas.DataFrame
        The columns of `tools.tiling.TILE_COLUMNS`, in the order of ``tile_id``. Its marks
        (`tools.provenance`) say whether it is invented and what must be said.

    Returns
    -------
    bytes
        A pack (`tools.explorer.packing`) with ``row`` and ``col`` of each tile; and about all of them
        ``cities``, in their order: each has ``count`` tiles that follow those of the city before, and
        ``left`` and ``top``, metres, of its row 0 and column 0.

    Raises
    ------
    ValueError
        If tiles are not in order, a number is not that of the tile's city, row and column, a tile does not
        lie in its city's grid to the millimetre, or tiles of one city disagree about it.

    Examples
    --------
    >>> from tools.explorer.packing import unpack
    >>> from tools.tiling import lay_tiles
    >>> lyon = pd.DataFrame({"city_id": [2996944], "city": "Lyon", "country": "France", "country_code": "FR",
    ...                      "continent": "Europe", "lon": 4.85, "lat": 45.75})
    >>> about, arrays = unpack(locations(lay_tiles(lyon, per_city=6)))
    >>> about["cities"][0]["name"], arrays["row"].tolist(), arrays["col"].tolist()
    ('Lyon', [0, 0, 0, 1, 1, 1], [0, 1, 2, 0, 1, 2])
    """
    require_columns(tiles, ["tile_id", "city_id", "row", "col", "left", "top", *_OF_A_CITY])
    city, row, col = _numbers(tiles)
    firsts = np.flatnonzero(np.diff(city, prepend=-1))
    counts = np.diff([*firsts, len(tiles)])
    lefts, tops = _corners(tiles, firsts, counts, row, col)
    heads = tiles.iloc[firsts]
    for name, words in _OF_A_CITY.items():
        wrong = np.flatnonzero(tiles[name].to_numpy() != np.repeat(heads[name].to_numpy(), counts))
        if len(wrong):
            raise ValueError(
                f"tiles of city {city[wrong[0]]} disagree about its {words}: tile "
                f"{tiles['tile_id'].iloc[wrong[0]]} says {tiles[name].iloc[wrong[0]]!r}"
            )
    colours = continent_colours(heads["continent"])
    order = {name: number for number, name in enumerate(colours)}
    marks = provenance.every(tiles)
    about = {
        "version": VERSION,
        "tile_metres": TILE_METRES,
        "synthetic": any(mark.synthetic for mark in marks),
        "notice": " ".join(dict.fromkeys(mark.notice for mark in marks if mark.notice)),
        "continents": [{"name": name, "colour": colour} for name, colour in colours.items()],
        "cities": [
            {
                "id": int(head.city_id),
                "name": str(head.city),
                "country": str(head.country),
                "country_code": str(head.country_code),
                "continent": order[head.continent],
                "epsg": int(head.utm_epsg),
                "left": _plain(left),
                "top": _plain(top),
                "count": int(count),
            }
            for head, left, top, count in zip(heads.itertuples(), lefts, tops, counts, strict=True)
        ],
    }
    return pack(about, {"row": row.astype(np.uint8), "col": col.astype(np.uint8)})


def layout(tiles: pd.DataFrame, view: pd.DataFrame) -> bytes:
    """Pack where all tiles lie in the two-dimensional view.

    Parameters
    ----------
    tiles : pandas.DataFrame
        The tiles, for their number.
    view : pandas.DataFrame
        ``x`` and ``y``, a row a tile in the same order, as `tools.similarity.world_layout` returns it.

    Returns
    -------
    bytes
        A pack with ``x`` and ``y`` in steps of one size for both, from the lower left corner of ``bounds``.

    Raises
    ------
    ValueError
        If there is not one finite place a tile.

    Examples
    --------
    >>> from tools.explorer.packing import unpack
    >>> view = pd.DataFrame({"x": [-1.0, 1.0], "y": [0.0, 1.0]})
    >>> about, arrays = unpack(layout(view, view))
    >>> about["bounds"], arrays["x"].tolist(), arrays["y"].tolist()
    ({'x': [-1.0, 1.0], 'y': [0.0, 1.0]}, [0, 65535], [0, 32768])
    """
    require_columns(view, ["x", "y"])
    place = view[["x", "y"]].to_numpy(float)
    if len(place) != len(tiles):
        raise ValueError(
            f"the layout has {len(place):,} rows and there are {len(tiles):,} tiles: it is of other tiles, "
            "so make it again with `course similarity layout`"
        )
    if not len(place) or not np.isfinite(place).all():
        raise ValueError("the layout has no tiles, or places that are not finite: make it again")
    lower, upper = place.min(axis=0), place.max(axis=0)
    span = float((upper - lower).max()) or 1.0
    steps = np.rint((place - lower) / span * LAYOUT_STEPS).astype(np.uint16)
    bounds = {axis: [float(lower[i]), float(upper[i])] for i, axis in enumerate("xy")}
    return pack({"version": VERSION, "bounds": bounds}, {"x": steps[:, 0], "y": steps[:, 1]})


def _numbers(tiles: pd.DataFrame) -> tuple[NDArray, NDArray, NDArray]:
    """City, row and column of each tile, checked against its number."""
    ids, city, row, col = (
        tiles[name].to_numpy(np.int64, copy=True) for name in ("tile_id", "city_id", "row", "col")
    )
    if (np.diff(ids) <= 0).any():
        raise ValueError("tiles must be in the order of their tile_id, each once: sort them by it")
    wrong = np.flatnonzero(
        (ids != city * 10_000 + row * 100 + col)
        | (np.minimum(row, col) < 0)
        | (np.maximum(row, col) > 99)
        | (city < 1)
        | (city > LARGEST_CITY_ID)
    )
    if len(wrong):
        raise ValueError(
            f"tile {ids[wrong[0]]} is not city_id · 10,000 + row · 100 + col of city {city[wrong[0]]}, row "
            f"{row[wrong[0]]}, column {col[wrong[0]]}, each row and column 0 to 99"
        )
    return city, row, col


def _corners(
    tiles: pd.DataFrame, firsts: NDArray, counts: NDArray, row: NDArray, col: NDArray
) -> tuple[NDArray, NDArray]:
    """Left and top of each city's row 0 and column 0, checked to be that of all its tiles."""
    left = tiles["left"].to_numpy(float) - TILE_METRES * col
    top = tiles["top"].to_numpy(float) + TILE_METRES * row
    off = np.maximum(abs(left - np.repeat(left[firsts], counts)), abs(top - np.repeat(top[firsts], counts)))
    wrong = np.flatnonzero(~(off < 0.001))
    if len(wrong):
        raise ValueError(
            f"tile {tiles['tile_id'].iloc[wrong[0]]} lies {off[wrong[0]]:,.3f} m off its city's grid of "
            f"{TILE_METRES} m: lay tiles by `tools.tiling.lay_tiles`"
        )
    return left[firsts], top[firsts]


def _plain(metres: float) -> int | float:
    return int(metres) if float(metres).is_integer() else float(metres)

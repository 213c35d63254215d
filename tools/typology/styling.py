"""Which style and which colours suit a column of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_float_dtype, is_integer_dtype

from tools.typology import qml

MOST_COLOURS = 30
"""More categories than this cannot be told apart on a map."""

N_RANGES = 7
"""Ranges into which numbers are cut, with equally many buildings in each."""

DISTINCT = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#4d4d4d")
"""Okabe and Ito's colours, which the colour-blind tell apart; for categories without an order."""

RAMP = ("#440154", "#3b528b", "#21918c", "#5ec962", "#fde725")
"""Stops of viridis, dark to light; for what has an order."""


def style_of(table: gpd.GeoDataFrame, column: str, palette: Mapping | Sequence[str] | None = None) -> str:
    """Return the QGIS style that colours a table by a column.

    Texts, categories, truths and up to 30 different whole numbers get a colour each; other numbers are cut
    into seven ranges (or as many as there are colours) that hold equally many rows.

    Parameters
    ----------
    table : geopandas.GeoDataFrame
        What will be drawn.
    column : str
        The column to colour by.
    palette : mapping or sequence of str, optional
        ``#rrggbb`` by category, or in order.

    Returns
    -------
    str
        A QML document.

    Raises
    ------
    ValueError
        If the column has nothing but missing values or too many categories, if geometries are mixed, or if
        the palette lacks a colour or holds what is none.

    Examples
    --------
    >>> where = gpd.points_from_xy([0, 1], [0, 1], crs="EPSG:27700")
    >>> table = gpd.GeoDataFrame({"cluster": ["A", "B"]}, geometry=where)
    >>> 'value="0,114,178,255"' in style_of(table, "cluster")
    True
    """
    values = table[column]
    if values.isna().all():
        raise ValueError(f"{column!r} has no values to colour by: all are missing.")
    geometry = _geometry_of(table)
    whole = is_integer_dtype(values.dtype) and values.nunique() <= MOST_COLOURS
    if is_float_dtype(values.dtype) or (is_integer_dtype(values.dtype) and not whole):
        return _ranges(values, column, palette, geometry)
    if isinstance(values.dtype, pd.CategoricalDtype):
        ordered = values.cat.ordered
        categories = [category for category in values.cat.categories if (values == category).any()]
    else:
        ordered = whole and not is_bool_dtype(values.dtype)
        categories = sorted(values.dropna().unique().tolist(), key=lambda v: (isinstance(v, str), v))
    if len(categories) > MOST_COLOURS:
        raise ValueError(
            f"{column!r} has {len(categories):,} different values, too many for colours. "
            "Choose another column."
        )
    colours = _colours(palette, categories, column, ordered)
    plain = [_plain(category) for category in categories]
    return qml.categorised(column, plain, colours, geometry=geometry)


def _ranges(values: pd.Series, column: str, palette: object, geometry: str) -> str:
    if isinstance(palette, Mapping):
        raise ValueError(f"{column!r} holds numbers: give its colours as a list, lowest first, not by value.")
    wanted = N_RANGES if palette is None else len(palette)
    numbers = values.dropna().to_numpy(dtype=np.float64)
    numbers = numbers[np.isfinite(numbers)]
    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, wanted + 1)))
    if len(edges) == 1:
        edges = np.repeat(edges, 2)
    n = len(edges) - 1
    colours = _interpolated(RAMP, n) if palette is None else _interpolated(_checked(palette), n)
    return qml.graduated(column, edges, colours, geometry=geometry)


def _colours(palette: object, categories: list, column: str, ordered: bool) -> list[str]:
    if palette is None:
        if ordered:
            return _interpolated(RAMP, len(categories))
        return [DISTINCT[number % len(DISTINCT)] for number in range(len(categories))]
    if isinstance(palette, Mapping):
        missing = [category for category in categories if category not in palette]
        if missing:
            raise ValueError(
                f"The palette has no colour for {', '.join(map(repr, missing[:5]))} of {column!r}."
            )
        return _checked([palette[category] for category in categories])
    if len(palette) < len(categories):
        raise ValueError(
            f"{len(palette)} colours for {len(categories)} categories of {column!r}: give one each."
        )
    return _checked(palette)[: len(categories)]


def _checked(palette: Sequence[str]) -> list[str]:
    for colour in palette:
        digits = str(colour).removeprefix("#")
        if len(digits) != 6 or not str(colour).startswith("#") or set(digits) - set("0123456789abcdefABCDEF"):
            raise ValueError(f"{colour!r} is no colour of the form '#rrggbb'.")
    return list(palette)


def _interpolated(stops: Sequence[str], n: int) -> list[str]:
    channels = np.array([[int(stop[at : at + 2], 16) for at in (1, 3, 5)] for stop in stops], dtype=float)
    places = np.linspace(0, len(stops) - 1, n) if n > 1 else [0.0]
    mixed = [np.interp(places, range(len(stops)), channel) for channel in channels.T]
    return [
        "#{:02x}{:02x}{:02x}".format(*(round(part) for part in parts)) for parts in zip(*mixed, strict=True)
    ]


def _geometry_of(table: gpd.GeoDataFrame) -> str:
    kinds = {kind.removeprefix("Multi") for kind in table.geom_type.dropna().unique()}
    kinds = {"Line" if kind in ("LineString", "LinearRing") else kind for kind in kinds}
    if len(kinds) != 1 or not kinds <= {"Point", "Line", "Polygon"}:
        found = ", ".join(sorted(kinds)) or "no geometry"
        raise ValueError(f"One style needs one kind of geometry: points, lines or areas; got {found}.")
    return kinds.pop()


def _plain(value: object) -> str | int | bool:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    return int(value) if isinstance(value, int | np.integer) else str(value)

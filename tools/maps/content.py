"""What a web map's page is told: geometry, columns, colours and points, as plain values for JSON."""

from __future__ import annotations

import base64
import difflib
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from tools import provenance
from tools.maps import palette
from tools.maps.colours import Colouring, colour_classes, colour_ramp
from tools.maps.geometry import packed, simplified
from tools.maps.points import ReferencePoint

MISSING_CODE = 255
SIGNIFICANT = 6
STYLE = {"weight": 0.4, "color": "#ffffff", "opacity": 1.0, "fillOpacity": 0.75}
STYLE_NAMES = ("weight", "color", "opacity", "fillColor", "fillOpacity")
FITS = ("focus", "context", "pois", None)


def colouring(focus: gpd.GeoDataFrame, column: str | None, categorical: bool, cmap: str) -> Colouring:
    """Colour the areas by a column, or all alike.

    Parameters
    ----------
    focus : geopandas.GeoDataFrame
        The areas.
    column : str or None
        None gives all areas the course's accent.
    categorical : bool
        Classes, or numbers on a ramp.
    cmap : str
        A colour map's name; ``course`` for a ramp means ``course_sequential``.

    Returns
    -------
    Colouring

    Examples
    --------
    >>> colouring(pd.DataFrame({"a": [1, 2]}), None, True, "course").colours
    ('#0b6b66',)
    """
    if column is None:
        return Colouring((palette.LIGHT["accent"],), np.zeros(len(focus), dtype=int), ("",))
    if categorical:
        return colour_classes(focus[column], cmap)
    return colour_ramp(focus[column], "course_sequential" if cmap == "course" else cmap)


class Columns:
    """The columns on an area's card; a view adds its own.

    Parameters
    ----------
    focus : geopandas.GeoDataFrame
        The areas.
    names : sequence of str
        Columns to show.

    Examples
    --------
    >>> columns = Columns(pd.DataFrame({"code": ["X1"], "name": ["Camden"]}), ["code", "name"])
    >>> columns.heading, columns.values[1]
    (1, {'label': 'name', 'values': ['Camden']})
    """

    def __init__(self, focus: gpd.GeoDataFrame, names: Sequence[str]) -> None:
        self.focus = focus
        self.names: list[str] = []
        self.values: list[dict[str, Any]] = []
        for name in names:
            self.place(name)
        self.heading = self._heading()

    def place(self, name: str) -> int:
        """Return the position of a column, added if it is not there yet."""
        if name not in self.names:
            self.names.append(name)
            self.values.append({"label": str(name), "values": _plain(self.focus[name])})
        return self.names.index(name)

    def view(self, name: str, colours: Colouring, column: str | None, legend: bool = True) -> dict[str, Any]:
        """Return one map of the page: what it is called, its colours and its legend.

        Parameters
        ----------
        name : str
            In words.
        colours : Colouring
            A colour for each area.
        column : str or None
            The column whose values the colours stand for.
        legend : bool
            Whether to show the legend.

        Returns
        -------
        dict
        """
        codes = np.where(colours.codes < 0, MISSING_CODE, colours.codes).astype(np.uint8)
        return {
            "name": name,
            "value": None if column is None else self.place(column),
            "colours": list(colours.colours),
            "missing": palette.MISSING,
            "codes": base64.b64encode(codes.tobytes()).decode("ascii"),
            "labels": list(colours.labels),
            "counts": colours.counts,
            "ramp": colours.ramp,
            "legend": legend and column is not None,
        }

    def _heading(self) -> int:
        """The first column that looks like a name; else the first text; else none (−1)."""
        texts = [i for i, c in enumerate(self.values) if any(isinstance(v, str) for v in c["values"])]
        named = [i for i in texts if self.names[i].upper().endswith("NM") or "name" in self.names[i].lower()]
        return (named or texts or [-1])[0]


def page(
    focus: gpd.GeoDataFrame,
    columns: Columns,
    views: list[dict[str, Any]],
    *,
    name: str,
    points: list[ReferencePoint],
    style: dict[str, Any] | None = None,
    layers_open: bool = False,
    context: gpd.GeoDataFrame | None = None,
    context_name: str = "Context",
    context_style: dict[str, Any] | None = None,
    fit_to: str | None = "focus",
    zoom: float | None = None,
) -> dict[str, Any]:
    """Gather everything that the page draws.

    Parameters
    ----------
    focus : geopandas.GeoDataFrame
        The areas, drawable.
    columns : Columns
        What their cards show.
    views : list of dict
        One or two, from `Columns.view`.
    name : str
        What the areas are called in the layer list.
    points : list of ReferencePoint
        Reference points.
    style, context_style : dict, optional
        ``weight``, ``color``, ``opacity``, ``fillOpacity`` (and ``fillColor`` of the context).
    layers_open : bool
        Whether the layer list starts open.
    context : geopandas.GeoDataFrame, optional
        Areas to draw below, drawable.
    context_name : str
        What they are called in the layer list.
    fit_to : {"focus", "context", "pois"} or None
        What to show at first; None means the middle of the areas at `zoom`.
    zoom : float, optional
        Zoom level for ``fit_to=None``.

    Returns
    -------
    dict
        Ready for JSON.

    Raises
    ------
    ValueError
        For an unknown style or `fit_to`, or one that asks for what is not there.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> areas = gpd.GeoDataFrame(geometry=[box(0, 51, 1, 52)], crs="EPSG:4326")
    >>> page(areas, Columns(areas, []), [], name="Areas", points=[])["bounds"]
    [[51.0, 0.0], [52.0, 1.0]]
    """
    extents = {"focus": focus, "context": context, "pois": _as_table(points) if points else None, None: focus}
    if fit_to not in extents:
        raise ValueError(f"fit_to={fit_to!r} is not known; expected one of {', '.join(map(repr, FITS))}.")
    if extents[fit_to] is None:
        missing = "context_gdf" if fit_to == "context" else "pois"
        raise ValueError(
            f"fit_to={fit_to!r}, but there is nothing in {missing}; pass it, or use fit_to='focus'."
        )
    west, south, east, north = np.round(extents[fit_to].geometry.to_crs("EPSG:4326").total_bounds, 5).tolist()
    said = provenance.carry(pd.DataFrame(), focus, context)
    return {
        "name": name,
        "geometry": packed(simplified(focus)),
        "columns": columns.values,
        "heading": columns.heading,
        "views": views,
        "points": points,
        "style": STYLE | _known(style, "focus_style_kwds"),
        "context": None
        if context is None
        else {
            "name": context_name,
            "geometry": packed(simplified(context)),
            "style": _known(context_style, "context_style_kwds"),
        },
        "layersOpen": layers_open,
        "bounds": [[south, west], [north, east]],
        "centre": [(south + north) / 2, (west + east) / 2],
        "zoom": float(zoom) if fit_to is None and zoom is not None else None,
        "notice": provenance.footnote(said),
        "synthetic": provenance.is_synthetic(said),
    }


def _as_table(points: list[ReferencePoint]) -> gpd.GeoDataFrame:
    longitudes, latitudes = [p["lon"] for p in points], [p["lat"] for p in points]
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(longitudes, latitudes), crs="EPSG:4326")


def _known(style: dict[str, Any] | None, name: str) -> dict[str, Any]:
    for key in style or {}:
        if key not in STYLE_NAMES:
            near = difflib.get_close_matches(key, STYLE_NAMES, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Expected {', '.join(STYLE_NAMES)}."
            raise ValueError(f"{name} has no {key!r}. {hint}")
    return dict(style or {})


def _plain(values: pd.Series) -> list[Any]:
    """Numbers short, text as it is, None where there is nothing."""
    if pd.api.types.is_bool_dtype(values):
        return ["yes" if v else "no" for v in values]
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
        return [_number(v) for v in numbers]
    return [None if pd.isna(v) else _number(v) if isinstance(v, int | float) else str(v) for v in values]


def _number(value: float) -> int | float | None:
    if not np.isfinite(value):
        return None
    return int(value) if float(value).is_integer() else float(f"{value:.{SIGNIFICANT}g}")

"""Figures of a whole region: its pixels by class, or its many points by a column."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import rioxarray  # noqa: F401  (gives arrays their .rio)
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tools.kmeans import name_clusters
from tools.maps import palette
from tools.maps.colours import Colouring, class_palette, colour_classes, colour_ramp
from tools.maps.parts import literal, raster_extent, scale_bar, swatch
from tools.maps.style import headline, in_course_style, sign
from tools.tables import require_columns

MOST_PIXELS = 2_400
"""Pixels drawn across the longer side: more than a page shows."""
DARKEST_INK = 14.0
"""Points² of ink for each point, at most."""


@in_course_style
def plot_class_raster(
    raster: xr.DataArray,
    *,
    names: Sequence[str] | None = None,
    colours: dict[Any, str] | None = None,
    title: str | None = None,
    figsize: tuple[float, float] = (8, 8),
    legend: bool = True,
) -> Axes:
    """Draw a region whose pixels are classes, in the colours that these classes have everywhere.

    Parameters
    ----------
    raster : xarray.DataArray, shape (y, x)
        Class numbers from 0; nodata (``rio.nodata``), NaN and numbers below 0 stay white. With a CRS
        (``rio.crs``) the map has true proportions and a scale bar.
    names : sequence of str, optional
        The name of each number; by default its letter: 0 is A.
    colours : dict, optional
        ``#rrggbb`` by name; by default those of `class_palette`.
    title : str, optional
        By default, says what is drawn.
    figsize : (float, float)
        Width and greatest height in inches.
    legend : bool
        Whether to draw the legend, which says what share of the region each class has.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the raster is not two-dimensional, holds no class, or classes without a name.

    Examples
    --------
    >>> raster = xr.DataArray(np.array([[0, 1], [1, -1]], dtype="int8"), dims=("y", "x"))
    >>> axes = plot_class_raster(raster)
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['A  (33.3 %)', 'B  (66.7 %)']
    """
    if raster.ndim != 2:
        raise ValueError(
            f"This raster has the dimensions {raster.dims}; a map of classes needs two, y and x. "
            "Choose one band or year, for example with .isel(time=0)."
        )
    codes, counts = _codes(raster)
    names = list(names) if names is not None else name_clusters(np.arange(len(counts))).tolist()
    if len(names) < len(counts):
        raise ValueError(
            f"The raster holds classes up to {len(counts) - 1}, but there are only {len(names)} names."
        )
    colours = colours or class_palette(names)
    flat = _in_metres(raster.copy(data=codes))
    step = max(1, -(-max(flat.shape) // MOST_PIXELS))
    shown = flat[::step, ::step]
    table = np.array([to_rgb(colours[name]) for name in names] + [(1, 1, 1)])
    picture = table[shown.to_numpy()]  # the last row, −1, is the ground
    if shown.y.size > 1 and shown.y[1] > shown.y[0]:
        picture = picture[::-1]
    extent = raster_extent(flat)
    shares = 100 * counts / counts.sum()
    present = [(name, share) for name, share in zip(names, shares, strict=False) if share]
    handles = [swatch(f"{name}  ({share:.1f} %)", colours[name]) for name, share in present]
    height_of_width = (extent[3] - extent[2]) / (extent[1] - extent[0])
    figure, axes = _canvas(figsize, height_of_width, [h.get_label() for h in handles] if legend else [])
    axes.imshow(picture, extent=extent, interpolation="nearest")
    axes.set_axis_off()
    if flat.rio.crs is not None:
        scale_bar(axes)
    headline(axes, title or "Pixels by class")
    if legend:
        _legend(axes, handles, "class (share)")
    sign(figure, raster)
    return axes


@in_course_style
def plot_points_map(
    gdf: gpd.GeoDataFrame,
    column: str,
    *,
    categorical: bool | None = None,
    colours: dict[Any, str] | None = None,
    cmap: str | None = None,
    clip: float = 1.0,
    size: float | None = None,
    title: str | None = None,
    label: str | None = None,
    figsize: tuple[float, float] = (8, 8),
    legend: bool = True,
) -> Axes:
    """Draw many points coloured by a column: classes with a legend, or numbers along a ramp.

    Parameters
    ----------
    gdf : geopandas.GeoDataFrame
        Points; with a CRS the map has true proportions and a scale bar.
    column : str
        What to colour by.
    categorical : bool, optional
        By default, numbers with a decimal point are a ramp and all else is classes.
    colours : dict, optional
        ``#rrggbb`` by class; by default those of `class_palette`.
    cmap : str, optional
        A colour map's name, instead of `colours`. By default ``course_dots`` for ramps and for ordered
        categories.
    clip : float
        Per cent of the numbers at either end of a ramp that share its last colour, so that a few odd ones do
        not leave one colour to all others; the ramp's labels say so. 0 spreads it over all.
    size : float, optional
        A point's area in points²; by default small where there are many.
    title, label : str, optional
        The title, and what the colours stand for; by default made from the column's name.
    figsize : (float, float)
        Width and greatest height in inches.
    legend : bool
        Whether to draw the legend.

    Returns
    -------
    matplotlib.axes.Axes
        Points are drawn in an order drawn by lot, so that no class lies on top of the others; those without
        a value lie below all. In a vector format they are stored as one picture.

    Raises
    ------
    ValueError
        For an unknown column, one without values, too many classes, or geometries that are not points.

    Examples
    --------
    >>> points = gpd.points_from_xy([0, 1, 2], [0, 1, 0])
    >>> table = gpd.GeoDataFrame({"cluster": ["A", "B", "B"]}, geometry=points)
    >>> axes = plot_points_map(table, "cluster")
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['A  (1)', 'B  (2)']
    """
    require_columns(gdf, [column])
    kinds = set(gdf.geom_type.dropna()) - {"Point"}
    if kinds:
        raise ValueError(f"This map draws points, and the table holds {', '.join(sorted(kinds))}.")
    if categorical is None:
        categorical = not pd.api.types.is_float_dtype(gdf[column])
    colouring = _point_colours(gdf[column], categorical, colours, cmap, clip)
    place = gdf.geometry.to_crs(gdf.estimate_utm_crs()) if gdf.crs is not None else gdf.geometry
    x, y = place.x.to_numpy(), place.y.to_numpy()
    known = np.isfinite(x) & np.isfinite(y)
    width, height = np.ptp(x[known]) or 1.0, np.ptp(y[known]) or 1.0
    handles = _counted(colouring)
    words = ["≤ 0.1234 label"] if colouring.ramp else [handle.get_label() for handle in handles]
    figure, axes = _canvas(figsize, height / width, words if legend else [])
    order = np.random.default_rng(0).permutation(np.flatnonzero(known))
    order = order[np.argsort(colouring.codes[order] >= 0, kind="stable")]
    axes.scatter(
        x[order],
        y[order],
        c=colouring.row_colours(palette.MISSING)[order],
        s=size or np.clip(60_000 / max(len(order), 1), 0.25, DARKEST_INK),
        linewidths=0,
        rasterized=True,
    )
    axes.set_aspect("equal")
    axes.set_axis_off()
    if gdf.crs is not None:
        scale_bar(axes)
    headline(axes, title or f"{len(gdf):,} points by {column}")
    if legend and colouring.ramp:
        _ramp_key(axes, colouring, label or column)
    elif legend:
        _legend(axes, handles, label or f"{column} (points)")
    sign(figure, gdf)
    return axes


def _canvas(figsize: tuple[float, float], height_of_width: float, words: list[str]) -> tuple[Figure, Axes]:
    """A figure as high as a map of that shape needs beside a legend of those words."""
    legend = 0.6 + 0.085 * max(map(len, words)) if words else 0.0
    needed = (figsize[0] - legend) * height_of_width + 1.1
    return plt.subplots(figsize=(figsize[0], float(np.clip(needed, 3.0, figsize[1]))))


def _counted(colouring: Colouring) -> list[Line2D]:
    if colouring.ramp:
        return []
    counted = zip(colouring.labels, colouring.counts, colouring.colours, strict=True)
    handles = [swatch(f"{name}  ({count:,})", colour) for name, count, colour in counted]
    missing = int((colouring.codes < 0).sum())
    return handles + ([swatch(f"no data  ({missing:,})", palette.MISSING)] if missing else [])


def _codes(raster: xr.DataArray) -> tuple[np.ndarray, np.ndarray]:
    """Class numbers with −1 for the ground, and how many pixels each class has."""
    values = raster.to_numpy()
    ground = ~np.isfinite(values) | (values < 0)
    if raster.rio.nodata is not None:
        ground |= values == raster.rio.nodata
    codes = np.where(ground, 0, values).astype(np.int16)
    codes[ground] = -1  # only now: the type of the values may have no −1
    if ground.all():
        raise ValueError("The raster holds no class: every pixel is nodata. Check the region and the year.")
    return codes, np.bincount(codes[~ground].ravel())


def _in_metres(codes: xr.DataArray) -> xr.DataArray:
    if codes.rio.crs is None or codes.rio.crs.is_projected:
        return codes
    from rasterio.enums import Resampling

    codes = codes.rio.write_nodata(-1)
    return codes.rio.reproject(codes.rio.estimate_utm_crs(), resampling=Resampling.nearest)


def _point_colours(
    values: pd.Series, categorical: bool, colours: dict | None, cmap: str | None, clip: float
) -> Colouring:
    if not categorical:
        return _clipped_ramp(values, cmap or "course_dots", clip)
    ordered = isinstance(values.dtype, pd.CategoricalDtype) and values.cat.ordered
    if cmap or (ordered and colours is None):
        return colour_classes(values, cmap or "course_dots")
    in_order = pd.Categorical(values) if not isinstance(values.dtype, pd.CategoricalDtype) else values.cat
    return colour_classes(values, colours=colours or class_palette(in_order.categories))


def _clipped_ramp(values: pd.Series, cmap: str, clip: float) -> Colouring:
    if not 0 <= clip < 50:
        raise ValueError(f"clip={clip}; expected a share in per cent, from 0 to less than 50.")
    if clip == 0 or values.notna().sum() == 0 or not pd.api.types.is_numeric_dtype(values):
        return colour_ramp(values, cmap)
    low, high = values.quantile([clip / 100, 1 - clip / 100])
    ramp = colour_ramp(values.clip(low, high), cmap)
    first, middle, last = ramp.labels
    first = f"≤ {first}" if values.min() < low else first
    last = f"≥ {last}" if values.max() > high else last
    return replace(ramp, labels=(first, middle, last))


def _ramp_key(axes: Axes, colouring: Colouring, label: str) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    scale = ScalarMappable(Normalize(0, 1), ListedColormap(list(colouring.colours)))
    bar = axes.figure.colorbar(scale, ax=axes, shrink=0.5, pad=0.02, aspect=22)
    bar.set_ticks([0, 0.5, 1], labels=list(colouring.labels))
    bar.set_label(literal(label))
    bar.outline.set_visible(False)


def _legend(axes: Axes, handles: list[Any], title: str) -> None:
    title = literal(textwrap.fill(title, 22, break_long_words=False))
    drawn = axes.legend(handles=handles, title=title, loc="upper left", bbox_to_anchor=(1, 1))
    drawn.set_alignment("left")

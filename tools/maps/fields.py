"""Figures of rasters that hold numbers: change, the year of change, two maps side by side, zoomed panels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import rioxarray  # noqa: F401  (gives arrays their .rio)
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, Colormap, LinearSegmentedColormap, Normalize
from matplotlib.patheffects import withStroke
from shapely import Point

from tools.maps import palette
from tools.maps.parts import literal, raster_extent, scale_bar, upright
from tools.maps.style import headline, in_course_style, sign
from tools.ramps import PUBLISHED

MOST_PIXELS = 1_800
"""Pixels drawn across the longer side of a map: more than a page shows."""

NOISY_DPI = 100
"""Of pictures that are noise from edge to edge, which weigh a megabyte at the usual resolution."""

GROUND = "#eef1f3"
"""Of a map that shows only what changed."""


@in_course_style
def plot_change(
    change: xr.DataArray,
    *,
    colours: str = "course",
    most: float = 0.5,
    places: Mapping[str, tuple[float, float]] | None = None,
    hotspots: gpd.GeoDataFrame | None = None,
    title: str | None = None,
    figsize: tuple[float, float] = (8, 8),
) -> Axes:
    """Draw a map of change.

    Parameters
    ----------
    change : xarray.DataArray of float, dims (y, x)
        1 − cosine, NaN for no data; with a CRS.
    colours : {"course", "published"}
        From light to dark in one hue, which everybody can read and a printer can print; or the ramp that was
        published: black, blue, cyan, yellow, red. Its brightness rises and falls again, so that to some
        readers the middle looks like more than the end.
    most : float
        Change from which the colour stays the same.
    places : mapping of str to (float, float), optional
        Names and their (longitude, latitude), to be marked.
    hotspots : geopandas.GeoDataFrame, optional
        Areas to outline, in any CRS; the index is written beside the first ten.
    title : str, optional
        By default says which years.
    figsize : (float, float)
        Width and greatest height in inches.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the raster is not two-dimensional or holds no number, or for unknown colours.

    Examples
    --------
    >>> change = xr.DataArray(np.array([[0.0, 0.4], [np.nan, 0.1]]), dims=("y", "x"))
    >>> plot_change(change, title="Demo").get_title(loc="left")
    'Demo'
    """
    _require_numbers(change)
    cmap = _cmap(colours)
    figure, axes = _sheet(change, figsize)
    drawn = _draw(axes, change, cmap, Normalize(0, most))
    over = "max" if float(change.max()) > most else "neither"
    _key(figure, axes, drawn, "change (1 − cosine)", over)
    dark = colours == "published"
    if hotspots is not None:
        _outline(axes, hotspots.to_crs(change.rio.crs), dark)
    if places:
        _mark(axes, places, change, dark)
    headline(axes, title or _years(change, "Change"))
    sign(figure, change)
    return axes


@in_course_style
def plot_change_panels(
    change: xr.DataArray,
    places: Mapping[str, tuple[float, float]],
    *,
    radius_m: float = 2_500.0,
    colours: str = "course",
    most: float = 0.5,
    title: str | None = None,
) -> Axes:
    """Draw a map of change close up, around several places, in one scale.

    Parameters
    ----------
    change : xarray.DataArray of float, dims (y, x)
        1 − cosine, NaN for no data; with a CRS in metres.
    places : mapping of str to (float, float)
        Names and their (longitude, latitude).
    radius_m : float
        Half the side of a panel, metres.
    colours, most, title
        As for `plot_change`.

    Returns
    -------
    matplotlib.axes.Axes
        Of the first panel; all are in ``figure.axes``.

    Raises
    ------
    ValueError
        If a place lies outside the raster, or the raster has no CRS in metres.

    Examples
    --------
    >>> where = {"y": 5_900_000.0 - 100 * np.arange(60), "x": 390_000.0 + 100 * np.arange(60)}
    >>> change = xr.DataArray(np.zeros((60, 60)), where, ("y", "x")).rio.write_crs("EPSG:32633")
    >>> axes = plot_change_panels(change, {"Here": (13.405, 53.21)}, radius_m=1_000)
    >>> axes.get_title(loc="left")
    'Here'
    """
    _require_numbers(change)
    if change.rio.crs is None or not change.rio.crs.is_projected:
        raise ValueError(
            "Panels are measured in metres: give the raster a projected CRS first (rio.reproject)."
        )
    spots = _points(places, change)
    columns = min(len(places), 3)
    rows = -(-len(places) // columns)
    figure, grid = plt.subplots(rows, columns, figsize=(3.1 * columns + 0.9, 3.3 * rows + 0.6), squeeze=False)
    for axes in grid.flat[len(places) :]:
        axes.set_axis_off()
    for axes, (name, spot) in zip(grid.flat, spots.items(), strict=False):
        west, east = spot.x - radius_m, spot.x + radius_m
        part = change.sel(x=slice(west, east), y=slice(spot.y + radius_m, spot.y - radius_m))
        if not part.size:
            raise ValueError(f"{name} lies outside the raster: its panel would be empty.")
        drawn = _draw(axes, part, _cmap(colours), Normalize(0, most))
        axes.set_axis_off()
        axes.set_title(literal(name), loc="left", fontsize=12)
        scale_bar(axes)
    figure.colorbar(drawn, ax=grid.ravel().tolist(), shrink=0.8, label="change (1 − cosine)", extend="max")
    figure.suptitle(title or _years(change, "Change"), x=0.01, ha="left", fontweight="bold")
    sign(figure, change)
    return grid[0, 0]


@in_course_style
def plot_maps_beside(
    maps: Mapping[str, xr.DataArray],
    *,
    labels: Sequence[str] | None = None,
    limits: tuple[float, float] = (2.0, 99.8),
) -> Axes:
    """Draw maps of different quantities side by side, each in its own scale.

    Parameters
    ----------
    maps : mapping of str to xarray.DataArray, dims (y, x)
        Title and raster; on one grid if places are to be compared.
    labels : sequence of str, optional
        What each scale counts; by default ``long_name`` of the raster's attributes.
    limits : (float, float)
        The percentiles at which the colours begin and end. Change is rare, so the upper one is near 100: an
        even cut at both ends would paint the noise.

    Returns
    -------
    matplotlib.axes.Axes
        Of the first map; all are in ``figure.axes``.

    Raises
    ------
    ValueError
        If there is nothing to draw.

    Examples
    --------
    >>> one = xr.DataArray(np.arange(4.0).reshape(2, 2), dims=("y", "x"))
    >>> plot_maps_beside({"Left": one, "Right": one * 2}).get_title(loc="left")
    'Left'
    """
    if not maps:
        raise ValueError("Give at least one map to draw.")
    size = (5.2 * len(maps), 5.4)
    figure, grid = plt.subplots(1, len(maps), figsize=size, dpi=NOISY_DPI, squeeze=False)
    named = labels or [str(raster.attrs.get("long_name", "")) for raster in maps.values()]
    for axes, (title, raster), label in zip(grid.flat, maps.items(), named, strict=True):
        _require_numbers(raster)
        low, high = np.nanpercentile(raster.to_numpy(), limits)
        drawn = _draw(axes, raster, _cmap("course"), Normalize(low, high if high > low else low + 1))
        axes.set_axis_off()
        axes.set_title(literal(title), loc="left", fontsize=12)
        figure.colorbar(
            drawn, ax=axes, orientation="horizontal", shrink=0.8, pad=0.03, label=label, extend="both"
        )
    scale_bar(grid[0, 0])
    sign(figure, *maps.values())
    return grid[0, 0]


@in_course_style
def plot_change_years(
    changed: xr.Dataset, *, title: str | None = None, figsize: tuple[float, float] = (8, 8)
) -> Axes:
    """Draw when each pixel changed: one colour a year, where it changed at all.

    Parameters
    ----------
    changed : xarray.Dataset
        As `tools.change.change_year` returns it: ``year``, NaN where nothing changed.
    title : str, optional
        By default, says what is drawn.
    figsize : (float, float)
        Width and greatest height in inches.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If nothing changed anywhere.

    Examples
    --------
    >>> year = xr.DataArray(np.array([[2019.0, np.nan], [2021.0, 2019.0]]), dims=("y", "x"))
    >>> plot_change_years(xr.Dataset({"year": year})).get_title(loc="left")
    'When it changed'
    """
    year = changed["year"]
    _require_numbers(year)
    first, last = int(year.min()), int(year.max())
    steps = np.arange(first, last + 2)
    cmap = mpl.colormaps["viridis_r"].resampled(len(steps) - 1).with_extremes(bad=GROUND)
    figure, axes = _sheet(year, figsize)
    drawn = _draw(axes, year, cmap, BoundaryNorm(steps - 0.5, cmap.N))
    _key(figure, axes, drawn, "first year of the new state", "neither", ticks=steps[:-1])
    headline(axes, title or "When it changed")
    sign(figure, year)
    return axes


def _cmap(colours: str) -> Colormap:
    if colours == "course":
        cmap = mpl.colormaps["course_sequential"]
    elif colours == "published":
        cmap = LinearSegmentedColormap.from_list("published", PUBLISHED)
    else:
        raise ValueError(f"colours={colours!r} is not known: choose 'course' or 'published'.")
    return cmap.with_extremes(bad=palette.MISSING)


def _require_numbers(raster: xr.DataArray) -> None:
    if raster.ndim != 2:
        raise ValueError(
            f"This raster has the dimensions {raster.dims}; a map needs y and x. Choose one year or band."
        )
    if not bool(np.isfinite(raster).any()):
        raise ValueError("The raster holds no number: every pixel is without data. Check bounds and years.")


def _sheet(raster: xr.DataArray, figsize: tuple[float, float]):
    left, right, bottom, top = raster_extent(raster)
    needed = (figsize[0] - 1.2) * (top - bottom) / (right - left) + 1.0
    return plt.subplots(figsize=(figsize[0], float(np.clip(needed, 3.0, figsize[1]))))


def _draw(axes: Axes, raster: xr.DataArray, cmap: Colormap, norm: Normalize):
    step = max(1, -(-max(raster.shape) // MOST_PIXELS))
    shown = upright(raster[::step, ::step])
    drawn = axes.imshow(shown, extent=raster_extent(raster), cmap=cmap, norm=norm, interpolation="nearest")
    axes.set_axis_off()
    if raster.rio.crs is not None and raster.rio.crs.is_projected:
        scale_bar(axes)
    return drawn


def _key(figure, axes: Axes, drawn, label: str, extend: str, ticks=None) -> None:
    figure.colorbar(drawn, ax=axes, shrink=0.7, label=label, extend=extend, ticks=ticks)


def _points(places: Mapping[str, tuple[float, float]], raster: xr.DataArray) -> dict[str, Point]:
    spots = gpd.GeoSeries([Point(place) for place in places.values()], crs="EPSG:4326").to_crs(raster.rio.crs)
    left, right, bottom, top = raster_extent(raster)
    for name, spot in zip(places, spots, strict=True):
        if not (left <= spot.x <= right and bottom <= spot.y <= top):
            raise ValueError(f"{name} lies outside the raster: give (longitude, latitude) within its bounds.")
    return dict(zip(places, spots, strict=True))


def _mark(axes: Axes, places: Mapping[str, tuple[float, float]], raster: xr.DataArray, dark: bool) -> None:
    ink, halo = ("white", "black") if dark else (palette.LIGHT["ink"], "white")
    for name, spot in _points(places, raster).items():
        axes.plot(spot.x, spot.y, "o", mfc="none", mec=ink, ms=14, mew=1.5)
        text = axes.annotate(literal(name), (spot.x, spot.y), (10, 8), textcoords="offset points", color=ink)
        text.set_path_effects([withStroke(linewidth=3, foreground=halo)])


def _outline(axes: Axes, areas: gpd.GeoDataFrame, dark: bool) -> None:
    ink = "white" if dark else palette.LIGHT["note"]
    areas.boundary.plot(ax=axes, color=ink, linewidth=1.1)
    halo = [withStroke(linewidth=3, foreground="black" if dark else "white")]
    for rank, spot in areas.head(10).representative_point().items():
        text = axes.annotate(str(rank), (spot.x, spot.y), (6, 6), textcoords="offset points", color=ink)
        text.set(path_effects=halo, fontweight="bold")


def _years(raster: xr.DataArray, what: str) -> str:
    first, last = raster.attrs.get("year_from"), raster.attrs.get("year_to")
    return f"{what}, {first} to {last}" if first and last else what

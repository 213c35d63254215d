"""Figures of satellite scenes and of the classes that their pixels fall into, several side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import rioxarray  # noqa: F401  (gives arrays their .rio)
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from tools.maps import palette
from tools.maps.composites import stretched
from tools.maps.fields import MOST_PIXELS, NOISY_DPI
from tools.maps.parts import class_key, literal, raster_extent, scale_bar, swatch, upright
from tools.maps.style import headline, in_course_style, sign

NATURAL = ("red", "green", "blue")
WIDTH = 4.4
"""Of one picture among several, inches."""


@in_course_style
def plot_scenes(
    scenes: Mapping[str, xr.DataArray],
    *,
    bands: Sequence[str] = NATURAL,
    stretch: tuple[float, float] = (0.0, 0.35),
    title: str | None = None,
) -> Axes:
    """Draw scenes side by side, three bands as red, green and blue, in one stretch.

    Parameters
    ----------
    scenes : mapping of str to xarray.DataArray, dims (band, y, x)
        What to write over each, and its reflectance, NaN for no data; on NumPy or Dask.
    bands : sequence of three str
        Which bands become red, green and blue.
    stretch : (float, float)
        Reflectances that become black and full colour. Dates can be compared only in the same stretch.
    title : str, optional
        By default says which bands are drawn.

    Returns
    -------
    matplotlib.axes.Axes
        Of the first scene; all are in ``figure.axes``.

    Raises
    ------
    ValueError
        If there is no scene, a band is missing, or other than three are named.

    Examples
    --------
    >>> scene = xr.DataArray(np.zeros((3, 2, 2)), {"band": list(NATURAL)}, ("band", "y", "x"))
    >>> len(plot_scenes({"1988": scene, "2017": scene}).figure.axes)
    2
    """
    low, high = stretch
    if len(bands) != 3 or not low < high:
        raise ValueError(f"Give three bands and a rising stretch, not {tuple(bands)} and {stretch}.")
    pictures = {}
    for name, scene in scenes.items():
        there = [str(band) for band in scene["band"].values]
        if lacking := [band for band in bands if band not in there]:
            raise ValueError(f"{name} has no band {', '.join(lacking)}; it has {', '.join(there)}.")
        step = max(1, -(-max(scene.sizes["y"], scene.sizes["x"]) // MOST_PIXELS))
        part = scene.sel(band=list(bands))[:, ::step, ::step].transpose("y", "x", "band").compute()
        where = {axis: part[axis] for axis in ("y", "x") if axis in part.coords}
        pictures[name] = xr.DataArray(stretched(part.to_numpy(), stretch), where, ("y", "x", "rgb"))
    return _beside(
        {name: (picture, scenes[name].isel(band=0)) for name, picture in pictures.items()},
        title or f"{', '.join(bands)} as red, green and blue",
        scenes.values(),
    )


@in_course_style
def plot_classes_beside(
    maps: Mapping[str, xr.DataArray],
    *,
    names: Sequence[str] | None = None,
    colours: Sequence[str] | None = None,
    columns: int | None = None,
    title: str | None = None,
) -> Axes:
    """Draw maps of classes side by side, one colour a class in all of them.

    Parameters
    ----------
    maps : mapping of str to xarray.DataArray of int, dims (y, x)
        What to write over each, and its classes from 0; below 0, or NaN, is no class.
    names : sequence of str, optional
        Of the classes, for the legend; by default their numbers.
    colours : sequence of str, optional
        Of the classes, ``#rrggbb``; by default those of the course for pixels.
    columns : int, optional
        Maps in a row; by default all.
    title : str, optional
        Over all of them.

    Returns
    -------
    matplotlib.axes.Axes
        Of the first map; all are in ``figure.axes``.

    Raises
    ------
    ValueError
        If there is no map, a map holds no class, or there are fewer names or colours than classes.

    Examples
    --------
    >>> classes = xr.DataArray([[0, 1], [1, -1]], dims=("y", "x"))
    >>> axes = plot_classes_beside({"one": classes, "other": classes.T}, names=["water", "land"])
    >>> [text.get_text() for text in axes.figure.axes[-1].get_legend().get_texts()]
    ['water', 'land']
    """
    numbers = [np.nan_to_num(raster.to_numpy(), nan=-1).astype(np.int64) for raster in maps.values()]
    highest = max((int(found.max()) for found in numbers), default=-1)
    if highest < 0:
        raise ValueError("There is no class in any of the maps.")
    names, colours = class_key("maps", highest, names, colours)
    table = np.array([to_rgba(colour) for colour in colours] + [(1, 1, 1, 0)])
    drawn = {}
    for (name, raster), found in zip(maps.items(), numbers, strict=True):
        step = max(1, -(-max(found.shape) // MOST_PIXELS))
        part = raster[::step, ::step]
        where = {axis: part[axis] for axis in ("y", "x") if axis in part.coords}
        painted = table[np.maximum(found[::step, ::step], -1)]
        drawn[name] = xr.DataArray(painted, where, ("y", "x", "rgb")), raster
    axes = _beside(drawn, title, maps.values(), columns)
    handles = [
        swatch(names[i], colours[i]) for i in range(highest + 1) if any((n == i).any() for n in numbers)
    ]
    last = axes.figure.axes[min(len(drawn), columns or len(drawn)) - 1]
    last.legend(handles=handles, loc="upper left", bbox_to_anchor=(1, 1))
    return axes


@in_course_style
def plot_spectra(
    spectra: Mapping[str, pd.DataFrame],
    wavelengths: Mapping[str, float],
    *,
    names: Sequence[str] | None = None,
    title: str | None = None,
) -> Axes:
    """Draw what classes reflect against wavelength, one panel a date, in the colours of the maps.

    Parameters
    ----------
    spectra : mapping of str to pandas.DataFrame
        What to write over each panel, and a table as `tools.spectral.class_spectra` returns it.
    wavelengths : mapping of str to float
        Micrometres of each band; bands that a table lacks are left out.
    names : sequence of str, optional
        Of the classes; by default their numbers.
    title : str, optional
        By default, says what is drawn.

    Returns
    -------
    matplotlib.axes.Axes
        Of the first panel. Classes that are water have thick lines.

    Raises
    ------
    ValueError
        If a table has none of the bands.

    Examples
    --------
    >>> table = pd.DataFrame({"green": [0.05, 0.14], "nir": [0.01, 0.22], "water": [True, False]})
    >>> axes = plot_spectra({"1988": table}, {"green": 0.56, "nir": 0.83})
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['0', '1']
    """
    size = (WIDTH * len(spectra) + 0.6, 3.9)
    figure, grid = plt.subplots(1, len(spectra), figsize=size, sharey=True, squeeze=False)
    labels: dict[int, str] = {}
    for axes, (when, table) in zip(grid.flat, spectra.items(), strict=True):
        bands = sorted((band for band in wavelengths if band in table), key=wavelengths.get)
        if not bands:
            raise ValueError(f"{when} has none of the bands {', '.join(wavelengths)}.")
        at = [wavelengths[band] for band in bands]
        for number, row in table.iterrows():
            labels[number] = str(number) if names is None else names[number]
            width = 3.2 if row["water"] else 1.4
            axes.plot(at, row[bands].astype(float), "o-", color=palette.MARKS[number], linewidth=width, ms=4)
        axes.set_xlabel("wavelength (µm)")
        axes.annotate(literal(when), (0.98, 0.97), xycoords="axes fraction", ha="right", va="top",
                      fontweight="bold")  # fmt: skip
    grid[0, 0].set_ylabel("reflectance")
    grid[0, 0].set_ylim(bottom=0)
    handles = [swatch(labels[number], palette.MARKS[number]) for number in sorted(labels)]
    grid[0, -1].legend(handles=handles, loc="upper left", bbox_to_anchor=(1, 1))
    headline(grid[0, 0], title or "What the classes reflect; thick lines are water")
    sign(figure, *spectra.values())
    return grid[0, 0]


def _beside(
    drawn: Mapping[str, tuple[xr.DataArray, xr.DataArray]],
    title: str | None,
    sources,
    columns: int | None = None,
) -> Axes:
    """Pictures (y, x, rgba), each with the raster that says where it lies, in a row or several."""
    if not drawn:
        raise ValueError("Give at least one raster to draw.")
    columns = columns or len(drawn)
    rows = -(-len(drawn) // columns)
    left, right, bottom, top = raster_extent(next(iter(drawn.values()))[1])
    height = WIDTH * (top - bottom) / (right - left) + 0.45
    figure, grid = plt.subplots(
        rows, columns, figsize=(WIDTH * columns, height * rows + 0.7), dpi=NOISY_DPI, squeeze=False
    )
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, (name, (picture, raster)) in zip(grid.flat, drawn.items(), strict=False):
        axes.imshow(upright(picture), extent=raster_extent(raster), interpolation="nearest")
        axes.set_title(literal(name), loc="left", fontsize=11.5)
    where = next(iter(drawn.values()))[1]
    if where.rio.crs is not None and where.rio.crs.is_projected:
        scale_bar(grid[0, 0])
    if title:
        figure.suptitle(literal(title), x=0.01, ha="left", fontweight="bold")
    sign(figure, *sources)
    return grid[0, 0]

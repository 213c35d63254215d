"""Figures of one tile: its twelve bands, and its patches beside it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from tools.maps import palette
from tools.maps.parts import literal, swatch, upright
from tools.maps.patches import PATCHES, SIDE, PatchColours, checked, patch_colours
from tools.maps.style import EDGE, TITLE_SIZE, in_course_style, sign

SENTINEL_2: dict[str, tuple[str, float, int]] = {
    "B01": ("coastal", 0.443, 60),
    "B02": ("blue", 0.493, 10),
    "B03": ("green", 0.560, 10),
    "B04": ("red", 0.665, 10),
    "B05": ("red edge 1", 0.704, 20),
    "B06": ("red edge 2", 0.740, 20),
    "B07": ("red edge 3", 0.783, 20),
    "B08": ("near infrared", 0.833, 10),
    "B8A": ("narrow infrared", 0.865, 20),
    "B09": ("water vapour", 0.945, 60),
    "B11": ("short wave 1", 1.614, 20),
    "B12": ("short wave 2", 2.202, 20),
}
"""The twelve bands of level 2A in TerraMind's order: what each sees, micrometres, metres a pixel."""

NATURAL = ("B04", "B03", "B02")


@in_course_style
def plot_tile_bands(chip: xr.DataArray, *, title: str | None = None) -> Axes:
    """Draw a Sentinel-2 tile as the eye would see it, and each of its twelve bands.

    Parameters
    ----------
    chip : xarray.DataArray of number, dims (band, y, x)
        Twelve bands called ``B01`` … ``B12`` by its coordinate ``band``; where they have no such names, they
        are taken to be in TerraMind's order, that of `SENTINEL_2`. NaN and ``rio.nodata`` are no data.
    title : str, optional
        By default, says what is drawn.

    Returns
    -------
    matplotlib.axes.Axes
        Of the picture in natural colours; all are in ``figure.axes``. Each band is stretched by itself, from
        its 2nd to its 98th percentile: greys cannot be compared between bands.

    Raises
    ------
    ValueError
        If there are other than twelve bands, or a tile without data.

    Examples
    --------
    >>> chip = xr.DataArray(np.random.default_rng(0).random((12, 8, 8)), dims=("band", "y", "x"))
    >>> len(plot_tile_bands(chip).figure.axes)
    13
    """
    chip = _named(chip)
    figure = plt.figure(figsize=(10.4, 5.1))
    # seven columns: the picture has three, the bands four
    grid = figure.add_gridspec(3, 7)
    first = figure.add_subplot(grid[:, :3])
    first.imshow(_natural(chip), interpolation="nearest")
    _caption(first, f"natural colours: {', '.join(NATURAL)}")
    for number, (name, (sees, wavelength, metres)) in enumerate(SENTINEL_2.items()):
        axes = figure.add_subplot(grid[number // 4, 3 + number % 4])
        axes.imshow(_stretched(chip.sel(band=name)), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        said = f"$\\bf{{{name}}}$  {wavelength:.2f} µm · {metres} m\n{sees}"
        axes.set_title(said, fontsize=8.5, fontweight="normal", loc="left", pad=3, linespacing=1.15)
        axes.set_axis_off()
    _head(figure, title or "One tile, twelve bands, each stretched by itself")
    sign(figure, chip)
    return first


@in_course_style
def plot_patch_map(
    patches: ArrayLike,
    *,
    chip: xr.DataArray | None = None,
    labels: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    colours: PatchColours | None = None,
    title: str | None = None,
    source: Any = None,
) -> Axes:
    """Draw a tile as a model sees it: 14 × 14 patches, alike in colour where their vectors are alike.

    Parameters
    ----------
    patches : array of float, shape (196, dimensions)
        A tile's vectors, row by row from the north-west.
    chip : xarray.DataArray, dims (band, y, x), optional
        The tile itself, as for `plot_tile_bands`, drawn beside them.
    labels : array of int, shape (14, 14) or (196,), optional
        A class of each patch, from 0, drawn beside them; below 0 is none.
    names : sequence of str, optional
        Of the classes; by default their numbers.
    colours : PatchColours, optional
        To compare with other tiles; by default made from these patches alone.
    title : str, optional
        By default, says what is drawn.
    source : object, optional
        Whose provenance is written under the figure, where `chip` is not it.

    Returns
    -------
    matplotlib.axes.Axes
        Of the patches; all are in ``figure.axes``.

    Raises
    ------
    ValueError
        If there are other than 196 patches or labels, or fewer names than classes.

    Examples
    --------
    >>> patches = np.random.default_rng(0).normal(size=(196, 8))
    >>> axes = plot_patch_map(patches, labels=np.arange(196) // 98, names=["north", "south"])
    >>> [text.get_text() for text in axes.figure.axes[1].get_legend().get_texts()]
    ['north', 'south']
    """
    patches = checked(patches)
    if patches.ndim != 2:
        raise ValueError(f"Give the patches of one tile, (196, dimensions), not {patches.shape}.")
    colours = colours or patch_colours(patches)
    panels = (chip is not None) + 1 + (labels is not None)
    legend = 1.5 if labels is not None else 0.0
    figure, grid = plt.subplots(1, panels, figsize=(3.5 * panels + legend, 4.3), squeeze=False)
    at = iter(grid.flat)
    if chip is not None:
        named = _named(chip)
        axes = next(at)
        axes.imshow(_natural(named), extent=(0, SIDE, SIDE, 0), interpolation="nearest")
        for line in range(1, SIDE):
            axes.axhline(line, color="white", linewidth=0.5, alpha=0.55)
            axes.axvline(line, color="white", linewidth=0.5, alpha=0.55)
        _caption(axes, "the tile, and its patches")
    drawn = next(at)
    drawn.imshow(colours.paint(patches), extent=(0, SIDE, SIDE, 0), interpolation="nearest")
    _caption(drawn, f"3 components: {100 * colours.share:.0f} % of variance")
    if labels is not None:
        _draw_labels(next(at), labels, names)
    _head(figure, title or f"{PATCHES} patches of a tile: like colours, like vectors")
    sign(figure, chip, source)
    return drawn


def _draw_labels(axes: Axes, labels: ArrayLike, names: Sequence[str] | None) -> None:
    codes = np.asarray(labels)
    if codes.size != PATCHES:
        raise ValueError(f"There are {codes.size} labels; expected one a patch, {PATCHES}.")
    codes = codes.reshape(SIDE, SIDE)
    highest = int(codes.max())
    names = [str(number) for number in range(highest + 1)] if names is None else list(names)
    if highest >= min(len(names), len(palette.MARKS)):
        raise ValueError(f"There are classes up to {highest}, but {len(names)} names and nine colours.")
    table = np.array([to_rgb(colour) for colour in (*palette.MARKS, "#ffffff")])
    axes.imshow(table[np.maximum(codes, -1)], extent=(0, SIDE, SIDE, 0), interpolation="nearest")
    found = [number for number in range(highest + 1) if (codes == number).any()]
    _caption(axes, "classes of patches")
    axes.legend(handles=[swatch(names[i], palette.MARKS[i]) for i in found], loc="upper left",
                bbox_to_anchor=(1, 1))  # fmt: skip


def _caption(axes: Axes, text: str) -> None:
    axes.set_title(literal(text), fontsize=10.5, fontweight="normal", loc="left", pad=5)
    axes.set_axis_off()


def _head(figure: Figure, text: str) -> None:
    wrapped = textwrap.fill(text, int(figure.get_figwidth() * 72 / (TITLE_SIZE * 0.68)))
    figure.suptitle(literal(wrapped), x=EDGE, ha="left", fontsize=TITLE_SIZE, fontweight="bold")


def _named(chip: xr.DataArray) -> xr.DataArray:
    """The chip with Sentinel-2's names for its bands, NaN for no data."""
    if chip.ndim != 3 or chip.shape[0] != len(SENTINEL_2):
        raise ValueError(f"Expected twelve bands of a tile, (12, y, x), got {chip.shape}.")
    band = chip.dims[0]
    names = [str(name) for name in chip[band].values] if band in chip.coords else []
    nodata = chip.rio.nodata
    values = chip.astype(np.float32)
    if nodata is not None and np.isfinite(nodata):
        values = values.where(chip != nodata)
    if not np.isfinite(values).any():
        raise ValueError("The tile holds no data: every pixel is nodata.")
    names = names if set(names) == set(SENTINEL_2) else list(SENTINEL_2)
    return values.rename({band: "band"}).assign_coords(band=names).assign_attrs(chip.attrs)


def _natural(chip: xr.DataArray) -> NDArray:
    """Red, green and blue in one stretch, so that the colours of things stay."""
    part = chip.sel(band=list(NATURAL)).transpose("y", "x", "band")
    values = upright(part)
    low, high = np.nanquantile(values, [0.01, 0.985])
    light = np.clip((values - low) / max(high - low, 1e-9), 0, 1) ** 0.85
    return np.where(np.isfinite(light), light, 1.0)


def _stretched(band: xr.DataArray) -> NDArray:
    values = upright(band)
    if not np.isfinite(values).any():
        return values
    low, high = np.nanquantile(values, [0.02, 0.98])
    return np.clip((values - low) / max(high - low, 1e-9), 0, 1)

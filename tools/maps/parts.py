"""Parts that several figures share: how a raster lies, a scale bar, a legend's squares, plain names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import rioxarray  # noqa: F401  (gives arrays their .rio)
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from tools.maps import palette


def scale_bar(axes: Axes) -> None:
    """Draw how long a round distance is, at the lower left of a map whose units are metres.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        A map, with its limits set.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axes = Figure().subplots()
    >>> _ = axes.set_xlim(0, 30_000)
    >>> scale_bar(axes)
    >>> axes.texts[0].get_text()
    '5 km'
    """
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    target = (right - left) / 5
    power = 10 ** np.floor(np.log10(target))
    length = power * max(step for step in (1, 2, 5) if step * power <= target)
    x, y = left + (right - left) * 0.02, bottom + (top - bottom) * 0.02
    axes.plot([x, x + length], [y, y], color=palette.LIGHT["muted"], linewidth=2.5, solid_capstyle="butt")
    words = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    axes.annotate(words, (x + length / 2, y), (0, 5), textcoords="offset points", ha="center", fontsize=9.5,
                  color=palette.LIGHT["muted"])  # fmt: skip


def swatch(label: str, colour: str) -> Line2D:
    """Return a legend's entry: a square of one colour and its label.

    Parameters
    ----------
    label : str
        What the colour stands for; a dollar sign is a dollar sign.
    colour : str
        Any colour that matplotlib knows.

    Returns
    -------
    matplotlib.lines.Line2D

    Examples
    --------
    >>> swatch("A", "#332288").get_label()
    'A'
    """
    return Line2D([], [], marker="s", linestyle="", markersize=10, color=colour, label=literal(label))


def class_key(
    holder: str, highest: int, names: Sequence[str] | None, colours: Sequence[str] | None
) -> tuple[list[str], list[str]]:
    """Return the names and colours of classes, checked.

    Parameters
    ----------
    holder : str
        What holds the classes, for the message: "maps".
    highest : int
        The largest class, from 0.
    names, colours : sequence of str, optional
        Of the classes; by default their numbers, and the course's colours for pixels.

    Returns
    -------
    names, colours : list of str

    Raises
    ------
    ValueError
        If there are fewer names or colours than classes.

    Examples
    --------
    >>> class_key("maps", 1, None, ["#000000", "#ffffff"])
    (['0', '1'], ['#000000', '#ffffff'])
    """
    names = [str(number) for number in range(highest + 1)] if names is None else list(map(str, names))
    colours = list(palette.MARKS if colours is None else colours)
    if highest >= min(len(names), len(colours)):
        raise ValueError(
            f"The {holder} hold classes up to {highest}, but there are {len(names)} names and {len(colours)} "
            "colours."
        )
    return names, colours


def literal(text: object) -> str:
    """Keep matplotlib from reading a dollar sign in a name as mathematics.

    Parameters
    ----------
    text : object
        A name from the data.

    Returns
    -------
    str

    Examples
    --------
    >>> literal("$5")
    '\\\\$5'
    """
    return str(text).replace("$", r"\$")


def raster_extent(raster: xr.DataArray) -> tuple[float, float, float, float]:
    """Return where a raster lies, as ``imshow`` wants it: left, right, bottom, top.

    Parameters
    ----------
    raster : xarray.DataArray, dims (y, x)
        With a CRS (``rio.crs``); without one, pixels are counted.

    Returns
    -------
    tuple of float
        In the units of the CRS, of the outer edges of the outermost pixels.

    Examples
    --------
    >>> raster_extent(xr.DataArray(np.zeros((2, 3)), dims=("y", "x")))
    (0.0, 3.0, 0.0, 2.0)
    """
    if raster.rio.crs is None:
        rows, columns = raster.shape
        return 0.0, float(columns), 0.0, float(rows)
    left, bottom, right, top = raster.rio.bounds()
    return left, right, min(bottom, top), max(bottom, top)


def upright(raster: xr.DataArray) -> np.ndarray:
    """Return a raster's values with north at the top, as ``imshow`` draws them.

    Parameters
    ----------
    raster : xarray.DataArray, dims (y, x) or (y, x, colour)
        One without y coordinates stays as it is.

    Returns
    -------
    numpy.ndarray

    Examples
    --------
    >>> upright(xr.DataArray([[1], [2]], {"y": [5.0, 15.0]}, ("y", "x"))).tolist()
    [[2], [1]]
    """
    values = raster.to_numpy()
    south_up = "y" in raster.coords and raster.y.size > 1 and raster.y[1] > raster.y[0]
    return values[::-1] if south_up else values

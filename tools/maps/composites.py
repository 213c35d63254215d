"""False-colour pictures of embeddings: three dimensions as red, green and blue, one stretch for all years."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from numpy.typing import NDArray

from tools import provenance
from tools.embeddings import dequantise
from tools.maps.fields import MOST_PIXELS, NOISY_DPI
from tools.maps.parts import raster_extent, scale_bar, upright
from tools.maps.style import headline, in_course_style, sign

BANDS = ("A01", "A16", "A09")
STRETCH = (-0.3, 0.3)


def composite(
    cube: xr.DataArray,
    year: int,
    *,
    bands: Sequence[str] = BANDS,
    stretch: tuple[float, float] = STRETCH,
    most: int = MOST_PIXELS,
) -> xr.DataArray:
    """Return three dimensions of one year as the red, green and blue of a picture.

    Parameters
    ----------
    cube : xarray.DataArray, dims (time, band, y, x)
        Stored embeddings (int8) or dequantised ones, of several years.
    year : int
        One of them.
    bands : sequence of three str
        Which dimensions become red, green and blue.
    stretch : (float, float)
        The values that become 0 and 255. Years can be compared only in the same stretch.
    most : int
        Pixels across the longer side, at most; of a larger raster every second, third … is taken.

    Returns
    -------
    xarray.DataArray of uint8, dims (y, x, rgb)
        Four layers: red, green, blue and opacity, which is 0 where there are no data.

    Raises
    ------
    ValueError
        For a year or band that is not there, or other than three bands.

    Examples
    --------
    >>> vectors = np.zeros((1, 3, 1, 2), "float32")
    >>> vectors[0, :, 0, 1] = 0.3, 0.0, -0.3
    >>> cube = xr.DataArray(vectors, {"time": [2017], "band": list(BANDS)}, ("time", "band", "y", "x"))
    >>> composite(cube, 2017).values.tolist()
    [[[128, 128, 128, 255], [255, 128, 0, 255]]]
    """
    if len(bands) != 3:
        raise ValueError(f"A picture has three colours: name three bands, not {len(bands)}.")
    years, names = cube["time"].values.tolist(), cube["band"].values.tolist()
    if year not in years:
        raise ValueError(f"The cube holds {', '.join(map(str, years))}, not {year}.")
    if lacking := [band for band in bands if band not in names]:
        raise ValueError(f"The cube has no band {', '.join(lacking)}.")
    step = max(1, -(-max(cube.sizes["y"], cube.sizes["x"]) // most))
    part = cube.sel(time=year, band=list(bands))[:, ::step, ::step]
    values = np.asarray(part.transpose("y", "x", "band").data)
    values = dequantise(values) if values.dtype == np.int8 else values
    return provenance.carry(_painted(part, values, stretch), cube)


@in_course_style
def plot_composites(
    cube: xr.DataArray,
    years: Sequence[int],
    *,
    bands: Sequence[str] = BANDS,
    stretch: tuple[float, float] = STRETCH,
    title: str | None = None,
) -> Axes:
    """Draw false-colour pictures of several years side by side, in one stretch.

    Parameters
    ----------
    cube, bands, stretch
        As for `composite`.
    years : sequence of int
        Years of the cube, from left to right.
    title : str, optional
        By default says which dimensions are drawn.

    Returns
    -------
    matplotlib.axes.Axes
        Of the first year; all are in ``figure.axes``.

    Raises
    ------
    ValueError
        As `composite`.

    Examples
    --------
    >>> vectors = np.zeros((2, 3, 2, 2), "float32")
    >>> cube = xr.DataArray(vectors, {"time": [2017, 2024], "band": list(BANDS)}, ("time", "band", "y", "x"))
    >>> len(plot_composites(cube, [2017, 2024]).figure.axes)
    2
    """
    pictures = [composite(cube, year, bands=bands, stretch=stretch) for year in years]
    left, right, bottom, top = raster_extent(cube.isel(time=0, band=0))
    width = 4.6
    size = (width * len(years), width * (top - bottom) / (right - left) + 0.9)
    figure, grid = plt.subplots(1, len(years), figsize=size, dpi=NOISY_DPI, squeeze=False)
    for axes, year, picture in zip(grid.flat, years, pictures, strict=True):
        axes.imshow(upright(picture), extent=(left, right, bottom, top), interpolation="nearest")
        axes.set_axis_off()
        axes.annotate(str(year), (0.02, 0.98), xycoords="axes fraction", va="top", fontweight="bold",
                      bbox={"fc": "white", "ec": "none", "pad": 3, "alpha": 0.85})  # fmt: skip
    if cube.rio.crs is not None and cube.rio.crs.is_projected:
        scale_bar(grid[0, 0])
    headline(grid[0, 0], title or f"{', '.join(bands)} as red, green and blue")
    sign(figure, cube)
    return grid[0, 0]


def stretched(values: NDArray, stretch: tuple[float, float]) -> NDArray:
    """Return three bands as red, green, blue and opacity.

    Parameters
    ----------
    values : array of float, shape (height, width, 3)
        NaN where there are no data.
    stretch : (float, float)
        The values that become 0 and 1.

    Returns
    -------
    array of float, shape (height, width, 4)
        From 0 to 1; the last is 0 where a band has no data.

    Raises
    ------
    ValueError
        If the stretch does not rise.

    Examples
    --------
    >>> stretched(np.array([[[0.0, 1.0, 4.0], [np.nan, 1.0, 1.0]]]), (0, 2)).tolist()
    [[[0.0, 0.5, 1.0, 1.0], [0.0, 0.5, 0.5, 0.0]]]
    """
    low, high = stretch
    if not low < high:
        raise ValueError(f"stretch={stretch}: the value for 0 must be below that for 255.")
    scaled = np.clip((np.nan_to_num(values) - low) / (high - low), 0, 1)
    return np.dstack([scaled, np.isfinite(values).all(axis=-1)])


def _painted(part: xr.DataArray, values: NDArray, stretch: tuple[float, float]) -> xr.DataArray:
    picture = np.rint(stretched(values, stretch) * 255).astype(np.uint8)
    coords = {name: part[name] for name in ("y", "x") if name in part.coords}
    return xr.DataArray(picture, coords, ("y", "x", "rgb"))

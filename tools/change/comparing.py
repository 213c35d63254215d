"""Two maps of change side by side: optical change beside that of embeddings, and how far they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import rioxarray  # noqa: F401  registers ``.rio``
import xarray as xr
from scipy.stats import rankdata

from tools import provenance
from tools.change.checks import require_one_grid
from tools.change.sampling import pick, spread_out
from tools.rasters.grids import Grid

TOP = (1.0, 5.0, 10.0)
"""Percentages of the strongest change that are compared where none are asked for."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """How far two maps of change agree. Made by `agreement`.

    Parameters
    ----------
    rank_correlation : float
        Spearman's: 1 where both put all pixels in the same order, 0 where one tells nothing of the other.
    overlap : pandas.DataFrame
        Indexed by ``top_percent``: ``pixels`` in each map's top, ``shared`` by both, ``share_shared`` of the
        two (0 to 1), ``by_chance`` what two unrelated maps would share, and ``jaccard`` (shared by those in
        either).
    pixels : int
        How many pixels were compared: with data in both maps.
    attrs : dict
        The marks of where the maps came from.
    """

    rank_correlation: float
    overlap: pd.DataFrame
    pixels: int
    attrs: dict

    def __repr__(self) -> str:
        tops = ", ".join(
            f"{row.share_shared:.0%} of the top {top:g}%" for top, row in self.overlap.iterrows()
        )
        rank = f"rank correlation {self.rank_correlation:.2f}"
        return f"<agreement over {self.pixels:,} pixels: {rank}; shared {tops}>"


def agreement(
    a: xr.DataArray, b: xr.DataArray, *, top: Sequence[float] = TOP, n_pixels: int = 4_000_000
) -> Agreement:
    """Measure how far two maps of change agree, whatever their units.

    Parameters
    ----------
    a, b : xarray.DataArray, dims (y, x)
        On one grid; more is more change. NaN in either leaves a pixel out.
    top : sequence of float, optional
        Percentages of the strongest pixels to compare, above 0 and below 100.
    n_pixels : int, optional
        Of larger maps about this many pixels are compared, which lie equally far apart.

    Returns
    -------
    Agreement

    Raises
    ------
    ValueError
        If the grids differ, if a percentage is none, or if fewer than 100 pixels have data in both.

    Notes
    -----
    Most pixels are stable, and how the noise of two sensors orders those is of little interest: the overlap
    of the strongest change can be large where the rank correlation is small. Pixels with the same value share
    their rank; at the edge of a top the first of equals, from north to south, are taken.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> where = {"y": 995.0 - 10 * np.arange(100), "x": 5.0 + 10 * np.arange(100)}
    >>> a = xr.DataArray(rng.random((100, 100)), where, ("y", "x")).rio.write_crs("EPSG:32633")
    >>> agreement(a, a**2, top=[5])
    <agreement over 10,000 pixels: rank correlation 1.00; shared 100% of the top 5%>
    """
    require_one_grid(a, b)
    if not top or not all(0 < percent < 100 for percent in top):
        raise ValueError(f"`top` lists percentages above 0 and below 100, got {top}")
    places = spread_out(a, n_pixels)
    values = [pick(image, *places) for image in (a, b)]
    valid = np.isfinite(values[0]) & np.isfinite(values[1])
    values = [image[valid] for image in values]
    pixels = int(valid.sum())
    if pixels < 100:
        raise ValueError(f"only {pixels} pixels have data in both maps: there is too little to compare")
    ranks = [rankdata(image) for image in values]
    with np.errstate(invalid="ignore"):  # a constant map has no order, and the answer is NaN
        correlation = float(np.corrcoef(*ranks)[0, 1])
    order = [np.argsort(-image, kind="stable") for image in values]
    rows = {}
    for percent in top:
        count = max(1, round(pixels * percent / 100))
        shared = len(np.intersect1d(order[0][:count], order[1][:count], assume_unique=True))
        rows[float(percent)] = {
            "pixels": count,
            "shared": shared,
            "share_shared": shared / count,
            "by_chance": count / pixels,
            "jaccard": shared / (2 * count - shared),
        }
    overlap = pd.DataFrame.from_dict(rows, orient="index").rename_axis("top_percent")
    overlap = provenance.carry(overlap.astype({"pixels": int, "shared": int}), a, b)
    return provenance.carry(Agreement(correlation, overlap, pixels, {}), a, b)


def optical_difference(medians: xr.DataArray, year_from: int, year_to: int) -> xr.DataArray:
    """Return how much each band changed between two years: later minus earlier.

    Parameters
    ----------
    medians : xarray.DataArray, dims (time, band, y, x)
        Reflectance of each year, as from the annual medians of Sentinel-2; NaN for no data.
    year_from, year_to : int
        Two years of `medians`, the earlier first.

    Returns
    -------
    xarray.DataArray of float32, dims (band, y, x)
        In units of reflectance; NaN where either year has no data. Lazy where `medians` is.

    Raises
    ------
    ValueError
        If a year is not there, if the years are not in order, or if `medians` are none.

    Examples
    --------
    >>> where = {"time": [2017, 2024], "band": ["B04", "B08"], "y": [15.0, 5.0], "x": [5.0, 15.0]}
    >>> medians = xr.DataArray(np.zeros((2, 2, 2, 2), "float32"), where, ("time", "band", "y", "x"))
    >>> medians[1, 0] = 0.25
    >>> optical_difference(medians.rio.write_crs("EPSG:32633"), 2017, 2024)[:, 0, 0].values.tolist()
    [0.25, 0.0]
    """
    if not isinstance(medians, xr.DataArray) or medians.dims != ("time", "band", "y", "x"):
        found = getattr(medians, "dims", type(medians).__name__)
        raise ValueError(f"expected medians (time, band, y, x), got {found}")
    if medians.dtype.kind != "f":
        raise ValueError(f"expected reflectance as floats, NaN for no data, got {medians.dtype}")
    years = medians["time"].to_numpy().tolist()
    for year in (year_from, year_to):
        if year not in years:
            listed = ", ".join(map(str, sorted(years)))
            raise ValueError(f"there is no median of {year}; the years there are: {listed}")
    if year_from >= year_to:
        raise ValueError(f"`year_from` comes before `year_to`, got {year_from} and {year_to}")
    grid = Grid.of(medians)
    difference = medians.sel(time=year_to, drop=True) - medians.sel(time=year_from, drop=True)
    difference = difference.astype(np.float32).rename("optical_difference")
    difference.attrs = {
        "long_name": "Difference of reflectance",
        "meaning": f"median reflectance of {year_to} minus that of {year_from}",
        "units": "1",
        "year_from": int(year_from),
        "year_to": int(year_to),
    }
    difference = (
        difference.rio.write_crs(grid.crs).rio.write_transform(grid.transform).rio.write_nodata(np.nan)
    )
    return provenance.carry(difference, medians)


def optical_change(medians: xr.DataArray, year_from: int, year_to: int) -> xr.DataArray:
    """Return how much reflectance changed between two years, all bands together.

    Parameters
    ----------
    medians : xarray.DataArray, dims (time, band, y, x)
        As for `optical_difference`.
    year_from, year_to : int
        Two years of `medians`, the earlier first.

    Returns
    -------
    xarray.DataArray of float32, dims (y, x)
        The root of the mean squared difference over bands, in units of reflectance; NaN where any band has no
        data in either year. Lazy where `medians` is.

    Raises
    ------
    ValueError
        As `optical_difference`.

    Notes
    -----
    This is the length of the change vector [1]_ divided by the root of the number of bands, so that maps of
    three and of ten bands are of one size. It says how far the light changed and not what did: a shadow, a
    later harvest or a wet spring are as good as a building.

    References
    ----------
    .. [1] Malila, W. A. (1980). Change vector analysis: an approach for detecting forest changes with
       Landsat. Machine Processing of Remotely Sensed Data Symposium, 326–335.

    Examples
    --------
    >>> where = {"time": [2017, 2024], "band": ["B04", "B08"], "y": [15.0, 5.0], "x": [5.0, 15.0]}
    >>> medians = xr.DataArray(np.zeros((2, 2, 2, 2), "float32"), where, ("time", "band", "y", "x"))
    >>> medians[1, 0], medians[1, 1] = 0.25, -1.75
    >>> optical_change(medians.rio.write_crs("EPSG:32633"), 2017, 2024).values.tolist()
    [[1.25, 1.25], [1.25, 1.25]]
    """
    difference = optical_difference(medians, year_from, year_to)
    change = np.sqrt((difference**2).mean("band", skipna=False)).rename("optical_change")
    change.attrs = difference.attrs | {
        "long_name": "Optical change (reflectance)",
        "meaning": f"root mean square, over bands, of {difference.attrs['meaning']}",
    }
    return change

"""A map of change in eleven numbers, from one pass over its blocks."""

from __future__ import annotations

from typing import NamedTuple

import dask
import numpy as np
import pandas as pd
import xarray as xr
from numba import njit

from tools import provenance
from tools.change.checks import require_map

PERCENTILES = (1, 5, 25, 50, 75, 95, 99)

_LOWEST, _HIGHEST, _BINS = -0.0625, 2.0625, 2**17
_WIDTH = (_HIGHEST - _LOWEST) / _BINS
_TOGETHER = 8  # summaries that become one, so that a wide map keeps no more of them than a narrow one

_compiled = njit(nogil=True, cache=True)


class _Summary(NamedTuple):
    """What is kept of pixels that have been seen: how many there were, and where their values lie."""

    pixels: int
    valid: int
    total: float
    squares: float
    least: float
    most: float
    counts: np.ndarray


def change_statistics(change: xr.DataArray) -> pd.Series:
    """Return the distribution of change over a map, as `pandas.Series.describe` lays one out.

    Parameters
    ----------
    change : xarray.DataArray, dims (y, x)
        1 − cosine, NaN for no data. A lazy map is gone through once, block by block.

    Returns
    -------
    pandas.Series of float
        ``count`` of pixels with data, ``mean``, ``std``, ``min``, ``1%``, ``5%``, ``25%``, ``50%``, ``75%``,
        ``95%``, ``99%``, ``max``, and ``share without data`` (0 to 1).

    Raises
    ------
    ValueError
        If no pixel has data, or if the values are no change (below -0.06 or above 2.06).

    Examples
    --------
    >>> import rioxarray
    >>> where = {"y": [15.0, 5.0], "x": [5.0, 15.0]}
    >>> change = xr.DataArray(np.float32([[0.0, 0.25], [0.5, np.nan]]), where, ("y", "x"))
    >>> told = change_statistics(change.rio.write_crs("EPSG:32633"))
    >>> told[["count", "mean", "max", "share without data"]].tolist()
    [3.0, 0.25, 0.5, 0.25]

    Notes
    -----
    Percentiles are interpolated between neighbouring values as NumPy's are; each value is known to
    1.6 · 10⁻⁵, the width of a bin. The others are exact, but for rounding in double precision.
    """
    require_map(change)
    if dask.is_dask_collection(change.data):
        parts = [dask.delayed(_summarise)(block) for block in change.data.to_delayed().ravel()]
        while len(parts) > 1:
            groups = [parts[first : first + _TOGETHER] for first in range(0, len(parts), _TOGETHER)]
            parts = [dask.delayed(_merge)(group) for group in groups]
        (summary,) = dask.compute(parts[0])
    else:
        summary = _summarise(change.data)
    return provenance.carry(pd.Series(_describe(summary, change), name="change"), change)


def _summarise(values: np.ndarray) -> _Summary:
    counts = np.zeros(_BINS, np.int64)
    found = _count(np.ascontiguousarray(values).reshape(-1), counts)
    return _Summary(values.size, *found, counts)


def _merge(parts: list[_Summary]) -> _Summary:
    pixels, valid, total, squares, least, most, counts = zip(*parts, strict=True)
    return _Summary(
        sum(pixels), sum(valid), sum(total), sum(squares), min(least), max(most), np.sum(counts, axis=0)
    )


@_compiled
def _count(values, counts):
    valid, total, squares, least, most = 0, 0.0, 0.0, np.inf, -np.inf
    for value in values:
        if np.isnan(value):
            continue
        valid += 1
        total += value
        squares += np.float64(value) * value
        least, most = min(least, value), max(most, value)
        # Compared before it is made whole, since not every float has a whole number.
        place = (value - _LOWEST) / _WIDTH
        counts[0 if place < 0 else _BINS - 1 if place >= _BINS else int(place)] += 1
    return valid, total, squares, least, most


def _describe(summary: _Summary, change: xr.DataArray) -> dict[str, float]:
    if not summary.valid:
        years = (
            f"both {change.attrs['year_from']} and {change.attrs['year_to']}"
            if "year_to" in change.attrs
            else "both years"
        )
        raise ValueError(f"no pixel of {summary.pixels} has data in {years}: choose other bounds or years")
    if summary.least < _LOWEST or summary.most >= _HIGHEST:
        raise ValueError(
            f"change lies between 0 and 2, but the values go from {summary.least:g} to {summary.most:g}: "
            "is this a map that `change_between` made?"
        )
    mean = summary.total / summary.valid
    spread = max(summary.squares / summary.valid - mean**2, 0.0)
    return {
        "count": float(summary.valid),
        "mean": mean,
        "std": float(np.sqrt(spread * summary.valid / max(summary.valid - 1, 1))),
        "min": summary.least,
        **{f"{percent}%": _percentile(summary, percent) for percent in PERCENTILES},
        "max": summary.most,
        "share without data": 1 - summary.valid / summary.pixels,
    }


def _percentile(summary: _Summary, percent: float) -> float:
    rank = percent / 100 * (summary.valid - 1)
    below, above = (_ranked(summary, int(place)) for place in (np.floor(rank), np.ceil(rank)))
    return below + (above - below) * (rank % 1)


def _ranked(summary: _Summary, rank: int) -> float:
    """Return about where the value lies that has `rank` others below it."""
    reached = np.cumsum(summary.counts)
    place = int(np.searchsorted(reached, rank, side="right"))
    within = (rank - (reached[place] - summary.counts[place]) + 0.5) / summary.counts[place]
    return float(np.clip(_LOWEST + _WIDTH * (place + within), summary.least, summary.most))

"""Change in units of what is usual for a place: a field is another one every year, a street is not."""

from __future__ import annotations

from itertools import pairwise

import dask
import dask.array as da
import numpy as np
import rioxarray  # noqa: F401  registers ``.rio``
import xarray as xr

from tools import provenance
from tools.change.between import change_between
from tools.change.checks import require_years

_FEWEST = 3  # steps from one year to the next, of which a median says more than any one


def usual_change(cube: xr.DataArray) -> xr.DataArray:
    """Return how much each pixel changes from one year to the next, usually: the median of all its steps.

    Parameters
    ----------
    cube : xarray.DataArray, dims (time, band, y, x)
        Stored embeddings (int8) or dequantised ones of four years or more, with a CRS. NumPy or Dask.

    Returns
    -------
    xarray.DataArray of float32, dims (y, x)
        1 − cosine; NaN where fewer than three steps have data at both ends. Lazy where the cube is.

    Raises
    ------
    ValueError
        If `cube` is no such cube.

    Notes
    -----
    A place that changed once took one large step, which the median does not see; a place that was built on
    for most of the years is taken for a restless one.

    Examples
    --------
    >>> stored = np.full((5, 64, 2, 2), 16, np.int8)
    >>> stored[3:, :32, 0, 1] = -16
    >>> stored[[1, 3], :8, 1, 0] = -16
    >>> where = {"time": range(2017, 2022), "y": [15.0, 5.0], "x": [5.0, 15.0]}
    >>> cube = xr.DataArray(stored, where, ("time", "band", "y", "x")).rio.write_crs("EPSG:32633")
    >>> usual_change(cube).values.tolist()
    [[0.0, 0.0], [0.25, 0.0]]
    """
    cube = require_years(cube, _FEWEST + 1)
    years = [int(year) for year in cube["time"].to_numpy()]
    steps = [change_between(cube, *pair) for pair in pairwise(years)]
    if any(dask.is_dask_collection(step.data) for step in steps):
        layers = da.stack([step.data for step in steps]).rechunk({0: -1})
        meta = np.empty((0, 0), np.float32)
        data = layers.map_blocks(_median, drop_axis=0, dtype=np.float32, meta=meta)
    else:
        data = _median(np.stack([step.data for step in steps]))
    usual = steps[0].copy(data=data).rename("usual_change")
    usual.attrs = {
        "long_name": "Usual change (1 − cosine)",
        "meaning": "median of 1 − cosine similarity from one year to the next",
        "units": "1",
        "year_from": years[0],
        "year_to": years[-1],
    }
    return provenance.carry(usual, cube)


def relative_change(cube: xr.DataArray, year_from: int, year_to: int) -> xr.DataArray:
    """Return how much every pixel changed between two years, in units of its usual change.

    A threshold on this is fair to restless and to quiet places alike. `tools.change.noise_floor` finds it,
    as for any map: ``noise_floor({(2017, 2024): relative_change(cube, 2017, 2024)})``.

    Parameters
    ----------
    cube : xarray.DataArray, dims (time, band, y, x)
        As for `usual_change`; all its years tell what is usual.
    year_from, year_to : int
        Two years of the cube, the earlier first.

    Returns
    -------
    xarray.DataArray of float32, dims (y, x)
        `change_between` divided by `usual_change`: about 1 for a place that does what it usually does. NaN
        where either has no data, and where a place never changed at all, for it has no measure.

    Raises
    ------
    ValueError
        As `change_between` and `usual_change`.

    Examples
    --------
    >>> stored = np.full((5, 64, 2, 2), 16, np.int8)
    >>> stored[[1, 3], :8] = -16
    >>> stored[4, :32, 0, 1] = -16
    >>> where = {"time": range(2017, 2022), "y": [15.0, 5.0], "x": [5.0, 15.0]}
    >>> cube = xr.DataArray(stored, where, ("time", "band", "y", "x")).rio.write_crs("EPSG:32633")
    >>> relative_change(cube, 2017, 2021).values.tolist()
    [[0.0, 4.0], [0.0, 0.0]]
    """
    change, usual = change_between(cube, year_from, year_to), usual_change(cube)
    data = change.data / usual.where(usual > 0).data
    relative = change.copy(data=data).rename("relative_change")
    relative.attrs = change.attrs | {
        "long_name": "Change (times what is usual)",
        "meaning": f"{change.attrs['meaning']}; divided by the {usual.attrs['meaning']}",
    }
    return relative


def _median(steps: np.ndarray) -> np.ndarray:
    """Return the median over the first axis of what is there, NaN where too little is."""
    known = np.isfinite(steps).sum(axis=0)
    ordered = np.sort(steps, axis=0)  # what is missing comes last
    low, high = (
        np.take_along_axis(ordered, place.clip(0, len(steps) - 1)[np.newaxis], axis=0)[0]
        for place in ((known - 1) // 2, known // 2)
    )
    return np.where(known >= _FEWEST, (low + high) / 2, np.nan).astype(np.float32)

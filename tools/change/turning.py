"""When each pixel changed: the year that best splits its series of vectors in two."""

from __future__ import annotations

import dask.array as da
import numpy as np
import rioxarray  # noqa: F401  registers ``.rio``
import xarray as xr
from numba import njit

from tools import provenance
from tools.change.checks import require_years
from tools.embeddings import NODATA
from tools.rasters.grids import Grid

_AT_ONCE = 16_000_000  # numbers: a strip of rows is laid together from the blocks, never a whole area
_LANE = 256  # pixels worked on together, whose sums then fit in the processor's own memory
_PARTS = ("year", "strength", "explained")

# Sums may be regrouped, so that several pixels are worked out at a time; NaN keeps its meaning.
_compiled = njit(nogil=True, cache=True, fastmath={"reassoc", "contract", "nsz"})


def change_year(cube: xr.DataArray, *, threshold: float) -> xr.Dataset:
    """Return for each pixel when it changed, how much, and how well one step tells its story.

    Parameters
    ----------
    cube : xarray.DataArray, dims (time, band, y, x)
        Stored embeddings (int8) or dequantised ones of three years or more, with a CRS. NumPy or Dask; of a
        lazy one only a few blocks are in memory.
    threshold : float
        A pixel whose two means differ by no more than this (1 − cosine) has not changed.
        `tools.change.NoiseFloor.threshold_for` gives one.

    Returns
    -------
    xarray.Dataset of float32, dims (y, x)
        ``year``: the first year of the new state, NaN where nothing changed or there are no data.
        ``strength``: 1 − cosine between the mean vectors before and after the best split, NaN only where
        fewer than two years have data. ``explained``: the share of the series' scatter that the split takes
        away, near 1 for one sudden step, less for slow or repeated change. Lazy where the cube is.

    Raises
    ------
    ValueError
        If `cube` is no such cube, or if the threshold is not between 0 and 2.

    Notes
    -----
    For unit vectors :math:`u_1 … u_n` of the years, a segment's scatter around its mean direction is
    :math:`\\sum (1 - \\cos) = n - |\\sum u|`, as in spherical k-means [1]_. The split before year k that
    leaves least scatter is thus the one with the largest
    :math:`|\\sum_{t<k} u_t| + |\\sum_{t \\ge k} u_t|`; all are tried, which is exact for one change [2]_.
    A year without data is left out of its pixel's series, and the change is dated to the next year that has
    some. The best of several splits is picked, so with noise alone `strength` tends to be larger than between
    two years picked beforehand, though means are less noisy than single years; check the rate on pixels
    known to be stable.

    References
    ----------
    .. [1] Dhillon, I. S. and Modha, D. S. (2001). Concept decompositions for large sparse text data using
       clustering. Machine Learning, 42, 143–175.
    .. [2] Truong, C., Oudre, L. and Vayatis, N. (2020). Selective review of offline change point detection
       methods. Signal Processing, 167, 107299.

    Examples
    --------
    >>> series = np.zeros((4, 64, 2, 2), "float32")
    >>> series[:, 0], series[2:, 0, :, 0], series[2:, 1, :, 0] = 1, 0, 1
    >>> where = {"time": [2019, 2020, 2021, 2022], "y": [15.0, 5.0], "x": [5.0, 15.0]}
    >>> cube = xr.DataArray(series, where, ("time", "band", "y", "x")).rio.write_crs("EPSG:32633")
    >>> found = change_year(cube, threshold=0.1)
    >>> found["year"].values.tolist(), found["strength"].values.tolist()
    ([[2021.0, nan], [2021.0, nan]], [[1.0, 0.0], [1.0, 0.0]])
    """
    cube = require_years(cube, 3)
    if not 0 <= threshold <= 2:
        raise ValueError(f"the threshold is 1 − cosine, between 0 and 2; got {threshold}")
    grid = Grid.of(cube)
    years = cube["time"].to_numpy().astype(np.float32)
    if cube.chunks is None:
        found = _split([[cube.data]], years, threshold)
    else:
        found = da.blockwise(
            _split,
            "pyx",
            cube.data,
            "tbyx",
            years=years,
            threshold=threshold,
            new_axes={"p": len(_PARTS)},
            concatenate=False,  # blocks laid together whole would be in memory twice
            dtype=np.float32,
            meta=np.empty((0, 0, 0), np.float32),
        )
    places = {name: cube[name] for name in ("y", "x")}
    layers = {name: xr.DataArray(found[n], places, ("y", "x")) for n, name in enumerate(_PARTS)}
    dataset = xr.Dataset(layers).rio.write_crs(grid.crs).rio.write_transform(grid.transform)
    span = {"year_from": int(years[0]), "year_to": int(years[-1])}
    said = {
        "year": ("Year of change", "first year of the new state; no number where nothing changed"),
        "strength": ("Change (1 − cosine)", "1 − cosine between the mean embeddings before and after"),
        "explained": ("Explained by one step", "share of the series' scatter that one step takes away"),
    }
    for name, layer in dataset.data_vars.items():
        title, meaning = said[name]
        layer.attrs |= {**span, "long_name": title, "meaning": meaning, "threshold": float(threshold)}
        provenance.carry(layer, cube)
    dataset.attrs |= {**span, "threshold": float(threshold)}
    return provenance.carry(dataset, cube)


def _split(blocks: list, years: np.ndarray, threshold: float) -> np.ndarray:
    """Split the series of an area that comes as blocks, listed by years and then by bands."""
    height, width = blocks[0][0].shape[2:]
    depth = sum(len(row[0]) for row in blocks) * sum(block.shape[1] for block in blocks[0])
    found = np.empty((len(_PARTS), height, width), np.float32)
    step = max(1, _AT_ONCE // (depth * width))
    for top in range(0, height, step):
        rows = slice(top, min(top + step, height))
        strip = np.concatenate(
            [np.concatenate([block[:, :, rows] for block in row], axis=1) for row in blocks]
        )
        part = np.empty((len(_PARTS), strip.shape[2] * width), np.float32)
        stored = strip.dtype == np.int8
        strip = strip if stored else strip.astype(np.float32, copy=False)
        _best_splits(strip.reshape(*strip.shape[:2], -1), stored, part)
        found[:, rows] = part.reshape(len(_PARTS), -1, width)
    # From positions to years; a position is -1 where there are none.
    position = found[0].astype(np.int64)
    found[0] = np.where((found[1] > threshold) & (position >= 0), years[position], np.nan)
    return found


@_compiled
def _best_splits(series, stored, found):
    """Write for each pixel of (time, band, pixel) where its series splits best, how far, how well."""
    count, bands, pixels = series.shape
    u = np.empty((count, bands, _LANE), np.float32)
    scales = np.empty((count, _LANE), np.float32)
    before, after = np.empty((count, _LANE), np.float32), np.empty((count, _LANE), np.float32)
    total, running = np.empty(_LANE, np.float32), np.empty(_LANE, np.float32)
    for start in range(0, pixels, _LANE):
        n = min(_LANE, pixels - start)
        for t in range(count):
            _point(series[t, :, start : start + n], stored, u[t], scales[t])
        before[:], after[:] = 0, 0
        for b in range(bands):
            total[:], running[:] = 0, 0
            for t in range(count):
                for i in range(_LANE):
                    total[i] += u[t, b, i]
            # before[t], after[t]: squared lengths of the sums of years before t, and from t on.
            for t in range(count):
                for i in range(_LANE):
                    rest = total[i] - running[i]
                    before[t, i] += running[i] * running[i]
                    after[t, i] += rest * rest
                    running[i] += u[t, b, i]
        for i in range(n):
            found[:, start + i] = _choose(scales[:, i], before[:, i], after[:, i])


@_compiled
def _point(vectors, stored, u, scales):
    """Write the vectors of one year as directions; without data, as zeros, with a scale of 0."""
    bands, n = vectors.shape
    squares = np.zeros(len(scales), np.float32)
    for b in range(bands):
        for i in range(n):
            x = np.float32(vectors[b, i])
            if stored:
                # The scale of stored numbers falls out when the vector is brought to length 1.
                x = x * abs(x)
            u[b, i] = x
            squares[i] += x * x
    if stored:  # of floats, a missing band has made the sum missing already
        for b in range(bands):
            for i in range(n):
                squares[i] = np.float32(0) if vectors[b, i] == NODATA else squares[i]
    for i in range(len(squares)):
        scales[i] = 1 / np.sqrt(squares[i]) if squares[i] > 0 else np.float32(0)
    for b in range(bands):
        for i in range(n):
            u[b, i] = u[b, i] * scales[i] if scales[i] > 0 else np.float32(0)
        for i in range(n, len(squares)):
            u[b, i] = 0


@_compiled
def _choose(scales, before, after):
    """Return position, strength and explained share of one pixel's best split."""
    known, best, at = 0, -1.0, -1
    whole = after[0]
    for t in range(len(scales)):
        if scales[t] > 0:
            if known > 0:
                length = np.sqrt(before[t]) + np.sqrt(after[t])
                if length > best:
                    best, at = length, t
            known += 1
    if at < 0:
        return np.float32(-1), np.float32(np.nan), np.float32(np.nan)
    across = np.sqrt(before[at] * after[at])
    cosine = (whole - before[at] - after[at]) / 2 / across if across > 0 else 0.0
    strength = min(max(1 - cosine, 0.0), 2.0)
    scatter = known - np.sqrt(whole)
    # Below what single precision can tell, there is no scatter to explain.
    explained = 1 - (known - best) / scatter if scatter > 1e-5 * known else 0.0
    return np.float32(at), np.float32(strength), np.float32(min(max(explained, 0.0), 1.0))

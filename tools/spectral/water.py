"""Water in clustered scenes: which classes are water, told by their spectra and not by looking."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from tools import provenance

INDICES = {"mndwi": ("green", "swir16"), "ndwi": ("green", "nir")}
"""Bands whose normalised difference tells water: where the first reflects more than the second."""

_GLARE, _WHITE = 0.5, 0.75


def water_index(scene: xr.DataArray, index: str = "mndwi") -> xr.DataArray:
    """Return an index that is above 0 for water and below for most else.

    Parameters
    ----------
    scene : xarray.DataArray, dims (band, …)
        Reflectance, with bands named green, nir, swir16; NumPy or Dask.
    index : {"mndwi", "ndwi"}, optional
        Green against short-wave infrared (1.6 micrometres) [1]_, or against near infrared [2]_.

    Returns
    -------
    xarray.DataArray, without ``band``
        From -1 to 1 for reflectances of 0 and more; NaN without data, and where both bands are 0.

    Raises
    ------
    ValueError
        If there is no such index, or the scene lacks a band for it.

    References
    ----------
    .. [1] Xu, H. (2006), Modification of normalised difference water index (NDWI) to enhance open water
       features in remotely sensed imagery, International Journal of Remote Sensing 27(14), 3025–3033.
    .. [2] McFeeters, S. K. (1996), The use of the Normalized Difference Water Index (NDWI) in the delineation
       of open water features, International Journal of Remote Sensing 17(7), 1425–1432.

    Examples
    --------
    >>> lake_and_desert = xr.DataArray(
    ...     [[0.04, 0.14], [0.01, 0.22], [0.01, 0.26]], {"band": ["green", "nir", "swir16"]}, ("band", "x")
    ... )
    >>> water_index(lake_and_desert).round(2).values.tolist()
    [0.6, -0.3]
    """
    if index not in INDICES:
        raise ValueError(f"no index {index!r}; there are: {', '.join(INDICES)}")
    _has(scene, *INDICES[index])
    first, second = (scene.sel(band=name, drop=True) for name in INDICES[index])
    total = first + second
    result = ((first - second) / total.where(total != 0)).rename(index)
    result.attrs = dict(scene.attrs)
    return result


def otsu_threshold(values: xr.DataArray | np.ndarray, *, n_bins: int = 512) -> float:
    """Return the threshold that parts values into two groups as different as can be.

    Parameters
    ----------
    values : array
        NaN is left out.
    n_bins : int, optional
        How finely to look.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If there are not two different values.

    References
    ----------
    .. [1] Otsu, N. (1979), A threshold selection method from gray-level histograms, IEEE Transactions on
       Systems, Man, and Cybernetics 9(1), 62–66.

    Examples
    --------
    >>> 0.2 < otsu_threshold(np.array([0.1, 0.12, 0.15, 0.8, 0.85])) < 0.8
    True
    """
    known = np.asarray(values).ravel()
    known = known[np.isfinite(known)]
    if not known.size or known.min() == known.max():
        raise ValueError("a threshold needs at least two different values; there is only one, or none")
    counts, edges = np.histogram(known, n_bins)
    middles = (edges[1:] + edges[:-1]) / 2
    below = np.cumsum(counts)[:-1]
    above = known.size - below
    sums = np.cumsum(counts * middles)
    apart = sums[:-1] / np.maximum(below, 1) - (sums[-1] - sums[:-1]) / np.maximum(above, 1)
    between = below * above * apart**2.0
    # Between two groups far apart every threshold serves; the middle one is furthest from both.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    return float(edges[1:-1][[best[0], best[-1]]].mean())


def index_mask(scene: xr.DataArray, index: str = "mndwi", threshold: float | str = 0.0) -> xr.DataArray:
    """Return where an index says water.

    Parameters
    ----------
    scene : xarray.DataArray, dims (band, y, x)
        As for `water_index`.
    index : {"mndwi", "ndwi"}, optional
        Which.
    threshold : float or "otsu", optional
        Above it is water. 0 suits reflectance; where numbers were stretched, as in pictures, take `"otsu"`.

    Returns
    -------
    xarray.DataArray of float32, dims (y, x)
        1 is water, 0 is not, NaN is unknown.

    Examples
    --------
    >>> scene = xr.DataArray(
    ...     [[[0.04, 0.14, np.nan]], [[0.01, 0.26, np.nan]]],
    ...     {"band": ["green", "swir16"]},
    ...     ("band", "y", "x"),
    ... )
    >>> index_mask(scene).values.tolist()
    [[1.0, 0.0, nan]]
    """
    values = water_index(scene, index)
    limit = otsu_threshold(values) if threshold == "otsu" else float(threshold)
    mask = (values > limit).where(values.notnull()).astype(np.float32).rename("water")
    return mask.assign_attrs({**values.attrs, "threshold": limit})


def class_spectra(labels: xr.DataArray, scene: xr.DataArray, *, threshold: float = 0.0) -> pd.DataFrame:
    """Return what every class reflects on average, and whether that is water.

    Parameters
    ----------
    labels : xarray.DataArray of int, dims (y, x)
        One class a pixel; below 0 is none.
    scene : xarray.DataArray, dims (band, y, x)
        Reflectance of the same pixels, not standardised, with bands green, nir and swir16 among others.
    threshold : float, optional
        Above which the MNDWI of a class means water.

    Returns
    -------
    pandas.DataFrame
        One row a class, the index being its number: the mean of each band, ``mndwi`` and ``ndwi`` of those
        means, ``n_pixels``, and ``water``.

    Raises
    ------
    ValueError
        If the two do not lie on the same pixels, a band is missing, or no pixel has a class and data.

    Notes
    -----
    A class is water where the MNDWI of its mean spectrum exceeds the threshold, unless it is bright and white
    as cloud and snow are, whose MNDWI is above 0 as well: near infrared above half of the scene's brightest
    hundredth, and above three quarters of green. The latter rule is the course's own.

    Examples
    --------
    >>> scene = xr.DataArray(
    ...     [[[0.04, 0.14, 0.62]], [[0.01, 0.22, 0.65]], [[0.01, 0.26, 0.48]]],
    ...     {"band": ["green", "nir", "swir16"]},
    ...     ("band", "y", "x"),
    ... )
    >>> class_spectra(xr.DataArray([[2, 0, 1]], dims=("y", "x")), scene)["water"].to_dict()
    {0: False, 1: False, 2: True}
    """
    _has(scene, "green", "nir", "swir16")
    _same_pixels(labels, scene)
    numbers = np.asarray(labels.data)
    known = numbers >= 0
    known &= np.asarray(scene.notnull().all("band").data)
    if not known.any():
        raise ValueError("no pixel has both a class and data in all bands")
    classes, place = np.unique(numbers[known].astype(np.int64), return_inverse=True)
    count = np.bincount(place)
    means = {
        str(name): np.bincount(place, np.asarray(scene.isel(band=number).data, np.float64)[known]) / count
        for number, name in enumerate(scene["band"].values)
    }
    table = pd.DataFrame(means, index=pd.Index(classes, name="class"))
    for name, (first, second) in INDICES.items():
        total = table[first] + table[second]
        table[name] = (table[first] - table[second]) / total.where(total != 0)
    table["n_pixels"] = count
    bright = np.percentile(np.asarray(scene.sel(band="nir").data)[known], 99) * _GLARE
    white = (table["nir"] > bright) & (table["nir"] > _WHITE * table["green"])
    table["water"] = (table["mndwi"] > threshold) & ~white
    return provenance.carry(table, scene)


def water_class(labels: xr.DataArray, scene: xr.DataArray, *, threshold: float = 0.0) -> tuple[int, ...]:
    """Return which classes are water, by their spectra and without looking.

    Parameters
    ----------
    labels : xarray.DataArray of int, dims (y, x)
        One class a pixel; below 0 is none.
    scene : xarray.DataArray, dims (band, y, x)
        Reflectance of the same pixels, see `class_spectra`.
    threshold : float, optional
        Above which the MNDWI of a class means water.

    Returns
    -------
    tuple of int
        Their numbers: more than one where the shallows have a class of their own.

    Raises
    ------
    ValueError
        If none is; the message gives the MNDWI of each.

    Examples
    --------
    >>> scene = xr.DataArray(
    ...     [[[0.04, 0.14]], [[0.01, 0.22]], [[0.01, 0.26]]],
    ...     {"band": ["green", "nir", "swir16"]},
    ...     ("band", "y", "x"),
    ... )
    >>> water_class(xr.DataArray([[3, 0]], dims=("y", "x")), scene)
    (3,)
    """
    table = class_spectra(labels, scene, threshold=threshold)
    found = tuple(int(number) for number in table.index[table["water"]])
    if not found:
        said = ", ".join(f"{value:.2f} of class {number}" for number, value in table["mndwi"].items())
        raise ValueError(
            f"no class is water: none has an MNDWI above {threshold:g} without being white as cloud "
            f"({said}); is there water in the scene, and a class to spare for it?"
        )
    return found


def water_mask(labels: xr.DataArray, classes: int | Sequence[int]) -> xr.DataArray:
    """Return where labels are among the classes that are water.

    Parameters
    ----------
    labels : xarray.DataArray of int, dims (y, x)
        One class a pixel; below 0 is none.
    classes : int or sequence of int
        As `water_class` returns them.

    Returns
    -------
    xarray.DataArray of float32, dims (y, x)
        1 is water, 0 is not, NaN is unknown.

    Examples
    --------
    >>> water_mask(xr.DataArray([[2, 0, -1]], dims=("y", "x")), 2).values.tolist()
    [[1.0, 0.0, nan]]
    """
    mask = labels.isin(np.atleast_1d(classes)).where(labels >= 0).astype(np.float32)
    return mask.rename("water").assign_attrs(labels.attrs)


def _has(scene: xr.DataArray, *names: str) -> None:
    there = [str(name) for name in np.atleast_1d(scene["band"].values)] if "band" in scene.coords else []
    absent = [name for name in names if name not in there]
    if absent:
        raise ValueError(
            f"the scene lacks {' and '.join(absent)}; its bands are {', '.join(there) or 'not named'}: "
            "name them by what they see, as `scene.assign_coords(band=['blue', 'green', …])`"
        )


def _same_pixels(labels: xr.DataArray, scene: xr.DataArray) -> None:
    if labels.dims != ("y", "x") or scene.dims != ("band", "y", "x"):
        raise ValueError(
            f"expected labels (y, x) and a scene (band, y, x), got {labels.dims} and {scene.dims}"
        )
    if labels.shape != scene.shape[1:]:
        raise ValueError(f"labels of {labels.shape} pixels do not lie on a scene of {scene.shape[1:]}")
    for axis in ("x", "y"):
        if axis in labels.coords and axis in scene.coords and not np.allclose(labels[axis], scene[axis]):
            raise ValueError(f"labels and scene lie elsewhere: their {axis} differ; regrid one to the other")

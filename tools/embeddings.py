"""What an AlphaEarth embedding is: 64 numbers of unit length, stored as 64 small integers."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

Array = TypeVar("Array")

N_BANDS = 64
BANDS = tuple(f"A{number:02d}" for number in range(N_BANDS))
NODATA = -128

_SCALE = 127.5
_stored = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.float64)
# All 256 answers, so that dequantising costs one look-up a value.
_TABLE = (np.sign(_stored) * (_stored / _SCALE) ** 2).astype(np.float32)
_TABLE[np.int8(NODATA).view(np.uint8)] = np.nan


def band_names(suffix: str = "") -> list[str]:
    """Return the 64 band names, in order, each with `suffix` added.

    Parameters
    ----------
    suffix : str, optional
        For example ``"_mean"``, as in a table of areas.

    Returns
    -------
    list of str
        64 names.

    Examples
    --------
    >>> band_names("_mean")[:2]
    ['A00_mean', 'A01_mean']
    """
    return [band + suffix for band in BANDS]


def quantise(vectors: np.ndarray, axis: int = -1) -> np.ndarray:
    """Store embeddings as AlphaEarth's files do: one signed byte a number.

    The square root spends the 255 levels where the values are: near zero.

    Parameters
    ----------
    vectors : array of float, shape (..., 64)
        Embeddings; values outside [-1, 1] are clipped. A vector with a NaN in it is no data.
    axis : int, optional
        Where the 64 numbers lie: -1, or 0 for an image (64, y, x).

    Returns
    -------
    array of int8, same shape
        -127 to 127, and -128 in every band of a vector without data.

    Examples
    --------
    >>> quantise(np.array([[0.0, 0.25, -1.0], [np.nan, 0.5, 0.5]])).tolist()
    [[0, 64, -127], [-128, -128, -128]]

    References
    ----------
    .. [1] Brown et al. (2025), *AlphaEarth Foundations*, arXiv:2507.22291; Google Earth Engine catalogue,
       *Satellite Embedding V1*: the value is ``sign(q) (q / 127.5)²``, of which this is the inverse.
    """
    vectors = np.asarray(vectors)
    missing = np.isnan(vectors).any(axis=axis, keepdims=True)
    stored = np.sign(vectors) * np.sqrt(np.abs(vectors)) * _SCALE
    whole = np.rint(stored).clip(-127, 127)
    return np.where(missing, NODATA, whole).astype(np.int8)


def dequantise(stored: Array) -> Array:
    """Turn stored bytes back into embeddings: ``sign(q) (q / 127.5)²``.

    Parameters
    ----------
    stored : numpy or dask array of int8, any shape
        As read from the files.

    Returns
    -------
    array of float32, same kind and shape
        Values in [-1, 1]; NaN where the file holds -128.

    Raises
    ------
    TypeError
        If `stored` is not int8, and so has probably been dequantised before.

    Examples
    --------
    >>> dequantise(np.array([0, 64, -127, -128], dtype="int8"))
    array([ 0.        ,  0.25196463, -0.99217224,         nan], dtype=float32)
    """
    if getattr(stored, "dtype", None) != np.int8:
        found = getattr(stored, "dtype", type(stored).__name__)
        raise TypeError(f"expected stored embeddings (int8), got {found}: are they dequantised already?")
    if isinstance(stored, np.ndarray):
        return _TABLE[stored.view(np.uint8)]
    return stored.map_blocks(dequantise, dtype=np.float32, meta=np.empty((0,) * stored.ndim, np.float32))


def unit(vectors: Array, axis: int = -1) -> Array:
    """Scale vectors to length 1, as a mean of embeddings needs before it is one again.

    Parameters
    ----------
    vectors : numpy or dask array of float, shape (..., 64)
        Of any length. A vector of zeros has no direction and becomes NaN.
    axis : int, optional
        Where the 64 numbers lie.

    Returns
    -------
    array of float, same kind and shape

    Examples
    --------
    >>> unit(np.array([[3.0, 4.0]])).tolist()
    [[0.6, 0.8]]
    """
    length = _length(vectors, axis)
    return vectors / np.where(length == 0, np.nan, length)


def cosine_similarity(a: Array, b: Array, axis: int = -1) -> Array:
    """Return the cosine of the angle between vectors: 1 for the same direction, 0 for unrelated.

    Parameters
    ----------
    a, b : numpy or dask arrays of float, shapes (..., 64) that broadcast
        Two vectors, or many against one. They need not be of unit length.
    axis : int, optional
        Where the 64 numbers lie.

    Returns
    -------
    array of float, shape (...)
        In [-1, 1]; NaN where either vector is missing or zero.

    Examples
    --------
    >>> cosine_similarity(np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([3.0, 0.0])).tolist()
    [1.0, 0.0]
    """
    cosine = (unit(a, axis) * unit(b, axis)).sum(axis=axis)
    return np.clip(cosine, -1, 1)


def _length(vectors: Array, axis: int) -> Array:
    return np.sqrt((vectors**2).sum(axis=axis, keepdims=True))

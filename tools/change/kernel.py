"""Change of every pixel between two images of embeddings: one minus a cosine, from the stored bytes.

The compiled loops let other threads run, and write only into the arrays that they are given.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import float32, njit

from tools.embeddings import N_BANDS, NODATA

_TILE = 2048  # pixels: their sums, and four bands of two images, stay in a core's own cache
_PIECE = 2**18  # pixels that a thread takes at a time
_UNIT = np.float32(127.5**4)  # what a cosine of 1 is in stored units, since each band is ``(q / 127.5)²``

# A product may flow into a sum unrounded, which is faster and more exact; NaN keeps its meaning.
_compiled = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "nsz"})


def change_kernel(
    a: np.ndarray, b: np.ndarray, *, normalise: bool = True, threads: int | None = None
) -> np.ndarray:
    """Return how much every pixel changed: 1 − cosine of its two vectors, worked out from stored bytes.

    Parameters
    ----------
    a, b : arrays of int8, shape (64, ...)
        Stored embeddings of one place in two years. Arrays of float hold dequantised ones, with NaN for
        no data.
    normalise : bool, optional
        Divide by the vectors' lengths, which storing in bytes moves away from 1 by up to 0.008. Without it
        the result is 1 − dot product, as is often published; a pixel that stayed the same is then off by up
        to 0.016 to either side of 0, instead of being 0.
    threads : int, optional
        How many to work with; all cores where not given. Blocks of a lazy array need one each.

    Returns
    -------
    array of float32, shape (...)
        0 for the same direction, 1 for nothing in common, 2 for opposite directions. NaN where a band of
        either holds -128, or where a vector of zeros has no direction.

    Raises
    ------
    ValueError
        If the shapes differ, or are not of 64 bands.
    TypeError
        If one is stored and the other dequantised, or neither is.

    Examples
    --------
    >>> before = np.full((64, 1, 3), 16, np.int8)
    >>> after = before.copy()
    >>> after[:32, 0, 1], after[:, 0, 2] = -16, -128
    >>> change_kernel(before, after)
    array([[ 0.,  1., nan]], dtype=float32)

    Notes
    -----
    A stored byte ``q`` means ``q |q| / 127.5²``, and a cosine is the same in any unit, so the bytes are never
    dequantised. In stored units no term exceeds 128⁴ = 2.7 · 10⁸, no sum of 64 terms 1.8 · 10¹⁰, and the
    product of two sums 3 · 10²⁰. All fit float32, which a sum of int32 would not: 8 terms fill it. Each of
    the 64 additions rounds by at most 2⁻²⁴ of the sum of magnitudes, and that is at most the product of the
    lengths; so the result is within 64 · 2⁻²⁴ = 4 · 10⁻⁶ of the exact one, for bytes of any kind. Equal
    vectors give exactly 0, because their three sums are one number, and the root of its square is itself.
    """
    a, b = np.asarray(a), np.asarray(b)
    _check(a, b)
    shape = a.shape[1:]
    if not shape:
        a, b = a[:, np.newaxis], b[:, np.newaxis]
    change = np.empty(a.shape[1:], np.float32)
    length = max(1, _PIECE // max(1, math.prod(a.shape[2:])))
    pieces = [slice(start, start + length) for start in range(0, len(change), length)]
    compare = _compare_bytes if a.dtype == np.int8 else _compare_floats

    def work(piece: slice) -> None:
        # Of a crop, whose rows lie apart in memory, this copies a piece; of anything else, nothing.
        flat_a, flat_b = (image[:, piece].reshape(N_BANDS, change[piece].size) for image in (a, b))
        compare(flat_a, flat_b, normalise, change[piece].reshape(-1))

    threads = min(threads or os.cpu_count() or 1, len(pieces))
    if threads <= 1:
        for piece in pieces:
            work(piece)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, pieces))
    return change.reshape(shape)


def _check(a: np.ndarray, b: np.ndarray) -> None:
    if a.shape != b.shape or a.ndim == 0 or len(a) != N_BANDS:
        raise ValueError(f"expected two arrays of one shape (64, ...), got {a.shape} and {b.shape}")
    stored = [image.dtype == np.int8 for image in (a, b)]
    if not all(stored) and (any(stored) or not all(image.dtype.kind == "f" for image in (a, b))):
        raise TypeError(
            f"expected stored embeddings (int8) twice, or dequantised ones (float) twice, "
            f"got {a.dtype} and {b.dtype}"
        )


def _compare_floats(a: np.ndarray, b: np.ndarray, normalise: bool, change: np.ndarray) -> None:
    dot = np.einsum("bp,bp->p", a, b)
    if not normalise:
        change[:] = 1 - dot
        return
    lengths = np.einsum("bp,bp->p", a, a) * np.einsum("bp,bp->p", b, b)
    with np.errstate(invalid="ignore"):
        change[:] = np.maximum(1 - dot / np.sqrt(lengths), 0)


@_compiled
def _compare_bytes(a, b, normalise, change):
    """Write the change of every column of `a` and `b`, both (64, pixels), into `change`."""
    sums = np.empty((3, _TILE), np.float32)
    lows = np.empty(_TILE, np.int8)
    for start in range(0, len(change), _TILE):
        stop = min(start + _TILE, len(change))
        width = stop - start
        dot, square_a, square_b, low = sums[0, :width], sums[1, :width], sums[2, :width], lows[:width]
        dot[:], square_a[:], square_b[:], low[:] = 0, 0, 0, 0
        for band in range(0, N_BANDS, 4):
            _add_four_bands(
                a[band, start:stop],
                a[band + 1, start:stop],
                a[band + 2, start:stop],
                a[band + 3, start:stop],
                b[band, start:stop],
                b[band + 1, start:stop],
                b[band + 2, start:stop],
                b[band + 3, start:stop],
                dot,
                square_a,
                square_b,
                low,
            )
        for p in range(width):
            if low[p] == NODATA:
                change[start + p] = np.nan
            elif normalise:
                # Rounding must not make a change of less than nothing.
                change[start + p] = max(float32(1) - dot[p] / np.sqrt(square_a[p] * square_b[p]), float32(0))
            else:
                change[start + p] = float32(1) - dot[p] / _UNIT


@_compiled
def _add_four_bands(a0, a1, a2, a3, b0, b1, b2, b3, dot, square_a, square_b, low):
    """Add four bands to the sums of each pixel, and keep the least byte met."""
    # Four at once, since the sums then go through memory a quarter as often; eight gain no more.
    for p in range(len(dot)):
        x0, x1, x2, x3 = _spread(a0[p]), _spread(a1[p]), _spread(a2[p]), _spread(a3[p])
        y0, y1, y2, y3 = _spread(b0[p]), _spread(b1[p]), _spread(b2[p]), _spread(b3[p])
        dot[p] += x0 * y0 + x1 * y1 + x2 * y2 + x3 * y3
        square_a[p] += x0 * x0 + x1 * x1 + x2 * x2 + x3 * x3
        square_b[p] += y0 * y0 + y1 * y1 + y2 * y2 + y3 * y3
    # By itself, because bytes are compared 32 at a time where floats are added 8 at a time.
    for p in range(len(low)):
        low[p] = min(low[p], a0[p], a1[p], a2[p], a3[p], b0[p], b1[p], b2[p], b3[p])


@_compiled
def _spread(stored):
    """Undo the root that a band was stored by, in stored units."""
    value = float32(stored)
    return value * abs(value)

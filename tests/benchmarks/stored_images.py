"""Two years of one place as stored bytes, in any size: what the benchmarks of change are measured on."""

from __future__ import annotations

import time

import numpy as np
from numba import njit

from tests.benchmarks.vectors import embedding_like
from tools.embeddings import N_BANDS, NODATA, quantise

_PATCH = 20  # pixels a side that share a vector, as fields and blocks of houses do
_GRAIN = 3  # stored units by which a pixel differs from its patch, in each year anew


def two_years(height: int, width: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return two images, int8 (64, height, width): a tenth of the patches changed, and a hole in both."""
    rng = np.random.default_rng(seed)
    rows, columns = -(-height // _PATCH), -(-width // _PATCH)
    before = _patches(rows, columns, seed)
    changed = rng.random((rows, columns)) < 0.1
    after = np.where(changed, _patches(rows, columns, seed + 1), before)
    return tuple(_grained(patches, height, width, rng) for patches in (before, after))


def _patches(rows: int, columns: int, seed: int) -> np.ndarray:
    vectors = embedding_like(rows * columns, seed).T.reshape(N_BANDS, rows, columns)
    return quantise(vectors, axis=0).clip(-127 + _GRAIN, 127 - _GRAIN)


def _grained(patches: np.ndarray, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    image = np.empty((N_BANDS, height, width), np.int8)
    for band, patch in zip(image, patches, strict=True):
        band[:] = patch.repeat(_PATCH, axis=0)[:height].repeat(_PATCH, axis=1)[:, :width]
        band += rng.integers(-_GRAIN, _GRAIN + 1, band.shape, dtype=np.int8)
    image[:, : height // 20, : width // 20] = NODATA
    return image


def bandwidth(*arrays: np.ndarray, rounds: int = 5) -> float:
    """Return how many bytes a second one thread reads when it does nothing but add them up."""
    views = [array.reshape(-1)[: array.size // 8 * 8].view(np.int64) for array in arrays]
    _add_up(views[0][:8])
    best = np.inf
    for _ in range(rounds):
        start = time.perf_counter()
        for view in views:
            _add_up(view)
        best = min(best, time.perf_counter() - start)
    return sum(view.nbytes for view in views) / best


@njit(nogil=True, cache=True)
def _add_up(values):
    total = 0
    for value in values:
        total += value
    return total

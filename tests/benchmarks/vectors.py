"""Vectors like AlphaEarth's, in any number: what the large benchmarks are measured on."""

from __future__ import annotations

import numpy as np

from tools.embeddings import N_BANDS, dequantise, quantise


def embedding_like(n_rows: int, seed: int = 0) -> np.ndarray:
    """Return unit vectors whose shape is that of real embeddings, stored as bytes and read back.

    Every row is a mixture of a few pure materials, as a pixel is: mostly of one, seldom of one alone. So
    clusters shade into each other. With the seed 0 the silhouette of k-means is 0.24 to 0.31 for 3 to 8
    clusters, and the mean vector's length is 0.87; a real tile of forest and clearings has 0.26 to 0.29,
    and 0.82.
    """
    rng = np.random.default_rng(seed)
    everywhere = rng.normal(size=N_BANDS)
    everywhere /= np.linalg.norm(everywhere)
    materials = rng.normal(size=(7, N_BANDS)) / np.sqrt(N_BANDS)
    share = rng.dirichlet(np.full(7, 3.0)) * 1.7
    texture = 0.05 * rng.normal(size=(16, N_BANDS)) / np.sqrt(N_BANDS)
    rows = np.empty((n_rows, N_BANDS), np.float32)
    for first in range(0, n_rows, 50_000):
        part = rows[first : first + 50_000]
        mixture = rng.dirichlet(share, size=len(part))
        vectors = everywhere + mixture @ materials + rng.normal(size=(len(part), 16)) @ texture
        vectors += 0.15 / np.sqrt(N_BANDS) * rng.normal(size=vectors.shape)
        part[:] = dequantise(quantise(vectors / np.linalg.norm(vectors, axis=1, keepdims=True)))
    return rows

"""The dominant cluster of each tile's patches: k-means by what the patches have in common, all pairs at once.

A tile has few patches (196) of many numbers (768). K-means needs nothing of them but their inner products:
these are worked out once a tile, and every start and every round then costs additions in a table of 196 by
196 instead of distances in 768 dimensions.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

N_CLUSTERS = 3
"""Of the published way's three to four: with fewer, more of a tile is left to speak for it."""
N_STARTS = 10
_CHUNK = 16
"""Tiles whose tables of inner products are in memory at once."""

_compiled = njit(nogil=True, cache=True)


def dominant_cluster(
    patches: NDArray[np.floating],
    *,
    n_clusters: int = N_CLUSTERS,
    n_starts: int = N_STARTS,
    random_state: int = 0,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int8]]:
    """Cluster the patches of each tile, and return the mean of its largest cluster.

    Parameters
    ----------
    patches : array of float, shape (n_tiles, n_patches, n_dimensions)
        Embeddings; all finite.
    n_clusters : int, optional
        Into how many clusters a tile's patches are parted. The published way takes "3-4" and does not say
        which when; here it is 3 for every tile, so that shares can be compared between tiles.
    n_starts : int, optional
        How often k-means starts, each time from patches drawn by k-means++ [1]_; the start that ends with the
        smallest squared distances counts.
    random_state : int, optional
        Seed. Each tile is clustered with the same numbers whatever the batch it comes in.

    Returns
    -------
    vectors : array of float32, shape (n_tiles, n_dimensions)
        Mean of the patches of the largest cluster; of clusters of one size, the tightest.
    share : array of float32, shape (n_tiles,)
        Which share of the tile's patches that is.
    labels : array of int8, shape (n_tiles, n_patches)
        Cluster of each patch, 0 for the largest, and so on down.

    Raises
    ------
    ValueError
        If the array has another shape or a number that is not finite, or there are more clusters than
        patches.

    Notes
    -----
    Lloyd's algorithm, written in inner products [2]_: the squared distance of patch i to the mean of cluster
    C is ``G[i, i] - 2 mean(G[i, C]) + mean(G[C, C])``. A tile of one kind has no clusters; its patches are
    parted all the same, and the largest part has little more than its fair share.

    References
    ----------
    .. [1] Arthur, D. and Vassilvitskii, S. (2007). k-means++: the advantages of careful seeding. SODA.
    .. [2] Dhillon, I., Guan, Y. and Kulis, B. (2004). Kernel k-means, spectral clustering and normalized
       cuts. KDD.

    Examples
    --------
    >>> town, park = np.tile([1.0, 0.0], (9, 1)), np.tile([0.0, 1.0], (5, 1))
    >>> vectors, share, labels = dominant_cluster(np.vstack([park, town])[None], n_clusters=2)
    >>> vectors.tolist(), round(float(share[0]), 3), labels[0].tolist()
    ([[1.0, 0.0]], 0.643, [1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    """
    patches = np.asarray(patches)
    if patches.ndim != 3:
        raise ValueError(f"expected patches of shape (tiles, patches, dimensions), got {patches.shape}")
    n_tiles, n_patches, n_dimensions = patches.shape
    if not 1 <= n_clusters <= n_patches:
        raise ValueError(f"n_clusters={n_clusters}: a tile of {n_patches} patches has 1 to {n_patches}")
    if n_starts < 1:
        raise ValueError(f"n_starts={n_starts}: it takes at least one")
    vectors = np.empty((n_tiles, n_dimensions), np.float32)
    share = np.empty(n_tiles, np.float32)
    labels = np.empty((n_tiles, n_patches), np.int8)
    for first in range(0, n_tiles, _CHUNK):
        chunk = slice(first, first + _CHUNK)
        # Centred, so that what all patches share does not use up the digits of a float32.
        centred = patches[chunk] - patches[chunk].mean(axis=1, keepdims=True)
        gram = np.matmul(centred, centred.swapaxes(1, 2))
        for number, table in enumerate(gram, first):
            if not np.isfinite(np.diagonal(table)).all():
                raise ValueError(f"tile number {number} has patches with numbers that are not finite")
            labels[number] = _cluster(table, n_clusters, n_starts, np.uint64(random_state))
            largest = labels[number] == 0
            share[number] = largest.mean()
            vectors[number] = patches[number][largest].mean(axis=0)
    return vectors, share, labels


@_compiled
def _cluster(gram, k, n_starts, seed):
    """Return the labels of the best of some starts, in order of size."""
    n = len(gram)
    labels, best_labels = np.empty(n, np.int64), np.zeros(n, np.int64)
    sums, counts, squares = np.empty((k, n)), np.empty(k, np.int64), np.empty(k)
    best = -np.inf
    state = seed
    for _ in range(n_starts):
        state = _seeds(gram, k, state, labels)
        _sums(gram, labels, sums, counts)
        _lloyd(gram, labels, sums, counts, squares)
        # The total is the same for all starts: what lies between clusters is what is not within them.
        between = 0.0
        for c in range(k):
            if counts[c] > 0:
                between += squares[c] / counts[c]
        if between > best * (1 + 1e-9) or best == -np.inf:
            best = between
            best_labels[:] = labels
    _sums(gram, best_labels, sums, counts)
    _squares(best_labels, sums, squares)
    return _by_size(gram, best_labels, counts, squares)


@_compiled
def _seeds(gram, k, state, labels):
    """Draw `k` patches by k-means++, and label every patch by the nearest of them."""
    n = len(gram)
    nearest = np.full(n, np.inf)
    labels[:] = 0
    for c in range(k):
        state, draw = _uniform(state)
        total = nearest.sum() if c > 0 else 0.0
        chosen = min(int(draw * n), n - 1)
        if c > 0 and total > 0:
            goal, passed = draw * total, 0.0
            for i in range(n):
                passed += nearest[i]
                if passed > goal:
                    chosen = i
                    break
        for i in range(n):
            distance = max(gram[i, i] + gram[chosen, chosen] - 2 * gram[i, chosen], 0.0)
            if distance < nearest[i]:
                nearest[i] = distance
                labels[i] = c
    return state


@_compiled
def _sums(gram, labels, sums, counts):
    """Add up, for each cluster, the rows of its patches."""
    sums[:] = 0
    counts[:] = 0
    for i in range(len(labels)):
        counts[labels[i]] += 1
        for j in range(len(labels)):
            sums[labels[i], j] += gram[i, j]


@_compiled
def _squares(labels, sums, squares):
    """Return the sum of all inner products within each cluster."""
    squares[:] = 0
    for i in range(len(labels)):
        squares[labels[i]] += sums[labels[i], i]


@_compiled
def _lloyd(gram, labels, sums, counts, squares):
    """Give every patch to the nearest mean, until none moves."""
    n, k = len(labels), len(counts)
    new = np.empty(n, np.int64)
    for _ in range(300):
        _squares(labels, sums, squares)
        moved = 0
        for i in range(n):
            new[i], lowest = labels[i], np.inf
            for c in range(k):
                if counts[c] > 0:
                    distance = squares[c] / counts[c] / counts[c] - 2 * sums[c, i] / counts[c]
                    # A patch stays where it is unless another mean is nearer by more than rounding.
                    if distance < lowest - 1e-9 * gram[i, i] or (
                        c == labels[i] and distance <= lowest + 1e-9 * gram[i, i]
                    ):
                        new[i], lowest = c, distance
        for i in range(n):
            if new[i] != labels[i]:
                moved += 1
                _move(gram, i, labels[i], new[i], sums, counts)
                labels[i] = new[i]
        if moved == 0:
            return


@_compiled
def _move(gram, i, old, new, sums, counts):
    counts[old] -= 1
    counts[new] += 1
    for j in range(len(gram)):
        sums[old, j] -= gram[i, j]
        sums[new, j] += gram[i, j]


@_compiled
def _by_size(gram, labels, counts, squares):
    """Number clusters from the largest down; of one size, the tighter first."""
    k = len(counts)
    loose = np.zeros(k)
    for i in range(len(labels)):
        loose[labels[i]] += gram[i, i]
    for c in range(k):
        if counts[c] > 0:
            loose[c] -= squares[c] / counts[c]
    place = np.zeros(k, np.int64)
    for a in range(k):
        for b in range(k):
            if counts[b] > counts[a] or (
                counts[b] == counts[a] and (loose[b] < loose[a] or (loose[b] == loose[a] and b < a))
            ):
                place[a] += 1
    ordered = np.empty(len(labels), np.int8)
    for i in range(len(labels)):
        ordered[i] = place[labels[i]]
    return ordered


@_compiled
def _uniform(state):
    """Return the next state, and a number from 0 to 1 that it stands for (SplitMix64; Steele et al. 2014)."""
    state = state + np.uint64(0x9E3779B97F4A7C15)
    mixed = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed = mixed ^ (mixed >> np.uint64(31))
    return state, (mixed >> np.uint64(11)) * (1.0 / 9007199254740992.0)

"""How good a partition is, by the exact measure that spectral clustering looks for."""

from __future__ import annotations

import numpy as np

ROWS_AT_A_TIME = 1_000


def normalised_cut(X, labels, gamma: float | None = None, *, sample_size: int = 6_000, random_state: int = 0):
    """Return the normalised cut of a partition, by exact similarities on a random subset of the rows.

    For each cluster: of all similarity that its rows have to any row, the share that goes to other clusters.
    The normalised cut is the sum of these shares.

    Parameters
    ----------
    X : array of float, shape (n_samples, n_features)
        The rows; those with a missing value do not count.
    labels : array of int, shape (n_samples,)
        Their clusters; rows below 0 are in none, and do not count.
    gamma : float, optional
        Similarity is ``exp(-gamma * squared distance)``; 1 / n_features where not given.
    sample_size : int, optional
        On how many rows at most. Time and memory for similarities grow with its square.
    random_state : int, optional
        Seed of the subset; with one seed, partitions of the same rows are measured on the same subset.

    Returns
    -------
    float
        From 0, nothing is cut, to the number of clusters. Compare it only between partitions into equally
        many clusters.

    Raises
    ------
    ValueError
        If rows and labels do not match, or if no row counts.

    Notes
    -----
    J. Shi and J. Malik (2000), *Normalized cuts and image segmentation*, IEEE Transactions on Pattern
    Analysis and Machine Intelligence 22(8), for any number of clusters. A row's similarity to itself counts.

    Examples
    --------
    >>> rows = np.array([[0.0], [0.1], [5.0], [5.1]])
    >>> round(normalised_cut(rows, np.array([0, 0, 1, 1])), 3)
    0.0
    >>> round(normalised_cut(rows, np.array([0, 1, 0, 1])), 3)
    0.995
    """
    X, labels = np.asarray(X), np.asarray(labels)
    if X.ndim != 2 or labels.shape != X.shape[:1]:
        raise ValueError(
            f"expected rows (n_samples, n_features) and a label each, got {X.shape} and {labels.shape}"
        )
    drawn = np.random.default_rng(random_state).permutation(len(X))
    # Drawn before anything is left out, so that all partitions of the rows meet the same ones.
    drawn = drawn[~np.isnan(X[drawn]).any(axis=1)]
    drawn = drawn[:sample_size]
    drawn = drawn[labels[drawn] >= 0]
    if len(drawn) == 0:
        raise ValueError("no row has both a label and no missing value: there is nothing to measure")
    rows, clusters = X[drawn].astype(np.float64), np.unique(labels[drawn], return_inverse=True)[1]
    rows = rows - rows.mean(axis=0)
    gamma = 1 / X.shape[1] if gamma is None else gamma
    member = np.eye(clusters.max() + 1)[clusters]
    lengths = (rows**2).sum(axis=1)
    between = np.zeros((member.shape[1], member.shape[1]))
    for first in range(0, len(rows), ROWS_AT_A_TIME):
        part = slice(first, first + ROWS_AT_A_TIME)
        squared = lengths[part, np.newaxis] + lengths - 2 * rows[part] @ rows.T
        between += member[part].T @ (np.exp(-gamma * np.maximum(squared, 0)) @ member)
    return float(len(between) - (between.diagonal() / between.sum(axis=1)).sum())

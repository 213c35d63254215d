"""Nearest neighbours without approximation: every row compared with every other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from numbers import Integral

import numpy as np
from joblib import cpu_count


def exact_neighbours(
    vectors: np.ndarray, *, k: int = 10, groups: np.ndarray | None = None, block: int = 512
) -> tuple[np.ndarray, np.ndarray]:
    """Find the rows most like each row by comparing it with every other.

    Parameters
    ----------
    vectors : array of numbers, shape (n, n_dimensions)
        Rows of any length but nought; compared in float32 by cosine.
    k : int, default 10
        How many neighbours.
    groups : array, shape (n,), optional
        For example each tile's city. If given, rows of the row's own group are passed over.
    block : int, default 512
        How many rows are compared at a time; memory grows with ``block * n``.

    Returns
    -------
    neighbours : array of int32, shape (n, k)
        Row numbers, the most alike first, equals by number; never the row itself.
    scores : array of float32, shape (n, k)
        Cosine similarity, −1 to 1.

    Raises
    ------
    ValueError
        If values are missing, a row is all zeros, or a row has fewer than `k` others to choose from.

    Examples
    --------
    >>> vectors = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]])
    >>> exact_neighbours(vectors, k=1)[0].ravel().tolist()
    [1, 0, 3, 2]
    >>> exact_neighbours(vectors, k=1, groups=np.array([0, 0, 1, 1]))[0].ravel().tolist()
    [3, 3, 1, 1]
    """
    if block < 1:
        raise ValueError(f"block={block}: expected a row or more at a time")
    rows = unit_rows(vectors)
    codes = None if groups is None else group_codes(groups, len(rows))
    _check_enough(len(rows), k, codes)
    neighbours = np.empty((len(rows), k), np.int32)
    scores = np.empty((len(rows), k), np.float32)

    def choose(first: int, likeness: np.ndarray, part: slice) -> None:
        here = slice(first + part.start, first + part.stop)
        neighbours[here], scores[here] = _largest(likeness[part], k)

    with ThreadPoolExecutor(cpu_count()) as pool:
        for first, last in pairwise([*range(0, len(rows), block), len(rows)]):
            likeness = rows[first:last] @ rows.T
            numbers = np.arange(first, last)
            likeness[numbers - first, numbers] = -np.inf
            if codes is not None:
                likeness[codes[numbers, None] == codes] = -np.inf
            parts = [slice(*ends) for ends in pairwise([*range(0, last - first, 64), last - first])]
            list(pool.map(choose, [first] * len(parts), [likeness] * len(parts), parts))
    return neighbours, np.clip(scores, -1, 1)


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """Return rows scaled to a length of one, in float32.

    Parameters
    ----------
    vectors : array of numbers, shape (n, n_dimensions)
        Rows of any length but nought.

    Returns
    -------
    array of float32, shape (n, n_dimensions)

    Raises
    ------
    ValueError
        If it is no such table, values are missing, or a row is all zeros.

    Examples
    --------
    >>> unit_rows(np.array([[3.0, 4.0]])).round(2).tolist()
    [[0.6000000238418579, 0.800000011920929]]
    """
    rows = np.array(vectors, dtype=np.float32, order="C")
    if rows.ndim != 2 or not rows.size:
        raise ValueError(f"vectors have shape {rows.shape}: expected rows by dimensions")
    lengths = np.linalg.norm(rows, axis=1)
    wrong = np.flatnonzero(~np.isfinite(lengths) | (lengths == 0))
    if len(wrong):
        raise ValueError(
            f"{len(wrong):,} of {len(rows):,} vectors, first number {wrong[0]}, have missing values or are "
            "all zeros, and so have no direction to compare: drop them first"
        )
    rows /= lengths[:, None]
    return rows


def _largest(likeness: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns of the `k` largest values of each row, and these, largest first and equals by column."""
    size = likeness.shape[1]
    chosen = np.sort(np.argpartition(likeness, size - k, axis=1)[:, size - k :], axis=1)
    scores = np.take_along_axis(likeness, chosen, axis=1)
    order = np.argsort(-scores, axis=1, kind="stable")
    return np.take_along_axis(chosen, order, axis=1), np.take_along_axis(scores, order, axis=1)


def _check_enough(n_rows: int, k: int, codes: np.ndarray | None) -> None:
    if not isinstance(k, Integral) or k < 1:
        raise ValueError(f"k={k!r}: expected a whole number, 1 or more")
    others = n_rows - (1 if codes is None else int(np.bincount(codes).max()))
    if others < k:
        where = "" if codes is None else " outside the largest group"
        raise ValueError(f"k={k}: there are only {others} others{where}; ask for fewer neighbours")


def group_codes(labels: np.ndarray, n_rows: int) -> np.ndarray:
    """Return labels as numbers from 0 without gaps, in the order of the labels.

    Parameters
    ----------
    labels : array, shape (n_rows,)
        Of any type that can be sorted.
    n_rows : int
        How many there must be.

    Returns
    -------
    array of int32, shape (n_rows,)

    Raises
    ------
    ValueError
        If there are more or fewer.

    Examples
    --------
    >>> group_codes(np.array(["port", "park", "port"]), 3).tolist()
    [1, 0, 1]
    """
    labels = np.asarray(labels)
    if labels.shape != (n_rows,):
        raise ValueError(f"labels or groups have shape {labels.shape}: expected one a row, ({n_rows},)")
    return np.unique(labels, return_inverse=True)[1].astype(np.int32)

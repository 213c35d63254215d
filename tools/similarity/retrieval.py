"""Nearest neighbours without approximation, and how to judge neighbours, whoever found them."""

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
    rows = unit_rows(vectors)
    codes = None if groups is None else _codes(groups, len(rows))
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


def precision_at_k(neighbours: np.ndarray, labels: np.ndarray, k: int | None = None) -> float:
    """Return which share of rows' first `k` neighbours bear the row's own label.

    Parameters
    ----------
    neighbours : array of int, shape (n, at least k)
        Row numbers, the nearest first; −1 where none was found, which counts as a miss.
    labels : array, shape (n,)
        What a row is, for example the urban form of a tile.
    k : int, optional
        How many neighbours count; by default all.

    Returns
    -------
    float
        0 to 1, the mean over all rows.

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or there are not `k` neighbours.

    See Also
    --------
    chance_precision : what neighbours drawn by lot would reach.

    Examples
    --------
    >>> neighbours = np.array([[1, 2], [0, 2], [0, 1]])
    >>> precision_at_k(neighbours, np.array(["park", "park", "port"]), k=1)
    0.6666666666666666
    """
    return float(_same(neighbours, labels, k).mean())


def chance_precision(labels: np.ndarray) -> float:
    """Return which share of neighbours would bear the row's own label if they were drawn by lot.

    Parameters
    ----------
    labels : array, shape (n,)
        What a row is; at least two rows.

    Returns
    -------
    float
        0 to 1, the mean over all rows.

    Examples
    --------
    >>> chance_precision(np.array(["park", "park", "port"]))
    0.3333333333333333
    """
    counts = np.bincount(_codes(labels, len(labels)))
    return float((counts * (counts - 1)).sum() / (len(labels) * (len(labels) - 1)))


def same_group_share(neighbours: np.ndarray, groups: np.ndarray) -> float:
    """Return which share of all neighbours are of the row's own group.

    Parameters
    ----------
    neighbours : array of int, shape (n, k)
        Row numbers; −1 where none was found, which counts as another group.
    groups : array, shape (n,)
        For example each tile's city.

    Returns
    -------
    float
        0 to 1, the mean over all rows.

    Raises
    ------
    ValueError
        If the shapes do not fit each other.

    Examples
    --------
    >>> same_group_share(np.array([[1, 2], [0, 2], [0, 1]]), np.array([7, 7, 8]))
    0.3333333333333333
    """
    return float(_same(neighbours, groups, None).mean())


def groups_reached(neighbours: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Count the groups that each row's neighbours come from.

    Parameters
    ----------
    neighbours : array of int, shape (n, k)
        Row numbers; −1 where none was found, which is not counted.
    groups : array, shape (n,)
        For example each tile's city.

    Returns
    -------
    array of int64, shape (n,)
        How many different groups there are among the neighbours, the row's own among them.

    Raises
    ------
    ValueError
        If the shapes do not fit each other.

    Examples
    --------
    >>> groups_reached(np.array([[1, 2], [0, 2], [0, 1]]), np.array([7, 7, 8])).tolist()
    [2, 2, 1]
    """
    neighbours, codes = _checked(neighbours, groups, None)
    found = np.sort(np.where(neighbours >= 0, codes[neighbours], -1), axis=1)
    begins = np.diff(found, axis=1, prepend=-2) != 0
    return (begins & (found >= 0)).sum(axis=1)


def recall_at_k(found: np.ndarray, exact: np.ndarray) -> float:
    """Return which share of the true neighbours were found, in whatever order.

    Parameters
    ----------
    found : array of int, shape (n, k)
        Row numbers or other names, none of them twice in a row; −1 where nothing was found.
    exact : array of int, shape (n, k)
        The true neighbours, under the same names.

    Returns
    -------
    float
        0 to 1, the mean over all rows.

    Raises
    ------
    ValueError
        If the two do not have one shape.

    Examples
    --------
    >>> recall_at_k(np.array([[3, 1], [0, 5]]), np.array([[1, 3], [0, 2]]))
    0.75
    """
    found, exact = np.asarray(found), np.asarray(exact)
    if found.ndim != 2 or found.shape != exact.shape or not found.size:
        raise ValueError(f"found has shape {found.shape}, exact {exact.shape}: expected the same two, (n, k)")
    hits = sum(
        int((found[part, :, None] == exact[part, None, :]).sum())
        for part in (slice(*ends) for ends in pairwise([*range(0, len(found), 4_096), len(found)]))
    )
    return hits / exact.size


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


def _codes(labels: np.ndarray, n_rows: int) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.shape != (n_rows,):
        raise ValueError(f"labels or groups have shape {labels.shape}: expected one a row, ({n_rows},)")
    return np.unique(labels, return_inverse=True)[1].astype(np.int32)


def _checked(neighbours: np.ndarray, labels: np.ndarray, k: int | None) -> tuple[np.ndarray, np.ndarray]:
    neighbours = np.asarray(neighbours)
    if neighbours.ndim != 2 or not neighbours.size or neighbours.dtype.kind not in "iu":
        raise ValueError(
            f"neighbours are {neighbours.dtype} of shape {neighbours.shape}: expected row numbers, (n, k)"
        )
    codes = _codes(labels, len(neighbours))
    if neighbours.max() >= len(codes) or neighbours.min() < -1:
        raise ValueError(f"neighbours must be row numbers below {len(codes)}, or −1 where there is none")
    if k is not None and not 1 <= k <= neighbours.shape[1]:
        raise ValueError(f"k={k}: there are {neighbours.shape[1]} neighbours a row")
    return neighbours[:, :k], codes


def _same(neighbours: np.ndarray, labels: np.ndarray, k: int | None) -> np.ndarray:
    neighbours, codes = _checked(neighbours, labels, k)
    return (codes[neighbours] == codes[:, None]) & (neighbours >= 0)

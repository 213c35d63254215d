"""How to judge neighbours, whoever found them: are they alike, from afar, and the ones there really are?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from tools.similarity.retrieval import group_codes


def hits_at_k(neighbours: np.ndarray, labels: np.ndarray, k: int | None = None) -> np.ndarray:
    """Return, for each row, which share of its first `k` neighbours bear its own label.

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
    array of float64, shape (n,)
        0 to 1.

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or there are not `k` neighbours.

    Examples
    --------
    >>> hits_at_k(np.array([[1, 2], [0, 2], [0, 1]]), np.array(["park", "park", "port"])).tolist()
    [0.5, 0.5, 0.0]
    """
    return _same(neighbours, labels, k).mean(axis=1)


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


def precision_table(
    neighbours: Mapping[str, np.ndarray], labels: np.ndarray, *, ks: Sequence[int] = (1, 2, 5, 10)
) -> pd.DataFrame:
    """Return the precision of several ways of finding neighbours, for several numbers of them.

    Parameters
    ----------
    neighbours : mapping of str to array of int, shape (n, at least the largest k)
        Row numbers, the nearest first, by the name of the method.
    labels : array, shape (n,)
        What a row is.
    ks : sequence of int, default (1, 2, 5, 10)
        How many neighbours count.

    Returns
    -------
    pandas.DataFrame
        A row for each method and k: ``method``, ``k``, ``precision``.

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or there are not as many neighbours.

    Examples
    --------
    >>> found = {"mean": np.array([[1, 2], [0, 2], [0, 1]])}
    >>> precision_table(found, np.array(["park", "park", "port"]), ks=(1, 2)).round(2).to_dict("list")
    {'method': ['mean', 'mean'], 'k': [1, 2], 'precision': [0.67, 0.33]}
    """
    return pd.DataFrame(
        [(name, k, precision_at_k(found, labels, k)) for name, found in neighbours.items() for k in ks],
        columns=["method", "k", "precision"],
    )


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
    counts = np.bincount(group_codes(labels, len(labels)))
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


def _checked(neighbours: np.ndarray, labels: np.ndarray, k: int | None) -> tuple[np.ndarray, np.ndarray]:
    neighbours = np.asarray(neighbours)
    if neighbours.ndim != 2 or not neighbours.size or neighbours.dtype.kind not in "iu":
        raise ValueError(
            f"neighbours are {neighbours.dtype} of shape {neighbours.shape}: expected row numbers, (n, k)"
        )
    codes = group_codes(labels, len(neighbours))
    if neighbours.max() >= len(codes) or neighbours.min() < -1:
        raise ValueError(f"neighbours must be row numbers below {len(codes)}, or −1 where there is none")
    if k is not None and not 1 <= k <= neighbours.shape[1]:
        raise ValueError(f"k={k}: there are {neighbours.shape[1]} neighbours a row")
    return neighbours[:, :k], codes


def _same(neighbours: np.ndarray, labels: np.ndarray, k: int | None) -> np.ndarray:
    neighbours, codes = _checked(neighbours, labels, k)
    return (codes[neighbours] == codes[:, None]) & (neighbours >= 0)

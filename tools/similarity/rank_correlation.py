"""Spearman's rank correlation of very many columns with one, each column sorted once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from joblib import cpu_count


def rank_correlations(differences: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Return Spearman's correlation of every column with one common column.

    Parameters
    ----------
    differences : array of numbers, shape (n_pairs, n_columns)
        For example how far two tiles are apart in each dimension of an embedding. A memory map will do: one
        column after the other is read.
    distance : array of numbers, shape (n_pairs,)
        What all are compared with, for example metres between the two tiles.

    Returns
    -------
    array of float64, shape (n_columns,)
        From −1 to 1; NaN for a column that has one value only, and everywhere if `distance` has.

    Raises
    ------
    ValueError
        If the shapes do not fit each other, there are fewer than two pairs, or values are missing.

    Notes
    -----
    Equal values share the mean of their ranks. The results are those of ``scipy.stats.spearmanr``, column by
    column; the time is not, because the common column is ranked once, ranks come from one sort in the
    numbers' own type, and columns are shared among the cores.

    References
    ----------
    .. [1] C. Spearman (1904), *The proof and measurement of association between two things*, The American
       Journal of Psychology 15(1), 72–101.

    Examples
    --------
    >>> apart = np.array([[1.0, 4.0], [2.0, 3.0], [9.0, 3.0], [16.0, 1.0]])
    >>> rank_correlations(apart, np.array([10, 20, 30, 40])).round(3).tolist()
    [1.0, -0.949]
    """
    differences, distance = np.asanyarray(differences), np.asarray(distance)
    if differences.ndim != 2 or distance.shape != differences.shape[:1]:
        raise ValueError(
            f"differences have shape {differences.shape} and distance {distance.shape}: expected "
            "(n_pairs, n_columns) and (n_pairs,)"
        )
    if len(distance) < 2:
        raise ValueError(f"{len(distance)} pairs have no order: give two or more")
    common = standard_ranks(distance)

    def one(number: int) -> float:
        return product(standard_ranks(differences[:, number]), common)

    with ThreadPoolExecutor(cpu_count()) as pool:
        return np.clip(np.fromiter(pool.map(one, range(differences.shape[1])), np.float64), -1, 1)


def standard_ranks(values: np.ndarray, counts: np.ndarray | None = None) -> np.ndarray:
    """Return the ranks of numbers, moved to a mean of nought and scaled to a length of one.

    The product of two such columns is Spearman's correlation.

    Parameters
    ----------
    values : array of numbers, shape (n,)
        In any order; equal ones share the mean of their ranks.
    counts : array of int, shape (n,), optional
        How often each value occurs; by default once.

    Returns
    -------
    array of float64, shape (n,)
        NaN throughout if all values are equal. Mean and length are of all occurrences.

    Raises
    ------
    ValueError
        If a value is missing.

    Examples
    --------
    >>> standard_ranks(np.array([5.0, 1.0, 5.0])).round(3).tolist()
    [0.408, -0.816, 0.408]
    """
    values = np.ascontiguousarray(values)
    order = np.argsort(values)
    in_order = values[order]
    # Missing values are sorted to the end.
    if in_order.dtype.kind == "f" and len(in_order) and np.isnan(in_order[-1]):
        raise ValueError(f"{int(np.isnan(values).sum()):,} of {len(values):,} values are missing: drop them")
    ranks = np.empty(len(values))
    if counts is None:
        ranks[order] = _shared(in_order) - (len(values) - 1) / 2
        length = np.sqrt(product(ranks, ranks))
    else:
        ranks[order] = _shared_many(in_order, counts[order]) - (counts.sum() - 1) / 2
        length = np.sqrt(product(ranks, counts * ranks))
    return ranks / length if length > 0 else np.full(len(values), np.nan)


def product(some: np.ndarray, others: np.ndarray) -> float:
    """Return the sum of products of two columns, on the core that asks.

    Parameters
    ----------
    some, others : array of float64, shape (n,)
        The columns.

    Returns
    -------
    float

    Examples
    --------
    >>> product(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    11.0
    """
    # Not `@`, which would share each product among all cores, under threads that already fill them.
    return float(np.einsum("i,i", some, others))


def _shared(in_order: np.ndarray) -> np.ndarray:
    """Ranks from nought of sorted values; those of equal ones replaced by their mean."""
    begins = np.flatnonzero(np.r_[True, in_order[1:] != in_order[:-1]])
    if len(begins) == len(in_order):
        return np.arange(len(in_order), dtype=np.float64)
    lengths = np.diff(np.r_[begins, len(in_order)])
    return np.repeat(begins + (lengths - 1) / 2, lengths)


def _shared_many(in_order: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """As `_shared`, of values that occur `counts` times each."""
    begins = np.flatnonzero(np.r_[True, in_order[1:] != in_order[:-1]])
    together = np.add.reduceat(counts, begins)
    middle = np.cumsum(together) - together + (together - 1) / 2
    return np.repeat(middle, np.diff(np.r_[begins, len(in_order)]))

"""Measures for classes that have an order: one decile off is a smaller error than nine."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd


def class_positions(labels: Sequence, categories: Sequence) -> np.ndarray:
    """Return the place of each label among ordered categories, counted from 0.

    Parameters
    ----------
    labels : array-like, shape (n,)
        Class labels.
    categories : sequence
        All classes, lowest first, each once.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)

    Raises
    ------
    ValueError
        If a label is missing or not among the categories.

    Examples
    --------
    >>> class_positions(["low", "high"], ["low", "middle", "high"])
    array([0, 2])
    """
    index = pd.Index(list(categories))
    if not index.is_unique:
        raise ValueError(
            f"categories holds a class twice: {list(categories)}. List each class once, in order."
        )
    found = index.get_indexer(pd.Index(np.asarray(labels, dtype=object)))
    if (found < 0).any():
        strange = np.asarray(labels, dtype=object)[found < 0].tolist()[0]
        raise ValueError(f"The label {strange!r} is not among the categories {list(categories)[:20]}.")
    return found.astype(np.int64)


def mean_absolute_error_ordinal(
    y_true: Sequence, y_pred: Sequence, categories: Sequence | None = None
) -> float:
    """Return how many classes a prediction is off on average.

    For deciles the unit is deciles: 0 is perfect, and 1.5 means a decile and a half off.

    Parameters
    ----------
    y_true, y_pred : array-like, shape (n,)
        True and predicted class labels.
    categories : sequence, optional
        All classes, lowest first. By default the labels that occur, sorted; pass them where a class may be
        absent, for otherwise its neighbours count as adjacent.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the two differ in length or are empty, or if a label is not among the categories.

    Examples
    --------
    >>> mean_absolute_error_ordinal([1, 5, 10], [1, 7, 9], categories=range(1, 11))
    1.0
    """
    true, predicted = _both(y_true, y_pred, categories)
    return float(np.abs(true - predicted).mean())


def quadratic_weighted_kappa(y_true: Sequence, y_pred: Sequence, categories: Sequence | None = None) -> float:
    """Return the agreement beyond chance, where an error weighs by the square of its size.

    1 is perfect, 0 is what drawing from the same predictions in any order would reach (a constant
    prediction gets exactly 0), and below 0 is worse than that.

    Parameters
    ----------
    y_true, y_pred : array-like, shape (n,)
        True and predicted class labels.
    categories : sequence, optional
        All classes, lowest first; by default the labels that occur, sorted.

    Returns
    -------
    float
        NaN where truth and prediction are one and the same constant: no chance agreement is left to beat.

    Raises
    ------
    ValueError
        If the two differ in length or are empty, or if a label is not among the categories.

    Notes
    -----
    With squared weights the disagreement that chance would give has a closed form: for places t and p of n
    true and predicted classes

    .. math:: \\kappa = 1 - \\frac{n \\sum (t - p)^2}{n \\sum t^2 + n \\sum p^2 - 2 \\sum t \\sum p}

    References
    ----------
    Cohen, J. (1968). Weighted kappa. Psychological Bulletin, 70(4), 213–220.

    Examples
    --------
    >>> quadratic_weighted_kappa([1, 2, 3], [1, 2, 3])
    1.0
    >>> quadratic_weighted_kappa([1, 2, 3], [2, 2, 2])
    0.0
    """
    true, predicted = _both(y_true, y_pred, categories)
    # All squared differences of every truth from every prediction, in whole numbers: 0 stays exactly 0.
    n, sums = len(true), int(true.sum()) * int(predicted.sum())
    expected = n * int((true**2).sum() + (predicted**2).sum()) - 2 * sums
    if expected == 0:
        return float("nan")
    return 1 - n * int(((true - predicted) ** 2).sum()) / expected


def adjacent_accuracy(
    y_true: Sequence, y_pred: Sequence, categories: Sequence | None = None, within: int = 1
) -> float:
    """Return the share of predictions that are right or in a class next to the right one.

    For bands of age it is the more sensible question: a house of 1929 and one of 1930 are in different bands.
    But the wider the net, the more it catches by chance: compare with the same measure of a baseline.

    Parameters
    ----------
    y_true, y_pred : array-like, shape (n,)
        True and predicted class labels.
    categories : sequence, optional
        All classes, lowest first. By default the labels that occur, sorted; pass them where a class may be
        absent, for otherwise its neighbours count as adjacent.
    within : int, default 1
        How many classes a prediction may be off; 0 is plain accuracy.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the two differ in length or are empty, if a label is not among the categories, or if `within` is
        not a whole number from 0.

    Examples
    --------
    >>> adjacent_accuracy([1, 5, 10, 3], [1, 7, 9, 3], categories=range(1, 11))
    0.75
    """
    if not isinstance(within, Integral) or isinstance(within, bool) or within < 0:
        raise ValueError(f"within={within!r}: give a whole number of classes, 0 or more.")
    true, predicted = _both(y_true, y_pred, categories)
    return float((np.abs(true - predicted) <= within).mean())


def ordinal_scores(y_true: Sequence, y_pred: Sequence, categories: Sequence) -> dict[str, float]:
    """Return the four measures that the course reports for a classifier of ordered classes.

    Parameters
    ----------
    y_true, y_pred : array-like, shape (n,)
        True and predicted class labels.
    categories : sequence
        All classes, lowest first.

    Returns
    -------
    dict
        ``accuracy`` (share that is exactly right), ``adjacent_accuracy`` (right or next to it), ``mae``
        (classes off on average) and ``quadratic_kappa``.

    Raises
    ------
    ValueError
        As `mean_absolute_error_ordinal`.

    Examples
    --------
    >>> ordinal_scores([1, 2, 3, 4], [1, 2, 3, 2], [1, 2, 3, 4])
    {'accuracy': 0.75, 'adjacent_accuracy': 0.75, 'mae': 0.5, 'quadratic_kappa': 0.5}
    """
    true, predicted = _both(y_true, y_pred, categories)
    return {
        "accuracy": float((true == predicted).mean()),
        "adjacent_accuracy": float((np.abs(true - predicted) <= 1).mean()),
        "mae": float(np.abs(true - predicted).mean()),
        "quadratic_kappa": quadratic_weighted_kappa(y_true, y_pred, categories),
    }


def _both(y_true: Any, y_pred: Any, categories: Sequence | None) -> tuple[np.ndarray, np.ndarray]:
    if len(y_true) != len(y_pred):
        raise ValueError(
            f"{len(y_true):,} true labels but {len(y_pred):,} predictions: pass one for each area."
        )
    if len(y_true) == 0:
        raise ValueError("No labels to score: the test set is empty.")
    if categories is None:
        categories = sorted({*np.asarray(y_true).tolist(), *np.asarray(y_pred).tolist()})
    return class_positions(y_true, categories), class_positions(y_pred, categories)

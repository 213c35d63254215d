"""Ways of clustering set side by side: what each takes, and what it finds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import psutil
from sklearn.metrics import adjusted_rand_score

from tools.spectral.cut import normalised_cut

_PAUSE = 0.005


def compare_partitions(
    rows: np.ndarray,
    methods: Mapping[str, Callable[[np.ndarray], np.ndarray]],
    *,
    gamma: float | None = None,
    at_most: Mapping[str, int] | None = None,
    random_state: int = 0,
) -> pd.DataFrame:
    """Cluster the same rows by several methods, one after the other, and measure each.

    Parameters
    ----------
    rows : array of float, shape (n_samples, n_features)
        Without missing values, on one scale.
    methods : mapping of str to callable
        Takes rows, returns an integer label for each. The first is what the others are compared with.
    gamma : float, optional
        Of the affinity in which the cut is measured; 1 / n_features where not given.
    at_most : mapping of str to int, optional
        Methods that cannot take all rows, and how many, drawn at random, they are given.
    random_state : int, optional
        Seed of the subsets.

    Returns
    -------
    pandas.DataFrame
        One row a method: ``rows``, ``seconds``, ``memory_mb`` (by how much the process grew at its peak, so 0
        where it had room to spare), ``agreement`` (adjusted Rand index with the first method on the rows that
        both have), ``normalised_cut`` (exact, on at most 6,000 of those rows).

    Raises
    ------
    ValueError
        If there is no method, the first is given a subset, or one returns another number of labels.

    Examples
    --------
    >>> rows = np.array([[0.0], [0.1], [5.0], [5.1]])
    >>> halves = {"by value": lambda x: (x[:, 0] > 2) * 1, "by turns": lambda x: np.arange(len(x)) % 2}
    >>> compare_partitions(rows, halves)[["rows", "agreement", "normalised_cut"]].round(2).values.tolist()
    [[4.0, 1.0, 0.0], [4.0, -0.5, 1.0]]
    """
    at_most = dict(at_most or {})
    first = next(iter(methods), None)
    if first is None or first in at_most:
        raise ValueError("give at least one method; the first must take all rows, since it is compared with")
    drawn = np.random.default_rng(random_state).permutation(len(rows))
    measured, reference = {}, None
    for name, method in methods.items():
        part = np.sort(drawn[: at_most[name]]) if name in at_most else np.arange(len(rows))
        given = rows[part]
        labels, seconds, memory = watched(method, given)
        if labels.shape != (len(part),):
            raise ValueError(f"{name} was given {len(part)} rows and returned labels of shape {labels.shape}")
        reference = labels if reference is None else reference
        measured[name] = {
            "rows": len(part),
            "seconds": seconds,
            "memory_mb": memory,
            "agreement": adjusted_rand_score(reference[part], labels),
            "normalised_cut": normalised_cut(given, labels, gamma, random_state=random_state),
        }
    return pd.DataFrame.from_dict(measured, orient="index").astype({"rows": int})


def watched(method: Callable, rows: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Run a method while watching the process's memory.

    Parameters
    ----------
    method : callable
        Takes rows, returns labels.
    rows : array
        Handed to it.

    Returns
    -------
    tuple of (ndarray, float, float)
        The labels, the seconds, and by how many MB the process grew at its peak.

    Examples
    --------
    >>> labels, seconds, grown = watched(lambda rows: rows > 1, np.array([0, 2]))
    >>> labels.tolist(), seconds < 60, grown >= 0
    ([False, True], True, True)
    """
    process, over = psutil.Process(), threading.Event()
    before = peak = process.memory_info().rss

    def watch() -> None:
        nonlocal peak
        while not over.wait(_PAUSE):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    start = time.perf_counter()
    try:
        labels = np.asarray(method(rows))
        seconds = time.perf_counter() - start
    finally:
        over.set()
        watcher.join()
    return labels, seconds, max(0, peak - before) / 1e6

"""UMAP of very many rows: fitted on some, the others placed among them."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from numbers import Integral

import numpy as np
import pandas as pd
from joblib import cpu_count
from sklearn.neighbors import NearestNeighbors
from sklearn.utils import check_random_state

from tools import provenance
from tools.projection import placing

METRICS = ("cosine", "euclidean")
BATCH = 8_192
SAME = 1e-6
"""Rows nearer than this are one row: what is left of their distance is rounding."""


def umap_view(
    X,
    *,
    n_neighbors: int = 30,
    min_dist: float = 0.0,
    metric: str = "cosine",
    fit_rows: int | None = 50_000,
    n_epochs: int | None = None,
    random_state=None,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Draw rows in two dimensions so that those that are alike lie together, however many they are.

    UMAP is fitted to `fit_rows` rows drawn at random. Each other row is then placed among these, by UMAP's
    own forces, which pull it towards the fitted rows that it is most like and push it off others. The fitted
    rows stay where they are.

    Parameters
    ----------
    X : array or table of numbers, shape (n_rows, n_columns)
        Rows without missing values; worked on in float32.
    n_neighbors : int, default 30
        How many fitted rows, itself among them, a row is compared with. Few show detail, many the large
        lines.
    min_dist : float, default 0.0
        How close rows may be drawn: 0 for tight clumps, towards 1 for an even spread.
    metric : {"cosine", "euclidean"}, default "cosine"
        What alike means: the same direction, or a short distance. For unit vectors both give each row the
        same neighbours, in the same order.
    fit_rows : int or None, default 50_000
        How many rows to fit; None for all. The time of a fit grows with them, and so does that of each
        placement, since a row is compared with every fitted row.
    n_epochs : int, optional
        Rounds of the fit, at least 3; by default UMAP's own choice (500 up to 10,000 fitted rows, else 200).
    random_state : int, RandomState instance or None, default None
        Seed. With one, the view is the same each time on this machine, at the price that UMAP lays out the
        fitted rows on one core. Finding neighbours and placing the others are repeatable on all cores.
    progress : bool, optional
        Whether to show progress; by default where standard error is a terminal.

    Returns
    -------
    pandas.DataFrame
        Columns ``UMAP1`` and ``UMAP2`` (float32), a row for each of `X`, with its index and provenance. The
        axes have no unit and no direction.

    Raises
    ------
    ValueError
        If values are missing, if a row is all zeros under ``"cosine"``, if there are not more rows than
        `n_neighbors`, or if a parameter makes no sense.

    Notes
    -----
    Neighbours are exact, found by comparing with all fitted rows, so that nothing depends on the luck of an
    approximate index. What is given up is the others' company: rows that were not fitted do not act on each
    other, so that structure too fine or too rare to appear among the fitted rows does not appear at all, and
    a group wholly absent from them is drawn on top of whatever it resembles most. Beside `X` (and a float32
    copy, if it is not float32 already) it needs memory for the fit, not for the rest.

    References
    ----------
    .. [1] L. McInnes, J. Healy and J. Melville (2018), *UMAP: Uniform Manifold Approximation and Projection
       for Dimension Reduction*, arXiv:1802.03426.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(60, 5))
    >>> view = umap_view(rows, n_neighbors=5, fit_rows=40, n_epochs=10, random_state=0)
    >>> view.shape, list(view.columns)
    ((60, 2), ['UMAP1', 'UMAP2'])
    """
    rows = _checked_rows(X, metric)
    fitted = _rows_to_fit(len(rows), n_neighbors, fit_rows, check_random_state(random_state))
    if n_epochs is not None and (not isinstance(n_epochs, Integral) or n_epochs < 3):
        raise ValueError(f"n_epochs={n_epochs!r}: expected a whole number, 3 or more.")
    shown = sys.stderr.isatty() if progress is None else progress
    seed = None if random_state is None else int(check_random_state(random_state).randint(2**31 - 1))

    landmarks = _prepared(rows[fitted], metric)
    index = NearestNeighbors(n_neighbors=n_neighbors, algorithm="brute", metric="euclidean").fit(landmarks)
    neighbours, distances = (
        np.concatenate(parts)
        for parts in zip(
            *(
                _nearest(index, landmarks[batch], metric)
                for batch in _watched(_batches(len(landmarks)), "Comparing fitted rows", shown)
            ),
            strict=True,
        )
    )
    layout = _fit(landmarks, neighbours, distances, min_dist, metric, n_epochs, seed, shown)

    view = np.empty((len(rows), 2), np.float32)
    view[fitted] = layout
    others = np.setdiff1d(np.arange(len(rows)), fitted, assume_unique=True)
    force = placing.Force.of(min_dist, n_neighbors)
    noise = np.random.default_rng(seed).integers(2**63, dtype=np.uint64)
    with ThreadPoolExecutor(cpu_count()) as pool:
        for batch in _watched(_batches(len(others)), "Placing the others", shown):
            numbers = others[batch]
            found = _nearest(index, _prepared(rows[numbers], metric), metric)
            view[numbers] = placing.place(pool, numbers, *found, layout, force, noise)
    named = pd.DataFrame(view, columns=["UMAP1", "UMAP2"], index=getattr(X, "index", None))
    return provenance.carry(named, X)


def _checked_rows(X, metric: str) -> np.ndarray:
    if metric not in METRICS:
        raise ValueError(f"metric={metric!r} is not known: choose {' or '.join(map(repr, METRICS))}.")
    rows = np.ascontiguousarray(X, dtype=np.float32)
    if rows.ndim != 2 or not rows.shape[1]:
        raise ValueError(f"X has shape {rows.shape}: expected a table, rows by columns.")
    incomplete = sum(int((~np.isfinite(rows[batch])).any(axis=1).sum()) for batch in _batches(len(rows)))
    if incomplete:
        raise ValueError(
            f"{incomplete:,} of {len(rows):,} rows have missing or infinite values. Drop them first."
        )
    if metric == "cosine" and not rows.any(axis=1).all():
        blank = int((~rows.any(axis=1)).sum())
        raise ValueError(
            f"{blank:,} of {len(rows):,} rows are all zeros, and so have no direction to compare by cosine. "
            "Drop them first, or choose metric='euclidean'."
        )
    return rows


def _rows_to_fit(n_rows: int, n_neighbors: int, fit_rows: int | None, random) -> np.ndarray:
    if not isinstance(n_neighbors, Integral) or n_neighbors < 2:
        raise ValueError(f"n_neighbors={n_neighbors!r}: expected a whole number, 2 or more.")
    if n_rows <= n_neighbors:
        raise ValueError(
            f"n_neighbors={n_neighbors} needs more rows than that, but there are {n_rows:,}. Choose fewer."
        )
    if fit_rows is None:
        return np.arange(n_rows)
    if not isinstance(fit_rows, Integral) or fit_rows <= n_neighbors:
        raise ValueError(
            f"fit_rows={fit_rows!r}: expected a whole number above n_neighbors={n_neighbors}, or None."
        )
    if fit_rows >= n_rows:
        return np.arange(n_rows)
    return np.sort(random.choice(n_rows, fit_rows, replace=False))


def _prepared(rows: np.ndarray, metric: str) -> np.ndarray:
    if metric == "euclidean":
        return rows
    # By the largest value first, since the square of a small float32 may be nought.
    rows = rows / np.abs(rows).max(axis=1, keepdims=True)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _nearest(index: NearestNeighbors, rows: np.ndarray, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers of the nearest fitted rows (int32) and how far they are (float32), nearest first."""
    distances, neighbours = index.kneighbors(rows)
    distances[distances < SAME] = 0
    if metric == "cosine":
        distances = distances**2 / 2
    return neighbours.astype(np.int32), distances.astype(np.float32)


def _fit(landmarks, neighbours, distances, min_dist, metric, n_epochs, seed, shown) -> np.ndarray:
    from umap import UMAP  # slow to import, and not needed to say that a parameter is wrong

    reducer = UMAP(
        n_neighbors=neighbours.shape[1],
        min_dist=min_dist,
        metric=metric,
        n_epochs=n_epochs,
        random_state=seed,
        n_jobs=-1 if seed is None else 1,
        precomputed_knn=(neighbours, distances),
        tqdm_kwds={"disable": not shown, "desc": "Laying out fitted rows"},
    )
    with warnings.catch_warnings():
        # It will not place new rows without an index of its own; placing them is done here.
        warnings.filterwarnings("ignore", message="precomputed_knn.*transform", category=UserWarning)
        return np.ascontiguousarray(reducer.fit_transform(landmarks), dtype=np.float32)


def _batches(n_rows: int) -> list[slice]:
    edges = [*range(0, n_rows, BATCH), n_rows]
    return [slice(first, last) for first, last in pairwise(edges)]


def _watched(batches: list[slice], doing: str, shown: bool) -> Iterable[slice]:
    from tqdm import tqdm

    with tqdm(total=batches[-1].stop if batches else 0, desc=doing, unit=" rows", disable=not shown) as bar:
        for batch in batches:
            yield batch
            bar.update(batch.stop - batch.start)

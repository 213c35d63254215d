"""What classes are like: their sizes, how tight and how far apart they are, and how they split as k grows."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist
from sklearn.utils import check_random_state

from tools import provenance
from tools.kmeans import kmeans_many_starts
from tools.projection import class_separation

if TYPE_CHECKING:
    from clustergram import Clustergram


def cluster_summary(
    X, labels, view=None, *, seed: int | None = 42, sample: int | None = 5_000
) -> pd.DataFrame:
    """Describe classes: how large, how tight, and how far from the next.

    Parameters
    ----------
    X : array or table of numbers, shape (n_rows, n_columns)
        Embeddings.
    labels : sequence, shape (n_rows,)
        The class of each row.
    view : array or table of numbers, shape (n_rows, 2), optional
        The same rows as drawn, from `tools.projection.umap_view`.
    seed : int or None, default 42
        Of the rows drawn for silhouettes.
    sample : int or None, default 5_000
        How many those are, for their time grows with the square; None for all. All else is of all rows.

    Returns
    -------
    pandas.DataFrame
        A row a class, in order, then ``"all"``. Columns:

        - ``n``, ``share``: rows, and their share of all;
        - ``mean_distance``: of the class's rows to its centre, Euclidean (0 to 2 for unit vectors);
        - ``nearest``, ``nearest_distance``: the class whose centre is nearest, and how far it is;
        - ``silhouette``: in the embedding, mean of its rows, from -1 to 1;
        - ``silhouette_in_view``: the same in the view, where one is given. It speaks of the drawing, not of
          the data: `tools.projection.class_separation` says why.

        In the row ``"all"``, ``mean_distance`` is that of all rows to their own centres, and
        ``nearest_distance`` the mean over classes. A class that the sample missed, or of which it holds one
        row, has no silhouette.

    Raises
    ------
    ValueError
        If rows, labels and view differ in length, if a value or a label is missing, or if there are fewer
        than two classes.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [4.0], [5.0]])
    >>> cluster_summary(X, ["A", "A", "B", "B"]).rename_axis(None).round(2)
         n  share  mean_distance nearest  nearest_distance  silhouette
    A    2    0.5            0.5       B               4.0        0.75
    B    2    0.5            0.5       A               4.0        0.75
    all  4    1.0            0.5     NaN               4.0        0.75
    """
    rows = _numbers(X)
    names, numbers = _classes(labels, len(rows))
    n = np.bincount(numbers, minlength=len(names))
    centres = np.stack(
        [rows[numbers == number].mean(axis=0, dtype=np.float64) for number in range(len(names))]
    )
    own = np.empty(len(rows))
    for number, centre in enumerate(centres):
        own[numbers == number] = np.linalg.norm(rows[numbers == number] - centre, axis=1)
    apart = cdist(centres, centres)
    np.fill_diagonal(apart, np.inf)
    nearest = apart.argmin(axis=1)
    table = pd.DataFrame(
        {
            "n": n,
            "share": n / len(rows),
            "mean_distance": np.bincount(numbers, own, minlength=len(names)) / n,
            "nearest": pd.Series(names, dtype=object)[nearest].to_numpy(),
            "nearest_distance": apart.min(axis=1),
        },
        index=pd.Index(names, name="class", dtype=object),
    )
    table.loc["all"] = [len(rows), 1.0, own.mean(), np.nan, apart.min(axis=1).mean()]
    seen = class_separation(
        rows, rows if view is None else view, numbers, sample_size=sample, random_state=seed
    ).rename(index=lambda number: number if number == "all" else names[number])
    table["silhouette"] = seen["in_embedding"].reindex(table.index)
    if view is not None:
        table["silhouette_in_view"] = seen["in_view"].reindex(table.index)
    return provenance.carry(table.astype({"n": int}), X)


def clustergram_of(
    X,
    ks: Iterable[int] = range(1, 12),
    *,
    n_starts: int = 200,
    sample: int | None = 10_000,
    seed: int | None = 42,
) -> Clustergram:
    """Cluster rows into more and more clusters, for a diagram of how they split.

    Parameters
    ----------
    X : array or table of numbers, shape (n_rows, n_columns)
        Embeddings, without missing values.
    ks : iterable of int, default 1 to 11
        Numbers of clusters, each once, increasing.
    n_starts : int, default 200
        Random starts of k-means for each. With few, a branch may move because a start was bad, and not
        because the data split that way.
    sample : int or None, default 10_000
        Rows drawn at random to cluster; None for all.
    seed : int or None, default 42
        Of the draw and of the starts.

    Returns
    -------
    clustergram.Clustergram
        With its own ``plot``, ``silhouette_score``, ``calinski_harabasz_score`` and so on;
        ``labels_`` and ``data`` hold the drawn rows. ``attrs`` carries marks of provenance, and
        ``attrs["inertia"]`` the sum of squared distances for each k.

    Raises
    ------
    ValueError
        If values are missing, if there are fewer rows than clusters, or if `ks` makes no sense.

    References
    ----------
    .. [1] M. Schonlau (2002), *The clustergram: a graph for visualizing hierarchical and nonhierarchical
       cluster analyses*, The Stata Journal 2(4).
    .. [2] M. Fleischmann (2023), *Clustergram: visualization and diagnostics for cluster analysis*, Journal
       of Open Source Software 8(89).

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(60, 3))
    >>> gram = clustergram_of(rows, range(1, 4), n_starts=5)
    >>> list(gram.labels_.columns), gram.cluster_centers_[3].shape
    ([1, 2, 3], (3, 3))
    """
    from clustergram import Clustergram  # here, for only this needs it

    ks = list(ks)
    if not ks or any(not isinstance(k, Integral) or k < 1 for k in ks) or sorted(set(ks)) != ks:
        raise ValueError(
            f"ks={ks}: expected whole numbers from 1, each once and increasing, as range(1, 12)."
        )
    rows = _numbers(X)
    if sample is not None and (not isinstance(sample, Integral) or sample < 1):
        raise ValueError(f"sample={sample!r}: expected a whole number of rows, or None for all.")
    if sample is not None and sample < len(rows):
        rows = rows[np.sort(check_random_state(seed).choice(len(rows), int(sample), replace=False))]
    if ks[-1] > len(rows):
        raise ValueError(f"{ks[-1]} clusters need at least that many rows, but there are {len(rows):,}.")
    centres, labels, inertia = {}, {}, {}
    for k in map(int, ks):
        found = kmeans_many_starts(rows, k, n_starts=1 if k == 1 else n_starts, random_state=seed)
        centres[k], labels[k], inertia[k] = found.centres, found.labels, found.inertia
    gram = Clustergram.from_centers(centres, pd.DataFrame(labels), data=rows)
    gram.attrs = {}
    provenance.carry(gram, X)
    gram.attrs["inertia"] = inertia
    return gram


def _numbers(X) -> np.ndarray:
    rows = np.asarray(X)
    if rows.ndim != 2 or not rows.size:
        raise ValueError(f"X has shape {rows.shape}: expected a table, rows by columns.")
    if rows.dtype not in (np.float32, np.float64):
        try:
            rows = rows.astype(np.float64)
        except (TypeError, ValueError):
            raise ValueError(f"X holds {rows.dtype}, not numbers: pass the embedding columns only.") from None
    incomplete = int((~np.isfinite(rows)).any(axis=1).sum())
    if incomplete:
        raise ValueError(
            f"{incomplete:,} of {len(rows):,} rows have missing or infinite values. Drop them first."
        )
    return rows


def _classes(labels, n_rows: int) -> tuple[list, np.ndarray]:
    series = pd.Series(np.asarray(labels, dtype=object))
    if len(series) != n_rows:
        raise ValueError(f"{n_rows:,} rows but {len(series):,} labels: pass one for each row.")
    if series.isna().any():
        raise ValueError(f"{int(series.isna().sum()):,} rows have no class. Drop them first.")
    numbers, names = pd.factorize(series, sort=True)
    if len(names) < 2:
        raise ValueError(f"All rows are of the class {names[0]!r}: there is nothing to compare.")
    return names.tolist(), numbers

"""How far to believe a view: what it kept of the rows' neighbourhoods, and what it makes of classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.manifold import trustworthiness
from sklearn.metrics import silhouette_samples
from sklearn.utils import check_random_state


def class_separation(
    X,
    view,
    labels,
    *,
    metric: str = "euclidean",
    sample_size: int | None = 10_000,
    random_state=None,
) -> pd.DataFrame:
    """Compare how separate classes are in the embedding with how separate a view makes them look.

    The silhouette of a row compares its mean distance to its own class, `a`, with that to the nearest other
    class, `b`: ``(b - a) / max(a, b)``, from -1 (among the others) over 0 (on the border) to 1 (far from
    all others).

    **Only the first column speaks of the data.** UMAP keeps who is near whom and gives up how far. It draws
    every neighbourhood at the same density, whatever its density was; with ``min_dist=0`` it packs it as
    tight as it can, and pushes apart what is not next to each other, because an empty gap costs it nothing.
    So gaps appear where there was a thin but steady passage, a distance between two clumps means nothing,
    and a silhouette, which is made of distances, mostly measures UMAP's own taste. It can come out high for
    classes that shade into each other, or low for a good class that happens to be drawn as two islands. It
    also changes with `min_dist`, `n_neighbors` and the seed, and the data have not changed. Nor can the view
    confirm the clusters: both were made from the same vectors, so their agreement is no evidence.

    Parameters
    ----------
    X : array or table of numbers, shape (n_rows, n_columns)
        Embeddings.
    view : array or table of numbers, shape (n_rows, 2)
        The same rows as drawn, from `umap_view`.
    labels : sequence, shape (n_rows,)
        The class of each row.
    metric : str, default "euclidean"
        How to measure the embedding: the distance of k-means, unless said otherwise. (Silhouettes by cosine
        are larger, as the cosine distance of unit vectors is half the square of the Euclidean.)
    sample_size : int or None, default 10_000
        Rows drawn at random to judge by, as time grows with their square; None for all.
    random_state : int, RandomState instance or None, default None
        Seed of the sample.

    Returns
    -------
    pandas.DataFrame
        A row a class, then ``"all"``; columns ``rows`` (how many were judged), and the mean silhouettes
        ``in_embedding`` and ``in_view``. NaN for a class with one row, which has no silhouette.

    Raises
    ------
    ValueError
        If the three differ in length, or if the judged rows do not hold at least two classes.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> view = np.array([[0.0, 0], [0.1, 0], [9.0, 0], [9.1, 0]])
    >>> class_separation(X, view, ["A", "A", "B", "B"]).round(2)
         rows  in_embedding  in_view
    A       2          0.47     0.99
    B       2          0.47     0.99
    all     4          0.47     0.99

    References
    ----------
    .. [1] P. Rousseeuw (1987), *Silhouettes: a graphical aid to the interpretation and validation of cluster
       analysis*, Journal of Computational and Applied Mathematics 20.
    .. [2] T. Chari and L. Pachter (2023), *The specious art of single-cell genomics*, PLOS Computational
       Biology 19(8): on distances in such views.
    """
    X, view, labels = np.asarray(X), np.asarray(view), np.asarray(labels)
    rows = _sample({"X": X, "view": view, "labels": labels}, sample_size, random_state)
    labels = labels[rows]
    classes, numbers, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if not 2 <= len(classes) < len(labels):
        raise ValueError(
            f"{len(labels):,} rows in {len(classes):,} classes: a silhouette needs at least two classes and "
            "more rows than classes."
        )
    each = pd.DataFrame(
        {
            "in_embedding": silhouette_samples(X[rows], numbers, metric=metric),
            "in_view": silhouette_samples(view[rows], numbers),
        }
    )
    each[(counts == 1)[numbers]] = np.nan
    table = each.groupby(numbers).mean().set_axis(classes)
    table.insert(0, "rows", counts)
    table.loc["all"] = [len(labels), *each.mean()]
    return table.astype({"rows": int})


def view_trustworthiness(
    X,
    view,
    *,
    n_neighbors: int = 15,
    metric: str = "cosine",
    sample_size: int | None = 5_000,
    random_state=None,
) -> float:
    """Measure whether rows that are drawn side by side are alike: 1 if all are, about 0.5 by chance.

    Each row's nearest neighbours in the view are looked up in the embedding; those that are not among its
    nearest there count against it by how far down the list they are. It says nothing about distances between
    clumps.

    Parameters
    ----------
    X : array or table of numbers, shape (n_rows, n_columns)
        Embeddings.
    view : array or table of numbers, shape (n_rows, 2)
        The same rows as drawn.
    n_neighbors : int, default 15
        How many neighbours.
    metric : str, default "cosine"
        What alike means.
    sample_size : int or None, default 5_000
        Rows drawn at random to judge by, neighbours being looked for among them alone; None for all.
    random_state : int, RandomState instance or None, default None
        Seed of the sample.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the two differ in length, or if there are fewer than two rows a neighbour.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(100, 2))
    >>> view_trustworthiness(rows, rows, metric="euclidean")
    1.0

    References
    ----------
    .. [1] J. Venna and S. Kaski (2001), *Neighborhood preservation in nonlinear projection methods*, ICANN.
    """
    X, view = np.asarray(X), np.asarray(view)
    rows = _sample({"X": X, "view": view}, sample_size, random_state)
    return float(trustworthiness(X[rows], view[rows], n_neighbors=n_neighbors, metric=metric))


def _sample(tables: dict[str, np.ndarray], sample_size: int | None, random_state) -> np.ndarray:
    lengths = {name: len(table) for name, table in tables.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} has {length:,}" for name, length in lengths.items())
        raise ValueError(f"Each row needs one entry in each, but {said}.")
    n_rows = lengths["X"]
    if sample_size is None or sample_size >= n_rows:
        return np.arange(n_rows)
    return np.sort(check_random_state(random_state).choice(n_rows, sample_size, replace=False))

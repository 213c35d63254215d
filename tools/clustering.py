"""Grouping areas by their embeddings: k-means, its labels, and the areas nearest a cluster's centre."""

from __future__ import annotations

import re
from collections.abc import Sequence
from numbers import Integral
from typing import Literal, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from tools import provenance
from tools.tables import get_embedding_cols, require_columns

Frame = TypeVar("Frame", bound=pd.DataFrame)


def kmeans_clustering(gdf: Frame, k: int, feature_suffix: str = "_mean", random_state: int = 42) -> Frame:
    """Group areas into `k` clusters of similar embeddings.

    Embeddings are compared as they are, without standardising: all bands are on one scale, and stretching
    each to unit variance would let bands that hardly vary count as much as those that do.

    Parameters
    ----------
    gdf : pandas.DataFrame or geopandas.GeoDataFrame
        Areas with embedding columns ``A00<suffix>`` … .
    k : int
        Number of clusters, from 1 to the number of different embeddings.
    feature_suffix : str, default "_mean"
        What follows the band in an embedding column's name.
    random_state : int, default 42
        Seed of the ten random starts; the best of them is kept.

    Returns
    -------
    same type as `gdf`
        A copy with an integer column ``cluster``: 0 is the largest cluster, ``k - 1`` the smallest.

    Raises
    ------
    ValueError
        If `k` is not such a number, if there are no embedding columns, or if an embedding is missing.

    Examples
    --------
    >>> areas = pd.DataFrame({"A00_mean": [0.0, 0.1, 0.9], "A01_mean": [1.0, 0.9, 0.1]})
    >>> kmeans_clustering(areas, k=2)["cluster"].tolist()
    [0, 0, 1]
    """
    embeddings = _embeddings(gdf, feature_suffix)
    if not isinstance(k, Integral) or isinstance(k, bool) or k < 1:
        raise ValueError(f"k={k!r}: the number of clusters is a whole number, 1 or more.")
    if k > len(gdf):
        raise ValueError(
            f"k={k} clusters need at least {k} areas, but the table has {len(gdf):,}. Choose fewer."
        )
    different = len(np.unique(embeddings, axis=0)) if k > 1 else 1
    if k > different:
        raise ValueError(
            f"k={k} clusters, but the areas have only {different} different embeddings. Choose fewer."
        )
    # Threads that wait for one another cost a busy machine 20 times what they save on so small a table.
    with threadpool_limits(limits=1):
        raw = KMeans(n_clusters=int(k), n_init=10, random_state=random_state).fit_predict(embeddings)
    by_size = np.argsort(-np.bincount(raw, minlength=k), kind="stable")
    clustered = gdf.copy()
    clustered["cluster"] = np.argsort(by_size)[raw]
    return provenance.carry(clustered, gdf)


def show_cluster_labels(gdf: pd.DataFrame, cluster_col: str = "cluster") -> None:
    """Print the labels of the clusters, and how many areas each holds.

    Parameters
    ----------
    gdf : pandas.DataFrame or geopandas.GeoDataFrame
        Clustered areas.
    cluster_col : str, default "cluster"
        The column of labels.

    Raises
    ------
    ValueError
        If there is no such column.

    Examples
    --------
    >>> show_cluster_labels(pd.DataFrame({"cluster": [0, 0, 1, 0]}))
    Your clusters are: 0, 1
      0 holds 3 areas (75.0 %)
      1 holds 1 area (25.0 %)
    """
    require_columns(gdf, [cluster_col])
    sizes = gdf[cluster_col].value_counts().sort_index()
    print("Your clusters are:", ", ".join(map(str, sizes.index)))
    for label, size in sizes.items():
        print(
            f"  {label} holds {size:,} area{'s' if size != 1 else ''} ({size / len(gdf):.1%})".replace(
                "%", " %"
            )
        )
    unlabelled = len(gdf) - int(sizes.sum())
    if unlabelled:
        print(f"  {unlabelled:,} without a label")


def closest_lsoas_to_cluster(
    gdf: Frame,
    cluster_number: int,
    n_closest: int = 5,
    cluster_col: str = "cluster",
    id_cols: Sequence[str] = ("LSOA21CD", "LSOA21NM"),
    among: Literal["cluster", "rest", "all"] = "cluster",
    feature_suffix: str = "_mean",
) -> Frame:
    """Return the areas whose embeddings are nearest a cluster's centre, nearest first.

    Nearest in embedding space, not on the ground. The centre is the mean embedding of the cluster's areas.
    Inside the cluster these are its most typical areas; among the rest they are the areas that almost
    belong to it.

    Parameters
    ----------
    gdf : pandas.DataFrame or geopandas.GeoDataFrame
        Clustered areas with embedding columns.
    cluster_number : int
        The label of the cluster.
    n_closest : int, default 5
        How many areas to return.
    cluster_col : str, default "cluster"
        The column of labels.
    id_cols : sequence of str, default ("LSOA21CD", "LSOA21NM")
        The columns that identify an area.
    among : {"cluster", "rest", "all"}, default "cluster"
        Look among the cluster's own areas, among those outside it, or among all.
    feature_suffix : str, default "_mean"
        What follows the band in an embedding column's name.

    Returns
    -------
    same type as `gdf`
        Columns `id_cols`, `cluster_col`, ``distance`` (Euclidean, float64; 0 to 2 for unit vectors) and the
        geometry where there is one; the index of `gdf` is kept.

    Raises
    ------
    ValueError
        If there is no such cluster or column, if an embedding is missing, or if fewer than `n_closest`
        areas are there to choose from.

    Examples
    --------
    >>> areas = pd.DataFrame({"LSOA21CD": list("abc"), "A00_mean": [0.0, 0.2, 0.9], "cluster": [0, 0, 1]})
    >>> closest_lsoas_to_cluster(areas, 0, n_closest=1, id_cols=["LSOA21CD"], among="rest")
      LSOA21CD  cluster  distance
    2        c        1       0.8
    """
    require_columns(gdf, [cluster_col, *id_cols])
    embeddings = _embeddings(gdf, feature_suffix)
    inside = (gdf[cluster_col] == cluster_number).fillna(False).to_numpy(dtype=bool)
    if not inside.any():
        labels = ", ".join(map(str, sorted(gdf[cluster_col].dropna().unique())))
        raise ValueError(
            f"There is no cluster {cluster_number!r} in {cluster_col!r}; its labels are {labels}."
        )
    choices = {"cluster": inside, "rest": ~inside, "all": np.ones(len(gdf), dtype=bool)}
    if among not in choices:
        raise ValueError(f"among={among!r} is not known: choose 'cluster', 'rest' or 'all'.")
    available = int(choices[among].sum())
    if not isinstance(n_closest, Integral) or not 1 <= n_closest <= available:
        raise ValueError(
            f"n_closest={n_closest!r}: choose a whole number from 1 to {available:,}, "
            f"the number of areas among {among!r} of cluster {cluster_number}."
        )
    centre = embeddings[inside].mean(axis=0)
    distance = np.linalg.norm(embeddings - centre, axis=1)
    candidates = np.flatnonzero(choices[among])
    nearest = candidates[np.argsort(distance[candidates], kind="stable")[:n_closest]]
    geometry = [gdf.active_geometry_name] if isinstance(gdf, gpd.GeoDataFrame) else []
    kept = [c for c in dict.fromkeys([*id_cols, cluster_col, *geometry]) if c]
    result = gdf.iloc[nearest][kept].copy()
    result.insert(len(result.columns) - len(geometry), "distance", distance[nearest])
    return provenance.carry(result, gdf)


def _embeddings(gdf: pd.DataFrame, feature_suffix: str) -> np.ndarray:
    columns = get_embedding_cols(gdf, rf"^A\d+{re.escape(feature_suffix)}$")
    values = gdf[columns].to_numpy(dtype=float, na_value=np.nan)
    incomplete = int((~np.isfinite(values)).any(axis=1).sum())
    if incomplete:
        raise ValueError(
            f"{incomplete:,} of {len(gdf):,} areas have no embedding (missing or infinite values). "
            "Drop them first: gdf.dropna(subset=get_embedding_cols(gdf))."
        )
    return values

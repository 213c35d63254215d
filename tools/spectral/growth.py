"""How the time and memory of spectral clustering grow with the scene."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import xarray as xr

from tools import places
from tools.spectral.contest import watched
from tools.spectral.estimator import NystromSpectralClustering
from tools.spectral.pixels import standardise, to_image, to_samples

COLUMNS = {"pixels": "int64", "seconds": "float64", "peak_mb": "float64"}
"""Of the table of growth."""

BENCHMARK = "spectral_full_scene"
"""Under which name the benchmark of whole scenes writes its figures down."""


def fit_times(
    scene: xr.DataArray, sizes: Sequence[int], *, n_clusters: int = 4, random_state: int = 0
) -> pd.DataFrame:
    """Cluster squares of a scene, from small to large, and measure what each takes.

    Parameters
    ----------
    scene : xarray.DataArray of float, dims (band, y, x)
        Lazy or in memory. A lazy scene is read anew in every pass, so reading counts too.
    sizes : sequence of int
        How many pixels, about: squares in the middle of the scene, at most all of it.
    n_clusters : int, optional
        How many clusters.
    random_state : int, optional
        Seed.

    Returns
    -------
    pandas.DataFrame
        One row a size: ``pixels`` as they were; ``seconds`` for standardising by band, fitting and labelling
        every pixel; ``peak_mb``, the most that this process held meanwhile, with all that it held before.

    Raises
    ------
    ValueError
        If no size is given, or one is too small for the clusters.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=(6, 40, 40)).astype("float32")
    >>> bands = ["blue", "green", "red", "nir", "swir16", "swir22"]
    >>> fit_times(xr.DataArray(noise, {"band": bands}, ("band", "y", "x")), [400, 1600])["pixels"].tolist()
    [400, 1600]
    """
    if not len(sizes):
        raise ValueError("give at least one size, in pixels")
    NystromSpectralClustering(2, random_state=0).fit(np.random.default_rng(0).normal(size=(500, 3)))
    NystromSpectralClustering(2, random_state=0).fit(
        np.random.default_rng(0).normal(size=(500, 3)).astype(np.float32)
    )  # compiled, for either precision, before the clock runs
    measured = []
    for size in sorted(sizes):
        part = middle(scene, size)
        before = psutil.Process().memory_info().rss / 1e6
        _, seconds, grown = watched(lambda image: cluster_scene(image, n_clusters, random_state), part)
        measured.append((part.sizes["y"] * part.sizes["x"], seconds, before + grown))
    return pd.DataFrame(measured, columns=list(COLUMNS)).astype(COLUMNS)


def growth_table(path: Path | None = None) -> pd.DataFrame:
    """Return how time and memory grew to a whole scene, as ``make bench NAME=spectral_full_scene`` measured.

    Parameters
    ----------
    path : pathlib.Path, optional
        ``benchmarks.json``; by default the one in ``_build``.

    Returns
    -------
    pandas.DataFrame
        Columns as of `fit_times`, small sizes first; no row where that benchmark has not been run here.

    Examples
    --------
    >>> growth_table(Path("no-such-file.json")).empty
    True
    """
    path = places.BUILD / "benchmarks.json" if path is None else path
    written = json.loads(path.read_text("utf-8")) if path.exists() else {}
    table = pd.DataFrame(written.get(BENCHMARK, {}).get("growth", []), columns=list(COLUMNS))
    return table.astype(COLUMNS).sort_values("pixels", ignore_index=True)


def cluster_scene(image: xr.DataArray, n_clusters: int, random_state: int = 0) -> xr.DataArray:
    """Standardise a scene by band, and return the cluster of every pixel: block by block where it is lazy.

    Parameters
    ----------
    image : xarray.DataArray of float, dims (band, y, x)
        NaN where there is no data.
    n_clusters : int
        How many.
    random_state : int, optional
        Seed.

    Returns
    -------
    xarray.DataArray of int32, dims (y, x)
        In memory; -1 where there is no data.

    Examples
    --------
    >>> image = xr.DataArray([[[0.0, 0.1, 5.0, 5.1]]], {"band": ["nir"]}, ("band", "y", "x"))
    >>> cluster_scene(image, 2).values.tolist()
    [[0, 0, 1, 1]]
    """
    (scaled,) = standardise(image)
    samples = to_samples(scaled).data
    labels = NystromSpectralClustering(n_clusters, random_state=random_state).fit(samples).labels_
    return to_image(labels, image).compute()


def middle(scene: xr.DataArray, size: int) -> xr.DataArray:
    """Return a square of about `size` pixels from the middle of a scene.

    Parameters
    ----------
    scene : xarray.DataArray, dims (band, y, x)
        On NumPy or Dask.
    size : int
        How many pixels; all of the scene where it has no more.

    Returns
    -------
    xarray.DataArray, dims (band, y, x)
        A view.

    Examples
    --------
    >>> middle(xr.DataArray(np.zeros((1, 9, 9)), dims=("band", "y", "x")), 25).shape
    (1, 5, 5)
    """
    side = max(1, round(size**0.5))
    parts = {}
    for dim in ("y", "x"):
        first = max(0, (scene.sizes[dim] - side) // 2)
        parts[dim] = slice(first, first + side)
    return scene.isel(parts)

"""Spectral clustering of a scene of 300 × 300 pixels, beside `dask_ml`: time, normalised cut, and seeds."""

from __future__ import annotations

import time
from itertools import combinations
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from typing import Any

import dask
import numpy as np
import rasterio
from dask_ml.cluster import SpectralClustering
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from tests.benchmarks.harness import record, versions
from tools import sample
from tools.spectral import NystromSpectralClustering, normalised_cut

N_CLUSTERS, GAMMA, SEEDS, THEIR_ROUNDS = 4, 1 / 6, 5, 2
TIMES_AS_FAST, SHARE_OF_THE_CUT, AGREEMENT = 30, 0.75, 0.95


def run() -> list[dict[str, Any]]:
    """Measure both by turns, a seed a round, and record times, exact cuts, and how far seeds agree."""
    rows = scene()
    NystromSpectralClustering(N_CLUSTERS).fit(rows)  # compiled before the clock runs
    ours, theirs, labels, cuts = [], [], [], {"ours": [], "theirs": []}
    for seed in range(SEEDS):
        start = time.perf_counter()
        found = NystromSpectralClustering(N_CLUSTERS, gamma=GAMMA, random_state=seed).fit_predict(rows)
        ours.append(time.perf_counter() - start)
        labels.append(found)
        cuts["ours"].append(normalised_cut(rows, found, GAMMA))
        if seed < THEIR_ROUNDS:
            start = time.perf_counter()
            found = published(rows, seed)
            theirs.append(time.perf_counter() - start)
            cuts["theirs"].append(normalised_cut(rows, found, GAMMA))
    plain = normalised_cut(rows, KMeans(N_CLUSTERS, n_init=3, random_state=0).fit_predict(rows), GAMMA)
    agreement = mean(adjusted_rand_score(a, b) for a, b in combinations(labels, 2))
    ratio = median(theirs) / median(ours)
    share = max(cuts["ours"]) / median(cuts["theirs"])
    return [
        record(
            "spectral_vs_dask_ml",
            {
                "ours": median(ours),
                "theirs": median(theirs),
                "ratio": ratio,
                "unit": "s",
                "sizes": {"rows": len(rows), "columns": rows.shape[1], "clusters": N_CLUSTERS},
                "versions": versions(("dask", "dask-ml", "scikit-learn", "numpy", "numba")),
                "rounds": SEEDS,
                "times": {"ours": ours, "theirs": theirs},
                "normalised_cut": {**cuts, "k-means": plain},
                "share_of_the_cut": share,
                "agreement_of_seeds": agreement,
                "target": TIMES_AS_FAST,
                "reached": bool(
                    ratio >= TIMES_AS_FAST
                    and share <= SHARE_OF_THE_CUT
                    and max(cuts["ours"]) <= plain
                    and agreement >= AGREEMENT
                ),
                "note": (
                    "theirs is dask_ml.cluster.SpectralClustering on the threaded scheduler, in two of the "
                    "rounds; cuts are exact, on a random 6,000 pixels; reached means also: our highest cut "
                    f"at most {SHARE_OF_THE_CUT} of the median of theirs and no higher than that of k-means, "
                    f"and a mean pairwise adjusted Rand index of our seeds of {AGREEMENT} or more"
                ),
            },
        )
    ]


def published(rows: np.ndarray, seed: int) -> np.ndarray:
    """Return the labels of `dask_ml`, which fails once there is a distributed client."""
    with dask.config.set(scheduler="threads"):
        model = SpectralClustering(n_clusters=N_CLUSTERS, gamma=GAMMA, random_state=seed).fit(rows)
        return np.asarray(model.labels_)


def scene() -> np.ndarray:
    """Return the sample's Landsat 5 scene of Walker Lake, standardised over all values as published."""
    with TemporaryDirectory() as folder:
        bands = sorted(
            path for path in sample.make("walker", Path(folder)) if path.name.startswith("LT05") and
            path.suffix == ".tif"
        )  # fmt: skip
        pixels = np.stack([_read(path).ravel() for path in bands], axis=1)
    pixels = pixels[~np.isnan(pixels).any(axis=1)]
    return ((pixels - pixels.mean()) / pixels.std()).astype(np.float32)


def _read(path: Path) -> np.ndarray:
    with rasterio.open(path) as band:
        return band.read(1, masked=True).astype(np.float64).filled(np.nan)

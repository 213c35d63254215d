"""The dominant cluster of tiles' patches, beside scikit-learn's k-means tile by tile."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.cluster import KMeans

from tests.benchmarks.harness import compare
from tools.sample.world import make_tiles
from tools.sample.world_patches import WorldPatches
from tools.similarity.dominant import N_CLUSTERS, N_STARTS, dominant_cluster

N_TILES, TARGET, SAME_SHARE = 64, 10, 0.01


def run() -> list[dict[str, Any]]:
    """Cluster the patches of some tiles of the invented world both ways, with as many starts each."""
    patches = WorldPatches().patches(make_tiles("small").head(N_TILES))

    def ours() -> np.ndarray:
        return dominant_cluster(patches)[1]

    def theirs() -> np.ndarray:
        found = [KMeans(N_CLUSTERS, n_init=N_STARTS, random_state=0).fit(tile).labels_ for tile in patches]
        return np.array([np.bincount(labels).max() / len(labels) for labels in found])

    def check(found: np.ndarray, expected: np.ndarray) -> None:
        assert abs(found.mean() - expected.mean()) <= SAME_SHARE

    return [
        compare(
            "dominant_cluster_vs_sklearn",
            ours,
            theirs,
            sizes={"tiles": N_TILES, "patches": patches.shape[1], "dimensions": patches.shape[2]},
            check=check,
            rounds=3,
            target=TARGET,
            libraries=("numpy", "numba", "scikit-learn"),
            note=(
                f"theirs is KMeans({N_CLUSTERS}, n_init={N_STARTS}) tile by tile; the dominant share is the "
                f"same on average within {SAME_SHARE:.0%}, and single tiles differ as two seeds of theirs do"
            ),
        )
    ]

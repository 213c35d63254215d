"""One vector of many patches: what each way keeps, and clusters as scikit-learn finds them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans

from tools.sample.world import make_tiles
from tools.sample.world_patches import WorldPatches
from tools.similarity.aggregation import METHODS, aggregate, contrasted, patch_spread, summaries
from tools.similarity.dominant import dominant_cluster


@pytest.fixture(scope="module")
def patches() -> np.ndarray:
    """Twelve tiles of the invented world."""
    return WorldPatches().patches(make_tiles("small").head(12))


def test_plain_ways_go_dimension_by_dimension(patches):
    exact = patches.astype(np.float64)
    for method in ("mean", "median", "min", "max"):
        made = aggregate(patches, method)
        assert made.dtype == np.float32
        np.testing.assert_allclose(made, getattr(np, method)(exact, axis=1), rtol=1e-5, atol=1e-5)


def test_an_odd_number_of_patches_has_a_patch_in_the_middle(patches):
    np.testing.assert_array_equal(
        aggregate(patches[:, :7], "median"), np.median(patches[:, :7], axis=1).astype(np.float32)
    )


def test_contrastive_is_what_a_tile_has_that_the_average_patch_of_all_has_not(patches):
    everything = patches.reshape(-1, patches.shape[-1]).mean(axis=0, dtype=np.float64)
    made = aggregate(patches, "contrastive", global_mean=everything)
    np.testing.assert_allclose(made.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(made, aggregate(patches, "mean") - everything, atol=1e-5)
    with pytest.raises(ValueError, match="pass global_mean="):
        aggregate(patches, "contrastive")
    with pytest.raises(ValueError, match="one number for each of 768"):
        contrasted(aggregate(patches, "mean"), everything[:5])


def test_summaries_are_what_each_way_gives_by_itself(patches):
    kept = summaries(patches)
    for method in METHODS[:-1]:
        np.testing.assert_array_equal(kept[method], aggregate(patches, method))
    np.testing.assert_allclose(kept["spread"], patches.std(axis=1, dtype=np.float64), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(kept["spread"], patch_spread(patches))


def test_a_tile_gets_the_same_vector_whatever_batch_it_comes_in(patches):
    vectors, share, labels = dominant_cluster(patches)
    alone = [dominant_cluster(patches[[i]]) for i in range(len(patches))]
    np.testing.assert_array_equal(vectors, np.concatenate([a[0] for a in alone]))
    np.testing.assert_array_equal(labels, np.concatenate([a[2] for a in alone]))
    np.testing.assert_allclose(share, (labels == 0).mean(axis=1))


def test_clusters_come_in_order_of_size_and_the_vector_is_the_mean_of_the_largest(patches):
    vectors, _, labels = dominant_cluster(patches)
    for tile, vector, found in zip(patches, vectors, labels, strict=True):
        sizes = np.bincount(found, minlength=3)
        assert (np.diff(sizes) <= 0).all()
        np.testing.assert_allclose(vector, tile[found == 0].mean(axis=0), rtol=1e-4, atol=1e-5)


def test_the_clusters_are_as_tight_as_those_of_scikit_learn_and_as_large():
    patches = WorldPatches().patches(make_tiles("small").head(48))

    def inertia(tile, labels):
        return sum(((tile[labels == c] - tile[labels == c].mean(axis=0)) ** 2).sum() for c in set(labels))

    shares, looser = [], []
    for tile, labels in zip(patches, dominant_cluster(patches)[2], strict=True):
        theirs = KMeans(3, n_init=10, random_state=0).fit(tile)
        looser.append(inertia(tile.astype(float), labels) / theirs.inertia_)
        shares.append((labels == 0).mean() - np.bincount(theirs.labels_).max() / len(tile))
    assert np.mean(looser) <= 1.002, "ten starts each: now one is luckier, now the other"
    assert abs(np.mean(shares)) <= 0.01


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 4))
def test_labels_do_not_depend_on_what_all_patches_share(seed, n_clusters):
    tile = np.random.default_rng(seed).normal(size=(1, 20, 6))
    plain = dominant_cluster(tile, n_clusters=n_clusters)[2]
    moved = dominant_cluster(tile + 3.0, n_clusters=n_clusters)[2]
    np.testing.assert_array_equal(plain, moved)


def test_what_is_no_set_of_patches_is_refused(patches):
    with pytest.raises(ValueError, match="no method 'average'; there are: mean, median"):
        aggregate(patches, "average")
    with pytest.raises(ValueError, match="expected patches of shape"):
        aggregate(patches[0], "mean")
    broken = patches[:3].copy()
    broken[1, 5, 5] = np.nan
    with pytest.raises(ValueError, match="tile number 1 has patches"):
        aggregate(broken, "median")
    with pytest.raises(ValueError, match="n_clusters=197"):
        dominant_cluster(patches[:1], n_clusters=197)

"""The invented embeddings: forms that can be told apart, and dimensions that tell where a tile is."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tools.sample.world_forms import FORMS, form_truth
from tools.sample.world_patches import N_DIMENSIONS, WorldPatches
from tools.similarity.pairs import EARTH_RADIUS_KM


@pytest.fixture(scope="module")
def world() -> WorldPatches:
    return WorldPatches()


@pytest.fixture(scope="module")
def vectors(world, world_tiles) -> tuple[np.ndarray, np.ndarray]:
    """Means and standard deviations over the patches of each tile."""
    means, squares = [], []
    for start in range(0, len(world_tiles), 48):
        patches = world.patches(world_tiles[start : start + 48])
        means.append(patches.mean(axis=1))
        squares.append(np.einsum("tpd,tpd->td", patches, patches) / patches.shape[1])
    mean = np.concatenate(means)
    return mean, np.sqrt(np.concatenate(squares) - mean**2)


@pytest.fixture(scope="module")
def rank_correlation(vectors, world_tiles) -> np.ndarray:
    """Of each dimension's difference between two tiles with the distance between them, over random pairs."""
    i, j = np.random.default_rng(0).integers(0, len(world_tiles), (2, 8_000))
    lon, lat = np.radians(world_tiles[["lon", "lat"]].to_numpy().T)
    cosine = np.sin(lat[i]) * np.sin(lat[j]) + np.cos(lat[i]) * np.cos(lat[j]) * np.cos(lon[i] - lon[j])
    distance = stats.rankdata(EARTH_RADIUS_KM * np.arccos(np.clip(cosine, -1, 1)))
    ranks = stats.rankdata(np.abs(vectors[0][i] - vectors[0][j]), axis=0)
    return stats.zscore(ranks).T @ stats.zscore(distance) / len(i)


def nearest(vectors: np.ndarray, k: int = 10) -> np.ndarray:
    directions = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    alike = directions @ directions.T
    np.fill_diagonal(alike, -np.inf)
    return np.argpartition(-alike, k, axis=1)[:, :k]


def test_patches_are_what_terramind_gives(world, world_tiles):
    made = world.patches(world_tiles[:2])
    assert made.shape == (2, 196, N_DIMENSIONS)
    assert made.dtype == np.float32
    assert world.patches(world_tiles[:0]).shape == (0, 196, N_DIMENSIONS)


def test_a_tile_is_the_same_whatever_others_are_asked_for(world, world_tiles):
    some = world.patches(world_tiles[30:40])
    assert np.array_equal(WorldPatches().patches(world_tiles[33:36])[1], some[4])
    shuffled = world_tiles[30:40].sample(frac=1, random_state=0)
    assert np.array_equal(world.patches(shuffled)[list(shuffled.index).index(37)], some[7])


def test_another_process_can_be_given_the_world(world, world_tiles):
    sent = pickle.loads(pickle.dumps(world))
    assert np.array_equal(sent.patches(world_tiles[:1]), world.patches(world_tiles[:1]))


def test_another_seed_makes_another_world(world, world_tiles):
    other = WorldPatches(7)
    assert not np.array_equal(other.location_bound, world.location_bound)
    assert (
        abs(np.corrcoef(other.patches(world_tiles[:1]).ravel(), world.patches(world_tiles[:1]).ravel())[0, 1])
        < 0.3
    )
    assert other.describe() != world.describe()
    assert "Synthetic sample" in other.describe()["synthetic"]


def test_patches_of_a_form_have_its_vector_and_like_forms_like_vectors(world, world_tiles):
    tiles = world_tiles[::24]
    patches, forms = world.patches(tiles).reshape(-1, N_DIMENSIONS), world.forms(tiles).ravel()
    means = np.stack([patches[forms == number].mean(axis=0) for number in range(len(FORMS))])
    apart = pd.DataFrame(
        np.linalg.norm((means[:, None] - means)[..., ~world.location_bound], axis=2), FORMS, FORMS
    )
    assert apart.loc["centre", "perimeter"] < 0.7 * apart.loc["centre", "fields"]
    assert apart.loc["water"].drop("water").idxmin() in ("fields", "informal", "houses")
    free = patches[:, ~world.location_bound]
    told = ((free[:, None] - means[:, ~world.location_bound]) ** 2).sum(axis=2).argmin(axis=1) == forms
    assert 0.7 < told.mean() < 0.95


def test_location_bound_dimensions_are_nearly_the_same_all_over_a_tile(world, vectors):
    coherence = vectors[0].var(axis=0) / (vectors[0].var(axis=0) + (vectors[1] ** 2).mean(axis=0))
    assert world.location_bound.sum() == round(0.08 * N_DIMENSIONS)
    bound, others = coherence[world.location_bound], coherence[~world.location_bound]
    assert np.median(bound) > 0.85
    assert np.quantile(others, 0.95) < 0.6
    assert bound.min() < others.max()  # so that no threshold is without a choice to make


def test_location_bound_dimensions_follow_distance_and_finding_them_is_not_trivial(world, rank_correlation):
    bound = rank_correlation[world.location_bound]
    others = rank_correlation[~world.location_bound]
    assert np.quantile(bound, 0.1) > np.quantile(others, 0.98)
    assert np.median(others) == pytest.approx(0, abs=0.05)
    assert (others > bound.min()).sum() > 3  # climate is in these, also felt far away


def test_without_location_bound_dimensions_look_alikes_come_from_elsewhere_and_are_no_worse(
    world, vectors, world_tiles
):
    city, form = world_tiles["city_id"].to_numpy(), form_truth(world_tiles)["form"].to_numpy()
    shares = {}
    for name, dimensions in (("all", slice(None)), ("free", ~world.location_bound)):
        near = nearest(vectors[0][:, dimensions])
        shares[name] = (city[near] == city[:, None]).mean(), (form[near] == form[:, None]).mean()
    assert shares["all"][0] > 0.35
    assert shares["free"][0] < shares["all"][0] / 2
    assert shares["free"][1] >= shares["all"][1]
    assert shares["free"][0] > 0.04  # cities still look like themselves a little

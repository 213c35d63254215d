"""Location bias: planted dimensions are found, chance is not, and where nothing can be decided it is said."""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import spearmanr

from tools import provenance
from tools.sample.world import make_tiles
from tools.sample.world_forms import form_truth
from tools.sample.world_patches import WorldPatches
from tools.similarity import (
    LocationUndecidedError,
    exact_neighbours,
    groups_reached,
    location_bias,
    precision_at_k,
    rank_correlations,
    same_group_share,
    without_location,
)
from tools.similarity.coherence import intraclass_correlation, two_kinds
from tools.similarity.pairs import great_circle_km, moved_distances, sample_pairs
from tools.similarity.rank_correlation import standard_ranks


class World(NamedTuple):
    """A sample of the world, as far as location bias looks at it."""

    tiles: pd.DataFrame
    vectors: np.ndarray
    spread: np.ndarray
    planted: np.ndarray
    forms: np.ndarray


@pytest.fixture(scope="module")
def world() -> World:
    """The sample in class size: 60 cities of 24 tiles."""
    return sampled("class", seed=42)


@pytest.fixture(scope="module")
def bias(world) -> pd.DataFrame:
    return location_bias(world.vectors, world.spread, world.tiles)


def sampled(size: str, seed: int) -> World:
    tiles, source = make_tiles(size), WorldPatches(seed)
    parts = []
    for first in range(0, len(tiles), 48):
        patches = source.patches(tiles.iloc[first : first + 48])
        parts.append((patches.mean(axis=1), patches.std(axis=1)))
    vectors, spread = (np.concatenate(some) for some in zip(*parts, strict=True))
    forms = form_truth(tiles, seed)["form"].to_numpy(str)
    return World(tiles, vectors, spread, source.location_bound, forms)


def lookalikes(n_cities=24, per_city=6, n_dimensions=40, seed=0):
    """Tiles on a belt around the globe, in which cities have looks of their own but no order."""
    random = np.random.default_rng(seed)
    city = np.repeat(np.arange(n_cities), per_city)
    tiles = pd.DataFrame(
        {"city_id": city, "lon": city * 5.0 + random.random(len(city)) / 10, "lat": 10.0 + city % 3}
    )
    looks = random.normal(size=(n_cities, n_dimensions))[city]
    vectors = looks + random.normal(size=looks.shape)
    return tiles, vectors, np.full(vectors.shape, 1.5) * random.uniform(0.8, 1.2, n_dimensions)


def test_planted_dimensions_are_found_with_precision_and_recall_of_nine_tenths(world, bias):
    found = bias["location_bound"].to_numpy()
    assert world.planted[found].mean() >= 0.9
    assert found[world.planted].mean() >= 0.9


def test_the_share_dropped_and_the_thresholds_are_handed_on_as_json_holds_them(bias):
    said = json.loads(json.dumps(bias.attrs))
    bound = bias[bias["location_bound"]]
    assert said["share_dropped"] == pytest.approx(len(bound) / 768)
    assert said["decided_by"] == "two kinds"
    assert said["n_cities"] == 60
    assert said["n_pairs"] == 200_000
    assert bound["coherence"].min() >= said["coherence_threshold"]
    assert bound["rank_correlation"].min() == said["rank_correlation_threshold"]
    assert (bound["coherent_probability"] >= 0.5).all()
    assert min(said["expected_precision"], said["expected_recall"]) >= 0.9


def test_neighbours_come_from_more_cities_afterwards_and_look_alike_no_less(world, bias):
    cities = world.tiles["city_id"].to_numpy()
    before, _ = exact_neighbours(world.vectors, k=10)
    after, _ = exact_neighbours(without_location(world.vectors, bias), k=10)
    assert same_group_share(after, cities) <= same_group_share(before, cities) / 2
    assert precision_at_k(after, world.forms) >= precision_at_k(before, world.forms)
    assert groups_reached(after, cities).mean() > groups_reached(before, cities).mean() + 2


def test_another_world_of_fewer_tiles_is_seen_through_as_well():
    world = sampled("small", seed=1)
    found = location_bias(world.vectors, world.spread, world.tiles, n_pairs=30_000)["location_bound"]
    assert world.planted[found].mean() >= 0.9
    assert found[world.planted].mean() >= 0.9


def test_without_planted_dimensions_climate_alone_is_left_undecided(world):
    ordinary = ~world.planted
    with pytest.raises(LocationUndecidedError, match=r"all of one kind.*least_coherence="):
        location_bias(world.vectors[:, ordinary], world.spread[:, ordinary], world.tiles, n_pairs=30_000)


def test_a_threshold_that_the_reader_gives_is_taken_and_said(world, bias):
    given = location_bias(
        world.vectors, world.spread, world.tiles, n_pairs=30_000, least_coherence=0.8, random_state=3
    )
    assert given.attrs["decided_by"] == "given"
    assert given.attrs["coherence_threshold"] == 0.8
    assert (given.loc[given["location_bound"], "coherence"] >= 0.8).all()
    assert (given["location_bound"] == bias["location_bound"]).mean() > 0.99
    assert given["coherent_probability"].isna().all()


def test_the_same_seed_gives_the_same_table():
    world = lookalikes()
    pd.testing.assert_frame_equal(location_bias(*_in_order(world)), location_bias(*_in_order(world)))


def _in_order(made):
    tiles, vectors, spread = made
    return vectors, spread, tiles


def test_looks_of_cities_without_order_on_the_globe_are_not_taken_for_place():
    tiles, vectors, spread = lookalikes(n_dimensions=300)
    bias = location_bias(vectors, spread, tiles)
    assert not bias["location_bound"].any()
    assert bias.attrs["decided_by"] == "none bound to place"
    assert bias.attrs["coherence_threshold"] is None
    # Under chance alone p-values are uniform, although tiles of a city are far more alike than others.
    assert 0.02 < (bias["p_value"] < 0.05).mean() < 0.09
    assert 0.4 < (bias["p_value"] < 0.5).mean() < 0.6


def test_coherent_dimensions_without_order_on_the_globe_stay():
    tiles, vectors, spread = lookalikes(n_dimensions=60)
    spread[:, :8] /= 20
    vectors[:, :4] += tiles[["lon"]].to_numpy() / 8
    bias = location_bias(vectors, spread, tiles)
    assert bias.index[bias["location_bound"]].tolist() == [0, 1, 2, 3]
    assert (bias["coherent_probability"][:8] > 0.9).all()


def test_few_dimensions_are_enough_to_be_found():
    tiles, vectors, spread = lookalikes(n_dimensions=200)
    vectors[:, 7] += tiles["lon"] / 4
    vectors[:, 9] -= tiles["lon"] / 5
    vectors[:, 11] += tiles["lon"] / 6
    bias = location_bias(vectors, spread, tiles)
    assert bias.index[bias["location_bound"]].tolist() == [7, 9, 11]


def test_overlapping_kinds_are_left_undecided():
    tiles, vectors, spread = lookalikes(n_dimensions=300)
    slope = np.linspace(0, 1, 100) ** 3 / 12
    vectors[:, :100] += tiles[["lon"]].to_numpy() * slope
    with pytest.raises(LocationUndecidedError, match=r"overlap.*expected precision"):
        location_bias(vectors, spread, tiles, certainty=0.999)


def test_a_dimension_with_one_value_says_nothing_and_stays():
    tiles, vectors, spread = lookalikes()
    vectors[:, :3] += tiles[["lon"]].to_numpy() / 3
    vectors[:, 5], spread[:, 5] = 2.0, 0.0
    bias = location_bias(vectors, spread, tiles)
    assert bias.loc[5, ["coherence", "rank_correlation", "p_value"]].isna().all()
    assert bias.index[bias["location_bound"]].tolist() == [0, 1, 2]


def test_a_dimension_that_is_constant_within_every_tile_is_wholly_coherent():
    tiles, vectors, spread = lookalikes()
    vectors[:, 4], spread[:, 4] = tiles["lon"], 0.0
    bias = location_bias(vectors, spread, tiles)
    assert bias.loc[4, "coherence"] == 1
    assert bias.index[bias["location_bound"]].tolist() == [4]


def test_marks_of_the_tiles_travel_on():
    tiles, vectors, spread = lookalikes()
    provenance.mark(tiles, provenance.Provenance("tiles", "sample", "Tiles", "Synthetic sample"))
    bias = location_bias(vectors, spread, tiles, n_moves=19)
    assert provenance.of(bias).title == "Tiles"
    assert "decided_by" in bias.attrs


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda tiles, vectors, spread: (vectors, spread[:, 1:], tiles), "expected.*twice"),
        (lambda tiles, vectors, spread: (vectors[1:], spread[1:], tiles), "expected.*twice"),
        (lambda tiles, vectors, spread: (vectors, -spread, tiles), "must not be negative"),
        (lambda tiles, vectors, spread: (vectors, spread, tiles.drop(columns="lat")), "no column lat"),
        (lambda tiles, vectors, spread: (vectors, spread, tiles.assign(lat=np.nan)), "missing values"),
        (lambda tiles, vectors, spread: (vectors * np.inf, spread, tiles), "vectors of 144 of 144 tiles"),
        (lambda tiles, vectors, spread: (vectors, spread, tiles.assign(city_id=1)), "there are 1 cities"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_a_reason(change, said):
    with pytest.raises(ValueError, match=said):
        location_bias(*change(*lookalikes()))


def test_numbers_of_pairs_moves_and_patches_must_make_sense():
    vectors, spread, tiles = _in_order(lookalikes())
    for wrong in ({"n_pairs": 0}, {"n_moves": 5}, {"n_patches": 1}, {"false_discovery_rate": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            location_bias(vectors, spread, tiles, **wrong)


def test_filtered_vectors_have_the_kept_dimensions_in_order_and_a_length_of_one(world, bias):
    kept = np.flatnonzero(~bias["location_bound"])
    filtered = without_location(world.vectors[:5], bias)
    assert filtered.shape == (5, len(kept))
    assert filtered.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(filtered, axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(
        filtered / filtered[:, :1], world.vectors[:5, kept] / world.vectors[:5, kept[:1]], rtol=1e-4
    )


def test_a_bias_of_other_dimensions_or_of_all_is_refused(bias):
    with pytest.raises(ValueError, match="768 dimensions"):
        without_location(np.ones((2, 5)), bias)
    with pytest.raises(ValueError, match="nothing of how a tile looks"):
        without_location(np.ones((2, 5)), pd.DataFrame({"location_bound": [True] * 5}))


few_values = arrays.arrays(
    np.float64, st.tuples(st.integers(3, 40), st.integers(1, 4)), elements=st.integers(-3, 3).map(float)
)


@settings(max_examples=60)
@given(few_values, st.integers(0, 2**31))
def test_rank_correlations_are_those_of_scipy_with_many_ties(values, seed):
    distance = np.random.default_rng(seed).integers(0, 5, len(values)).astype(float)
    ours = rank_correlations(values, distance)
    for number, column in enumerate(values.T):
        if np.ptp(column) and np.ptp(distance):
            assert ours[number] == pytest.approx(spearmanr(column, distance).statistic, abs=1e-12)
        else:
            assert np.isnan(ours[number])


def test_rank_correlations_are_those_of_scipy_in_single_precision():
    random = np.random.default_rng(0)
    distance = random.random(5_000)
    differences = (random.random((5_000, 12)) + distance[:, None]).astype(np.float32)
    theirs = [spearmanr(column, distance).statistic for column in differences.T]
    np.testing.assert_allclose(rank_correlations(differences, distance), theirs, atol=1e-12)


def test_missing_values_and_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="1 of 3 values are missing"):
        rank_correlations(np.array([[1.0], [np.nan], [2.0]]), np.arange(3))
    with pytest.raises(ValueError, match="n_pairs"):
        rank_correlations(np.ones((3, 2)), np.arange(4))
    with pytest.raises(ValueError, match="two or more"):
        rank_correlations(np.ones((1, 2)), np.arange(1))


@given(arrays.arrays(np.int64, st.integers(2, 20), elements=st.integers(0, 4)), st.integers(0, 2**31))
def test_ranks_of_counted_values_are_those_of_the_values_repeated(values, seed):
    counts = np.random.default_rng(seed).integers(1, 5, len(values))
    repeated = standard_ranks(np.repeat(values, counts))
    np.testing.assert_allclose(np.repeat(standard_ranks(values, counts), counts), repeated, atol=1e-12)


def test_sampled_pairs_estimate_the_correlation_over_all_pairs(world):
    points = world.tiles[["lon", "lat"]].to_numpy()
    points, vectors = points[::3], world.vectors[::3, :6]
    every = np.triu_indices(len(points), 1)
    drawn = sample_pairs(len(points), 50_000, random_state=5)
    over = [
        rank_correlations(
            np.abs(vectors[first] - vectors[second]),
            great_circle_km(points[first], points[second]),
        )
        for first, second in (every, drawn)
    ]
    np.testing.assert_allclose(*over, atol=4 / np.sqrt(50_000))


def test_every_pair_has_the_same_chance_and_no_tile_is_its_own_partner():
    first, second = sample_pairs(60, 1_700, random_state=2)
    assert len(first) == 1_700
    assert not (first == second).any()
    counts = np.zeros((60, 60))
    for seed in range(200):
        first, second = sample_pairs(60, 1_700, random_state=seed)
        np.add.at(counts, (np.minimum(first, second), np.maximum(first, second)), 1)
    met = counts[np.triu_indices(60, 1)]
    assert met.sum() == counts.sum()
    # As many as 200 draws of 1,700 from 1,770 pairs give, within five standard errors of Poisson.
    expected = 200 * 1_700 / 1_770
    assert np.abs(met - expected).max() < 5 * np.sqrt(expected)


def test_great_circles_are_right_across_the_date_line_and_between_close_points():
    assert great_circle_km(np.array([179.5, 0]), np.array([-179.5, 0])) == pytest.approx(111.195, abs=0.01)
    assert great_circle_km(np.array([0, 0.0]), np.array([0, 1e-5])) == pytest.approx(1.11195e-3, rel=1e-4)
    assert great_circle_km(np.array([0, 90.0]), np.array([33, -90.0])) == pytest.approx(20_015.1, abs=0.1)


def test_moved_cities_keep_the_same_distances_among_them_in_another_order():
    random = np.random.default_rng(0)
    points, cities = np.c_[random.uniform(-180, 180, 30), random.uniform(-60, 70, 30)], np.arange(30) // 2
    pairs = np.array(np.triu_indices(15, 1))
    worlds = list(moved_distances(points, cities, pairs, n_moves=3))
    np.testing.assert_allclose(np.sort(worlds[0]), np.sort(worlds[1]))
    assert not np.allclose(worlds[0], worlds[1])
    assert not np.allclose(worlds[1], worlds[2])


def test_coherence_is_the_share_that_a_tile_has_in_common():
    random = np.random.default_rng(0)
    shared = np.array([0.0, 0.2, 0.5, 0.9])
    tile = random.normal(size=(3_000, 1, 4)) * np.sqrt(shared)
    patches = tile + random.normal(size=(3_000, 50, 4)) * np.sqrt(1 - shared)
    found = intraclass_correlation(patches.mean(axis=1), patches.std(axis=1), 50)
    np.testing.assert_allclose(found, shared, atol=0.03)


def test_one_kind_of_dimension_or_hardly_any_give_no_threshold():
    one_kind = np.random.default_rng(0).normal(0.4, 0.05, 700)
    assert two_kinds(one_kind, 196).threshold is None
    assert two_kinds(one_kind[:2], 196).reason
    assert two_kinds(np.full(50, 0.3), 196).threshold is None

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GroupKFold, cross_val_score

from tools.modelling import blocked_folds, centre_coordinates, describe_folds, grouped_folds, random_folds

spots = st.lists(
    st.tuples(st.integers(0, 50_000), st.integers(0, 50_000)), min_size=12, max_size=80, unique=True
)


def as_points(spots, crs="EPSG:27700"):
    x, y = np.array(spots, dtype=float).T
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(500_000 + x, 150_000 + y), crs=crs)


def assert_partition(folds, n):
    tested = np.concatenate([test for _, test in folds.split()])
    assert sorted(tested) == list(range(n))
    for train, test in folds.split():
        assert not set(train) & set(test)


def test_random_folds_test_each_area_once_and_train_on_the_rest(town):
    folds = random_folds(town, "decile")
    assert_partition(folds, 400)
    assert all(len(train) + len(test) == 400 for train, test in folds.split())
    assert folds.fold.index.equals(town.index)
    assert folds.get_n_splits() == 5


def test_random_folds_spread_each_class_evenly(town):
    counts = pd.crosstab(random_folds(town, town["decile"]).fold, town["decile"])
    assert (counts.max() - counts.min() <= 1).all()


def test_random_folds_are_the_same_for_a_seed_and_others_for_another(town):
    again, other = random_folds(town), random_folds(town, random_state=1)
    assert random_folds(town).fold.equals(again.fold)
    assert not again.fold.equals(other.fold)


def test_a_class_rarer_than_the_folds_is_an_error(town):
    rare = town.assign(decile=[9, 9, 9, *town["decile"].tolist()[3:]])
    with pytest.raises(ValueError, match=r"The class 9 of 'decile' has 3 rows, fewer than 5 folds"):
        random_folds(rare, "decile")


def test_a_missing_class_is_an_error(town):
    holed = town.assign(decile=town["decile"].astype(float))
    holed.iloc[0, 0] = np.nan
    with pytest.raises(ValueError, match=r"each of the 400 rows needs one: there are 399"):
        random_folds(holed, "decile")


@pytest.mark.parametrize("n_splits", [1, 0, 401, 2.5, True])
def test_a_number_of_folds_that_cannot_be_is_an_error(town, n_splits):
    with pytest.raises(ValueError, match="whole number from 2 to 400, for there are 400 rows"):
        random_folds(town, n_splits=n_splits)


@given(st.lists(st.sampled_from("abcdefgh"), min_size=10).filter(lambda names: len(set(names)) >= 3))
@settings(deadline=None)
def test_groups_are_never_torn_apart_and_folds_as_even_as_scikit_learns(names):
    folds = grouped_folds(names, n_splits=3)
    assert_partition(folds, len(names))
    assert (folds.fold.groupby(folds.groups).nunique() == 1).all()
    theirs = [len(test) for _, test in GroupKFold(3).split(names, groups=names)]
    assert sorted(len(test) for _, test in folds.split()) == sorted(theirs)


def test_rows_without_a_group_are_an_error():
    with pytest.raises(ValueError, match="1 of 3 rows have no borough"):
        grouped_folds(["Brent", None, "Camden"], 2, what="borough")


def test_fewer_groups_than_folds_are_an_error():
    with pytest.raises(ValueError, match="from 2 to 2, for there are 2 different values of borough"):
        grouped_folds(["Brent", "Camden", "Brent"], 5, what="borough")


@given(spots, st.integers(2_000, 12_000))
@settings(deadline=None, max_examples=40)
def test_a_block_is_never_torn_apart_and_no_wider_than_asked(spots, size):
    areas = as_points(spots)
    assume(_n_blocks(areas, size) >= 2)
    blocks = blocked_folds(areas, size, n_splits=2)
    assert_partition(blocks, len(areas))
    assert (blocks.fold.groupby(blocks.groups).nunique() == 1).all()
    spread = centre_coordinates(areas).groupby(blocks.groups).agg(np.ptp)
    assert (spread.to_numpy() <= size).all()


def _n_blocks(areas, size):
    centres = centre_coordinates(areas).to_numpy()
    return len(np.unique((centres - centres.min(axis=0)) // size, axis=0))


@given(spots, st.integers(100, 6_000))
@settings(deadline=None, max_examples=40)
def test_no_area_learnt_from_is_nearer_to_a_tested_one_than_the_buffer(spots, buffer_m):
    areas = as_points(spots)
    assume(_n_blocks(areas, 10_000) >= 3)
    centres = centre_coordinates(areas).to_numpy()
    tests = [test for _, test in blocked_folds(areas, 10_000, n_splits=3).split()]
    far = [np.flatnonzero(cdist(centres, centres[test]).min(axis=1) >= buffer_m) for test in tests]
    if any(len(rows) == 0 for rows in far):
        with pytest.raises(ValueError, match="nothing to learn from"):
            blocked_folds(areas, 10_000, n_splits=3, buffer_m=buffer_m)
        return
    folds = blocked_folds(areas, 10_000, n_splits=3, buffer_m=buffer_m)
    for (train, test), expected_test, expected_train in zip(folds.split(), tests, far, strict=True):
        assert test.tolist() == expected_test.tolist()
        assert train.tolist() == expected_train.tolist()


def test_folds_of_blocks_are_of_nearly_equal_size(town):
    sizes = blocked_folds(town, 1500).fold.value_counts()
    assert sizes.max() - sizes.min() <= 9


def test_blocks_are_cut_in_metres_whatever_the_crs(town):
    in_degrees = blocked_folds(town.to_crs("EPSG:4326"), 2000, crs="EPSG:27700")
    assert in_degrees.groups.tolist() == blocked_folds(town, 2000).groups.tolist()


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:2263"])
def test_degrees_feet_and_web_mercator_are_not_taken_for_metres(town, crs):
    centres = centre_coordinates(town.to_crs(crs)).to_numpy()
    width, height = np.ptp(centres, axis=0)
    assert width == pytest.approx(9_500, rel=0.05)
    assert height == pytest.approx(9_500, rel=0.05)


def test_areas_without_a_crs_are_an_error(town):
    with pytest.raises(ValueError, match=r"no CRS.*set_crs\('EPSG:4326'\)"):
        blocked_folds(town.set_crs(None, allow_override=True), 2000)


def test_a_table_without_geometry_is_an_error(town):
    with pytest.raises(ValueError, match="has no geometry"):
        blocked_folds(pd.DataFrame(town.drop(columns="geometry")), 2000)


def test_an_empty_geometry_is_an_error(town):
    holed = town.copy()
    holed.loc[1003, "geometry"] = None
    with pytest.raises(ValueError, match="1 of 400 areas have no geometry, the first at index 1003"):
        centre_coordinates(holed)


@pytest.mark.parametrize(("size", "buffer_m"), [(0, 0), (-5, 0), (float("nan"), 0), (1000, -1)])
def test_sizes_that_are_none_are_errors(town, size, buffer_m):
    with pytest.raises(ValueError, match="give a block's side in metres"):
        blocked_folds(town, size, buffer_m=buffer_m)


def test_blocks_larger_than_the_town_are_an_error(town):
    with pytest.raises(ValueError, match="for there are 1 different values of block of 50000 m"):
        blocked_folds(town, 50_000)


def test_a_buffer_that_leaves_nothing_is_an_error(town):
    with pytest.raises(ValueError, match="leaves one of the folds nothing to learn from"):
        blocked_folds(town, 2_000, buffer_m=20_000)


def test_the_harder_the_question_the_farther_the_nearest_known_area(town):
    schemes = {
        "random": random_folds(town),
        "ward": grouped_folds(town["ward"], what="ward"),
        "buffered": blocked_folds(town, 4000, n_splits=3, buffer_m=2000),
    }
    described = describe_folds(schemes, town)
    assert described["nearest_known_m"].is_monotonic_increasing
    assert described.loc["random", "nearest_known_m"] == 500
    assert described.loc["buffered", "nearest_known_m"] >= 2000
    assert described.loc["ward", "question"] == "a new ward"
    assert described.loc["ward", "held_back"] == 9


def test_scikit_learn_takes_folds_as_its_own(town):
    folds = grouped_folds(town["ward"])
    scores = cross_val_score(
        RandomForestClassifier(10, random_state=0), town[["health"]], town["decile"], cv=folds
    )
    assert len(scores) == 5
    assert scores.mean() > 0.4


def test_folds_of_another_table_are_refused(town):
    with pytest.raises(ValueError, match="made for 400 rows, but the data have 300"):
        next(random_folds(town).split(town.iloc[:300]))

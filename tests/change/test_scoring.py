import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box
from sklearn.metrics import roc_auc_score

from tests.change.series import CRS, NORTH, SIDE, WEST, YEARS, cube_of, map_of, series
from tools import provenance
from tools.alphaearth.cube import open_cube
from tools.alphaearth.layout import read_index
from tools.alphaearth.points import sample_points
from tools.change.hotspots import find_hotspots
from tools.change.kernel import change_kernel
from tools.change.noise import noise_floor
from tools.change.scoring import areas_mask, change_at, roc, score_hotspots
from tools.embeddings import BANDS, cosine_similarity, unit

MADE = provenance.Provenance("demo", "sample", "A demo", "Synthetic sample")


def areas(*boxes, crs=CRS, **columns):
    return gpd.GeoDataFrame(columns, geometry=[box(*each) for each in boxes], crs=crs)


def spots(*boxes):
    return areas(*boxes).set_axis(pd.RangeIndex(1, len(boxes) + 1, name="rank"))


def test_a_change_found_a_change_missed_and_a_false_alarm_are_told_apart():
    truth = areas((0, 0, 10, 10), (50, 0, 60, 10), name=["park", "port"], year_to=[2020, 2022])
    precision, recall, table = score_hotspots(spots((0, 0, 10, 8), (90, 0, 99, 9)), truth)
    assert (precision, recall) == (0.5, 0.5)
    assert table["outcome"].tolist() == ["found", "missed", "false alarm"]
    assert table["rank"].tolist() == [1, pd.NA, 2]
    assert table["name"].tolist()[:2] == ["park", "port"]
    assert table["year_to"].tolist() == [2020, 2022, pd.NA]
    assert table["covered"].tolist() == [0.8, 0, 0]
    assert table["area_m2"].tolist() == [100, 100, 81]


def test_touching_a_change_is_not_finding_it():
    truth = areas((0, 0, 10, 10))
    grazing, covering = spots((9, 0, 40, 10)), spots((6, 0, 16, 10))
    assert score_hotspots(grazing, truth)[:2] == (0, 0)
    assert score_hotspots(covering, truth)[:2] == (1, 1)
    assert score_hotspots(covering, truth, overlap=0.5)[:2] == (0, 0)


def test_a_change_may_be_found_in_pieces_and_a_hotspot_may_span_two_changes():
    in_pieces = score_hotspots(spots((0, 0, 2, 10), (4, 0, 7, 10)), areas((0, 0, 10, 10)), overlap=0.5)
    assert in_pieces[:2] == (1, 1)
    assert in_pieces.table["rank"].tolist() == [2]
    spanning = score_hotspots(spots((0, 0, 20, 10)), areas((0, 0, 9, 10), (11, 0, 20, 10)))
    assert spanning[:2] == (1, 1)
    assert spanning.table["rank"].tolist() == [1, 1]


def test_ground_that_two_changes_share_counts_once():
    truth = areas((0, 0, 10, 10), (0, 0, 10, 10))
    assert score_hotspots(spots((0, 0, 50, 10)), truth)[0] == 0
    assert score_hotspots(spots((0, 0, 40, 10)), truth)[0] == 1


def test_truth_in_degrees_is_brought_to_the_hotspots():
    here = (WEST, NORTH - 100, WEST + 100, NORTH)
    _, recall, table = score_hotspots(spots(here), areas(here).to_crs("EPSG:4326"))
    assert recall == 1
    assert table.crs == CRS
    assert table["covered"].item() == pytest.approx(1, abs=1e-6)


def test_without_hotspots_there_is_no_precision_and_without_changes_no_recall():
    one = areas((0, 0, 1, 1))
    nothing = one.iloc[:0]
    precision, recall, table = score_hotspots(spots((0, 0, 1, 1)).iloc[:0], one)
    assert np.isnan(precision)
    assert (recall, table["outcome"].tolist()) == (0, ["missed"])
    precision, recall, table = score_hotspots(spots((0, 0, 1, 1)), nothing)
    assert np.isnan(recall)
    assert (precision, table["outcome"].tolist()) == (0, ["false alarm"])


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_the_order_of_rows_changes_neither_precision_nor_recall(seed):
    rng = np.random.default_rng(seed)

    def scatter(n):
        x, y = rng.uniform(0, 100, (2, n))
        return [(a, b, a + s, b + s) for a, b, s in zip(x, y, rng.uniform(5, 30, n), strict=True)]

    found, truth = spots(*scatter(8)), areas(*scatter(6))
    reference = score_hotspots(found, truth)[:2]
    assert score_hotspots(found.sample(frac=1, random_state=seed), truth[::-1])[:2] == pytest.approx(
        reference
    )


def test_planted_changes_are_found_by_threshold_and_rank_without_being_told():
    """The road of the lesson: noise floor, threshold, hotspots, precision and recall, ROC."""
    rng = np.random.default_rng(12)
    steps = np.full((60, 80), 2100)
    corners = [(5, 5, 8), (10, 40, 6), (30, 10, 4), (35, 60, 10), (50, 30, 3), (52, 70, 5)]
    for row, column, size in corners:
        steps[row : row + size, column : column + size] = rng.choice(YEARS[2:])
    cube = cube_of(series(rng, steps))
    truth = areas(
        *[
            (WEST + c * SIDE, NORTH - (r + s) * SIDE, WEST + (c + s) * SIDE, NORTH - r * SIDE)
            for r, c, s in corners
        ],
        name=[f"place {n}" for n in range(6)],
    )
    change = map_of(change_kernel(cube.to_numpy()[0], cube.to_numpy()[-1]))
    threshold = noise_floor(cube).threshold_for(0.001)
    found = find_hotspots(change, threshold, min_area_m2=4 * SIDE**2)
    precision, recall, table = score_hotspots(found, truth)
    assert (precision, recall) == (1, 1)
    assert table["covered"].min() > 0.9
    assert table["rank"].tolist()[3] == 1  # the largest
    curve, auc = roc(change, areas_mask(truth, change))
    assert auc > 0.999
    assert curve.attrs["changed"] == sum(size**2 for *_, size in corners)


pairs = st.lists(st.tuples(st.floats(0, 2), st.booleans()), min_size=4, max_size=60).filter(
    lambda pairs: 0 < sum(label for _, label in pairs) < len(pairs)
)


@settings(max_examples=40)
@given(pairs)
def test_the_area_is_how_often_a_changed_place_shows_more_change_than_a_stable_one(pairs):
    change, labels = (np.array(each) for each in zip(*pairs, strict=True))
    labels = labels.astype(bool)
    wins = np.sign(change[labels][:, None] - change[~labels]).mean()
    curve, auc = roc(change, labels)
    assert auc == pytest.approx((wins + 1) / 2)
    assert np.trapezoid(curve["true_positive_rate"], curve["false_positive_rate"]) == pytest.approx(auc)


def test_a_long_curve_is_thinned_without_moving_it():
    rng = np.random.default_rng(0)
    labels = rng.random(60_000) < 0.1
    change = rng.normal(size=60_000) + labels
    curve, auc = roc(change, labels)
    assert len(curve) <= 2002
    assert curve[["false_positive_rate", "true_positive_rate"]].iloc[[0, -1]].to_numpy().tolist() == [
        [0, 0],
        [1, 1],
    ]
    assert np.trapezoid(curve["true_positive_rate"], curve["false_positive_rate"]) == pytest.approx(
        auc, abs=1e-3
    )
    assert auc == roc_auc_score(labels, change)


def test_places_without_data_are_left_out_and_counted():
    curve, auc = roc([0.1, 0.4, np.nan, 0.2], [0, 1, 0, 0])
    assert auc == 1
    assert curve.attrs == {"changed": 1, "stable": 2, "without_data": 1}


def test_values_are_those_of_the_pixels_in_which_points_lie():
    values = np.arange(12, dtype="float32").reshape(3, 4)
    change = map_of(values)
    x, y = WEST + SIDE * np.array([0.1, 3.9, 1.5, -0.1]), NORTH - SIDE * np.array([0.1, 2.9, 1.5, 0.5])
    points = gpd.GeoSeries.from_xy(x, y, index=list("abcd"), crs=CRS)
    for each, lazy in ((points, False), (points.to_crs("EPSG:4326"), True)):
        read = change_at(change.chunk(2) if lazy else change, each)
        assert read.to_dict() == pytest.approx({"a": 0, "b": 11, "c": 5, "d": np.nan}, nan_ok=True)


def test_a_mask_marks_pixels_whose_centres_lie_in_an_area():
    like = map_of(np.zeros((3, 4), "float32"))
    shape = areas((WEST - 50, NORTH - 160, WEST + 160, NORTH + 50))
    expected = [[True, True, False, False], [True, True, False, False], [False] * 4]
    for crs in (CRS, "EPSG:4326"):
        assert areas_mask(shape.to_crs(crs), like).values.tolist() == expected
    assert not areas_mask(shape.iloc[:0], like).any()


def test_where_things_came_from_goes_with_every_result():
    change = provenance.mark(map_of(np.arange(12, dtype="float32").reshape(3, 4)), MADE)
    truth = areas((WEST, NORTH - 100, WEST + 200, NORTH))
    mask = areas_mask(provenance.mark(truth.copy(), MADE), change)
    points = gpd.GeoSeries.from_xy([WEST + 1], [NORTH - 1], crs=CRS)
    found = find_hotspots(change, 5)
    for result in (
        mask,
        change_at(change, points),
        roc(change, mask).curve,
        score_hotspots(found, truth).table,
    ):
        assert provenance.every(result) == [MADE]


def test_real_clearings_lie_far_from_intact_forest_elsewhere(shared_data):
    """Each real point has one year, so what is scored is its distance from forest known to be intact.

    The forest it is compared with lies in other blocks of two degrees: no point meets its own neighbours.
    """
    points = pd.read_parquet(shared_data / "alphaearth" / "points_forest_clearing.parquet")
    vectors = unit(points[list(BANDS)].to_numpy())
    block = (points["lat"] // 2).astype(str) + " " + (points["lon"] // 2).astype(str)
    distance = pd.Series(np.nan, points.index)
    for name in block.unique():
        forest = unit(vectors[(block != name) & (points["label"] == 0)].sum(axis=0))
        distance[block == name] = 1 - cosine_similarity(vectors[block == name], forest)
    curve, auc = roc(distance, points["label"])
    assert auc == pytest.approx(0.838, abs=0.01)
    assert curve.attrs == {"changed": 726, "stable": 398, "without_data": 0}


def test_change_at_agrees_with_sampling_the_real_tile_by_blocks(shared_data):
    root = shared_data / "alphaearth" / "v1" / "annual"
    row = read_index(root).iloc[0]
    bounds = row[["utm_west", "utm_south", "utm_east", "utm_north"]]
    band = open_cube(root, tuple(bounds), 2024, bounds_crs=row["crs"]).sel(band="A07")
    rng = np.random.default_rng(1)
    x, y = rng.uniform(bounds.iloc[0], bounds.iloc[2], 50), rng.uniform(bounds.iloc[1], bounds.iloc[3], 50)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=row["crs"])
    ours = change_at(band.drop_vars("band"), points)
    np.testing.assert_array_equal(ours, sample_points(root, points, 2024)["A07"])


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: score_hotspots(spots((0, 0, 1, 1)), areas((0, 0, 1, 1)), overlap=0), "above 0"),
        (lambda: score_hotspots(spots((0, 0, 1, 1)), areas((0, 0, 1, 1), crs=None)), "both need a CRS"),
        (lambda: roc([0.1, 0.2], [1, 1]), "2 that changed and 0 that did not"),
        (lambda: roc([0.1, np.nan], [1, 0]), "1 that changed and 0 that did not"),
        (lambda: roc([0.1, 0.2], [1, 0, 1]), "one label for each change"),
        (lambda: roc([0.1, 0.2], [1, 2]), "labels are 1"),
        (lambda: change_at(map_of(np.ones((2, 2))), gpd.GeoSeries.from_xy([1], [1])), "have no CRS"),
        (lambda: change_at(map_of(np.ones((2, 2))), areas((0, 0, 1, 1))), "expected points, got Polygon"),
        (lambda: areas_mask(areas((0, 0, 1, 1), crs=None), map_of(np.ones((2, 2)))), "have no CRS"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_way_out(ask, words):
    with pytest.raises(ValueError, match=words):
        ask()

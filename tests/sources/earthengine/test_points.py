"""Embeddings at points: every point gets its own row back, whatever the order, the server's mood or a gap."""

from __future__ import annotations

import json
import threading

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from tests.sources.earthengine.answers import TABLE
from tests.sources.fake_earthengine import (
    Busy,
    arguments,
    names,
    planted,
    refuse,
    rows_at,
    signed_in,
    under_points,
)
from tools import provenance
from tools.embeddings import BANDS
from tools.sources import DataError
from tools.sources.earthengine import embeddings_at


def scattered(n: int, seed: int = 1) -> gpd.GeoDataFrame:
    """Points over Merseyside and, across the border of two UTM zones, Greenwich; indexed by an id."""
    random = np.random.default_rng(seed)
    lon = np.where(random.random(n) < 0.7, random.uniform(-3.2, -2.6, n), random.uniform(-0.1, 0.1, n))
    lat = random.uniform(51.4, 53.6, n)
    ids = [f"osgb{number:06d}" for number in random.permutation(n)]
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), index=ids, crs="EPSG:4326")


def here(n: int) -> gpd.GeoDataFrame:
    """Points of one UTM zone."""
    return scattered(3 * n).cx[-4:-1, :].head(n)


def assert_own(table, points):
    """Each row holds the embedding that was planted at its own point."""
    wanted = np.array([list(planted(round(p.x, 7), round(p.y, 7)).values()) for p in points.geometry])
    assert list(table.columns) == list(BANDS)
    assert table.index.equals(points.index)
    np.testing.assert_allclose(table, wanted.astype(np.float32), rtol=0, atol=1e-6)


def test_every_point_gets_the_embedding_of_its_own_place(tmp_path):
    points = scattered(250)
    with signed_in({TABLE: under_points}) as wire:
        table = embeddings_at(points, 2024, keep=tmp_path, batch_size=40)
    assert_own(table, points)
    assert set(table.dtypes) == {np.dtype("float32")}
    assert sorted(row for request in wire.sent for row, *_ in rows_at(request)) == list(range(250))


def test_points_in_metres_are_sent_in_degrees(tmp_path):
    points = scattered(30)
    with signed_in({TABLE: under_points}):
        table = embeddings_at(points.to_crs("EPSG:27700"), 2024, keep=tmp_path)
    there_and_back = points.to_crs("EPSG:27700").to_crs("EPSG:4326")
    assert_own(table, there_and_back)


def test_a_point_gets_the_stored_pixel_that_it_lies_in(tmp_path):
    with signed_in({TABLE: under_points}) as wire:
        embeddings_at(scattered(60), 2024, keep=tmp_path)
    zones = {}
    for request in wire.sent:
        (reduce,) = arguments(request["expression"], "Image.reduceRegions")
        assert reduce["scale"] == 10
        assert "Reducer.first" in names(request["expression"])
        reduced_in = reduce["crs"]["functionInvocationValue"]["arguments"]["crs"]["constantValue"]
        zones |= {reduced_in: zones.get(reduced_in, []) + [lon for _, lon, _ in rows_at(request)]}
    assert set(zones) == {"EPSG:32630", "EPSG:32631"}
    assert max(zones["EPSG:32630"]) < 0 < min(zones["EPSG:32631"])


def test_points_go_as_a_list_of_numbers_not_as_a_feature_each(tmp_path):
    with signed_in({TABLE: under_points}) as wire:
        embeddings_at(here(600), 2024, keep=tmp_path)
    (request,) = wire.sent
    assert len(json.dumps(request)) < 600 * 50 + 20_000


def test_neighbours_are_asked_for_together(tmp_path):
    with signed_in({TABLE: under_points}) as wire:
        embeddings_at(here(250), 2024, keep=tmp_path, batch_size=20)
    spread = [np.ptp([lon for _, lon, _ in rows_at(request)]) for request in wire.sent]
    assert np.median(spread) < 0.3  # of the 0.6 degrees that all points span


def test_masked_points_are_kept_without_a_number(tmp_path):
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([1, 2, 3], [10, -10, 20]), crs="EPSG:4326")
    with signed_in({TABLE: under_points}):
        table = embeddings_at(points, 2024, keep=tmp_path)
    assert table.isna().all(axis=1).tolist() == [False, True, False]
    assert table.notna().all(axis=1).tolist() == [True, False, True]


def test_points_without_a_place_are_kept_and_not_sent(tmp_path):
    points = gpd.GeoDataFrame(
        geometry=[Point(1, 1), None, Point(), Point(np.nan, 2), Point(2, 2)], index=list("abcde"), crs=4326
    )
    with signed_in({TABLE: under_points}) as wire:
        table = embeddings_at(points, 2024, keep=tmp_path)
    assert table.index.tolist() == list("abcde")
    assert table["A00"].notna().tolist() == [True, False, False, False, True]
    assert len(rows_at(wire.sent[0])) == 2


def test_no_point_with_a_place_asks_for_nothing(tmp_path):
    points = gpd.GeoDataFrame(geometry=[None, Point()], crs=4326)
    with signed_in() as wire:
        table = embeddings_at(points, 2024, keep=tmp_path)
    assert table.shape == (2, 64)
    assert table.isna().all(axis=None)
    assert wire.sent == []


def test_two_rows_of_one_place_get_the_same_and_stay_two(tmp_path):
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([1, 1], [2, 2]), index=["x", "x"], crs=4326)
    with signed_in({TABLE: under_points}):
        table = embeddings_at(points, 2024, keep=tmp_path)
    assert table.index.tolist() == ["x", "x"]
    assert table.iloc[0].equals(table.iloc[1])


def test_pages_are_put_together(tmp_path):
    def seven_a_page(request):
        status, answer = under_points(request)
        first = int(request.get("pageToken", 0))
        page = answer["features"][first : first + 7]
        more = {"nextPageToken": str(first + 7)} if first + 7 < len(answer["features"]) else {}
        return status, {"type": "FeatureCollection", "features": page, **more}

    points = scattered(50)
    with signed_in({TABLE: seven_a_page}):
        table = embeddings_at(points, 2024, keep=tmp_path)
    assert_own(table, points)


def test_answers_in_another_order_and_with_broken_numbers_find_their_rows(tmp_path):
    def shuffled(request):
        status, answer = under_points(request)
        for one in answer["features"]:
            one["properties"]["course_row"] = float(one["properties"]["course_row"])
        return status, {**answer, "features": answer["features"][::-1]}

    points = scattered(50)
    with signed_in({TABLE: shuffled}):
        table = embeddings_at(points, 2024, keep=tmp_path)
    assert_own(table, points)


@pytest.mark.parametrize("fault", ["missing", "twice"])
def test_an_answer_with_a_point_too_few_or_too_many_is_an_error(tmp_path, fault):
    def faulty(request):
        status, answer = under_points(request)
        found = answer["features"]
        return status, {**answer, "features": found[:-1] if fault == "missing" else [*found, found[0]]}

    with signed_in({TABLE: faulty}), pytest.raises(DataError, match=r"answered for (9|11) of 10 points"):
        embeddings_at(here(10), 2024, keep=tmp_path)
    assert not list(tmp_path.glob("*.parquet"))


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (429, "Too many concurrent aggregations."),
        (500, "An internal error has occurred."),
        (503, "The service is currently unavailable."),
    ],
)
def test_a_server_in_trouble_is_asked_again_later(tmp_path, slept, status, message):
    points = here(20)
    with signed_in({TABLE: Busy(9, status, message, under_points)}):
        table = embeddings_at(points, 2024, keep=tmp_path, threads=1)
    assert_own(table, points)
    assert len(slept) == 9
    assert max(slept) <= 64


def test_waits_grow_and_differ(tmp_path, slept):
    with (
        signed_in({TABLE: Busy(10**6, 429, "Too many requests.", under_points)}),
        pytest.raises(DataError, match="share its quota"),
    ):
        embeddings_at(here(5), 2024, keep=tmp_path, threads=1)
    # After each five waits of the client's own comes one of ours.
    ours = slept[5::6]
    assert len(ours) == 4
    assert all(2**turn / 2 <= wait <= 2**turn for turn, wait in enumerate(ours, start=1))


def test_a_refusal_for_good_is_not_asked_again(tmp_path, slept):
    def no(request):
        return refuse(403, "Caller does not have required permission to use project a-class.")

    with signed_in({TABLE: no}) as wire, pytest.raises(DataError, match="Service Usage Consumer"):
        embeddings_at(here(5), 2024, keep=tmp_path, threads=1)
    assert len(wire.sent) == 1
    assert slept == []


def test_quota_that_does_not_come_back_this_month_is_not_waited_for(tmp_path, slept):
    def no(request):
        return refuse(400, "Your project has exceeded its noncommercial compute quota.")

    with signed_in({TABLE: no}) as wire, pytest.raises(DataError, match="hours of computing"):
        embeddings_at(here(5), 2024, keep=tmp_path, threads=1)
    assert len(wire.sent) == 1


def test_a_broken_connection_is_mended(tmp_path, slept):
    left = [ConnectionResetError("peer"), TimeoutError("silent"), OSError("odd")]

    def broken(request):
        if left:
            raise left.pop()
        return under_points(request)

    points = scattered(20)
    with signed_in({TABLE: broken}):
        table = embeddings_at(points, 2024, keep=tmp_path, threads=1)
    assert_own(table, points)


@pytest.mark.parametrize(
    "message",
    ["User memory limit exceeded.", "Computation timed out.", "Request payload size exceeds the limit"],
)
def test_a_batch_that_is_too_much_is_asked_in_halves(tmp_path, slept, message):
    sizes = []

    def at_most_three(request):
        sizes.append(len(rows_at(request)))
        return refuse(400, message) if sizes[-1] > 3 else under_points(request)

    points = here(20)
    with signed_in({TABLE: at_most_three}):
        table = embeddings_at(points, 2024, keep=tmp_path, threads=1)
    assert_own(table, points)
    assert sorted(sizes, reverse=True)[:3] == [20, 10, 10]
    assert slept == []  # half of it is another question, so there is nothing to wait for


def test_a_single_point_that_is_too_much_is_an_error(tmp_path):
    with (
        signed_in({TABLE: lambda request: refuse(400, "User memory limit exceeded.")}),
        pytest.raises(DataError, match="too much for one answer"),
    ):
        embeddings_at(scattered(4), 2024, keep=tmp_path)


def test_no_more_is_asked_at_once_than_threads_say(tmp_path):
    lock, inside, most = threading.Lock(), [0], [0]
    together = threading.Barrier(3)

    def counting(request):
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        together.wait(timeout=30)
        with lock:
            inside[0] -= 1
        return under_points(request)

    points = here(90)
    with signed_in({TABLE: counting}):
        embeddings_at(points, 2024, keep=tmp_path, batch_size=10, threads=3)
    assert most[0] == 3


@pytest.mark.parametrize("threads", [0, 21])
def test_more_threads_than_the_quota_allows_are_refused(tmp_path, threads):
    with pytest.raises(ValueError, match="take 1 to 20"):
        embeddings_at(scattered(4), 2024, keep=tmp_path, threads=threads)


def test_a_run_that_was_broken_off_goes_on_where_it_stopped(tmp_path):
    points = here(50)
    asked = []

    def five_batches(request):
        if len(asked) == 3:
            return refuse(400, "No.")
        asked.append(sorted(row for row, *_ in rows_at(request)))
        return under_points(request)

    with signed_in({TABLE: five_batches}), pytest.raises(DataError):
        embeddings_at(points, 2024, keep=tmp_path, batch_size=10, threads=1)
    with signed_in({TABLE: under_points}) as wire:
        table = embeddings_at(points, 2024, keep=tmp_path, batch_size=10, threads=1)
    assert_own(table, points)
    again = [sorted(row for row, *_ in rows_at(request)) for request in wire.sent]
    assert sorted(row for batch in asked + again for row in batch) == list(range(50))


def test_a_finished_run_asks_for_nothing(tmp_path):
    points = scattered(30)
    with signed_in({TABLE: under_points}):
        first = embeddings_at(points, 2024, keep=tmp_path)
    with signed_in() as wire:
        second = embeddings_at(points, 2024, keep=tmp_path)
    assert wire.sent == []
    assert first.equals(second)


def test_kept_batches_serve_no_other_year_and_no_other_points(tmp_path):
    points = scattered(30)
    with signed_in({TABLE: under_points}):
        embeddings_at(points, 2024, keep=tmp_path)
        with pytest.raises(ValueError, match="year was 2024"):
            embeddings_at(points, 2023, keep=tmp_path)
        with pytest.raises(ValueError, match="other work"):
            embeddings_at(points.iloc[::-1], 2024, keep=tmp_path)


def test_progress_tells_points_that_are_done(tmp_path):
    told = []
    with signed_in({TABLE: under_points}):
        embeddings_at(
            scattered(50), 2024, keep=tmp_path, batch_size=10, progress=lambda *now: told.append(now)
        )
    assert told[0] == (0, 50)
    assert told[-1] == (50, 50)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_the_result_says_whose_data_it_is(tmp_path):
    points = provenance.mark(scattered(5), provenance.Provenance("mine", "file", "My points"))
    with signed_in({TABLE: under_points}):
        table = embeddings_at(points, 2024, keep=tmp_path)
    assert "produced by Google" in provenance.footnote(table)
    assert {mark.name for mark in provenance.every(table)} >= {"mine"}


def test_what_is_no_point_is_refused(tmp_path):
    areas = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)], crs=4326)
    with pytest.raises(ValueError, match="expected points, got POLYGON"):
        embeddings_at(areas, 2024, keep=tmp_path)
    with pytest.raises(ValueError, match="no CRS"):
        embeddings_at(scattered(2).set_crs(None, allow_override=True), 2024, keep=tmp_path)


def test_no_row_is_lost_doubled_or_mixed_up(tmp_path_factory):
    most = [0]

    def in_parts(request):
        if len(rows_at(request)) > most[0]:
            return refuse(400, "Computation timed out.")
        return under_points(request)

    @settings(max_examples=20)
    @given(
        places=st.lists(st.tuples(st.floats(-179, 179), st.floats(0, 83)), min_size=1, max_size=12),
        batch_size=st.integers(1, 9),
        too_much=st.integers(1, 9),
    )
    def check(places, batch_size, too_much):
        most[0] = too_much
        points = gpd.GeoDataFrame(geometry=[Point(*place) for place in places], crs=4326)
        keep = tmp_path_factory.mktemp("batches")
        assert_own(embeddings_at(points, 2024, keep=keep, batch_size=batch_size, threads=2), points)

    with signed_in({TABLE: in_parts}):
        check()

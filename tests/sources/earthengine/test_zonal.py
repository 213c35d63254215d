"""Means over areas: what is sent is right by Google's signatures, and what comes back is treated rightly."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest

from tests.sources.earthengine.answers import TABLE, feature, means, rows_of
from tests.sources.fake_earthengine import Busy, arguments, calls, refuse, signed_in
from tools.embeddings import BANDS
from tools.sources import DataError
from tools.sources.earthengine import zonal, zonal_means


def test_means_stand_beside_their_areas(areas):
    with signed_in({TABLE: means}):
        table = zonal_means(areas, 2024)
    assert list(table.columns) == [f"{band}_mean" for band in BANDS]
    assert list(table.index) == list("abcde")
    np.testing.assert_allclose(table["A00_mean"], [0, 1, 2, 3, 4])
    np.testing.assert_allclose(table.loc["c"], 2 + np.arange(64) / 100)


def test_a_year_ends_where_the_next_begins(areas):
    with signed_in({TABLE: means}) as wire:
        zonal_means(areas.head(1), 2024)
    (dates,) = arguments(wire.sent[0]["expression"], "DateRange")
    assert (dates["start"], dates["end"]) == ("2024-01-01", "2025-01-01")


def test_each_area_is_averaged_at_ten_metres_in_its_own_utm_zone(areas):
    with signed_in({TABLE: means}) as wire:
        zonal_means(areas, 2024)
    sent = {}
    for request in wire.sent:
        (reduce,) = arguments(request["expression"], "Image.reduceRegions")
        assert reduce["scale"] == 10
        crs = arguments(request["expression"], "Projection")[0]["crs"]
        sent.update(dict.fromkeys(rows_of(request), crs))
    assert sent == {0: "EPSG:32630", 1: "EPSG:32630", 2: "EPSG:32631", 3: "EPSG:32631", 4: "EPSG:32631"}


def test_the_mean_is_weighted_by_the_share_of_each_pixel(areas):
    with signed_in({TABLE: means}) as wire:
        zonal_means(areas.head(1), 2024)
    names = {call["functionName"] for call in calls(wire.sent[0]["expression"])}
    assert "Reducer.mean" in names
    assert "Reducer.unweighted" not in names


def test_answers_come_without_the_geometry_that_we_have_already(areas):
    with signed_in({TABLE: means}) as wire:
        zonal_means(areas.head(1), 2024)
    (select,) = arguments(wire.sent[0]["expression"], "Feature.select")
    assert select["retainGeometry"] is False


def test_the_inside_of_an_area_does_not_hang_on_the_direction_of_its_ring(areas):
    with signed_in({TABLE: means}) as wire:
        zonal_means(areas.head(1), 2024)
    polygons = arguments(wire.sent[0]["expression"], "GeometryConstructors.Polygon")
    assert all(given["evenOdd"] is True for given in polygons)


def test_areas_in_metres_are_sent_in_degrees(areas):
    with signed_in({TABLE: means}) as wire:
        zonal_means(areas.to_crs("EPSG:27700"), 2024)
    corners = np.vstack(
        [
            np.array(given["coordinates"]).reshape(-1, 2)
            for request in wire.sent
            for given in arguments(request["expression"], "GeometryConstructors.Polygon")
        ]
    )
    assert (np.abs(corners - [0, 51.5]) < 0.3).all()


def test_areas_are_sent_in_batches(areas, monkeypatch):
    monkeypatch.setattr(zonal, "BATCH_AREAS", 2)
    with signed_in({TABLE: means}) as wire:
        table = zonal_means(areas, 2024)
    assert sorted(map(rows_of, wire.sent)) == [[0, 1], [2, 3], [4]]
    np.testing.assert_allclose(table["A01_mean"], np.arange(5) + 0.01)


def test_areas_of_many_corners_make_smaller_batches(areas, monkeypatch):
    monkeypatch.setattr(zonal, "BATCH_BYTES", 100)
    with signed_in({TABLE: means}) as wire:
        zonal_means(areas, 2024)
    assert sorted(map(rows_of, wire.sent)) == [[0], [1], [2], [3], [4]]


def test_pages_are_put_together(areas):
    def one_a_page(request):
        rows = rows_of(request)
        place = int(request.get("pageToken", 0))
        answer = {"type": "FeatureCollection", "features": [feature(rows[place])]}
        if place + 1 < len(rows):
            answer["nextPageToken"] = str(place + 1)
        return 200, answer

    with signed_in({TABLE: one_a_page}) as wire:
        table = zonal_means(areas, 2024)
    assert len(wire.sent) == 5
    np.testing.assert_allclose(table["A00_mean"], [0, 1, 2, 3, 4])


@pytest.mark.parametrize("masked", [{}, dict.fromkeys(BANDS)], ids=["left out", "null"])
def test_an_area_without_a_valid_pixel_has_no_number(areas, masked):
    def some_masked(request):
        bare = {"type": "Feature", "geometry": None}
        rows = rows_of(request)
        features = [
            {**bare, "properties": {"course_row": 1, **masked}} if row == 1 else feature(row) for row in rows
        ]
        return 200, {"type": "FeatureCollection", "features": features}

    with signed_in({TABLE: some_masked}):
        table = zonal_means(areas, 2024)
    assert table.loc["b"].isna().all()
    assert table.drop(index="b").notna().all(axis=None)


def test_an_area_that_does_not_come_back_is_an_error_not_a_gap(areas):
    def one_short(request):
        status, answer = means(request)
        answer["features"].pop()
        return status, answer

    with signed_in({TABLE: one_short}), pytest.raises(DataError, match=r"answered for \d of \d areas"):
        zonal_means(areas, 2024)


@pytest.mark.parametrize("times", [1, 7])
def test_a_busy_server_is_asked_again_later(areas, slept, times):
    with signed_in({TABLE: Busy(times, 429, "Too many concurrent aggregations.", means)}):
        table = zonal_means(areas.head(1), 2024)
    assert table["A00_mean"].tolist() == [0]
    assert len(slept) >= times
    assert all(wait > 0 for wait in slept)


def test_a_server_that_stays_busy_is_an_error_in_the_end(areas, slept):
    with (
        signed_in({TABLE: Busy(10**6, 429, "Too many concurrent aggregations.", means)}),
        pytest.raises(DataError, match="all who share a project share its quota"),
    ):
        zonal_means(areas.head(1), 2024)


def test_what_is_too_much_for_the_server_is_asked_in_halves(areas):
    def at_most_one(request):
        if len(rows_of(request)) > 1:
            return refuse(400, "User memory limit exceeded.")
        return means(request)

    with signed_in({TABLE: at_most_one}):
        table = zonal_means(areas, 2024)
    np.testing.assert_allclose(table["A00_mean"], [0, 1, 2, 3, 4])


def test_one_area_that_is_too_much_is_an_error(areas):
    with (
        signed_in({TABLE: lambda request: refuse(400, "User memory limit exceeded.")}),
        pytest.raises(DataError, match="memory limit exceeded"),
    ):
        zonal_means(areas, 2024)


def test_a_run_that_was_broken_off_goes_on_where_it_stopped(areas, tmp_path):
    def not_the_east(request):
        return refuse(400, "No.") if 4 in rows_of(request) else means(request)

    with signed_in({TABLE: not_the_east}), pytest.raises(DataError):
        zonal_means(areas, 2024, keep=tmp_path)
    with signed_in({TABLE: means}) as wire:
        table = zonal_means(areas, 2024, keep=tmp_path)
    assert [rows_of(request) for request in wire.sent] == [[2, 3, 4]]
    np.testing.assert_allclose(table["A00_mean"], [0, 1, 2, 3, 4])


def test_a_folder_of_batches_is_of_one_year_only(areas, tmp_path):
    with signed_in({TABLE: means}):
        zonal_means(areas, 2024, keep=tmp_path)
        with pytest.raises(ValueError, match="year was 2024 and is 2023 now"):
            zonal_means(areas, 2023, keep=tmp_path)


def test_finished_batches_name_no_project(areas, tmp_path):
    with signed_in({TABLE: means}, project="planted-project"):
        zonal_means(areas, 2024, keep=tmp_path)
    assert all(b"planted-project" not in file.read_bytes() for file in tmp_path.iterdir())


def test_no_areas_have_no_means():
    with signed_in() as wire:
        table = zonal_means(gpd.GeoDataFrame(geometry=[], crs="EPSG:4326"), 2024)
    assert table.shape == (0, 64)
    assert wire.sent == []


def test_areas_without_crs_are_refused(areas):
    with pytest.raises(ValueError, match="no CRS"):
        zonal_means(areas.set_crs(None, allow_override=True), 2024)

"""What is sent to Earth Engine is right by Google's signatures, and what comes back is treated rightly."""

from __future__ import annotations

import threading

import ee
import geopandas as gpd
import numpy as np
import pytest
from shapely import box

from tests.sources.boundary_service import Service, serving_boundaries
from tests.sources.fake_earthengine import arguments, calls, check_graph, signed_in
from tools import provenance, sources
from tools.embeddings import BANDS
from tools.sources import DataError
from tools.sources.earthengine import annual_mosaic, explain, initialise, zonal, zonal_means

TABLE = "table:computeFeatures"


@pytest.fixture
def areas() -> gpd.GeoDataFrame:
    """Five squares from west to east over London's border of two UTM zones, indexed by code."""
    squares = [box(-0.2 + place / 10, 51.5, -0.19 + place / 10, 51.51) for place in range(5)]
    return gpd.GeoDataFrame(geometry=squares, index=list("abcde"), crs="EPSG:4326")


def rows_of(request: dict) -> list[int]:
    # The region that limits the tiles is a feature too, but none of ours.
    features = arguments(request["expression"], "Feature")
    return [given["metadata"]["course_row"] for given in features if "metadata" in given]


def feature(row: int, **properties) -> dict:
    values = {band: row + number / 100 for number, band in enumerate(BANDS)}
    return {"type": "Feature", "geometry": None, "properties": {"course_row": row, **values, **properties}}


def means(request: dict) -> tuple[int, dict]:
    """A mean that tells its row and band: row + band / 100."""
    return 200, {"type": "FeatureCollection", "features": [feature(row) for row in rows_of(request)]}


def refuse(status: int, message: str) -> tuple[int, dict]:
    return status, {"error": {"code": status, "message": message}}


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


class Busy:
    """Refuses the first requests, then answers."""

    def __init__(self, times: int, status: int, message: str):
        self.left, self.refusal, self.lock = times, refuse(status, message), threading.Lock()

    def __call__(self, request):
        with self.lock:
            self.left -= 1
            return self.refusal if self.left >= 0 else means(request)


@pytest.fixture
def slept(monkeypatch) -> list[float]:
    """Seconds that were to be waited; nobody has that long."""
    kept: list[float] = []
    monkeypatch.setattr("time.sleep", kept.append)
    return kept


@pytest.mark.parametrize("times", [1, 7])
def test_a_busy_server_is_asked_again_later(areas, slept, times):
    with signed_in({TABLE: Busy(times, 429, "Too many concurrent aggregations.")}):
        table = zonal_means(areas.head(1), 2024)
    assert table["A00_mean"].tolist() == [0]
    assert len(slept) >= times
    assert all(wait > 0 for wait in slept)


def test_a_server_that_stays_busy_is_an_error_in_the_end(areas, slept):
    with (
        signed_in({TABLE: Busy(10**6, 429, "Too many concurrent aggregations.")}),
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


def test_kept_batches_are_of_their_year_only(areas, tmp_path):
    with signed_in({TABLE: means}) as wire:
        zonal_means(areas, 2024, keep=tmp_path)
        sent = len(wire.sent)
        zonal_means(areas, 2023, keep=tmp_path)
        assert len(wire.sent) == 2 * sent


def test_areas_without_crs_are_refused(areas):
    with pytest.raises(ValueError, match="no CRS"):
        zonal_means(areas.set_crs(None, allow_override=True), 2024)


def test_a_request_that_nobody_planned_fails():
    with signed_in(), pytest.raises(AssertionError, match="nobody planned"):
        ee.Number(1).add(2).getInfo()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"functionName": "Image.reduceRegionz", "arguments": {}}, "no function"),
        ({"functionName": "Image.reduceRegions", "arguments": {}}, "needs"),
        ({"functionName": "Reducer.mean", "arguments": {"scal": {"constantValue": 1}}}, "no arguments"),
    ],
)
def test_the_check_of_graphs_can_fail(wrong, said):
    with pytest.raises(AssertionError, match=said):
        check_graph({"result": "0", "values": {"0": {"functionInvocationValue": wrong}}})


def test_the_mosaic_may_be_limited_to_a_region():
    with signed_in():
        region = ee.Geometry.Rectangle([-1, 51, 1, 52])
        graph = ee.serializer.encode(annual_mosaic(2020, region))
        check_graph(graph)
        assert "Filter.intersects" in {call["functionName"] for call in calls(graph)}


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("ee.Initialize: no project found. Call with project=", "set COURSE_EE_PROJECT"),
        (
            "Earth Engine API has not been used in project 12 before or it is disabled.",
            "enable 'Google Earth",
        ),
        ("Not signed up for Earth Engine or project is not registered.", "earthengine/register"),
        ("Caller does not have required permission to use project x.", "Service Usage Consumer"),
        ("Please authorize access to your Earth Engine account", "run `earthengine authenticate`"),
        ("Something quite new.", "COURSE_ORIGIN=open"),
    ],
)
def test_the_errors_that_students_meet_say_what_to_do(said, remedy):
    message = str(explain(ee.EEException(said)))
    assert remedy.lower().replace("earthengine/register", "register") in message.lower()
    assert said in message


def test_signing_in_without_an_account_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")  # else the client looks for credentials on the network
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    ee.Reset()
    with pytest.raises(DataError, match="earthengine authenticate"):
        initialise("a-project")


def test_the_project_is_taken_from_the_variable(monkeypatch):
    asked = {}
    monkeypatch.setenv("COURSE_EE_PROJECT", "our-class")
    monkeypatch.setattr(ee, "Initialize", lambda **options: asked.update(options))
    ee.Reset()
    initialise()
    assert asked["project"] == "our-class"
    assert "highvolume" in asked["url"]


@pytest.fixture
def boroughs(areas, monkeypatch):
    """The boundaries' service on loopback, with five areas of London's names, in the catalogue's place."""
    names = [f"Camden 00{place}A" for place in range(5)]
    table = areas.assign(LSOA21CD=[f"E0100000{place}" for place in range(5)], LSOA21NM=names)
    with serving_boundaries(Service(table)) as service:
        options = sources.find("london-lsoa").origin("earthengine").options
        monkeypatch.setitem(options["boundaries"], "url", service.url)
        yield service


def unit_means(request):
    """Means in the range that the schema allows."""
    status, answer = means(request)
    for one in answer["features"]:
        one["properties"].update(dict.fromkeys(BANDS, 0.125))
    return status, answer


def test_the_table_of_areas_comes_by_way_of_earth_engine(own_cache, boroughs, monkeypatch):
    monkeypatch.setenv("COURSE_ORIGIN", "earthengine")
    with signed_in({TABLE: unit_means}):
        table = sources.open("london-lsoa")
    assert list(table["LSOA21NM"]) == [f"Camden 00{place}A" for place in range(5)]
    assert (table["A63_mean"] == 0.125).all()
    assert table.crs == "EPSG:4326"
    mark = provenance.of(table)
    assert mark.origin == "earthengine"
    assert "produced by Google" in mark.notice


def test_the_finished_table_needs_no_account_again(own_cache, boroughs):
    with signed_in({TABLE: unit_means}):
        first = sources.open("london-lsoa", origin="earthengine")
    with signed_in() as wire:
        second = sources.open("london-lsoa", origin="earthengine")
    assert wire.sent == []
    assert second.equals(first)
    assert [file.state for file in sources.verify("london-lsoa", "earthengine")] == ["ok"]


def test_a_finished_table_that_was_damaged_is_computed_again(own_cache, boroughs):
    with signed_in({TABLE: unit_means}):
        (path,) = sources.get("london-lsoa", "earthengine")
        path.write_bytes(path.read_bytes()[:-1])
        assert [file.state for file in sources.verify("london-lsoa", "earthengine")] == ["changed"]
        assert len(sources.open("london-lsoa", origin="earthengine")) == 5

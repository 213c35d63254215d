"""Counts and samples of pixels, and the years that there are."""

from __future__ import annotations

import ee
import geopandas as gpd
import numpy as np
import pytest
from shapely import MultiPolygon, Point, Polygon, box

from tests.sources.earthengine.answers import TABLE
from tests.sources.fake_earthengine import arguments, names, planted, refuse, signed_in
from tools import provenance
from tools.embeddings import BANDS
from tools.sources import DataError
from tools.sources.earthengine import available_years, geometry_of, pixel_count, sample_pixels, utm_zone
from tools.sources.earthengine.grids import grid_over
from tools.sources.earthengine.regions import utm_of

REGION = (-3.3, 53.2, -2.5, 53.7)
VALUE = "value:compute"


def answering(result):
    """A plan that answers with a value."""
    return {VALUE: lambda request: (200, {"result": result})}


def crs_of(given: dict, name: str = "crs") -> str:
    """The CRS in an argument that is a projection."""
    return given[name]["functionInvocationValue"]["arguments"]["crs"]["constantValue"]


def test_pixels_are_counted_on_the_mosaics_own_grid_unless_another_is_named():
    with signed_in(answering({"A00": 12_259_151})) as wire:
        assert pixel_count(REGION, 2024) == 12_259_151
        assert pixel_count(REGION, 2024, crs="EPSG:32630", scale=20) == 12_259_151
    own, utm = (arguments(request["expression"], "Image.reduceRegion")[0] for request in wire.sent)
    assert "crs" not in own
    assert own["scale"] == 10
    assert crs_of(utm) == "EPSG:32630"
    assert utm["scale"] == 20
    assert int(own["maxPixels"]) > 10**8  # by default the server gives up beyond ten million
    assert "Reducer.count" in names(wire.sent[0]["expression"])


def test_a_region_that_is_too_large_to_count_says_so(slept):
    with (
        signed_in(
            {VALUE: lambda request: refuse(400, "Image.reduceRegion: Too many pixels in the region.")}
        ) as wire,
        pytest.raises(DataError, match="smaller region"),
    ):
        pixel_count(REGION, 2024)
    assert len(wire.sent) == 1


def test_years_come_in_order_and_once():
    with signed_in(answering([2024, 2017, 2018])) as wire:
        assert available_years(REGION) == [2017, 2018, 2024]
    assert {"Filter.intersects", "AggregateFeatureCollection.array", "Date.get"} <= names(
        wire.sent[0]["expression"]
    )


def sample_of(n: int, page: int = 5_000):
    """A plan that answers with n pixels, so many a page."""

    def answer(request):
        first = int(request.get("pageToken", 0))
        size = min(page, request["pageSize"])
        features = [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [-3 + row / 1e4, 53.4]},
                "properties": planted(-3 + row / 1e4, 53.4),
            }
            for row in range(first, min(first + size, n))
        ]
        more = {"nextPageToken": str(first + size)} if first + size < n else {}
        return 200, {"type": "FeatureCollection", "features": features, **more}

    return answer


def test_a_sample_is_drawn_at_ten_metres_on_the_stored_grid():
    with signed_in({TABLE: sample_of(12)}) as wire:
        sample_pixels(REGION, 2023, 12, seed=7)
    (drawn,) = arguments(wire.sent[0]["expression"], "Image.sample")
    assert crs_of(drawn, "projection") == "EPSG:32630"
    assert (drawn["scale"], drawn["numPixels"], drawn["seed"]) == (10, 12, 7)
    (dates,) = arguments(wire.sent[0]["expression"], "DateRange")
    assert (dates["start"], dates["end"]) == ("2023-01-01", "2024-01-01")


def test_a_sample_comes_in_pages_that_the_server_allows():
    with signed_in({TABLE: sample_of(60, page=25)}) as wire:
        table = sample_pixels(REGION, 2024, 60)
    assert all(request["pageSize"] <= 5_000 for request in wire.sent)
    assert len(wire.sent) == 3
    assert table.shape == (60, 64)
    assert list(table.columns) == list(BANDS)
    assert set(table.dtypes) == {np.dtype("float32")}
    np.testing.assert_allclose(table["A00"], (-3 + np.arange(60) / 1e4) / 1000, rtol=1e-6)


def test_a_page_that_fails_is_asked_for_again_by_itself(slept):
    whole, failures = sample_of(60, page=25), [refuse(503, "The service is currently unavailable.")] * 7

    def broken(request):
        if request.get("pageToken") == "25" and failures:
            return failures.pop()
        return whole(request)

    with signed_in({TABLE: broken}) as wire:
        assert len(sample_pixels(REGION, 2024, 60)) == 60
    assert [request.get("pageToken") for request in wire.sent].count(None) == 1


def test_centres_of_the_pixels_come_where_they_are_asked_for():
    with signed_in({TABLE: sample_of(5)}) as wire:
        table = sample_pixels(REGION, 2024, 5, geometries=True)
        assert not isinstance(sample_pixels(REGION, 2024, 5), gpd.GeoDataFrame)
    assert table.crs == "EPSG:4326"
    np.testing.assert_allclose(table.geometry.x, -3 + np.arange(5) / 1e4)
    asked = [arguments(request["expression"], "Image.sample")[0]["geometries"] for request in wire.sent]
    assert asked == [True, False]


def test_a_sample_says_whose_data_it_is():
    with signed_in({TABLE: sample_of(5)}):
        assert "produced by Google" in provenance.footnote(sample_pixels(REGION, 2024, 5))


def test_a_region_without_embeddings_is_an_error_not_an_empty_table():
    with signed_in({TABLE: sample_of(0)}), pytest.raises(DataError, match="no pixel of the region"):
        sample_pixels(REGION, 2024, 5)


SQUARE = box(-3, 53.4, -2.9, 53.5)


@pytest.mark.parametrize(
    "region",
    [
        SQUARE.bounds,
        SQUARE,
        Polygon(SQUARE.exterior.coords[::-1]),
        gpd.GeoDataFrame(geometry=[SQUARE], crs="EPSG:4326"),
        gpd.GeoSeries([SQUARE], crs="EPSG:4326").to_crs("EPSG:27700"),
        gpd.GeoDataFrame(
            geometry=[box(-3, 53.4, -2.95, 53.5), box(-2.95, 53.4, -2.9, 53.5)], crs="EPSG:4326"
        ),
    ],
    ids=["bounds", "shape", "other way round", "table", "metres", "two halves"],
)
def test_a_region_may_come_in_any_form(region):
    with signed_in():
        graph = ee.serializer.encode(geometry_of(region))
        (given,) = arguments(graph, "GeometryConstructors.Polygon")
    assert given["evenOdd"] is True
    assert given["geodesic"] is False
    assert crs_of(given) == "EPSG:4326"
    corners = {tuple(np.round(corner, 4)) for corner in given["coordinates"][0]}
    assert {(-3.0, 53.4), (-2.9, 53.4), (-2.9, 53.5), (-3.0, 53.5)} <= corners


def test_a_region_of_several_parts_stays_whole():
    parts = MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)])
    with signed_in():
        (given,) = arguments(ee.serializer.encode(geometry_of(parts)), "GeometryConstructors.MultiPolygon")
    assert len(given["coordinates"]) == 2


@pytest.mark.parametrize(
    ("region", "said"),
    [
        (gpd.GeoSeries([SQUARE]), "no CRS"),
        (Point(0, 0), "expected a polygon, got a Point"),
        (Polygon(), "got nothing"),
        ((1, 2, 3), "got 3 numbers"),
        ((3, 0, 1, 1), "not in order"),
        (box(300_000, 390_000, 350_000, 410_000), "no degrees"),
        ("Liverpool", "got str"),
    ],
)
def test_what_is_no_region_says_why(region, said):
    with pytest.raises(ValueError, match=said):
        geometry_of(region)


def test_zones_are_those_of_the_stored_tiles(shared_data):
    index = gpd.read_parquet(shared_data / "alphaearth/v1/annual/aef_index.parquet")
    for _, tile in index.iterrows():
        middle = tile.geometry.centroid
        assert utm_zone(middle.x, middle.y) == tile["crs"]


def test_the_grid_at_ten_metres_is_that_of_the_stored_pixels(shared_data):
    index = gpd.read_parquet(shared_data / "alphaearth/v1/annual/aef_index.parquet")
    tile = index.iloc[0]
    inside = gpd.GeoSeries(
        [box(tile.utm_west + 3, tile.utm_south + 4, tile.utm_east - 5, tile.utm_north - 6)], crs=tile["crs"]
    )
    grid = grid_over(inside)
    assert grid.crs == tile["crs"]
    assert (grid.west, grid.north) == (tile.utm_west, tile.utm_north)
    assert (grid.width, grid.height) == (
        (tile.utm_east - tile.utm_west) / 10,
        (tile.utm_north - tile.utm_south) / 10,
    )


def test_a_grid_covers_its_region():
    grid = grid_over(SQUARE, 250)
    corners = gpd.GeoSeries([SQUARE.segmentize(0.001)], crs="EPSG:4326").to_crs(utm_of(SQUARE)).total_bounds
    west, south, east, north = corners
    outside = np.array([west - grid.west, grid.north - north, grid.bounds[2] - east, south - grid.bounds[1]])
    assert (outside > -0.001).all()  # a millimetre is no reason for another pixel
    assert (outside < 250).all()


@pytest.mark.parametrize(
    ("scale", "crs", "said"), [(0, None, "above nought"), (10, "EPSG:4326", "not in metres")]
)
def test_a_grid_without_metres_is_refused(scale, crs, said):
    with pytest.raises(ValueError, match=said):
        grid_over(SQUARE, scale, crs)

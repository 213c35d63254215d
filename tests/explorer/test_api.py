"""The API answers as it is described, on a real index of a small world."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from tests.explorer.conftest import serving, settings_of
from tools.explorer.app import create_app
from tools.explorer.models import Config, Health, Methods, Similar, Statistics, Status, Tile
from tools.explorer.packing import unpack
from tools.similarity import open_index
from tools.similarity.pipeline import INDEXED
from tools.tiling import tile_bounds

API = "/api/v1"


def said(answer, model=None, status=200):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    return model.model_validate_json(answer.content, strict=True) if model else answer.json()


def refused(answer, status):
    """A problem, as RFC 9457 has it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "instance"}
    assert problem["status"] == status
    assert "Traceback" not in answer.text
    return problem


def asking(explorer, tile, **options):
    return explorer.get(f"{API}/tiles/{tile}/similar", params=options)


def test_status_says_what_runs_on_which_data(explorer, holder):
    status = said(explorer.get(f"{API}/status"), Status)
    assert (status.tiles, status.cities) == (96, 12)
    assert status.countries == holder.tiles["country_code"].nunique()
    assert status.synthetic
    assert "invented" in status.notice
    assert status.index.kind == "edge"


def test_health_names_each_part(explorer):
    health = said(explorer.get(f"{API}/health"), Health)
    assert health.ok, health.parts
    assert {part.name for part in health.parts} == {"tiles", "layout", "index", "thumbnails"}


def test_config_tells_a_page_what_it_needs(explorer):
    config = said(explorer.get(f"{API}/config"), Config)
    assert config.default_method == "dominant"
    assert (config.page_size, config.most_results) == (24, 100)
    assert config.basemap.kind == "raster"
    assert "CC BY 4.0" in config.basemap.attribution


def test_methods_are_those_that_the_index_holds(explorer):
    methods = said(explorer.get(f"{API}/methods"), Methods)
    assert {method.name for method in methods.methods if method.available} == set(INDEXED)
    assert all(method.tiles == 96 and method.dimensions > 700 for method in methods.methods)
    assert methods.default in INDEXED


def test_locations_hold_every_tile_in_order(explorer, holder):
    about, arrays = unpack(explorer.get(f"{API}/locations").content)
    ids = [
        city["id"] * 10_000 + int(row) * 100 + int(col)
        for city, rows, cols in _by_city(about, arrays)
        for row, col in zip(rows, cols, strict=True)
    ]
    assert ids == holder.tiles["tile_id"].tolist() == sorted(ids)


def _by_city(about, arrays):
    first = 0
    for city in about["cities"]:
        part = slice(first, first := first + city["count"])
        yield city, arrays["row"][part], arrays["col"][part]


def test_the_view_has_a_place_for_every_tile(explorer, holder):
    _, arrays = unpack(explorer.get(f"{API}/umap").content)
    x, y = holder.layout["x"].to_numpy(), holder.layout["y"].to_numpy()
    assert len(arrays["x"]) == len(arrays["y"]) == 96
    assert np.corrcoef(arrays["x"], x)[0, 1] > 0.9999
    assert np.corrcoef(arrays["y"], y)[0, 1] > 0.9999


def test_land_is_geojson_with_the_caspian_sea_left_out(explorer):
    answer = explorer.get(f"{API}/land")
    assert answer.headers["content-type"] == "application/geo+json"
    land = shapely.geometry.shape(answer.json()["features"][0]["geometry"])
    assert land.is_valid
    assert land.contains(shapely.Point(2.35, 48.85))
    assert not land.contains(shapely.Point(50.5, 42))
    outer = shapely.get_parts(land)[0].exterior
    assert outer.is_ccw


def test_statistics_add_up(explorer, holder):
    statistics = said(explorer.get(f"{API}/statistics"), Statistics)
    for counts in (statistics.continents, statistics.by_country):
        assert sum(count.tiles for count in counts) == 96
        assert sum(count.cities for count in counts) == 12
        assert [count.tiles for count in counts] == sorted((c.tiles for c in counts), reverse=True)
    assert statistics.tiles_per_city.least == statistics.tiles_per_city.most == 8
    assert statistics.area_km2 == pytest.approx(96 * 2.24**2)
    half = float(holder.tiles["dominant_share"].median())
    assert statistics.dominant_share.half == pytest.approx(half, abs=1e-6)


def test_a_tiles_outline_is_its_square_of_the_zone(explorer, holder, tile):
    answer = said(explorer.get(f"{API}/tiles/{tile}"), Tile)
    row = holder.tiles.set_index("tile_id").loc[tile]
    assert (answer.city, answer.country_code, answer.utm_epsg) == (
        row["city"], row["country_code"], row["utm_epsg"],
    )  # fmt: skip
    bounds = answer.bounds
    assert (bounds.west, bounds.south, bounds.east, bounds.north) == tile_bounds(row)
    corners = gpd.GeoSeries([shapely.Polygon(answer.outline)], crs=4326).to_crs(answer.utm_epsg)
    assert corners.iloc[0].symmetric_difference(shapely.box(*tile_bounds(row))).area < 100
    assert answer.outline[0] == answer.outline[-1]


def test_look_alikes_are_those_that_the_index_finds(explorer, holder, world, tile):
    answer = said(asking(explorer, tile, limit=10, method="mean"), Similar)
    with open_index(world / "index") as index:
        hits = index.similar(tile, method="mean", limit=10, other_cities_only=True)
    assert [hit.tile_id for hit in answer.hits] == [hit.tile_id for hit in hits]
    assert [hit.score for hit in answer.hits] == pytest.approx([hit.score for hit in hits], abs=1e-6)
    places = holder.tiles.set_index("tile_id")
    for hit in answer.hits:
        row = places.loc[hit.tile_id]
        assert (hit.city, hit.country, hit.continent) == (row["city"], row["country"], row["continent"])
        assert (hit.lon, hit.lat) == (row["lon"], row["lat"])


def test_the_usual_method_is_asked_where_none_is_named(explorer, tile):
    assert said(asking(explorer, tile)) == said(asking(explorer, tile, method="dominant"))


def test_pages_follow_each_other_to_the_end(explorer, tile):
    found, offset = [], 0
    while offset is not None:
        page = said(asking(explorer, tile, offset=offset, limit=17), Similar)
        assert page.pagination.returned == len(page.hits)
        assert page.pagination.more == (page.pagination.next_offset is not None)
        found += [hit.tile_id for hit in page.hits]
        offset = page.pagination.next_offset
    assert len(found) == len(set(found)) == 88  # all but the tile's own city
    whole = said(asking(explorer, tile, limit=88), Similar)
    assert [hit.tile_id for hit in whole.hits] == found
    assert not whole.pagination.more


def test_past_the_end_there_is_an_empty_page(explorer, tile):
    page = said(asking(explorer, tile, offset=500), Similar)
    assert (page.hits, page.pagination.more, page.pagination.next_offset) == ([], False, None)


def test_other_cities_only_can_be_switched_off_and_the_tile_itself_stays_out(explorer, tile):
    alone = said(asking(explorer, tile, limit=100, other_cities_only="false"), Similar)
    ids = {hit.tile_id for hit in alone.hits}
    assert len(ids) == 95
    assert tile not in ids
    assert any(hit // 10_000 == tile // 10_000 for hit in ids)


def test_at_most_so_many_of_each_city(explorer, tile):
    answer = said(asking(explorer, tile, limit=100, per_city=2), Similar)
    counts = pd.Series([hit.tile_id // 10_000 for hit in answer.hits]).value_counts()
    assert (counts == 2).all()
    assert len(counts) == 11


def test_nothing_less_alike_than_asked(explorer, tile):
    every = said(asking(explorer, tile, limit=88), Similar)
    floor = every.hits[20].score - 1e-6
    some = said(asking(explorer, tile, limit=88, min_score=floor), Similar)
    assert [hit.tile_id for hit in some.hits] == [hit.tile_id for hit in every.hits if hit.score >= floor]


@pytest.mark.parametrize(
    ("name", "column"), [("continent", "continent"), ("country", "country_code"), ("city", "city_id")]
)
def test_a_search_keeps_to_a_part_of_the_world(explorer, holder, tile, name, column):
    elsewhere = holder.tiles[holder.tiles["city_id"] != tile // 10_000].iloc[-1]
    answer = said(asking(explorer, tile, limit=100, **{name: str(elsewhere[column])}), Similar)
    there = holder.tiles[holder.tiles[column] == elsewhere[column]]
    there = there[there["city_id"] != tile // 10_000]
    assert {hit.tile_id for hit in answer.hits} == set(there["tile_id"])


def test_filters_that_exclude_each_other_leave_nothing(explorer, holder, tile):
    one, other = holder.tiles["continent"].unique()[:2]
    country = holder.tiles.loc[holder.tiles["continent"] == other, "country_code"].iloc[0]
    assert said(asking(explorer, tile, continent=one, country=country), Similar).hits == []


@pytest.mark.parametrize(
    ("wrong", "about"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "1_0"}, "limit"),
        ({"limit": "１"}, "limit"),
        ({"limit": ""}, "limit"),
        ({"offset": -1}, "offset"),
        ({"offset": 1_001}, "offset"),
        ({"offset": 10**30}, "offset"),
        ({"offset": "9" * 1000}, "offset"),
        ({"per_city": 0}, "per_city"),
        ({"min_score": "nan"}, "min_score"),
        ({"min_score": "inf"}, "min_score"),
        ({"min_score": "-Infinity"}, "min_score"),
        ({"min_score": "1e999"}, "min_score"),
        ({"min_score": 1.01}, "min_score"),
        ({"other_cities_only": "maybe"}, "other_cities_only"),
        ({"other_cities_only": "yes"}, "other_cities_only"),
        ({"method": "../mean"}, "method"),
        ({"method": "mean\n"}, "method"),
        ({"method": "mean\x00"}, "method"),
        ({"country": "fr"}, "country"),
        ({"country": "FRA"}, "country"),
        ({"city": "Lyon"}, "city"),
        ({"min_scrore": 0.5}, "min_scrore"),
        ({"limit": [2, 3]}, "limit"),
        ({"<script>": "1"}, "<script>"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(explorer, tile, wrong, about):
    problem = refused(asking(explorer, tile, **wrong), 422)
    assert about in problem["detail"]
    assert len(problem["detail"]) < 300


@pytest.mark.parametrize(
    ("unknown", "there"),
    [
        ({"method": "medium"}, "dominant"),
        ({"country": "XX"}, "EG"),
        ({"continent": "Atlantis"}, "Africa"),
        ({"continent": "🌍\ud7ff"}, "Africa"),
        ({"city": 7}, "locations"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(explorer, tile, unknown, there):
    assert there in refused(asking(explorer, tile, **unknown), 404)["detail"]


@pytest.mark.parametrize("ending", ["", "/similar", "/thumbnail"])
@pytest.mark.parametrize(
    ("number", "status"),
    [("7", 404), ("0", 404), (str(2**53 - 1), 404), (str(2**53), 422), ("-1", 422), ("9" * 400, 422),
     ("1.0", 422), ("1e3", 422), ("None", 422), ("%20", 422), ("%00", 422), ("٣", 422), ("+1 ", 422)],
)  # fmt: skip
def test_a_tile_that_there_is_not_is_no_error_of_the_server(explorer, ending, number, status):
    refused(explorer.get(f"{API}/tiles/{number}{ending}"), status)


def test_a_thumbnail_is_a_picture_that_is_not_sent_twice(explorer, tile):
    answer = explorer.get(f"{API}/tiles/{tile}/thumbnail")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG\r\n\x1a\n")
    assert "max-age" in answer.headers["cache-control"]
    again = explorer.get(answer.url, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_tile_says_where_its_thumbnail_is(explorer, tile):
    address = said(explorer.get(f"{API}/tiles/{tile}"), Tile).thumbnail
    assert explorer.get(address).headers["content-type"] == "image/png"


@pytest.mark.parametrize("what", ["locations", "land", "statistics"])
def test_large_answers_are_packed_and_kept_by_browsers(explorer, what):
    small = explorer.get(f"{API}/{what}", headers={"Accept-Encoding": "br, gzip"})
    plain = explorer.get(f"{API}/{what}", headers={"Accept-Encoding": "identity"})
    assert small.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert small.content == plain.content
    assert int(small.headers["content-length"]) < int(plain.headers["content-length"])
    assert small.headers["etag"] != plain.headers["etag"], "a strong tag stands for bytes"
    for answer in (small, plain):
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("asked", "status"),
    [("{tag}", 304), ("W/{tag}", 304), ('"other", {tag}', 304), ("*", 304), ('"other"', 200), ("", 200)],
)
def test_what_a_browser_has_is_not_sent_again(explorer, asked, status):
    tag = explorer.get(f"{API}/locations").headers["etag"]
    answer = explorer.get(f"{API}/locations", headers={"If-None-Match": asked.format(tag=tag)})
    assert answer.status_code == status
    assert answer.headers["etag"] == tag
    assert (answer.content == b"") == (status == 304)


def test_the_same_data_have_the_same_tag_in_another_process(explorer, holder, built, world):
    tag = explorer.get(f"{API}/locations").headers["etag"]
    with serving(create_app(settings_of(world), holder, built=built)) as url:
        assert explorer.get(f"{url}{API}/locations").headers["etag"] == tag


@pytest.mark.parametrize(
    "path", ["status", "locations", "land", "tiles/{tile}", "tiles/{tile}/similar", "tiles/{tile}/thumbnail",
             "tiles/7", "nowhere"],
)  # fmt: skip
def test_head_answers_as_get_does_without_the_body(explorer, tile, path):
    path = f"{API}/{path.format(tile=tile)}"
    get, head = explorer.get(path), explorer.head(path)
    assert head.status_code == get.status_code
    assert head.content == b""
    for name in ("content-type", "etag", "content-encoding"):
        assert head.headers.get(name) == get.headers.get(name)
    if "status" not in path:  # which tells the time since it began
        assert head.headers["content-length"] == get.headers["content-length"]


@pytest.mark.parametrize(
    "path",
    ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v1/status/", "/api/v2/status", "/api/v1/index.html",
     "/api/v1/tiles", "/api/v1/tiles/", "/nowhere"],
)  # fmt: skip
def test_an_unknown_address_is_a_problem_and_never_the_page(explorer, path):
    assert "there is no" in refused(explorer.get(path), 404)["detail"]


def test_the_front_end_is_served_at_the_root(explorer, built):
    page = explorer.get("/?tile=7")
    assert page.text == (built / "index.html").read_text()
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["content-encoding"] == "gzip"
    script = explorer.get("/assets/index-4f2a.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    assert explorer.get("/favicon.svg").headers["content-type"] == "image/svg+xml"


def test_without_a_front_end_the_page_says_how_to_make_it(holder, world, tmp_path, explorer):
    with serving(create_app(settings_of(world), holder, built=tmp_path / "none")) as url:
        assert "make front-end" in refused(explorer.get(f"{url}/"), 404)["detail"]
        assert said(explorer.get(f"{url}{API}/status"))["tiles"] == 96


def test_the_description_needs_no_other_site(explorer):
    schema = said(explorer.get(f"{API}/openapi.json"))
    assert len(schema["paths"]) == 11
    assert all(set(operations) == {"get"} for operations in schema["paths"].values())
    assert "HTTPValidationError" not in json.dumps(schema)
    for page in ("/docs", "/redoc", "/openapi.json"):
        refused(explorer.get(page), 404)

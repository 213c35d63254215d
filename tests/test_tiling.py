"""Tiles lie where they say, to the metre, and keep their names."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from tools import provenance
from tools.tiling import (
    LARGEST_CITY_ID,
    TILE_COLUMNS,
    TILE_METRES,
    TILE_PIXELS,
    lay_tiles,
    tile_bounds,
    tile_grid,
    utm_zone,
)

LONGITUDES = st.floats(-180, 180)
LATITUDES = st.floats(-79, 83)


def cities(*places: tuple[float, float], **columns) -> pd.DataFrame:
    """Invented cities at (lon, lat)."""
    lon, lat = zip(*places, strict=True)
    table = {
        "city_id": np.arange(1, len(places) + 1) * 1_000_003,
        "city": [f"City {number}" for number in range(len(places))],
        "country": "Somewhere",
        "country_code": "SO",
        "continent": "Europe",
        "lon": lon,
        "lat": lat,
    }
    return pd.DataFrame(table | columns)


WORLD = cities((-0.13, 51.5), (18.42, -33.92), (5.32, 60.39), (-78.5, -0.2), (151.2, -33.87), (18.96, 69.65))


@pytest.fixture(scope="module")
def tiles() -> gpd.GeoDataFrame:
    return lay_tiles(WORLD)


def test_a_table_of_tiles_has_its_columns_in_order_and_their_types(tiles):
    assert tuple(tiles.columns) == TILE_COLUMNS
    assert tiles.crs.to_epsg() == 4326
    types = {
        name: str(tiles[name].dtype) for name in ("tile_id", "city_id", "row", "col", "utm_epsg", "left")
    }
    assert types == {
        "tile_id": "int64",
        "city_id": "int64",
        "row": "int16",
        "col": "int16",
        "utm_epsg": "int32",
        "left": "float64",
    }
    assert tiles.index.tolist() == list(range(6 * 24))
    assert tiles.geometry.is_valid.all()


@pytest.mark.parametrize(
    ("count", "rows", "cols"), [(1, 1, 1), (7, 2, 4), (24, 4, 6), (25, 5, 5), (9801, 99, 99)]
)
def test_a_block_holds_as_many_tiles_as_asked_for_in_nearly_a_square(count, rows, cols):
    block = lay_tiles(WORLD.iloc[:1], per_city=count)
    assert len(block) == count
    assert (block["row"].max() + 1, block["col"].max() + 1) == (rows, cols)
    assert block["tile_id"].is_unique


def test_the_number_of_tiles_may_differ_from_city_to_city():
    wanted = pd.Series([3, 1, 4, 1, 5, 9], WORLD.index)
    block = lay_tiles(WORLD, per_city=wanted)
    assert block.groupby("city_id", sort=False).size().tolist() == wanted.tolist()


def test_the_city_is_in_the_middle_of_its_block(tiles):
    for city, block in zip(WORLD.itertuples(), (part for _, part in tiles.groupby("city_id")), strict=True):
        zone = f"EPSG:{block['utm_epsg'].iloc[0]}"
        x, y = Transformer.from_crs("EPSG:4326", zone, always_xy=True).transform(city.lon, city.lat)
        assert abs((block["left"].min() + block["left"].max() + TILE_METRES) / 2 - x) <= 10
        assert abs((block["top"].max() + block["top"].min() - TILE_METRES) / 2 - y) <= 10


def test_neighbours_share_an_edge_and_nothing_else(tiles):
    for _, block in tiles.groupby("city_id"):
        boxes = shapely.box(*np.array([tile_bounds(tile) for tile in block.itertuples()]).T)
        whole = shapely.union_all(boxes)
        assert whole.area == 24 * TILE_METRES**2
        assert whole.equals(shapely.box(*whole.bounds))


@given(LONGITUDES, LATITUDES)
@settings(max_examples=40)
def test_edges_fall_on_the_edges_of_sentinel_2_pixels(lon, lat):
    block = lay_tiles(cities((lon, lat)), per_city=6)
    assert (block[["left", "top"]] % 20 == 0).all(axis=None)


@given(LONGITUDES, st.floats(-79, 82))
@settings(max_examples=40)
def test_a_footprint_is_true_to_a_metre_all_along_its_edges(lon, lat):
    tile = lay_tiles(cities((lon, lat)), per_city=2).iloc[1]
    edges = shapely.segmentize(shapely.box(*tile_bounds(tile)).exterior, 20)
    back = Transformer.from_crs(f"EPSG:{tile.utm_epsg}", "EPSG:4326", always_xy=True)
    # Near the 180th meridian degrees jump; counted from the tile's centre they do not.
    exact = shapely.transform(edges, lambda xy: _centred(np.column_stack(back.transform(*xy.T)), tile))
    stated = shapely.transform(tile.geometry, lambda xy: _centred(xy, tile))
    stated = shapely.union_all(shapely.get_parts(stated)).exterior
    away = shapely.distance(shapely.points(shapely.get_coordinates(exact)), stated)
    assert away.max() * 111_320 < 1


def _centred(degrees: np.ndarray, tile) -> np.ndarray:
    """Degrees from the tile's centre, those of longitude shortened to the length that they have there."""
    east = (degrees[:, 0] - tile.lon + 180) % 360 - 180
    return np.column_stack([east * np.cos(np.radians(tile.lat)), degrees[:, 1] - tile.lat])


def test_a_tile_is_two_kilometres_and_a_quarter_on_the_ground(tiles):
    """UTM stretches by 0.04 % in the middle of a zone and shrinks by less than 0.1 % at its edge."""
    areas = [abs(Geod(ellps="WGS84").geometry_area_perimeter(shape)[0]) for shape in tiles.geometry]
    np.testing.assert_allclose(np.sqrt(areas), 2240, rtol=1e-3)


@given(LONGITUDES, LATITUDES, st.integers(1, LARGEST_CITY_ID))
@settings(max_examples=8)
def test_names_are_exact_in_javascript(lon, lat, city_id):
    block = lay_tiles(cities((lon, lat), city_id=[city_id]), per_city=9801)[::9800]
    assert [int(float(name)) for name in block["tile_id"]] == block["tile_id"].tolist()
    assert (block["tile_id"] < 2**53).all()


def test_a_citys_tiles_do_not_depend_on_the_other_cities(tiles):
    alone = lay_tiles(WORLD.iloc[[3]])
    beside = tiles[tiles["city_id"] == WORLD["city_id"].iloc[3]].reset_index(drop=True)
    pd.testing.assert_frame_equal(pd.DataFrame(alone), pd.DataFrame(beside), check_exact=True)


def test_no_cities_have_no_tiles():
    empty = lay_tiles(WORLD.iloc[:0])
    assert len(empty) == 0
    assert tuple(empty.columns) == TILE_COLUMNS


@given(LONGITUDES, st.floats(-79, 55.9))
@settings(max_examples=15)
def test_zones_are_those_that_geopandas_finds(lon, lat):
    """Where no exception applies; on a border two zones are right."""
    point = gpd.GeoSeries([shapely.Point(lon, lat)], crs=4326)
    beside = abs((lon + 180) % 6 - 3) > 2.999 or abs(lat) < 0.001
    assert beside or utm_zone(lon, lat) == point.estimate_utm_crs().to_epsg()


@pytest.mark.parametrize(
    ("lon", "lat", "zone"),
    [
        (5.32, 60.39, 32632),  # Bergen
        (2.9, 60.0, 32631),
        (5.32, 64.0, 32631),
        (15.63, 78.22, 32633),  # Longyearbyen
        (8.9, 78.0, 32631),
        (9.0, 78.0, 32633),
        (33.0, 75.0, 32637),
        (41.9, 75.0, 32637),
        (42.0, 75.0, 32638),
        (-180.0, 10.0, 32601),
        (180.0, 10.0, 32601),
        (179.9, -10.0, 32760),
        (0.0, 0.0, 32631),
        (0.0, -1e-9, 32731),
    ],
)
def test_zones_have_their_exceptions_and_borders(lon, lat, zone):
    assert utm_zone(lon, lat) == zone


@pytest.mark.parametrize(("lon", "lat"), [(0, 84.1), (0, -80.1), (181, 0), (float("nan"), 0)])
def test_beyond_utm_there_is_no_zone(lon, lat):
    with pytest.raises(ValueError, match="80° S to 84° N"):
        utm_zone(lon, lat)


def test_a_block_over_the_edge_of_a_zone_stays_in_one():
    block = lay_tiles(cities((5.999, 45.0)))
    assert block["utm_epsg"].unique().tolist() == [32631]
    assert block["lon"].max() > 6


def test_a_footprint_across_the_180th_meridian_comes_in_two_parts():
    block = lay_tiles(cities((179.999, -17.0)), per_city=9)
    parted = block[block.geom_type == "MultiPolygon"]
    assert parted["col"].unique().tolist() == [1]
    for tile in parted.itertuples():
        east, west = tile.geometry.geoms
        assert east.bounds[2] == 180
        assert west.bounds[0] == -180
        assert tile.geometry.area == pytest.approx(block.geometry.iloc[0].area, rel=0.01)


def test_a_tiles_pixels_are_a_grid_with_its_edges(tiles):
    tile = tiles.iloc[7]
    grid = tile_grid(tile)
    assert grid.shape == (TILE_PIXELS, TILE_PIXELS)
    assert grid.bounds == tile_bounds(tile) == tile_bounds(tile.to_dict())
    assert grid.crs.to_epsg() == tile["utm_epsg"]


def test_the_mark_on_cities_is_on_their_tiles():
    marked = provenance.mark(WORLD.copy(), provenance.Provenance("world", "sample", "World", "Synthetic"))
    assert provenance.is_synthetic(lay_tiles(marked))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"city_id": [7, 7]}, "more than once there are \\[7\\]"),
        ({"city_id": [7.5, 8.0]}, "whole numbers, and is float64"),
        ({"city_id": [0, 1]}, "city_id 0 is not within"),
        ({"city_id": [1, LARGEST_CITY_ID + 1]}, "is not within 1"),
        ({"lat": [np.nan, 1.0]}, "lat is missing for 1 cities, first 'City 0'"),
        ({"lat": [85.0, 1.0]}, "80° S to 84° N"),
    ],
)
def test_cities_that_cannot_be_tiled_are_refused(change, says):
    with pytest.raises(ValueError, match=says):
        lay_tiles(cities((1, 1), (2, 2)).assign(**change))


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match="no column continent, lat; there are city_id"):
        lay_tiles(WORLD.drop(columns=["continent", "lat"]))


@pytest.mark.parametrize("count", [0, -1, 2.5, 9802])
def test_a_number_of_tiles_out_of_range_is_refused(count):
    with pytest.raises(ValueError, match="from 1 to 9,801"):
        lay_tiles(WORLD, per_city=count)


def test_a_number_for_some_cities_only_is_refused():
    with pytest.raises(ValueError, match="nothing of 5 of the cities"):
        lay_tiles(WORLD, per_city=pd.Series([4]))

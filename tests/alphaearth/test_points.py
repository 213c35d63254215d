"""Points: the pixel beneath each, each block read once, whatever the order and the tiles."""

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from shapely import Point, box

from tools import provenance
from tools.alphaearth import points as module
from tools.alphaearth import sample_points
from tools.alphaearth.layout import read_index
from tools.embeddings import BANDS, NODATA, dequantise


@pytest.fixture
def scattered():
    """Longitudes and latitudes on both sides of Greenwich, some of them off every tile."""
    random = np.random.default_rng(11)
    return random.uniform(-0.09, 0.06, 3000), random.uniform(51.31, 51.39, 3000)


def test_every_point_gets_the_pixel_beneath_it_in_whichever_zone(mosaic, scattered):
    expected = np.full((64, 3000), NODATA, np.int8)
    for name in ("2024/upper", "2024/lower", "2024/east"):
        tile = mosaic.tiles[name]
        found = tile.at(*Transformer.from_crs("EPSG:4326", tile.crs, always_xy=True).transform(*scattered))
        expected = np.where(expected == NODATA, found, expected)
    table = sample_points(mosaic.root, scattered, 2024)
    np.testing.assert_array_equal(table, dequantise(expected.T))
    assert 0.2 < table["A00"].isna().mean() < 0.8


def test_values_equal_rasterios_sample(mosaic):
    (path,) = mosaic.root.glob("2024/30N/upper*")
    x, y = np.random.default_rng(1).uniform((704_100, 5_693_100), (707_900, 5_695_900), (500, 2)).T
    with rasterio.open(path) as tile:
        direct = dequantise(np.array(list(tile.sample(zip(x, y, strict=True)))))
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs="EPSG:32630")
    np.testing.assert_array_equal(sample_points(mosaic.root, points, 2024), direct)


def test_each_block_is_read_once_however_many_points_lie_on_it(mosaic, scattered, monkeypatch):
    read, real = [], module._read

    def count(source, block, *rest):
        read.append((source.name, block.col_off, block.row_off))
        return real(source, block, *rest)

    monkeypatch.setattr(module, "_read", count)
    sample_points(mosaic.root, scattered, 2024)
    assert len(read) == len(set(read)) == 3


def test_the_reading_can_be_divided_in_any_way(mosaic, scattered):
    pixels = module.find_pixels(mosaic.root, scattered, 2024)
    whole = module.read_found(mosaic.root, pixels)
    mixed = pixels.sample(frac=1, random_state=0)
    parts = [module.read_found(mosaic.root, mixed.iloc[first::7]) for first in range(7)]
    order = np.concatenate([mixed.index[first::7] for first in range(7)])
    np.testing.assert_array_equal(np.concatenate(parts), whole[order])
    assert pixels["block"].is_monotonic_increasing
    assert pixels["block"].nunique() == 3


def test_rows_columns_and_types_are_those_of_the_points(mosaic):
    points = gpd.GeoSeries.from_xy([-0.05, 20.0], [51.35, 0.0], index=["here", "far"], crs="EPSG:4326")
    table = sample_points(mosaic.root, points, 2024)
    assert table.index.tolist() == ["here", "far"]
    assert list(table) == list(BANDS)
    assert table.dtypes.eq("float32").all()
    assert table.isna().all(axis=1).tolist() == [False, True]


def test_points_without_a_place_are_nan(mosaic):
    places = gpd.GeoSeries([Point(), None, Point(np.nan, np.nan), Point(-0.05, 51.35)], crs="EPSG:4326")
    assert sample_points(mosaic.root, places, 2024)["A00"].isna().tolist() == [True, True, True, False]


def test_any_crs_will_do(mosaic, scattered):
    points = gpd.GeoSeries.from_xy(*scattered, crs="EPSG:4326")
    moved = sample_points(mosaic.root, points.to_crs("EPSG:27700"), 2024)
    same = (moved.fillna(9) == sample_points(mosaic.root, points, 2024).fillna(9)).all(axis=1)
    assert same.mean() > 0.99  # there and back moves a few points over an edge


def test_no_points_give_no_rows_and_missing_points_are_missing(mosaic):
    assert sample_points(mosaic.root, ([], []), 2024).shape == (0, 64)
    points = gpd.GeoSeries([None, *gpd.points_from_xy([-0.05], [51.35])], crs="EPSG:4326")
    assert sample_points(mosaic.root, points, 2024)["A00"].isna().tolist() == [True, False]


def test_the_mark_of_the_points_travels_on(mosaic):
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([-0.05], [51.35]), crs="EPSG:4326")
    provenance.mark(points, provenance.Provenance("sites", "sample", "Sites", "Synthetic sample"))
    assert provenance.is_synthetic(sample_points(mosaic.root, points, 2024))


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (gpd.GeoSeries.from_xy([0], [51]), r"no CRS.*set_crs"),
        (gpd.GeoSeries([box(0, 0, 1, 1)], crs=4326), r"expected points, got POLYGON"),
        (([0, 1], [51]), "got 2 longitudes but 1 latitudes"),
        (([51.3], [-200.0]), r"degrees"),
    ],
)
def test_what_is_not_points_on_earth_is_explained(mosaic, points, message):
    with pytest.raises(ValueError, match=message):
        sample_points(mosaic.root, points, 2024)


def test_a_year_without_tiles_lists_those_that_have(mosaic):
    with pytest.raises(ValueError, match="no tile for 1999; the years there are: 2023, 2024"):
        sample_points(mosaic.root, ([0.0], [51.3]), 1999)


def test_real_points_equal_a_direct_read(shared_data):
    root = shared_data / "alphaearth" / "v1" / "annual"
    west, south, east, north = read_index(root)[["utm_west", "utm_south", "utm_east", "utm_north"]].iloc[0]
    x, y = np.random.default_rng(4).uniform((west, south), (east, north), (400, 2)).T
    (path,) = root.rglob("*.tiff")
    with rasterio.open(path) as tile:
        direct = dequantise(np.array(list(tile.sample(zip(x, y, strict=True)))))
    points = gpd.GeoSeries.from_xy(x, y, crs="EPSG:32616")
    np.testing.assert_array_equal(sample_points(root, points, 2024), direct)

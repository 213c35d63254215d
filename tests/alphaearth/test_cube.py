"""The cube: the files' own pixels, right side up, over any tiles and zones, and lazily."""

import shutil

import dask
import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from distributed import Client
from pyproj import Transformer
from rasterio.crs import CRS
from shapely import box

from tools.alphaearth import cube as cube_module
from tools.alphaearth import open_cube
from tools.alphaearth.layout import read_index, tile_path, write_index, write_tile
from tools.alphaearth.tiles import read_pixels
from tools.embeddings import NODATA, dequantise, unit
from tools.rasters import Grid, zonal_means

SEAM = (705_000, 5_691_500, 706_000, 5_694_500)  # over both western tiles
BOTH_ZONES = (-0.03, 51.33, 0.03, 51.37)


def stored(mosaic, bounds, years=2024, **how):
    how = {"bounds_crs": "EPSG:32630", "dequantised": False} | how
    return open_cube(mosaic.root, bounds, years, **how)


def expected(mosaic, cube, year, names):
    """What each pixel of a cube must be: the first named tile with data under its centre."""
    x, y = np.meshgrid(cube.x, cube.y)
    result = np.full((64, *x.shape), NODATA, np.int8)
    for tile in (mosaic.tiles[f"{year}/{name}"] for name in names):
        to_tile = Transformer.from_crs(cube.rio.crs, tile.crs, always_xy=True)
        found = tile.at(*to_tile.transform(x, y))
        result = np.where(result == NODATA, found, result)
    return result


def agreement(cube, reference):
    """The share of pixels that are the same in every band: all but those whose centre falls on an edge."""
    return (cube.values == reference).all(axis=0).mean()


def test_one_zone_gives_the_files_own_pixels_across_tiles(mosaic):
    cube = stored(mosaic, SEAM)
    assert cube.dims == ("band", "y", "x")
    assert cube.rio.resolution() == (20, -20)
    np.testing.assert_array_equal(cube, expected(mosaic, cube, 2024, ["upper", "lower"]))
    assert (cube != NODATA).all()


def test_the_grid_covers_the_bounds_and_lies_on_the_files_pixels(mosaic):
    cube = stored(mosaic, (705_003, 5_691_501, 705_999, 5_694_499))
    assert cube.rio.bounds() == SEAM


def test_two_zones_meet_on_the_grid_of_the_larger_share(mosaic):
    for bounds, zone, order in (
        ((-0.03, 51.33, 0.02, 51.37), 32630, ["upper", "lower", "east"]),
        ((-0.02, 51.33, 0.03, 51.37), 32631, ["east", "upper", "lower"]),
    ):
        cube = stored(mosaic, bounds, bounds_crs="EPSG:4326")
        assert cube.rio.crs.to_epsg() == zone
        assert agreement(cube, expected(mosaic, cube, 2024, order)) > 0.999
        assert (cube[0] != NODATA).mean() > 0.95  # the strip along Greenwich has no gap


def test_any_crs_and_resolution_take_the_nearest_pixel(mosaic):
    cube = stored(mosaic, BOTH_ZONES, bounds_crs="EPSG:4326", crs="EPSG:27700", resolution=17)
    assert cube.rio.crs.to_epsg() == 27700
    assert cube.rio.resolution() == (17, -17)
    assert agreement(cube, expected(mosaic, cube, 2024, ["upper", "lower", "east"])) > 0.999


def test_a_coarser_grid_is_read_from_overviews(mosaic):
    cube = stored(mosaic, (704_000, 5_693_000, 707_200, 5_696_000), resolution=160)
    tile = next(path for path in mosaic.root.rglob("*upper*") if "2024" in str(path))
    with rasterio.open(tile, overview_level=2) as overview:
        means = overview.read()[:, ::-1]
    row, column = np.array([3, 7, 12]), np.array([2, 9, 15])
    np.testing.assert_array_equal(cube.values[:, row, column], means[:, row, column])


def test_a_list_of_years_stands_in_time_order_as_asked(mosaic):
    cube = stored(mosaic, SEAM, [2023, 2024])
    assert cube.dims == ("time", "band", "y", "x")
    assert cube.time.values.tolist() == [2023, 2024]
    for year in (2023, 2024):
        np.testing.assert_array_equal(cube.sel(time=year), stored(mosaic, SEAM, year))


def test_values_are_dequantised_unless_told_otherwise(mosaic):
    cube = open_cube(mosaic.root, SEAM, 2024, bounds_crs="EPSG:32630")
    assert cube.dtype == np.float32
    np.testing.assert_array_equal(cube, dequantise(stored(mosaic, SEAM).values))
    assert cube.band.values[[0, -1]].tolist() == ["A00", "A63"]


def test_beyond_the_tiles_there_is_no_data(mosaic):
    cube = open_cube(mosaic.root, (703_800, 5_695_900, 704_100, 5_696_200), 2024, bounds_crs="EPSG:32630")
    known = np.zeros((15, 15), bool)
    known[10:, 10:] = True
    np.testing.assert_array_equal(cube.notnull().all("band"), known)
    np.testing.assert_array_equal(cube.notnull().any("band"), known)


def test_nothing_is_read_until_it_is_needed(mosaic, monkeypatch):
    cube = stored(mosaic, SEAM)

    def fail(*_):
        raise AssertionError("a block was read")

    monkeypatch.setattr("tools.alphaearth.cube.read_pixels", fail)
    assert dask.is_dask_collection(cube.data)
    with pytest.raises(AssertionError, match="a block was read"):
        cube.compute()


def test_chunks_lie_on_the_files_blocks(tmp_path):
    path = tmp_path / tile_path(2024, "30N", "wide")
    data, place = np.zeros((64, 1100, 1100), np.int8), Affine(10, 0, 500_000, 0, 10, 5_700_000)
    write_index(tmp_path, [write_tile(path, data, crs="EPSG:32630", transform=place)])
    bounds = (500_100, 5_700_200, 510_900, 5_710_800)
    cube = open_cube(tmp_path, bounds, 2024, bounds_crs="EPSG:32630")
    assert cube.chunksizes["x"] == (1024 - 10, 1090 - 1024)
    assert cube.chunksizes["y"] == (1080 - 1024, 1024 - 20)


def test_a_cluster_computes_the_same(mosaic):
    local = stored(mosaic, SEAM).compute(scheduler="sync")
    with Client(processes=False, n_workers=1, dashboard_address=None):
        np.testing.assert_array_equal(stored(mosaic, SEAM).compute(), local)


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ((0.03, 51.33, -0.03, 51.37), "each pair rising"),
        ((-0.03, 51.37, 0.03, 51.33), "each pair rising"),
        ((51.33, -0.03, 51.37, 0.03), "longitude and latitude swapped"),
        ((10, 20, 11, 21), r"no tile touches .* the index covers"),
        ((705_000, 5_691_500, 706_000, 5_694_500), "not degrees.*bounds_crs"),
    ],
)
def test_bounds_that_cannot_be_meant_are_explained(mosaic, bounds, message):
    with pytest.raises(ValueError, match=message):
        open_cube(mosaic.root, bounds, 2024)


def test_a_year_without_tiles_lists_those_that_have(mosaic):
    with pytest.raises(ValueError, match=r"no tile for 2016 .* are: 2023, 2024"):
        open_cube(mosaic.root, BOTH_ZONES, [2016, 2024])


def test_years_are_needed(mosaic):
    with pytest.raises(ValueError, match="name at least one year"):
        open_cube(mosaic.root, BOTH_ZONES, [])


def test_a_pixel_larger_than_the_tile_is_the_coarsest_overview(mosaic):
    (path,) = mosaic.root.glob("2024/31N/*")
    with rasterio.open(path) as tile:
        coarsest, (west, south) = len(tile.overviews(1)) - 1, tile.transform @ (0, 0)
    around = Grid(CRS.from_epsg(32631), Affine(40_000, 0, west - 16_000, 0, -40_000, south + 24_000), 1, 1)
    with rasterio.open(path, overview_level=coarsest) as top:
        np.testing.assert_array_equal(read_pixels(str(path), around, slice(0, 64)), top.read())


def test_a_broken_tile_is_named_with_the_remedy(mosaic, tmp_path):
    shutil.copytree(mosaic.root, tmp_path / "annual")
    for path in tmp_path.glob("annual/2024/30N/*"):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    for crs in (None, "EPSG:27700"):
        cube = open_cube(tmp_path / "annual", SEAM, 2024, bounds_crs="EPSG:32630", crs=crs)
        with pytest.raises(OSError, match=r"cannot be read.*fetch it again"):
            cube.compute()


def test_degrees_need_a_resolution(mosaic):
    with pytest.raises(ValueError, match="`resolution` is needed"):
        open_cube(mosaic.root, BOTH_ZONES, 2024, crs="EPSG:4326")


def test_a_folder_without_an_index_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"aef_index\.parquet"):
        open_cube(tmp_path, BOTH_ZONES, 2024)


def test_a_tile_that_has_gone_is_named_with_the_remedy(mosaic):
    index = read_index(mosaic.root)
    index["path"] = index["path"].str.replace("upper", "gone")
    with pytest.raises(OSError, match=r"gone.*cannot be read.*fetch it again"):
        stored(mosaic, SEAM, index=index).compute()


class TestRealSquareKilometre:
    """AlphaEarth itself: one square kilometre of Wisconsin in 2024."""

    @pytest.fixture
    def root(self, shared_data):
        return shared_data / "alphaearth" / "v1" / "annual"

    @pytest.fixture
    def cube(self, root):
        west, south, east, north = read_index(root)[["utm_west", "utm_south", "utm_east", "utm_north"]].iloc[
            0
        ]
        return open_cube(root, (west, south, east, north), 2024, bounds_crs="EPSG:32616").compute()

    def test_vectors_have_unit_length(self, cube):
        norms = np.sqrt((cube**2).sum("band", skipna=False)).values
        assert np.isfinite(norms).sum() == 9980
        assert np.nanmin(norms) > 0.993
        assert np.nanmax(norms) < 1.008

    def test_missing_pixels_are_missing_in_every_band(self, cube):
        missing = cube.isnull().sum("band")
        assert set(np.unique(missing)) == {0, 64}
        assert (missing == 64).sum() == 104 * 103 - 9980

    def test_it_is_right_side_up_and_equal_to_a_direct_read(self, cube, root):
        assert cube.y[0] > cube.y[-1]
        (path,) = root.rglob("*.tiff")
        x, y = np.meshgrid(cube.x[::9], cube.y[::9])
        with rasterio.open(path) as tile:
            direct = np.array(list(tile.sample(zip(x.ravel(), y.ravel(), strict=True))))
        ours = cube.values[:, ::9, ::9].reshape(64, -1).T
        np.testing.assert_array_equal(ours, dequantise(direct))

    def test_its_mean_is_the_mean_of_its_pixels(self, cube):
        west, south, east, north = cube.rio.bounds()
        shape = box(west + 105, south + 300, east - 405, north - 300)
        area = gpd.GeoDataFrame(geometry=[shape], crs=cube.rio.crs)
        inside = cube.sel(x=slice(west + 110, east - 410), y=slice(north - 300, south + 300))
        ours = zonal_means(cube, area).iloc[0]
        assert unit(ours.values) @ unit(inside.mean(("x", "y")).values) > 0.9999


def test_a_single_band_can_be_read_by_itself(mosaic, monkeypatch):
    read, real = [], cube_module.read_pixels
    monkeypatch.setattr(cube_module, "read_pixels", lambda *given: (read.append(given[2]), real(*given))[1])
    bounds = (705_000, 5_694_000, 707_000, 5_695_000)
    cube = open_cube(mosaic.root, bounds, 2024, bounds_crs="EPSG:32630", chunk_bands=1)
    whole = open_cube(mosaic.root, bounds, 2024, bounds_crs="EPSG:32630", chunk_bands=64)
    band = cube.sel(band="A07").compute()
    assert {(bands.start, bands.stop) for bands in read} == {(7, 8)}
    np.testing.assert_array_equal(band, whole.sel(band="A07"))
    with pytest.raises(ValueError, match="chunk_bands=5 does not divide 64"):
        open_cube(mosaic.root, bounds, 2024, bounds_crs="EPSG:32630", chunk_bands=5)

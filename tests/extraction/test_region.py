"""A region's years, pixel counts, samples and classes, from files whose every pixel is known."""

from __future__ import annotations

import math

import dask
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Transformer

from tests.extraction.conftest import BARE_ROWS, CRS, NORTH, PIXEL, WEST, YEAR, kinds_of_land
from tools import provenance
from tools.embeddings import BANDS, dequantise
from tools.extraction import available_years, classify_region, consolidate, pixel_count, sample_pixels
from tools.extraction.sampling import COLUMNS
from tools.sources import DataError

FAR = (-4.0, 50.0, -3.9, 50.1)


def pixels_inside(town) -> np.ndarray:
    """Which pixels' centres lie in the region, one by one."""
    height, width = town.shape
    column, row = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    return shapely.contains_xy(town.region.geometry.iloc[0], WEST + column * PIXEL, NORTH - row * PIXEL)


def with_data(town) -> np.ndarray:
    return pixels_inside(town) & (np.arange(town.shape[0]) >= BARE_ROWS)[:, None]


class TestYears:
    def test_they_are_those_of_the_tiles_that_touch_the_region(self, open_town):
        assert available_years(open_town.region) == [YEAR]
        assert available_years(FAR) == []


class TestCounts:
    @pytest.fixture
    def counts(self, open_town) -> pd.DataFrame:
        return pixel_count(open_town.region, YEAR)

    def test_the_data_at_hand_are_counted_pixel_by_pixel(self, open_town, counts):
        at_hand = counts.loc["at hand"]
        assert at_hand["pixels"] == pytest.approx(pixels_inside(open_town).sum(), abs=3)
        assert at_hand["with_data"] == pytest.approx(with_data(open_town).sum(), abs=3)
        assert at_hand["with_data"] < at_hand["pixels"]
        assert (at_hand["crs"], at_hand["width_m"]) == (CRS, PIXEL)

    def test_the_stored_grid_has_a_pixel_for_each_hundred_square_metres(self, open_town, counts):
        area = open_town.region.area.iloc[0]
        assert counts.loc["stored", "pixels"] == pytest.approx(area / 100, rel=1e-3)
        assert pd.isna(counts.loc["stored", "with_data"])

    def test_the_mosaics_grid_has_more_by_one_over_the_cosine_of_the_latitude(self, open_town, counts):
        latitude = open_town.region.to_crs(4326).geometry.iloc[0].centroid.y
        ratio = counts.loc["mosaic", "pixels"] / counts.loc["stored", "pixels"]
        assert ratio == pytest.approx(1 / math.cos(math.radians(latitude)), rel=0.005)
        assert counts.loc["mosaic", "width_m"] == pytest.approx(10 / ratio, rel=0.005)
        assert f"{1 / math.cos(math.radians(latitude)):.2f} times" in counts.loc["mosaic", "why"]

    def test_a_region_over_two_zones_is_counted_in_each(self, open_town):
        from tools.extraction.counting import _in_utm

        zones, both = _in_utm((-0.02, 51.4, 0.03, 51.42))
        parts = [_in_utm((-0.02, 51.4, 0, 51.42))[1], _in_utm((0, 51.4, 0.03, 51.42))[1]]
        assert zones == "EPSG:32630, EPSG:32631"
        assert both == sum(parts)

    def test_where_there_are_no_tiles_it_is_said(self, open_town):
        with pytest.raises(DataError, match="no tile touches"):
            pixel_count(FAR, YEAR)


class TestSamples:
    def test_they_come_in_the_shape_of_earth_engines_exports(self, open_town, tmp_path):
        files = sample_pixels(open_town.region, YEAR, 500, folder=tmp_path, batch_size=200)
        assert [file.name for file in files] == [f"samples_2024_00{number}.csv" for number in range(3)]
        tables = [pd.read_csv(file) for file in files]
        assert [len(table) for table in tables] == [200, 200, 100]
        assert files[0].read_text().splitlines()[0] == ",".join(COLUMNS)
        assert tables[2]["system:index"].tolist() == list(range(100))
        assert tables[0][".geo"].str.fullmatch(r'\{"type":"Point","coordinates":\[-?[\d.]+,[\d.]+\]\}').all()

    def test_each_is_a_pixel_of_the_region_with_its_values_and_none_comes_twice(self, open_town, tmp_path):
        files = sample_pixels(open_town.region, YEAR, 2_000, folder=tmp_path, batch_size=700)
        table = pd.read_parquet(consolidate(files, tmp_path / "all.parquet"))
        to_metres = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
        x, y = to_metres.transform(table["lon"].to_numpy(), table["lat"].to_numpy())
        column, row = (x - WEST) / PIXEL - 0.5, (NORTH - y) / PIXEL - 0.5
        np.testing.assert_allclose(np.mod(column + 0.25, 1), 0.25, atol=0.01)  # centres
        row, column = row.round().astype(int), column.round().astype(int)
        assert with_data(open_town)[row, column].mean() > 0.999
        assert len(set(zip(row, column, strict=True))) == len(table) == 2_000
        np.testing.assert_array_equal(table[list(BANDS)], dequantise(open_town.stored[:, row, column].T))

    def test_they_are_drawn_evenly(self, open_town, tmp_path):
        n = int(with_data(open_town).sum() * 0.5)
        files = sample_pixels(open_town.region, YEAR, n, folder=tmp_path)
        table = pd.read_parquet(consolidate(files, tmp_path / "all.parquet"))
        middle = open_town.region.to_crs(4326).geometry.iloc[0].centroid
        east = with_data(open_town)[:, open_town.shape[1] // 2 :].sum() / with_data(open_town).sum()
        assert (table["lon"] > middle.x).mean() == pytest.approx(east, abs=0.06)

    def test_the_seed_decides(self, open_town, tmp_path):
        def sample(name, seed):
            (file,) = sample_pixels(open_town.region, YEAR, 50, folder=tmp_path / name, seed=seed)
            return file.read_text()

        assert sample("a", 1) == sample("b", 1) != sample("c", 2)

    def test_more_than_there_are_is_refused_with_their_number(self, open_town, tmp_path):
        number = int(pixel_count(open_town.region, YEAR).loc["at hand", "with_data"])
        assert len(sample_pixels(open_town.region, YEAR, number, folder=tmp_path / "all")) == 1
        with pytest.raises(DataError, match=f"but only {number:,} pixels of the region hold data"):
            sample_pixels(open_town.region, YEAR, number + 1, folder=tmp_path / "more")

    def test_a_folder_of_another_sample_is_refused(self, open_town, tmp_path):
        sample_pixels(open_town.region, YEAR, 50, folder=tmp_path)
        with pytest.raises(DataError, match="other work"):
            sample_pixels(open_town.region, YEAR, 60, folder=tmp_path)

    def test_where_they_came_from_travels_through_csv_and_parquet(self, open_town, tmp_path):
        files = sample_pixels(open_town.region, YEAR, 50, folder=tmp_path)
        table = pd.read_parquet(consolidate(files, tmp_path / "all.parquet"))
        assert provenance.of(table).name == "liverpool-alphaearth"
        assert "Google DeepMind" in provenance.footnote(table)


class TestClasses:
    @pytest.fixture
    def classes(self, open_town):
        return classify_region(open_town.region, YEAR, 5, seed=3)

    def test_the_kinds_of_land_are_found_again(self, open_town, classes):
        found = classes.to_numpy()
        row, column = _place_in_town(classes)
        kinds = kinds_of_land(open_town.shape, 5, seed=2)[np.ix_(row, column)]
        pairs = pd.DataFrame({"kind": kinds.ravel(), "class": found.ravel()}).query("`class` >= 0")
        assert pairs.groupby("kind")["class"].nunique().eq(1).all()
        assert pairs.groupby("class")["kind"].nunique().eq(1).all()
        assert pairs["class"].nunique() == 5

    def test_there_is_a_class_where_the_region_has_data_and_nowhere_else(self, open_town, classes):
        row, column = _place_in_town(classes)
        wanted = with_data(open_town)[np.ix_(row, column)]
        assert ((classes.to_numpy() >= 0) == wanted).mean() > 0.9999
        assert with_data(open_town).sum() == wanted.sum()

    def test_it_is_lazy_north_up_and_says_what_it_is(self, classes):
        assert dask.is_dask_collection(classes)
        assert classes.dims == ("y", "x")
        assert classes.dtype == "int8"
        assert classes.rio.crs == CRS
        assert classes.rio.nodata == -1
        assert classes["y"][0] > classes["y"][-1]
        assert classes.attrs["flag_meanings"] == "A B C D E"
        assert provenance.of(classes).name == "liverpool-alphaearth"

    def test_it_can_be_written_and_read_again(self, classes, tmp_path):
        import rioxarray

        classes.rio.to_raster(tmp_path / "classes.tif")
        again = rioxarray.open_rasterio(tmp_path / "classes.tif").squeeze()
        np.testing.assert_array_equal(again, classes)

    def test_the_letters_do_not_depend_on_the_seed(self, open_town, classes):
        other = classify_region(open_town.region, YEAR, 5, seed=99)
        np.testing.assert_array_equal(other, classes)

    def test_coarser_pixels_cover_the_same_ground(self, open_town, classes):
        coarse = classify_region(open_town.region, YEAR, 5, resolution=80)
        assert coarse.rio.resolution() == (80, -80)
        ground = (coarse >= 0).sum() * 80**2 / ((classes >= 0).sum() * PIXEL**2)
        assert float(ground) == pytest.approx(1, abs=0.05)

    @pytest.mark.parametrize("n_clusters", [1, 128])
    def test_a_number_of_classes_that_int8_cannot_hold_is_refused(self, open_town, n_clusters):
        with pytest.raises(ValueError, match="expected 2 to 127 classes"):
            classify_region(open_town.region, YEAR, n_clusters)

    def test_a_region_too_small_for_its_classes_is_refused(self, open_town):
        middle = open_town.region.to_crs(4326).geometry.iloc[0].centroid.buffer(0.0003)
        with pytest.raises(DataError, match="too few for 50 classes"):
            classify_region(middle, YEAR, 50)


def _place_in_town(raster) -> tuple[np.ndarray, np.ndarray]:
    row = ((NORTH - raster["y"].to_numpy()) / PIXEL - 0.5).round().astype(int)
    column = ((raster["x"].to_numpy() - WEST) / PIXEL - 0.5).round().astype(int)
    return row, column

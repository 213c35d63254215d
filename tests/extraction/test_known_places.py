"""Extraction from the course's own sample and from a real square kilometre."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio

from tools import sample
from tools.embeddings import BANDS, dequantise
from tools.extraction import available_years, classify_region, extract_embeddings, pixel_count

DATA = "liverpool-alphaearth"


@pytest.fixture
def mirror(tmp_path, own_cache, monkeypatch):
    """Serve a folder of tiles as the open data."""

    def serve(tiles):
        (tmp_path / "mirror").mkdir()
        (tmp_path / "mirror" / DATA).symlink_to(tiles, target_is_directory=True)
        monkeypatch.setenv("COURSE_MIRROR", str(tmp_path / "mirror"))
        monkeypatch.setenv("COURSE_ORIGIN", "open")

    return serve


def test_the_samples_buildings_are_what_extraction_of_its_points_gives(mirror, tmp_path):
    folder = tmp_path / "liverpool"
    sample.make("liverpool", folder, size="small")
    mirror(folder / "alphaearth" / "v1" / "annual")
    points = gpd.read_parquet(folder / "liverpool-points.parquet")
    region = gpd.read_file(folder / "liverpool-region.geojson")
    found = extract_embeddings(points, 2024, region=region)
    buildings = pd.read_parquet(folder / "liverpool-buildings.parquet").set_index("TOID")
    expected = buildings.loc[found.table["TOID"], list(BANDS)]
    np.testing.assert_array_equal(found.table[list(BANDS)], expected)
    odd = ["repeated keys", "no coordinates", "outside the region", "outside all tiles", "no data"]
    assert found.summary.loc[odd, "number"].tolist() == [0] * 5


class TestRealSquareKilometre:
    @pytest.fixture
    def tile(self, shared_data, mirror):
        root = shared_data / "alphaearth" / "v1" / "annual"
        mirror(root)
        return next(root.rglob("*.tiff"))

    @pytest.fixture
    def region(self, tile):
        """The tile's inner part."""
        with rasterio.open(tile) as source:
            west, east = source.bounds.left, source.bounds.right
            south, north = sorted((source.bounds.bottom, source.bounds.top))
            inner = gpd.GeoSeries.from_xy([(west + east) / 2], [(south + north) / 2], crs=source.crs)
        return gpd.GeoDataFrame(geometry=inner.buffer(300))

    def test_values_are_rasterios(self, tile, region):
        west, south, east, north = region.total_bounds
        x, y = np.random.default_rng(0).uniform((west, south), (east, north), (300, 2)).T
        points = gpd.GeoDataFrame(
            {"TOID": np.arange(300).astype(str)}, geometry=gpd.points_from_xy(x, y), crs=region.crs
        )
        with rasterio.open(tile) as source:
            direct = dequantise(np.array(list(source.sample(zip(x, y, strict=True)))))
        table = extract_embeddings(points, 2024).table
        np.testing.assert_array_equal(table[list(BANDS)], direct)

    def test_its_region_is_counted_and_classified(self, region):
        assert available_years(region) == [2024]
        counts = pixel_count(region, 2024)
        assert counts.loc["at hand", "width_m"] == 10
        assert abs(counts.loc["at hand", "pixels"] - counts.loc["stored", "pixels"]) <= 3
        classes = classify_region(region, 2024, 4).to_numpy()
        assert set(np.unique(classes)) == {-1, 0, 1, 2, 3}
        assert (classes >= 0).sum() == counts.loc["at hand", "with_data"]

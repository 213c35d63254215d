"""The sample's files: what a lesson and its reader find."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

from tools import sample
from tools.alphaearth import open_cube
from tools.alphaearth.layout import read_index
from tools.rasters import zonal_means
from tools.sample import london

EMBEDDINGS = [f"A{band:02d}_mean" for band in range(64)]


def bytes_of(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_seed_makes_the_same_bytes_and_each_step_is_told(small, tmp_path):
    told = []
    made = sample.make("london", tmp_path, size="small", progress=told.append)
    assert (told[0], told[-1]) == ("land cover", "means over areas")
    assert bytes_of(tmp_path) == bytes_of(small)
    assert sorted(path.relative_to(tmp_path) for path in made) == sorted(bytes_of(small))


def test_another_seed_makes_another_city(small, tmp_path):
    sample.make("london", tmp_path, size="small", seed=7)
    other, first = bytes_of(tmp_path), bytes_of(small)
    assert other.keys() == first.keys()
    same = [name.name for name in first if other[name] == first[name]]
    assert [name for name in same if not name.endswith(("metadata.json", ".parquet"))] == []


def test_an_unknown_size_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match="no size 'huge'; there are: class, small"):
        sample.make("london", tmp_path / "x", size="huge")
    assert not (tmp_path / "x").exists()


def test_every_file_says_that_it_is_synthetic(small):
    assert sample.NOTICE.startswith("Synthetic sample")
    areas = json.loads((small / "london-lsoa.geojson").read_text())
    assert areas["synthetic"] == sample.NOTICE
    sidecar = json.loads((small / "london-socioeconomic.csv-metadata.json").read_text())
    assert sidecar["dc:description"] == sample.NOTICE
    for path in small.rglob("*.tiff"):
        with rasterio.open(path) as tile:
            assert tile.tags()["SYNTHETIC"] == sample.NOTICE
            assert "coarser" in tile.tags()["PIXEL"]
        assert "synthetic" in path.name


def test_the_sidecar_describes_the_columns_that_the_table_has(small):
    columns = json.loads((small / "london-socioeconomic.csv-metadata.json").read_text())["tableSchema"][
        "columns"
    ]
    header = (small / "london-socioeconomic.csv").read_text().splitlines()[0]
    assert [column["titles"] for column in columns] == header.split(",")


def test_the_table_has_the_columns_of_the_real_one(small, shared_data):
    made = pd.read_csv(small / "london-socioeconomic.csv")
    real = pd.read_csv(shared_data / "london" / "Socioeconomic.csv")
    assert made.columns.tolist() == real.columns.tolist()
    assert made.dtypes.tolist() == real.dtypes.tolist()


def test_the_sample_is_as_large_as_london_and_fits_on_any_disk(full, areas, people):
    assert len(areas) == 4994
    assert areas["LSOA21NM"].str.rsplit(n=1).str[0].nunique() == 33
    assert sum(path.stat().st_size for path in full.rglob("*") if path.is_file()) < 200e6
    assert areas.crs == "EPSG:4326"
    west, south, east, north = areas.total_bounds
    assert west > -0.515
    assert south > 51.28
    assert east < 0.335
    assert north < 51.695


def test_areas_as_written_leave_no_gaps_and_do_not_overlap(areas):
    shapes = areas.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    assert (areas.geom_type == "Polygon").all()


def test_areas_are_sized_as_londons_are(areas, shared_data):
    import geopandas as gpd

    real = gpd.read_parquet(shared_data / "london" / "lsoa21_gen20.parquet").area / 1e4
    made = areas.to_crs(32630).area / 1e4
    for quantile, tolerance in [(0.05, 0.3), (0.25, 0.2), (0.5, 0.2), (0.75, 0.25), (0.95, 0.3)]:
        assert made.quantile(quantile) == pytest.approx(real.quantile(quantile), rel=tolerance)
    assert made.sum() == pytest.approx(real.sum(), rel=0.08)


def test_joining_leaves_something_over_on_either_side(areas, people):
    here, there = set(areas["LSOA21CD"]), set(people["LSOA21CD"])
    assert people["LSOA21CD"].is_unique
    assert len(here - there) == 12
    assert len(there - here) > 1000


def test_the_mosaic_lies_in_both_zones_with_pixels_of_50_m(full):
    index = read_index(full / "alphaearth/v1/annual")
    assert sorted(set(index["utm_zone"])) == ["30N", "31N"]
    assert set(index["year"]) == {london.YEAR}
    for path in index["path"]:
        with rasterio.open(full / "alphaearth" / path) as tile:
            assert tile.res == (50.0, 50.0)
            assert tile.transform.e > 0
            assert (tile.count, tile.dtypes[0], tile.nodata) == (64, "int8", -128)


def test_no_pixel_of_the_place_is_missing_between_the_zones(full):
    """Read back in the bounds of the place, from both zones, with the reader that reads the open data."""
    cube = open_cube(full / "alphaearth/v1/annual", london.BOUNDS, london.YEAR, resolution=400).compute()
    inside = cube.rio.reproject("EPSG:4326").rio.clip_box(-0.5, 51.3, 0.32, 51.68)
    assert not np.isnan(inside.values).any()


def test_pixels_have_unit_length_after_the_round_trip(full):
    cube = open_cube(full / "alphaearth/v1/annual", (-0.03, 51.48, 0.03, 51.53), london.YEAR).compute()
    length = np.sqrt((cube.values**2).sum(axis=0))
    assert np.nanpercentile(length, [0.1, 99.9]) == pytest.approx(1, abs=0.01)


def test_the_table_holds_the_zonal_means_of_the_mosaic(full, areas):
    some = areas.iloc[::250]
    cube = open_cube(full / "alphaearth/v1/annual", tuple(areas.total_bounds), london.YEAR)
    assert np.allclose(zonal_means(cube, some)[EMBEDDINGS], some[EMBEDDINGS], atol=1e-6)


def test_the_generators_version_changes_with_its_sources(monkeypatch, tmp_path):
    import shutil

    import tools

    copy = tmp_path / "tools"
    shutil.copytree(tools.__path__[0], copy, ignore=shutil.ignore_patterns("__pycache__", "web"))
    monkeypatch.setattr(sample, "__file__", str(copy / "sample" / "__init__.py"))
    before = sample.generator_version()
    assert before == sample.generator_version()
    with open(copy / "sample" / "london.py", "a") as file:
        file.write("# changed\n")
    assert sample.generator_version() != before

"""A reader's own points, with or without embeddings: by geometry in any CRS, or by two columns of degrees."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from tools import sources
from tools.embeddings import BANDS
from tools.sources import DataError

BUILDINGS, POINTS = "liverpool-buildings", "liverpool-points"


@pytest.fixture
def table() -> pd.DataFrame:
    """Four buildings in Bristol, as a table with degrees."""
    vectors = np.random.default_rng(1).normal(size=(4, 64))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    where = pd.DataFrame({"TOID": list("abcd"), "lon": [-2.6, -2.59, -2.58, -2.57], "lat": [51.45] * 4})
    return where.join(pd.DataFrame(vectors, columns=list(BANDS)))


@pytest.fixture
def points(table) -> gpd.GeoDataFrame:
    where = gpd.points_from_xy(table["lon"], table["lat"], crs=4326)
    return gpd.GeoDataFrame(table.drop(columns=["lon", "lat"]), geometry=where)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("names", [("lon", "lat"), ("Longitude", "Latitude"), ("LON", "LAT")])
def test_two_columns_of_degrees_become_the_geometry(table, tmp_path, suffix, names):
    path = tmp_path / f"own{suffix}"
    renamed = table.rename(columns=dict(zip(("lon", "lat"), names, strict=True)))
    renamed.to_csv(path, index=False) if suffix == ".csv" else renamed.to_parquet(path)
    opened = sources.open(path, like=BUILDINGS)
    assert list(opened) == ["TOID", *BANDS, "geometry"]
    assert opened.crs == "EPSG:4326"
    np.testing.assert_allclose(opened.geometry.x, table["lon"])
    np.testing.assert_allclose(opened.geometry.y, table["lat"])


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet", ".geojson"])
def test_points_in_metres_come_in_degrees(points, tmp_path, suffix):
    path = tmp_path / f"own{suffix}"
    metres = points.to_crs(27700)
    metres.to_parquet(path) if suffix == ".parquet" else metres.to_file(path)
    opened = sources.open(path, like=BUILDINGS)
    assert opened.crs == "EPSG:4326"
    assert opened.geometry.geom_equals_exact(points.geometry, 1e-6).all()
    np.testing.assert_allclose(opened[list(BANDS)], points[list(BANDS)], atol=1e-6)


def test_a_geometry_wins_over_columns_of_degrees_and_these_stay(points, tmp_path):
    points.assign(lon=0.0, lat=0.0).to_parquet(tmp_path / "own.parquet")
    opened = sources.open(tmp_path / "own.parquet", like=POINTS)
    assert opened.geometry.geom_equals_exact(points.geometry, 1e-9).all()
    assert (opened["lon"] == 0).all()


def test_a_table_without_place_says_how_to_give_it_one(table, tmp_path):
    table.rename(columns={"lon": "x", "lat": "y"}).to_csv(tmp_path / "own.csv")
    with pytest.raises(DataError, match=r"own\.csv holds no points.*columns lon and lat \(degrees"):
        sources.open(tmp_path / "own.csv", like=BUILDINGS)


@pytest.mark.parametrize(("lon", "lat"), [(380_000.0, 51.0), (-2.6, 91.0), (None, 51.0), ("west", 51.0)])
def test_degrees_that_are_none_are_pointed_at(table, tmp_path, lon, lat):
    table = table.astype({"lon": object, "lat": object})
    table.loc[2, ["lon", "lat"]] = [lon, lat]
    table.to_csv(tmp_path / "own.csv", index=False)
    with pytest.raises(DataError, match=r"lon, lat must be degrees.*1 of 4 rows \(the first is row 3\)"):
        sources.open(tmp_path / "own.csv", like=BUILDINGS)


def test_polygons_are_no_points(points, tmp_path):
    areas = points.set_geometry(points.to_crs(27700).buffer(5).to_crs(4326))
    areas.to_file(tmp_path / "own.gpkg")
    with pytest.raises(
        DataError, match="the geometry must be Point, but 4 of 4 rows are Polygon: a, b, c, d"
    ):
        sources.open(tmp_path / "own.gpkg", like=POINTS)


def test_a_point_that_is_missing_is_called_a_point(points, tmp_path):
    points.loc[1, "geometry"] = None
    points.to_parquet(tmp_path / "own.parquet")
    with pytest.raises(DataError, match="1 point without geometry: b"):
        sources.open(tmp_path / "own.parquet", like=POINTS)


def test_a_building_named_twice_is_refused(points, tmp_path):
    points.loc[3, "TOID"] = "a"
    points.to_parquet(tmp_path / "own.parquet")
    with pytest.raises(DataError, match=r"1 code in 'TOID' stand for more than one row: a \(2×\)"):
        sources.open(tmp_path / "own.parquet", like=POINTS)


def test_rows_without_names_are_pointed_at_by_number(table, tmp_path):
    vectors = table[list(BANDS)].copy()
    vectors.loc[2, "A07"] = 7.0
    vectors.to_parquet(tmp_path / "own.parquet")
    with pytest.raises(DataError, match=r"column 'A07' must hold numbers from -1 to 1.*7\.0 at 3"):
        sources.open(tmp_path / "own.parquet", like="liverpool-pixels")


def test_an_own_region_may_be_any_polygon(points, tmp_path):
    region = gpd.GeoDataFrame(geometry=[points.to_crs(27700).union_all().buffer(900)], crs=27700)
    region.to_file(tmp_path / "own.gpkg")
    opened = sources.open(tmp_path / "own.gpkg", like="liverpool-region")
    assert opened.crs == "EPSG:4326"
    assert len(opened) == 1

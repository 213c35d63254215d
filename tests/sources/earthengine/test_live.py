"""Earth Engine itself answers as the fake does. Run with COURSE_LIVE=1, a project and an account."""

from __future__ import annotations

import os

import geopandas as gpd
import numpy as np
import pytest

from tools.sources.earthengine import (
    available_years,
    class_raster,
    embeddings_at,
    initialise,
    kmeans_classes,
    pixel_count,
    sample_pixels,
    thumbnail,
    utm_zone,
    zonal_means,
)

PROJECT = os.environ.get("COURSE_EE_PROJECT")  # read here, since each test runs without it
DOCKS = (-3.005, 53.400, -2.985, 53.412)

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(
        os.environ.get("COURSE_LIVE") != "1" or not PROJECT,
        reason="set COURSE_LIVE=1 and COURSE_EE_PROJECT, and sign in, to try Earth Engine itself",
    ),
]


@pytest.fixture(autouse=True)
def _signed_in():
    initialise(PROJECT)


@pytest.fixture
def points() -> gpd.GeoDataFrame:
    random = np.random.default_rng(1)
    x, y = random.uniform(DOCKS[0], DOCKS[2], 50), random.uniform(DOCKS[1], DOCKS[3], 50)
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs="EPSG:4326")


def test_embeddings_at_points_have_unit_length(points, tmp_path):
    table = embeddings_at(points, 2024, keep=tmp_path)
    assert table.notna().all(axis=1).mean() > 0.9
    np.testing.assert_allclose(np.linalg.norm(table.dropna(), axis=1), 1, atol=0.02)


def test_points_far_out_at_sea_are_masked_not_lost(tmp_path):
    sea = gpd.GeoDataFrame(geometry=gpd.points_from_xy([-30.0], [30.0]), crs="EPSG:4326")
    assert embeddings_at(sea, 2024, keep=tmp_path).isna().all(axis=None)


def test_the_mosaics_own_grid_counts_more_pixels_than_are_stored():
    ratio = pixel_count(DOCKS, 2024) / pixel_count(DOCKS, 2024, crs=utm_zone(DOCKS[0], DOCKS[1]))
    assert ratio == pytest.approx(1 / np.cos(np.radians(53.406)), rel=0.02)


def test_years_begin_in_2017():
    assert available_years(DOCKS)[:2] == [2017, 2018]


def test_a_sample_is_about_as_large_as_was_asked_for():
    assert 400 < len(sample_pixels(DOCKS, 2024, 500)) <= 600


def test_classes_come_as_an_array_and_as_a_picture(tmp_path):
    classes = kmeans_classes(DOCKS, 2024, 3, n_samples=1_000, ordered=True)
    raster = class_raster(classes, DOCKS, 2024, scale=20)
    assert set(np.unique(raster)) >= {0, 1, 2}
    assert thumbnail(classes, DOCKS, tmp_path / "a.png", palette=["#000000", "#888888", "#ffffff"]).exists()


def test_means_over_areas_lie_within_the_unit_ball(points):
    areas = gpd.GeoDataFrame(geometry=points.to_crs("EPSG:27700").buffer(100), crs="EPSG:27700")
    means = zonal_means(areas, 2024)
    assert (np.linalg.norm(means.dropna(), axis=1) <= 1.001).all()

"""Zonal means: what each area covers, no more and no less, whatever the blocks."""

import tracemalloc

import dask
import dask.array as da
import geopandas as gpd
import numpy as np
import pytest
import rioxarray  # noqa: F401
import xarray as xr
from exactextract import exact_extract
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, Polygon, box

from tools import provenance
from tools.embeddings import dequantise, quantise
from tools.rasters import Grid, zonal_means

UTM = "EPSG:32630"
SIDE = 10


def cube_of(values, bands=None, crs=UTM):
    """An array whose south-west corner is the origin, in pixels of 10 m."""
    values = values if isinstance(values, da.Array) else np.asarray(values)
    grid = Grid.covering((0, 0, values.shape[2] * SIDE, values.shape[1] * SIDE), crs, SIDE)
    bands = bands or [f"A{number:02d}" for number in range(len(values))]
    cube = xr.DataArray(values, {"band": bands, **grid.centres}, ("band", "y", "x"))
    return cube.rio.write_crs(crs).rio.write_transform(grid.transform)


def areas_of(*shapes, crs=UTM, index=None):
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs, index=index)


@pytest.fixture
def noise():
    values = np.random.default_rng(3).normal(size=(5, 30, 40)).astype("float32")
    values[:, :8, :11] = np.nan
    return cube_of(values)


@pytest.fixture
def circles():
    random = np.random.default_rng(5)
    return areas_of(*(Point(*xy).buffer(r) for *xy, r in random.uniform((0, 0, 5), (400, 300, 90), (25, 3))))


def test_each_pixel_counts_by_the_share_inside_the_area():
    means = zonal_means(cube_of([[[1.0, 5.0]]]), areas_of(box(5, 0, 20, 10), box(0, 0, 20, 5)))
    assert means["A00_mean"].tolist() == pytest.approx([(0.5 * 1 + 5) / 1.5, 3])


def test_a_constant_image_has_that_mean_everywhere(circles):
    means = zonal_means(cube_of(np.full((2, 30, 40), 0.25, "float32")), circles)
    np.testing.assert_allclose(means, 0.25, rtol=1e-6)


def test_values_equal_exactextract_area_by_area(noise, circles):
    reference = exact_extract(noise, circles, ["mean"], output="pandas")
    np.testing.assert_allclose(zonal_means(noise, circles), reference, atol=1e-6)


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 5), st.integers(1, 30), st.integers(1, 40))
def test_blocks_do_not_show_in_the_result(bands, rows, columns):
    values = np.random.default_rng(7).normal(size=(5, 30, 40)).astype("float32")
    values[2, 10:20] = np.nan
    cube, areas = cube_of(values), areas_of(Point(200, 150).buffer(120), box(3, 4, 396, 288))
    lazy = cube.chunk({"band": bands, "y": max(rows, 6), "x": max(columns, 8)})
    np.testing.assert_allclose(zonal_means(lazy, areas), zonal_means(cube, areas), rtol=1e-5)


def test_a_lazy_cube_is_never_in_memory_whole():
    """600 MB of cube pass through less than a fifth of that."""
    chunks = ((16,) * 4, (512,) * 3, (512,) * 3)
    values = da.map_blocks(lambda block_info: np.full((16, 512, 512), 0.5, "f4"), chunks=chunks, dtype="f4")
    tracemalloc.start()
    try:
        with dask.config.set(scheduler="synchronous"):
            means = zonal_means(cube_of(values), areas_of(box(0, 0, 15_360, 15_360), box(0, 0, 6000, 99)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    np.testing.assert_allclose(means, 0.5, rtol=1e-6)
    assert peak < values.nbytes / 5


def test_missing_pixels_count_for_nothing_in_their_own_band_only():
    means = zonal_means(cube_of([[[1.0, np.nan]], [[1.0, 3.0]]]), areas_of(box(0, 0, 20, 10)))
    assert means.iloc[0].tolist() == [1, 2]


def test_areas_off_the_grid_or_without_data_are_missing_and_keep_their_rows(noise):
    areas = areas_of(
        box(900, 900, 950, 950), box(5, 260, 45, 295), box(200, 100, 300, 200), index=["x", "y", "z"]
    )
    means = zonal_means(noise, areas)
    assert means.index.tolist() == ["x", "y", "z"]
    assert means.isna().all(axis=1).tolist() == [True, True, False]


def test_empty_and_missing_geometries_are_missing(noise):
    means = zonal_means(noise, areas_of(Polygon(), None, box(200, 100, 300, 200)))
    assert means.isna().all(axis=1).tolist() == [True, True, False]


def test_an_area_reaching_over_the_edge_counts_by_what_lies_on_the_grid():
    means = zonal_means(cube_of([[[1.0, 5.0]]]), areas_of(box(-500, -500, 10, 500)))
    assert means["A00_mean"].tolist() == [1]


def test_stored_embeddings_are_dequantised_before_they_are_averaged(circles):
    stored = quantise(np.random.default_rng(1).uniform(-0.3, 0.3, (64, 30, 40)), axis=0)
    stored[:, 5:9, 5:30] = -128
    ours = zonal_means(cube_of(stored), circles)
    np.testing.assert_allclose(ours, zonal_means(cube_of(dequantise(stored)), circles), atol=1e-7)


def test_areas_in_another_crs_are_brought_to_the_cube(noise, circles):
    moved = zonal_means(noise, circles.to_crs("EPSG:4326"))
    np.testing.assert_allclose(moved, zonal_means(noise, circles), atol=1e-4)


def test_columns_are_named_after_bands_and_suffix(noise, circles):
    assert list(zonal_means(noise, circles, suffix="_2024"))[:2] == ["A00_2024", "A01_2024"]
    assert zonal_means(noise, circles).dtypes.eq("float32").all()


def test_marks_of_areas_and_cube_travel_on(noise, circles):
    provenance.mark(noise, provenance.Provenance("pixels", "sample", "Pixels", "Synthetic sample"))
    provenance.mark(circles, provenance.Provenance("areas", "open", "Areas", "OGL"))
    assert [mark.name for mark in provenance.every(zonal_means(noise, circles))] == ["areas", "pixels"]


def test_a_cube_of_several_years_is_refused_with_the_remedy(noise, circles):
    with pytest.raises(ValueError, match=r"pick one year.*sel\(time="):
        zonal_means(noise.expand_dims(time=[2023]), circles)


def test_areas_without_a_crs_are_refused_with_the_remedy(noise, circles):
    with pytest.raises(ValueError, match=r"no CRS.*set_crs"):
        zonal_means(noise, circles.set_crs(None, allow_override=True))


def test_whole_numbers_are_refused_because_no_data_would_count(circles):
    with pytest.raises(ValueError, match=r"got int16.*masked=True"):
        zonal_means(cube_of(np.zeros((1, 3, 3), "int16")), circles)


def test_points_are_refused_with_the_remedy(noise, circles):
    with pytest.raises(ValueError, match=r"expected polygons, got Point.*buffer"):
        zonal_means(noise, circles.set_geometry(circles.centroid))


def test_no_areas_give_no_rows(noise, circles):
    assert zonal_means(noise, circles.iloc[:0]).shape == (0, 5)


def test_real_london_areas_each_get_a_mean(shared_data):
    areas = gpd.read_parquet(shared_data / "london" / "lsoa21_gen20.parquet")
    west, south, east, north = areas.total_bounds
    grid = Grid.covering((west, south, east, north), areas.crs, 100)
    easting = np.broadcast_to(grid.centres["x"].astype("float32"), (1, *grid.shape))
    cube = xr.DataArray(easting, {"band": ["x"], **grid.centres}, ("band", "y", "x")).rio.write_crs(areas.crs)
    means = zonal_means(cube, areas)["x_mean"]
    assert len(means) == 4994
    assert (means - areas.centroid.x).abs().max() < 50

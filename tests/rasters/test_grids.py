"""Grids cover what they should, fall in line with a file's pixels, and cut into its blocks."""

import numpy as np
import pytest
import rioxarray  # noqa: F401
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from tools.rasters.grids import Grid, blocks, cut

metres = st.floats(-1e6, 1e7, allow_nan=False)
sides = st.floats(1, 1e4)


@given(metres, metres, sides, sides, st.sampled_from([0.5, 10, 30, 1000]), metres, metres)
def test_a_grid_covers_the_bounds_with_less_than_a_pixel_to_spare(west, south, width, height, side, ax, ay):
    wanted = np.array([west, south, west + width, south + height])
    grid = Grid.covering(tuple(wanted), "EPSG:32630", side, anchor=(ax, ay))
    spare = (np.array(grid.bounds) - wanted) * [-1, -1, 1, 1] / side
    assert (spare > -1e-3).all()
    assert (spare < 1 + 1e-3).all()


@given(metres, metres, sides, sides, metres)
def test_pixel_edges_fall_in_line_with_the_anchor(west, south, width, height, anchor):
    bounds = (west, south, west + width, south + height)
    grid = Grid.covering(bounds, "EPSG:32630", 10, anchor=(anchor, anchor))
    steps = (np.array(grid.bounds) - anchor) / 10
    np.testing.assert_allclose(steps, steps.round(), atol=1e-6)


def test_bounds_on_pixel_edges_gain_no_pixel_from_rounding():
    assert Grid.covering((0.1 + 0.2, 0, 0.9, 0.6), "EPSG:4326", 0.3).shape == (2, 2)


def test_a_grid_and_its_array_agree():
    grid = Grid.covering((100, 200, 140, 230), "EPSG:32630", 10)
    cube = xr.DataArray(np.zeros(grid.shape), grid.centres, ("y", "x")).rio.write_crs(grid.crs)
    assert Grid.of(cube) == grid
    assert grid.centres["y"].tolist() == [225, 215, 205]


def test_a_part_is_where_the_whole_says():
    grid = Grid.covering((0, 0, 100, 100), "EPSG:32630", 10)
    part = grid.part(slice(2, 5), slice(1, 9))
    assert part.shape == (3, 8)
    np.testing.assert_array_equal(part.centres["y"], grid.centres["y"][2:5])
    np.testing.assert_array_equal(part.centres["x"], grid.centres["x"][1:9])


@given(st.integers(1, 5000), st.integers(1, 1024), st.integers(-5000, 5000))
def test_chunks_fill_the_axis_and_their_inner_edges_lie_on_the_blocks(length, step, offset):
    chunks = cut(length, step, offset)
    assert sum(chunks) == length
    assert max(chunks) <= step
    assert all((part.start - offset) % step == 0 for part in list(blocks(chunks))[1:])


def test_an_array_without_a_crs_is_refused_with_the_remedy():
    with pytest.raises(ValueError, match=r"no CRS.*write_crs"):
        Grid.of(xr.DataArray(np.zeros((2, 2)), {"y": [2, 1], "x": [1, 2]}, ("y", "x")))


def test_an_array_upside_down_is_refused_with_the_remedy():
    upside_down = xr.DataArray(np.zeros((2, 2)), {"y": [1, 2], "x": [1, 2]}, ("y", "x"))
    with pytest.raises(ValueError, match="sortby"):
        Grid.of(upside_down.rio.write_crs("EPSG:32630"))

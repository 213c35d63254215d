"""Fields on a grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.sample.fields import Grid, distance_to, gaussian_field, local_crs, smooth_line, stream

GRID = Grid(-30_000, 20_000, 250, 160, 240, local_crs(-0.1, 51.5))


def likeness(field: np.ndarray, lag: int) -> float:
    return float(np.corrcoef(field[:, lag:].ravel(), field[:, :-lag].ravel())[0, 1])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31), range_m=st.floats(600, 8000), smoothness=st.floats(0.5, 2))
def test_a_field_is_standard_and_nearby_values_are_alike(seed, range_m, smoothness):
    field = gaussian_field(GRID, range_m, stream(seed, "field"), smoothness)
    assert field.shape == GRID.shape
    assert abs(float(field.mean())) < 1e-3
    assert abs(float(field.std()) - 1) < 1e-3
    assert likeness(field, 1) > likeness(field, 4) > likeness(field, 16) - 0.05


def test_the_range_is_where_likeness_has_nearly_gone():
    fields = [gaussian_field(GRID, 5000, stream(n, "field")) for n in range(30)]
    assert np.mean([likeness(field, 20) for field in fields]) == pytest.approx(0.14, abs=0.05)


def test_opposite_edges_of_a_field_do_not_resemble_each_other():
    fields = np.stack([gaussian_field(GRID, 4000, stream(n, "field")) for n in range(40)])
    assert abs(np.corrcoef(fields[:, :, 0].ravel(), fields[:, :, -1].ravel())[0, 1]) < 0.15


def test_a_new_field_leaves_the_others_as_they_were():
    before = stream(7, "parks").normal(size=5)
    stream(7, "a new field").normal(size=100)
    assert np.array_equal(before, stream(7, "parks").normal(size=5))


@settings(max_examples=25, deadline=None)
@given(a=st.floats(-3, 3), b=st.floats(-3, 3), seed=st.integers(0, 1000))
def test_reading_a_plane_between_pixels_gives_the_plane(a, b, seed):
    xx, yy = np.meshgrid(GRID.x, GRID.y)
    rng = np.random.default_rng(seed)
    x = rng.uniform(GRID.x[0], GRID.x[-1], 50)
    y = rng.uniform(GRID.y[-1], GRID.y[0], 50)
    expected = (a * x + b * y) / 1000
    assert np.allclose(GRID.read((a * xx + b * yy) / 1000, x, y), expected, atol=1e-3)


def test_the_distance_to_a_line_is_the_distance_to_its_nearest_point():
    line = smooth_line([(-20_000, -5000), (0, 3000), (20_000, -2000)], 20)
    found = distance_to(GRID, line)
    rows, columns = np.random.default_rng(1).integers(0, (160, 240), (200, 2)).T
    away = np.hypot(GRID.x[columns, None] - line[:, 0], GRID.y[rows, None] - line[:, 1]).min(axis=1)
    # The nearest pixel that is crossed need not hold the nearest point: at most about a pixel is lost.
    assert np.abs(found[rows, columns] - away).max() < GRID.resolution


def test_a_line_in_degrees_is_refused():
    with pytest.raises(ValueError, match="same CRS, in metres"):
        distance_to(Grid(1000, 9000, 100, 20, 20, GRID.crs), np.array([[-0.1, 51.5], [0.0, 51.6]]))


def test_a_grid_covers_its_bounds_and_the_margin():
    grid = Grid.around((-0.5, 51.3, 0.3, 51.7), 50, local_crs(-0.1, 51.5), margin=3000)
    assert grid.west < -29_000
    assert grid.x[-1] > 29_000
    assert grid.north > 23_000
    assert grid.y[-1] < -23_000

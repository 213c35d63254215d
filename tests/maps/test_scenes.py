"""Scenes, classes and spectra side by side: one stretch, one colour a class, holes that stay holes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rioxarray  # noqa: F401  (gives arrays their .rio)
import xarray as xr
from matplotlib.colors import to_rgb

from tools import maps, provenance
from tools.maps import palette

from .conftest import SAMPLE

BANDS = ["blue", "green", "red", "nir"]


@pytest.fixture
def scene() -> xr.DataArray:
    """4 × 6 pixels of 100 m in four bands; the first pixel has no data."""
    values = np.linspace(0, 0.4, 96).reshape(4, 4, 6).astype("float32")
    values[:, 0, 0] = np.nan
    where = {
        "band": BANDS,
        "wavelength": ("band", [0.49, 0.56, 0.66, 0.83]),
        "y": 450.0 - 100 * np.arange(4),
        "x": 50.0 + 100 * np.arange(6),
    }
    made = xr.DataArray(values, where, ("band", "y", "x")).rio.write_crs("EPSG:32611")
    return provenance.mark(made, SAMPLE)


def drawn(axes, number=0):
    return axes.figure.axes[number].images[0].get_array()


def test_scenes_are_drawn_in_one_stretch_and_pixels_without_data_are_seen_through(scene):
    axes = maps.plot_scenes({"before": scene, "after": scene / 2}, stretch=(0, 0.4))
    before, after = drawn(axes, 0), drawn(axes, 1)
    np.testing.assert_allclose(after[1:, :, :3], before[1:, :, :3] / 2, atol=1e-6)
    assert before[0, 0, 3] == 0
    assert before[1:, :, 3].all()


def test_a_lazy_scene_and_one_that_runs_north_are_drawn_as_the_same_picture(scene):
    plain = drawn(maps.plot_scenes({"scene": scene}))
    np.testing.assert_array_equal(drawn(maps.plot_scenes({"scene": scene.chunk(y=2)})), plain)
    np.testing.assert_array_equal(drawn(maps.plot_scenes({"scene": scene[:, ::-1]})), plain)


def test_a_band_that_is_not_there_is_named_with_those_that_are(scene):
    with pytest.raises(ValueError, match="no band swir16; it has blue, green, red, nir"):
        maps.plot_scenes({"scene": scene}, bands=("swir16", "nir", "green"))
    with pytest.raises(ValueError, match="three bands"):
        maps.plot_scenes({"scene": scene}, bands=("red",))
    with pytest.raises(ValueError, match="at least one"):
        maps.plot_scenes({})


def test_a_synthetic_scene_says_so_under_the_figure(scene):
    assert "Synthetic" in maps.plot_scenes({"scene": scene}).figure.get_supxlabel()


def test_a_class_has_one_colour_in_all_maps_and_no_class_has_none(scene):
    classes = xr.zeros_like(scene[0], dtype=int)
    classes[:, 3:] = 1
    classes[0, 0] = -1
    axes = maps.plot_classes_beside({"one": classes, "other": classes[:, ::-1]}, names=["water", "land"])
    one, other = drawn(axes, 0), drawn(axes, 1)
    assert tuple(one[1, 0, :3]) == to_rgb(palette.MARKS[0])
    assert tuple(other[1, 5, :3]) == to_rgb(palette.MARKS[0])
    assert one[0, 0, 3] == 0


def test_maps_of_classes_wrap_into_rows(scene):
    classes = xr.zeros_like(scene[0], dtype=int)
    axes = maps.plot_classes_beside({str(i): classes for i in range(5)}, columns=3)
    assert len(axes.figure.axes) == 6
    assert [part.get_title(loc="left") for part in axes.figure.axes] == ["0", "1", "2", "3", "4", ""]


def test_more_classes_than_names_or_no_class_at_all_are_refused(scene):
    classes = xr.full_like(scene[0], 2, dtype=int)
    with pytest.raises(ValueError, match="classes up to 2, but there are 1 names"):
        maps.plot_classes_beside({"map": classes}, names=["water"])
    with pytest.raises(ValueError, match="no class"):
        maps.plot_classes_beside({"map": classes - 3})


def test_spectra_run_by_wavelength_and_water_is_drawn_thick():
    table = pd.DataFrame({"nir": [0.01, 0.3], "green": [0.05, 0.2], "water": [True, False]})
    axes = maps.plot_spectra({"1988": table}, {"nir": 0.83, "green": 0.56, "swir16": 1.65})
    water, land = axes.lines
    assert water.get_xdata().tolist() == [0.56, 0.83]
    assert water.get_ydata().tolist() == [0.05, 0.01]
    assert water.get_linewidth() > land.get_linewidth()


def test_partitions_keep_points_where_they_are_and_refuse_other_lengths():
    points = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]])
    axes = maps.plot_partitions(points, {"a": np.array([0, 0, 1]), "b": np.array([1, 0, 1])})
    for part in axes.figure.axes:
        np.testing.assert_array_equal(part.collections[0].get_offsets(), points)
    with pytest.raises(ValueError, match="b labels 2 points, but there are 3"):
        maps.plot_partitions(points, {"b": np.array([0, 1])})


def test_growth_draws_what_was_measured_and_proportion_through_the_largest():
    times = pd.DataFrame({"pixels": [1e6, 1e5, 1e7], "seconds": [2.0, 0.5, 18.0]})
    proportion, measured = maps.plot_growth(times).lines
    assert measured.get_xdata().tolist() == [1e5, 1e6, 1e7]
    np.testing.assert_allclose(proportion.get_ydata(), [0.18, 1.8, 18.0])
    with pytest.raises(ValueError, match="two runs or more"):
        maps.plot_growth(times.head(1))

"""How clustering grows with the scene: measured on squares of it, and read from the benchmark's report."""

import json

import numpy as np
import pytest
import xarray as xr

from tools.spectral import NystromSpectralClustering, cluster_scene, fit_times, growth_table
from tools.spectral.growth import middle
from tools.spectral.pixels import standardise, to_samples


@pytest.fixture(scope="module")
def scene():
    """Two surfaces side by side in three bands, and a corner without data."""
    random = np.random.default_rng(0)
    values = random.normal(scale=0.1, size=(3, 60, 80)).astype("float32")
    values[:, :, 30:] += np.array([1, 2, 4], "float32")[:, np.newaxis, np.newaxis]
    values[:, :5, :5] = np.nan
    return xr.DataArray(values, {"band": ["red", "nir", "swir16"]}, ("band", "y", "x"))


def test_each_size_is_a_square_and_the_largest_is_no_more_than_the_scene(scene):
    times = fit_times(scene, [10_000, 400, 2_500], n_clusters=2)
    assert times["pixels"].tolist() == [400, 2_500, 4_800]
    assert (times["seconds"] > 0).all()
    assert (times["peak_mb"] > 50).all()
    with pytest.raises(ValueError, match="at least one size"):
        fit_times(scene, [])


def test_squares_lie_in_the_middle(scene):
    part = middle(scene, 100)
    assert part.shape == (3, 10, 10)
    assert part.equals(scene[:, 25:35, 35:45])


@pytest.mark.parametrize("chunks", [None, {"y": 7, "x": 33}])
def test_a_scene_is_clustered_as_its_pixels_are_whether_lazy_or_not(scene, chunks):
    found = cluster_scene(scene if chunks is None else scene.chunk(chunks), 2)
    (scaled,) = standardise(scene)
    direct = NystromSpectralClustering(2, random_state=0).fit_predict(to_samples(scaled).values)
    assert isinstance(found.data, np.ndarray)
    np.testing.assert_array_equal(found.values.ravel(), direct)
    assert (found[:5, :5] == -1).all()
    assert len(np.unique(found[10:, :30])) == len(np.unique(found[10:, 30:])) == 1


def test_the_reports_figures_become_a_table_in_order_of_size(tmp_path):
    report = tmp_path / "benchmarks.json"
    growth = [
        {"pixels": 9_000_000, "seconds": 20.5, "peak_mb": 900},
        {"pixels": 90_000, "seconds": 1, "peak_mb": 400},
    ]
    report.write_text(json.dumps({"spectral_full_scene": {"growth": growth}, "other": {}}))
    table = growth_table(report)
    assert table["pixels"].tolist() == [90_000, 9_000_000]
    assert table["seconds"].tolist() == [1.0, 20.5]
    assert table["peak_mb"].tolist() == [400.0, 900.0]


def test_without_a_report_or_without_that_benchmark_in_it_there_is_no_row(tmp_path):
    report = tmp_path / "benchmarks.json"
    assert growth_table(report).empty
    report.write_text("{}")
    assert growth_table(report).empty
    assert list(growth_table(report)) == ["pixels", "seconds", "peak_mb"]

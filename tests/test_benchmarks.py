"""The benchmarks measure what they say: same values on both sides, by turns, written down whole."""

import json

import numpy as np
import pytest

from tests.benchmarks import __main__ as command
from tests.benchmarks import harness, points_vs_rasterio, zonal_vs_clip


@pytest.fixture
def report(tmp_path):
    return tmp_path / "benchmarks.json"


def compare(report, name="demo", check=lambda ours, theirs: None, **options):
    return harness.compare(
        name, lambda: 1, lambda: 2, sizes={"rows": 3}, check=check, report=report, **options
    )


def test_a_comparison_is_written_with_all_that_the_performance_page_shows(report):
    entry = compare(report, libraries=("numpy",))
    written = json.loads(report.read_text("utf-8"))["demo"]
    assert {"name": "demo", **written} == entry
    assert written["ratio"] == pytest.approx(written["theirs"] / written["ours"])
    assert (written["unit"], written["sizes"], written["rounds"]) == ("s", {"rows": 3}, 5)
    assert written["versions"]["numpy"] == np.__version__
    assert len(written["times"]["ours"]) == len(written["times"]["theirs"]) == 5


def test_comparisons_are_merged_by_name(report):
    compare(report, "one")
    compare(report, "two")
    compare(report, "one", unit="ms")
    assert {name: entry["unit"] for name, entry in json.loads(report.read_text()).items()} == {
        "one": "ms",
        "two": "s",
    }


def test_the_two_sides_take_turns_and_take_turns_at_going_first(report):
    order = []
    harness.compare(
        "demo",
        lambda: order.append("ours"),
        lambda: order.append("theirs"),
        sizes={},
        check=lambda *_: None,
        rounds=4,
        report=report,
    )
    assert order == ["ours", "theirs", "theirs", "ours"] * 2


def test_a_comparison_of_different_results_is_not_written(report):
    with pytest.raises(AssertionError):
        compare(report, check=np.testing.assert_array_equal)
    assert not report.exists()


def test_a_missed_target_is_said(report):
    entry = compare(report, target=1e9)
    assert not entry["reached"]
    assert "MISSED: the target is 1e+09" in harness.describe(entry)


def test_an_unknown_benchmark_lists_those_there_are(capsys):
    assert command.main(["no_such"]) == 2
    assert "points_vs_rasterio" in capsys.readouterr().err


def test_every_benchmark_is_found():
    assert {"points_vs_rasterio", "zonal_vs_clip"} <= set(command.found())
    assert "harness" not in command.found()


def test_points_are_the_same_both_ways(report, monkeypatch):
    monkeypatch.setattr(points_vs_rasterio, "N_POINTS", 300)
    monkeypatch.setattr(points_vs_rasterio, "SHAPE", (256, 160))
    monkeypatch.setattr(
        points_vs_rasterio, "compare", lambda *a, **k: harness.compare(*a, **k, rounds=1, report=report)
    )
    (entry,) = points_vs_rasterio.run()
    assert entry["sizes"]["points"] == 300


def test_zonal_means_are_the_same_both_ways(report, monkeypatch):
    monkeypatch.setattr(zonal_vs_clip, "N_AREAS", 40)
    monkeypatch.setattr(zonal_vs_clip, "EXTENT", (670_000, 5_680_000, 676_000, 5_686_000))
    monkeypatch.setattr(
        zonal_vs_clip, "compare", lambda *a, **k: harness.compare(*a, **k, rounds=1, report=report)
    )
    (entry,) = zonal_vs_clip.run()
    assert entry["sizes"]["areas"] == 40

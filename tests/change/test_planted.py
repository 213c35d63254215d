"""The whole road on the sample of Berlin, whose changes were planted and are on file."""

import geopandas as gpd
import numpy as np
import pytest

from tools import sample
from tools.alphaearth import open_cube
from tools.change import (
    areas_mask,
    change_between,
    change_year,
    find_hotspots,
    noise_floor,
    relative_change,
    roc,
    score_hotspots,
)

BOUNDS = (13.08, 52.33, 13.76, 52.68)
YEARS = range(2017, 2025)


@pytest.fixture(scope="module")
def berlin(tmp_path_factory):
    """Embeddings of all years of a small Berlin, and what was planted in it."""
    folder = tmp_path_factory.mktemp("berlin")
    sample.make("berlin", folder, size="small")
    cube = open_cube(folder / "alphaearth" / "v1" / "annual", BOUNDS, YEARS, dequantised=False)
    return cube.load(), gpd.read_file(folder / "berlin-truth.geojson")


def found_at(change, rate, truth):
    threshold = noise_floor({(2017, 2024): change}).threshold_for(rate)
    return score_hotspots(find_hotspots(change, threshold, min_area_m2=100_000), truth)


def test_the_named_places_are_found_without_being_told(berlin):
    cube, truth = berlin
    table = found_at(change_between(cube, 2017, 2024), 0.001, truth).table
    for name in ("Adlershof", "Tegel", "Grunewald"):
        assert (table.loc[table["name"].str.startswith(name, na=False), "outcome"] == "found").all()


def test_most_planted_changes_are_found_and_most_of_what_is_found_was_planted(berlin):
    cube, truth = berlin
    precision, recall, _ = found_at(change_between(cube, 2017, 2024), 0.001, truth)
    assert recall > 0.8
    assert precision > 0.5


def test_in_units_of_what_is_usual_all_are_found_with_fewer_false_alarms(berlin):
    cube, truth = berlin
    plain = found_at(change_between(cube, 2017, 2024), 0.001, truth)
    relative = found_at(relative_change(cube, 2017, 2024), 0.001, truth)
    assert relative.recall == 1 >= plain.recall
    assert relative.precision > max(plain.precision, 0.7)
    assert found_at(relative_change(cube, 2017, 2024), 0.0001, truth).precision > relative.precision


def test_the_rate_of_false_positives_is_about_the_one_asked_for(berlin):
    cube, truth = berlin
    relative = relative_change(cube, 2017, 2024)
    stable = relative.to_numpy()[~areas_mask(truth.to_crs(relative.rio.crs).buffer(300), relative).to_numpy()]
    threshold = noise_floor({(2017, 2024): relative}).threshold_for(0.01)
    assert 0.004 < (stable > threshold).mean() < 0.025


def test_change_tells_planted_pixels_from_others(berlin):
    cube, truth = berlin
    change = change_between(cube, 2017, 2024)
    assert roc(change, areas_mask(truth, change)).auc > 0.999


def test_each_planted_change_is_dated_to_the_years_in_which_it_happened(berlin):
    cube, truth = berlin
    found = change_year(cube, threshold=noise_floor(cube).threshold_for(0.001))
    for row in range(len(truth)):
        one = truth.iloc[[row]]
        years = found["year"].to_numpy()[areas_mask(one, found["year"]).to_numpy()]
        middle = np.nanmedian(years)
        assert one["year_from"].item() <= middle <= one["year_to"].item(), one["name"].item()


def test_sudden_changes_are_told_from_slow_ones_by_what_one_step_explains(berlin):
    cube, truth = berlin
    explained = change_year(cube, threshold=0.05)["explained"]
    took = truth["year_to"] - truth["year_from"]
    strong = truth["strength"] > 0.2
    sudden, slow = (
        np.median(explained.to_numpy()[areas_mask(truth[strong & kind], explained).to_numpy()])
        for kind in (took == 0, took >= 3)
    )
    assert sudden > slow + 0.1

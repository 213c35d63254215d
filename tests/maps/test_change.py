"""Evidence for and against a map of change: its years, its noise, its test."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rioxarray  # noqa: F401  (gives arrays their .rio)
import xarray as xr

from tools import maps, provenance
from tools.change import noise_floor, roc

from .conftest import SAMPLE


@pytest.fixture
def change() -> xr.DataArray:
    """100 × 100 pixels of noise, two in a hundred of which changed."""
    values = np.random.default_rng(3).gamma(9, 0.004, (100, 100)).astype("float32")
    values[:2] = 0.4
    where = {"y": 5_820_000 - 100.0 * np.arange(100), "x": 380_000 + 100.0 * np.arange(100)}
    made = xr.DataArray(values, where, ("y", "x")).rio.write_crs("EPSG:32633")
    made.attrs |= {"year_from": 2017, "year_to": 2024}
    return provenance.mark(made, SAMPLE)


def test_every_pair_of_years_shows_its_number_and_a_missing_year_shows_none():
    table = pd.DataFrame([[1.0, 0.8], [0.8, np.nan]], [2017, 2018], [2017, 2018])
    axes = maps.plot_year_matrix(table)
    assert sorted(text.get_text() for text in axes.texts) == ["0.80", "0.80", "1.00"]


def test_a_table_that_is_not_square_is_refused():
    with pytest.raises(ValueError, match="square"):
        maps.plot_year_matrix(pd.DataFrame([[1.0, 0.8]]))


def test_the_curve_of_noise_holds_the_share_that_noise_has_and_fits_the_bulk(change):
    floor = noise_floor({(2017, 2024): change})
    axes = maps.plot_noise_floor(change, floor, floor.threshold_for(0.01, 7))
    curve = next(line for line in axes.lines if line.get_label() == "noise alone")
    x, density = curve.get_data()
    assert np.trapezoid(density, x) == pytest.approx(1 - floor.share_beyond(7), abs=0.02)
    bars = np.array([bar.get_height() for bar in axes.patches])
    assert np.abs(bars - density)[x < 0.08].mean() < 0.1 * bars.max()
    assert SAMPLE.notice in axes.figure.get_supxlabel()


def test_the_threshold_is_drawn_where_it_is(change):
    axes = maps.plot_noise_floor(change, noise_floor({(2017, 2024): change}), 0.123)
    assert [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == "--"] == [0.123]
    assert "threshold 0.123" in [text.get_text() for text in axes.texts]


def test_curves_of_several_tests_share_one_figure_with_their_areas(change):
    labels = np.zeros((100, 100), bool)
    labels[:2] = True
    blind = np.random.default_rng(0).random((100, 100))
    axes = maps.plot_roc({"map": roc(change, labels), "blind": roc(blind, labels)}, log=True)
    words = [text.get_text() for text in axes.get_legend().get_texts()]
    assert words[0] == "map: 1.000"
    assert words[1].startswith("blind: 0.")
    assert axes.get_xscale() == "log"


def test_nothing_to_draw_is_said():
    with pytest.raises(ValueError, match="at least one"):
        maps.plot_roc({})
    with pytest.raises(ValueError, match="no number"):
        maps.plot_noise_floor(np.full((3, 3), np.nan), None, 0.1, years_apart=1)

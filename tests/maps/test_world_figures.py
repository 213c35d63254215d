"""Figures of the world's tiles draw what the tables say, and tables that cannot be are refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tools import maps, provenance
from tools.maps.world import CONTINENTS

from .conftest import SAMPLE

METHODS = ("mean", "median", "min", "max", "dominant", "contrastive")


@pytest.fixture
def shares() -> pd.DataFrame:
    random = np.random.default_rng(0)
    rows = [
        (method, kind, hits / 10)
        for i, method in enumerate(METHODS)
        for kind, chance in (("one form", 0.9 - 0.1 * i), ("mixed", 0.4 + 0.05 * i))
        for hits in random.binomial(10, chance, 50)
    ]
    return provenance.mark(pd.DataFrame(rows, columns=["method", "kind", "share"]), SAMPLE)


def notes(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_the_best_method_of_each_kind_is_bold(shares):
    axes = maps.plot_aggregations(shares, kind="kind")
    means = shares.groupby(["kind", "method"])["share"].mean()
    bold = {text.get_text() for text in axes.texts if text.get_fontweight() == "bold"}
    assert bold == {f"{means[kind].max():.2f}" for kind in ("one form", "mixed")}
    assert len(notes(axes)) == 2 * len(METHODS)
    assert SAMPLE.notice in axes.figure.get_supxlabel()


def test_dots_grow_with_the_number_of_tiles():
    table = pd.DataFrame({"method": "mean", "share": [0.5] * 4 + [1.0]})
    few, many = sorted(maps.plot_aggregations(table).collections[0].get_sizes())
    assert many == pytest.approx(4 * few)


@pytest.mark.parametrize("wrong", [[1.2], [np.nan]])
def test_shares_that_are_none_are_refused(wrong):
    with pytest.raises(ValueError, match="shares from 0 to 1"):
        maps.plot_aggregations(pd.DataFrame({"method": ["mean"] * len(wrong), "share": wrong}))


def test_names_at_the_ends_of_lines_do_not_cover_each_other():
    table = pd.DataFrame(
        [(m, k, 0.8 - 0.01 * i - 0.005 * k) for i, m in enumerate(METHODS) for k in (1, 5, 10, 20)],
        columns=["method", "k", "precision"],
    )
    axes = maps.plot_precision_at_k(table, chance=0.125)
    figure = axes.figure
    figure.canvas.draw()
    ends = sorted(t.get_window_extent().y0 for t in axes.texts if t.get_text() in METHODS)
    height = axes.texts[1].get_window_extent().height
    assert len(ends) == len(METHODS)
    assert min(np.diff(ends)) > 0.7 * height


def test_a_style_is_told_in_the_legend_and_its_lines_are_dashed():
    table = pd.DataFrame(
        [("mean", when, k, 0.5) for when in ("after", "before") for k in (1, 10)],
        columns=["method", "filter", "k", "precision"],
    )
    axes = maps.plot_precision_at_k(table, style="filter")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["after", "before"]
    assert [line.is_dashed() for line in axes.lines[:2]] == [False, True]


def test_cities_reached_are_counted_on_both_sides_of_the_filter():
    axes = maps.plot_neighbour_cities([1, 1, 2, 2], [3, 4, 4, 5], most=5)
    heights = np.array([[bar.get_height() for bar in group] for group in axes.containers])
    np.testing.assert_allclose(heights, [[0.5, 0.5, 0, 0, 0], [0, 0, 0.25, 0.5, 0.25]])
    with pytest.raises(ValueError, match="from 1 to 5"):
        maps.plot_neighbour_cities([1, 6], [1, 2], most=5)


def test_a_threshold_is_drawn_where_the_table_says_and_not_where_it_is_silent():
    bias = pd.DataFrame({"coherence": [0.1, 0.9, np.nan], "rank_correlation": [0.0, 0.5, np.nan],
                         "location_bound": [False, True, False]})  # fmt: skip
    assert len(maps.plot_location_dimensions(bias).lines) == 0
    bias.attrs |= {"coherence_threshold": 0.6, "rank_correlation_threshold": None}
    axes = maps.plot_location_dimensions(bias, truth=[False, True, False])
    assert [list(line.get_xdata()) for line in axes.lines] == [[0.6, 0.6]]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["kept  (2)", "location-bound  (1)", "made to hold the place  (1)"]
    with pytest.raises(ValueError, match="2 dimensions"):
        maps.plot_location_dimensions(bias, truth=[True, False])


def test_a_continent_has_one_colour_whichever_others_are_there():
    tiles = pd.DataFrame({"continent": ["Oceania", "Asia"]})
    layout = pd.DataFrame({"x": [0.0, 1.0], "y": [1.0, 0.0]})
    for rows in (tiles, tiles[:1]):
        handles = maps.plot_world_view(layout[: len(rows)], rows).get_legend().legend_handles
        assert handles[-1].get_color() == CONTINENTS["Oceania"]


def test_of_many_tiles_some_are_drawn_and_the_title_says_so():
    tiles = pd.DataFrame({"continent": ["Asia"] * 300})
    axes = maps.plot_world_view(np.random.default_rng(0).random((300, 2)), tiles, most=100)
    assert len(axes.collections[0].get_offsets()) == 100
    assert "100 of 300 drawn, by lot" in axes.get_title(loc="left").replace("\n", " ")


def test_a_view_of_other_tiles_is_refused():
    with pytest.raises(ValueError, match=r"expected \(2, 2\)"):
        maps.plot_world_view(np.zeros((3, 2)), pd.DataFrame({"continent": ["Asia", "Asia"]}))
    with pytest.raises(ValueError, match="not finite"):
        maps.plot_world_view(np.full((1, 2), np.nan), pd.DataFrame({"continent": ["Asia"]}))

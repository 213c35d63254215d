"""Static figures: in the course's style, from data by name, and saying what must be said."""

from __future__ import annotations

import subprocess
import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from tools import maps, provenance
from tools.maps import palette, style
from tools.modelling import (
    compare_models,
    explain_forest,
    grouped_folds,
    random_folds,
    run_rf_classifier,
    summarise,
)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"A00_mean": rng.normal(size=120), "health": rng.normal(size=120)})
    data["decile"] = pd.qcut(data["health"] + 0.3 * rng.normal(size=120), 4, labels=False) + 1
    data["borough"] = np.repeat(list("abcdef"), 20)
    return provenance.mark(
        data, provenance.Provenance("x", "sample", "X", "Synthetic sample: not real places.")
    )


@pytest.fixture(scope="module")
def scores(table) -> pd.DataFrame:
    schemes = {
        "random": random_folds(table, n_splits=3),
        "boroughs": grouped_folds(table["borough"], n_splits=3),
    }
    models = {"census": ["health"], "both": ["health", "A00_mean"], "majority": "majority"}
    return compare_models(table, "decile", models, schemes, n_estimators=5, n_jobs=1)


def test_a_map_draws_each_area_in_its_class_and_counts_them(areas):
    axes = maps.plot_simple_map(areas)
    faces = [to_hex(c) for c in axes.collections[0].get_facecolor()]
    assert faces == [palette.CATEGORICAL[c] for c in areas["cluster"]]
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["0  (8)", "1  (8)", "2  (8)"]


def test_a_map_tells_missing_classes_apart(areas):
    areas["cluster"] = areas["cluster"].where(areas.index > 1)
    axes = maps.plot_simple_map(areas)
    assert to_hex(axes.collections[0].get_facecolor()[0]) == palette.MISSING
    assert axes.get_legend().get_texts()[-1].get_text() == "no data  (2)"


def test_the_scale_bar_measures_what_it_says(areas):
    axes = maps.plot_simple_map(areas)
    (bar,) = axes.lines
    words = next(t.get_text() for t in axes.texts)
    assert np.ptp(bar.get_xdata()) == pytest.approx(1000 * float(words.removesuffix(" km")))


def test_a_map_without_a_crs_has_no_scale_bar(areas):
    axes = maps.plot_simple_map(areas.set_crs(None, allow_override=True))
    assert not axes.lines


def test_every_figure_is_signed(areas, table, scores):
    result = run_rf_classifier(
        table, "decile", ["health", "A00_mean"], n_estimators=5, n_jobs=1, verbose=False
    )
    _, closest = maps.map_closest_lsoas(areas, 0, 3)
    drawn = [
        maps.plot_simple_map(areas),
        maps.plot_embedding_distances(closest),
        maps.plot_feature_importance(result["importances"]),
        maps.plot_confusion(result["confusion"]),
        maps.plot_shap(explain_forest(result, n=10, n_trees=3)),
        maps.plot_model_comparison(scores),
        maps.plot_model_comparison(summarise(scores)),
    ]
    for axes in drawn:
        assert axes.figure.get_supxlabel() == "Synthetic sample: not real places."
    interactive = maps.plot_model_comparison(scores, interactive=True)
    assert interactive.layout.annotations[0].text == "Synthetic sample: not real places."


def test_long_names_of_classes_do_not_run_into_one_another():
    bands = ["1900 or earlier", "1900-1929", "1930-1949", "1950-1966", "1967-1975", "1976-1982", "1983-1995"]
    axes = maps.plot_confusion(pd.DataFrame(np.eye(7), bands, bands))
    axes.figure.canvas.draw()
    first, second = (label.get_window_extent() for label in axes.get_xticklabels()[1:3])
    slant = np.tan(np.radians(axes.get_xticklabels()[1].get_rotation()))
    assert slant > 0
    assert second.x1 - first.x1 > axes.get_xticklabels()[1].get_fontsize()


def test_data_without_a_notice_are_not_signed(areas):
    areas.attrs.clear()
    assert maps.plot_simple_map(areas).figure.get_supxlabel() == ""


def test_no_title_or_label_leaves_the_figure(areas, table, scores):
    result = run_rf_classifier(
        table, "decile", ["health", "A00_mean"], n_estimators=5, n_jobs=1, verbose=False
    )
    long = "A title that is a good deal longer than the figure is wide, as a lesson's title may well be"
    for axes in (
        maps.plot_simple_map(areas, title=long),
        maps.plot_feature_importance(result["importances"], title=long),
        maps.plot_confusion(result["confusion"], title=long),
        maps.plot_model_comparison(scores, title=long),
    ):
        figure = axes.figure
        figure.canvas.draw()
        inches = figure.get_tightbbox()
        width, height = figure.get_size_inches()
        assert inches.x0 > -0.05
        assert inches.y0 > -0.05
        assert inches.x1 < width + 0.05
        assert inches.y1 < height + 0.05


def test_distances_stand_in_order_with_their_names_as_written():
    named = pd.DataFrame({"LSOA21NM": ["A $1$ & B", "C"], "distance": [0.2, 0.1]})
    axes = maps.plot_embedding_distances(named)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["C", r"A \$1\$ & B"]
    assert axes.lines[0].get_xdata().tolist() == [0.1, 0.2]
    axes.figure.canvas.draw()


def test_importances_may_come_as_a_series_or_a_table():
    series = pd.Series({"A00_mean": 0.6, "density": 0.3, "health": 0.1})
    frame = series.rename_axis("feature").reset_index(name="importance")
    for given in (series, frame, series.to_dict(), series.sample(frac=1, random_state=0)):
        axes = maps.plot_feature_importance(given, top_n=2)
        assert [label.get_text() for label in axes.get_yticklabels()] == ["A00_mean", "density"]


def test_points_of_the_comparison_are_the_means_and_bars_the_standard_errors(scores):
    summary = summarise(scores)
    axes = maps.plot_model_comparison(scores, "mae")
    for container, (scheme, group) in zip(
        axes.containers, summary.groupby("scheme", sort=False), strict=True
    ):
        assert container.get_label() == scheme
        assert container.lines[0].get_xdata().tolist() == pytest.approx(group["mae"].tolist())
        ends = [segment[:, 0] for segment in container.lines[2][0].get_segments()]
        assert [np.ptp(e) / 2 for e in ends] == pytest.approx(group["mae_se"].tolist())


def test_the_interactive_comparison_shows_the_same_numbers_in_the_course_template(scores):
    figure = maps.plot_model_comparison(scores, interactive=True)
    summary = summarise(scores)
    assert [trace.name for trace in figure.data] == ["random", "boroughs"]
    for trace in figure.data:
        assert list(trace.x) == pytest.approx(
            summary.loc[summary["scheme"] == trace.name, "accuracy"].tolist()
        )
    assert figure.layout.template.layout.colorway == palette.CATEGORICAL


def test_shares_of_a_confusion_add_up_row_by_row():
    axes = maps.plot_confusion(pd.DataFrame([[3, 1], [0, 0]], index=[1.0, 2.0], columns=[1.0, 2.0]))
    assert [text.get_text() for text in axes.texts] == ["75", "25", "0", "0"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2"]


def test_shap_dots_lie_where_the_feature_moved_the_class(table):
    result = run_rf_classifier(
        table, "decile", ["health", "A00_mean"], n_estimators=5, n_jobs=1, verbose=False
    )
    explanation = explain_forest(result, n=10, n_trees=3)
    axes = maps.plot_shap(explanation)
    first = explanation.importances.index[0]
    dots = axes.figure.axes[1].collections[0].get_offsets()
    assert dots[:, 0].tolist() == pytest.approx(explanation.expected_class[first].tolist())


@pytest.mark.parametrize(
    ("draw", "complaint"),
    [
        (lambda a: maps.plot_simple_map(a, "clster"), "Did you mean 'cluster'"),
        (
            lambda a: maps.plot_simple_map(a.assign(cluster=range(24)).assign(cluster=None)),
            "every row is missing",
        ),
        (lambda a: maps.plot_embedding_distances(a), "No column 'distance'"),
        (lambda a: maps.plot_feature_importance({}), "no scores to show"),
        (lambda a: maps.plot_feature_importance({"a": 1}, top_n=0), "top_n=0"),
        (lambda a: maps.plot_confusion(np.zeros((2, 3))), "one row and one column a class"),
        (lambda a: maps.plot_model_comparison(a, "f1"), "expected one of 'accuracy'"),
        (lambda a: maps.plot_model_comparison(a), "No column 'scheme'"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_remedy(areas, draw, complaint):
    with pytest.raises(ValueError, match=complaint):
        draw(areas)


def test_drawing_leaves_the_readers_own_style_alone(areas):
    before = dict(mpl.rcParams)
    maps.plot_simple_map(areas)
    assert dict(mpl.rcParams) == before


def test_the_style_sheet_uses_the_palettes_colours():
    with plt.style.context(style.STYLE_SHEET):
        rc = mpl.rcParams
        assert tuple(rc["axes.prop_cycle"].by_key()["color"]) == palette.CATEGORICAL
        roles = {
            "text.color": "ink",
            "axes.labelcolor": "muted",
            "axes.edgecolor": "line",
            "figure.facecolor": "paper",
        }
        assert {key: to_hex(rc[key]) for key in roles} == {
            key: palette.LIGHT[role] for key, role in roles.items()
        }


def test_the_palette_is_had_without_waiting_for_matplotlib():
    heavy = ("matplotlib", "geopandas", "plotly")
    code = f"import sys, tools.maps.palette; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

"""A view of the embedding: all rows counted, each in its class's colour, named under the pointer."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from tools import maps, provenance
from tools.course import frames
from tools.maps import palette

from .conftest import HOSTILE, SAMPLE


@pytest.fixture
def view() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return provenance.mark(pd.DataFrame(rng.normal(size=(90, 2)) * 3, columns=["x", "y"]), SAMPLE)


CLASSES = pd.Series(list("CBA") * 30)
TOIDS = pd.Series([f"osgb{i:016d}" for i in range(90)])


def test_each_row_is_a_dot_of_its_class_with_its_name(view):
    figure = maps.plot_embedding_view(view, CLASSES, hover=TOIDS)
    assert [trace.name for trace in figure.data] == ["A  (30)", "B  (30)", "C  (30)"]
    colours = maps.class_palette("ABC")
    for trace, letter in zip(figure.data, "ABC", strict=True):
        rows = CLASSES.eq(letter).to_numpy()
        assert trace.marker.color == colours[letter]
        assert np.allclose(trace.x, view["x"][rows])
        assert np.allclose(trace.y, view["y"][rows])
        assert list(trace.text) == TOIDS[rows].tolist()
        assert "%{text}" in trace.hovertemplate
        assert trace.type == "scattergl"


def test_rows_without_a_class_are_grey_and_lie_below(view):
    figure = maps.plot_embedding_view(view, CLASSES.where(CLASSES.index > 4))
    first = figure.data[0]
    assert (first.name, first.marker.color, len(first.x)) == ("no class  (5)", palette.MISSING, 5)


def test_too_many_rows_are_drawn_by_lot_and_the_figure_says_so(view):
    figure = maps.plot_embedding_view(view, CLASSES, most=40)
    assert sum(len(trace.x) for trace in figure.data) == 40
    assert figure.layout.annotations[0].text.startswith("40 rows of 90 drawn, chosen by lot.")
    assert [trace.name for trace in figure.data] == ["A  (30)", "B  (30)", "C  (30)"], "the legend counts all"
    again = maps.plot_embedding_view(view, CLASSES, most=40)
    assert again.to_json() == figure.to_json()
    assert maps.plot_embedding_view(view, CLASSES, most=40, seed=1).to_json() != figure.to_json()


def test_it_is_signed_by_what_it_was_made_from(view):
    assert SAMPLE.notice in maps.plot_embedding_view(view, CLASSES).layout.annotations[0].text
    plain = maps.plot_embedding_view(view, CLASSES, source=pd.DataFrame())
    assert plain.layout.annotations[0].text == "90 rows drawn."


def test_names_cannot_become_markup(view):
    figure = maps.plot_embedding_view(view, [HOSTILE] * 90, hover=[HOSTILE] * 90, title=HOSTILE)
    said = [figure.layout.title.text, figure.data[0].name, figure.data[0].text[0]]
    assert not any("<" in text for text in said)


def test_the_order_of_a_categorical_is_kept(view):
    classes = CLASSES.astype(pd.CategoricalDtype(["C", "D", "A", "B"], ordered=True))
    figure = maps.plot_embedding_view(view, classes, colours={"C": "#000000", "A": "#111111", "B": "#222222"})
    assert [trace.name[0] for trace in figure.data] == ["C", "A", "B"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"view": np.zeros((90, 3))}, r"\(90, 3\)"),
        ({"classes": ["A"]}, "1 in classes"),
        ({"hover": ["a", "b"]}, "2 in hover"),
        ({"most": 0}, "at least 1 dot"),
        ({"view": np.full((90, 2), np.nan)}, "nothing to draw"),
    ],
)
def test_what_does_not_fit_together_is_refused(view, change, complaint):
    given = {"view": view, "classes": CLASSES} | change
    with pytest.raises(ValueError, match=complaint):
        maps.plot_embedding_view(**given)


@pytest.fixture
def published(tmp_path):
    """Publish a figure as a lesson does, and return its page."""

    def publish(figure):
        data = {"application/vnd.plotly.v1+json": json.loads(figure.to_json())}
        cell = {"cell_type": "code", "source": "", "metadata": {}, "outputs": [{"data": data}]}
        frames.extract({"cells": [cell]}, "01-view", tmp_path)
        return tmp_path / "frames" / "01-view" / "1.html"

    return publish


def test_twenty_thousand_dots_with_their_names_weigh_less_than_a_megabyte(published):
    rng = np.random.default_rng(0)
    hover = [f"osgb{5_000_000_000_000_000 + i}" for i in range(20_000)]
    figure = maps.plot_embedding_view(
        rng.normal(size=(20_000, 2)), rng.choice(list("ABCDE"), 20_000), hover=hover
    )
    assert published(figure).stat().st_size < 1_000_000


@pytest.mark.browser
def test_in_a_browser_dots_are_drawn_named_and_put_away(published, browser, view):
    place = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])
    file = published(maps.plot_embedding_view(place, list("ABAB"), hover=["one", "two", "three", "<four>"]))
    page = browser.new_page(viewport={"width": 780, "height": 620})
    asked, wrong = [], []
    inside = file.parents[1].as_uri()
    page.on("request", lambda request: request.url.startswith(inside) or asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: message.type == "error" and wrong.append(message.text))
    page.goto(file.as_uri())
    page.wait_for_selector(".js-plotly-plot .gl-canvas")
    page.wait_for_function("document.querySelector('#figure').layout")
    x, y = page.evaluate(
        """() => {
            const { xaxis, yaxis, margin } = document.querySelector("#figure")._fullLayout;
            const { left, top } = document.querySelector("#figure").getBoundingClientRect();
            return [left + xaxis._offset + xaxis.d2p(10), top + yaxis._offset + yaxis.d2p(10)];
        }"""
    )
    page.wait_for_timeout(500)
    for _ in range(20):  # plotly answers to a moving pointer, and only once it has drawn
        page.mouse.move(x - 30, y)
        page.mouse.move(x, y)
        page.wait_for_timeout(250)
        if "four" in page.locator(".hoverlayer").text_content():
            break
    assert page.locator(".hoverlayer").text_content() == "<four>class B"
    page.locator(".legendtoggle").first.click()
    page.wait_for_function("document.querySelector('#figure').data[0].visible === 'legendonly'")
    page.close()
    assert (asked, wrong) == ([], [])

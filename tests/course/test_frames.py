"""Interactive figures leave the notebook for pages of their own."""

import html
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.course import frames
from tools.course.frames import _Frames

PAGE = '<!doctype html><title>A "map" & more</title><p>Ça & <b>là</b> > here</p><script>1 < 2 && "x"</script>'


def map_output():
    return {"text/html": f'<iframe srcdoc="{html.escape(PAGE)}"></iframe>'}


def notebook(*outputs, alt=None):
    metadata = {"mystnb": {"image": {"alt": alt}}} if alt else {}
    cell = {"cell_type": "code", "source": "", "metadata": metadata}
    cell["outputs"] = [{"output_type": "display_data", "data": data} for data in outputs]
    return {"cells": [{"cell_type": "markdown", "source": "# A", "metadata": {}}, cell]}


def shown(book):
    return [output["data"]["text/html"] for output in book["cells"][1]["outputs"]]


def attributes(markup):
    parser = _Frames()
    found = {}
    parser.handle_starttag = lambda tag, attrs: found.update(attrs) if tag == "iframe" else None
    parser.feed(markup)
    return found


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00")))
def test_a_frame_holds_exactly_the_page_that_the_notebook_carried(tmp_path_factory, page):
    folder = tmp_path_factory.mktemp("executed")
    book = notebook({"text/html": f'<iframe srcdoc="{html.escape(page)}"></iframe>'})
    assert frames.extract(book, "01-a", folder) == 1
    assert (folder / "frames/01-a/1.html").read_bytes().decode() == page


def test_what_the_frame_says_of_itself_is_kept_and_its_surroundings_too(tmp_path):
    title = html.escape('Areas: "inner" & outer')
    frame = f'<iframe class="course-frame" title="{title}" srcdoc="{html.escape(PAGE)}" height="520" '
    frame += "allowfullscreen>"
    book = notebook(
        {"text/html": [f"<div>\n{frame}</iframe>", "<p>after</p></div>"], "text/plain": "<WebMap>"}
    )
    frames.extract(book, "01-a", tmp_path)
    (markup,) = shown(book)
    assert markup.startswith("<div>\n<iframe ")
    assert markup.endswith("></iframe><p>after</p></div>")
    assert "srcdoc" not in markup
    assert attributes(markup) == {
        "src": "frames/01-a/1.html",
        "class": "course-frame",
        "title": 'Areas: "inner" & outer',
        "height": "520",
        "allowfullscreen": None,
        "loading": "lazy",
    }
    assert book["cells"][1]["outputs"][0]["data"]["text/plain"] == "<WebMap>"


def test_frames_are_numbered_through_the_lesson_and_other_html_is_left_alone(tmp_path):
    table = {"text/html": "<table><tr><td>srcdoc</td></tr></table>"}
    outside = {"text/html": '<iframe src="other.html"></iframe>'}
    book = notebook(map_output(), table, map_output(), outside)
    assert frames.extract(book, "01-a", tmp_path) == 2
    first, second, third, fourth = shown(book)
    assert ("1.html" in first, "2.html" in third) == (True, True)
    assert (second, fourth) == (
        "<table><tr><td>srcdoc</td></tr></table>",
        '<iframe src="other.html"></iframe>',
    )
    assert frames.count("01-a", tmp_path) == 2


def test_frames_of_an_earlier_run_do_not_stay_nor_touch_other_lessons(tmp_path):
    frames.extract(notebook(map_output(), map_output()), "01-a", tmp_path)
    frames.extract(notebook(map_output()), "02-b", tmp_path)
    frames.extract(notebook({"text/plain": "1"}), "01-a", tmp_path)
    assert (frames.count("01-a", tmp_path), frames.count("02-b", tmp_path)) == (0, 1)


@pytest.fixture
def figure():
    import plotly.graph_objects as go

    name = "</script><script>alert(1)</script>"
    return json.loads(
        go.Figure(go.Scatter(y=[1, 2], name=name), {"height": 300, "title": {"text": "Two"}}).to_json()
    )


def test_a_plotly_figure_becomes_a_page_that_loads_the_shared_library(tmp_path, figure):
    book = notebook({"application/vnd.plotly.v1+json": figure}, {"application/vnd.plotly.v1+json": figure})
    frames.extract(book, "01-a", tmp_path)
    assert attributes(shown(book)[0]) == {
        "src": "frames/01-a/1.html",
        "class": "course-frame",
        "title": "Two",
        "loading": "lazy",
        "width": "100%",
        "height": "300",
    }
    page = (tmp_path / "frames/01-a/1.html").read_text(encoding="utf-8")
    library = page.partition('<script src="')[2].partition('"')[0]
    assert (tmp_path / "frames/01-a" / library).stat().st_size > 1_000_000
    assert len(list((tmp_path / "frames/vendor").iterdir())) == 1, "one copy for all figures"
    assert page.count("</script>") == 3, "no text in the data closes a script"
    assert "http" not in page.partition('<script type="application/json"')[0]
    assert len(page) < 20_000


def test_the_text_for_those_who_cannot_see_comes_from_the_cell(tmp_path, figure):
    book = notebook({"application/vnd.plotly.v1+json": figure}, alt="Two points & a line")
    frames.extract(book, "01-a", tmp_path)
    assert attributes(shown(book)[0])["title"] == "Two points & a line"


@pytest.mark.browser
def test_on_a_phone_the_words_of_a_plotly_figure_stay_in_the_picture(tmp_path, browser):
    import plotly.graph_objects as go

    long = "Words enough for two or three lines of a telephone, as titles and notices of a lesson often are"
    figure = go.Figure(go.Scatter(y=[1, 2], name="one"), {"title": {"text": long}, "height": 420})
    figure.update_layout(
        xaxis_title_text=long, showlegend=True, legend={"orientation": "h", "y": 1, "yanchor": "bottom"}
    )
    note = {"x": 0, "y": 0, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "top"}
    figure.add_annotation(text=long, showarrow=False, align="left", yshift=-58, **note)
    frames.extract(
        notebook({"application/vnd.plotly.v1+json": json.loads(figure.to_json())}), "01-a", tmp_path
    )
    page = browser.new_page(viewport={"width": 330, "height": 420})
    page.goto((tmp_path / "frames/01-a/1.html").as_uri())
    page.wait_for_selector(".js-plotly-plot .main-svg .annotation-text")
    for words in (".gtitle", ".xtitle", ".annotation-text"):
        box = page.locator(words).bounding_box()
        assert box["x"] >= 0, words
        assert box["x"] + box["width"] <= 330, words
        assert box["y"] >= 0, words
    title, legend = page.locator(".gtitle").bounding_box(), page.locator(".legend").bounding_box()
    assert title["y"] + title["height"] <= legend["y"] + 2
    along, note = page.locator(".xtitle").bounding_box(), page.locator(".annotation-text").bounding_box()
    assert along["y"] + along["height"] <= note["y"] + 2
    page.close()

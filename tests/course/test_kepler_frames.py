"""A Kepler map on its way from a notebook to the book, and as a reader meets it there."""

from __future__ import annotations

import functools
import http.server
import io
import threading
from pathlib import Path

import geopandas as gpd
import nbformat
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from tools import maps, provenance
from tools.course import frames
from tools.course.execute import execute
from tools.course.run import _KERNEL
from tools.maps import kepler
from tools.places import npm_asset

NOTICE = "Synthetic sample: not real places."
CELL = f"""
import geopandas as gpd, pandas as pd
from tools import maps, provenance
points = gpd.points_from_xy([-3.0, -2.9], [53.4, 53.5], crs=4326)
table = gpd.GeoDataFrame({{"TOID": ["one", "two"], "cluster": ["A", "B"]}}, geometry=points)
maps.map_buildings(provenance.mark(table, provenance.Provenance("x", "sample", "X", "{NOTICE}")))
"""


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """A lesson with a map and with a widget of its own, executed as `course run` does it."""
    folder = tmp_path_factory.mktemp("run")
    cells = [
        nbformat.v4.new_code_cell(CELL),
        nbformat.v4.new_code_cell("import ipywidgets; ipywidgets.HTML('x')"),
    ]
    cells[0].metadata["mystnb"] = {"image": {"alt": "Two buildings & their classes"}}
    stored = nbformat.v4.new_notebook(cells=cells)
    stored.metadata.kernelspec = {"name": "python3", "language": "python", "display_name": "Python 3"}
    nbformat.write(stored, folder / "a.ipynb")
    notebook, outcome = execute(folder / "a.ipynb", folder / "b.ipynb", {}, _KERNEL)
    assert outcome.error is None
    return notebook, folder


def test_an_executed_lesson_holds_the_map_without_its_program(executed):
    notebook, _ = executed
    assert kepler.MIME in notebook.cells[0].outputs[0].data
    assert len(nbformat.writes(notebook)) < 50_000


def test_what_is_published_names_the_map_and_holds_no_widget(executed):
    notebook, folder = executed
    assert "widgets" in notebook.metadata, "the notebook's own widget was stored by the run"
    assert frames.extract(notebook, "01-a", folder) == 1
    data = notebook.cells[0].outputs[0].data
    assert 'title="Two buildings &amp; their classes"' in data["text/html"]
    assert 'height="620"' in data["text/html"]
    assert kepler.MIME not in data
    assert "widgets" not in notebook.metadata
    assert "vnd.jupyter.widget" not in nbformat.writes(notebook)


def cell(shown, monkeypatch) -> dict:
    monkeypatch.setenv("COURSE_MAPS", "frames")
    return {
        "cell_type": "code",
        "source": "",
        "metadata": {},
        "outputs": [{"data": shown._repr_mimebundle_()}],
    }


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Two maps of one lesson: their folder, as it lies in the book."""
    folder = tmp_path_factory.mktemp("book")
    rng = np.random.default_rng(0)
    table = gpd.GeoDataFrame(
        {"TOID": [f"osgb{i:016d}" for i in range(400)], "cluster": np.repeat(list("ABCDE"), 80)},
        geometry=gpd.points_from_xy(rng.uniform(-3.0, -2.9, 400), rng.uniform(53.40, 53.44, 400)),
        crs="EPSG:4326",
    )
    # one building alone, for a pointer to find: in the middle of all
    table.loc[400] = {
        "TOID": "<b>alone</b>",
        "cluster": "A",
        "geometry": gpd.points_from_xy([-2.95], [53.42])[0],
    }
    near = np.hypot(table.geometry.x + 2.95, table.geometry.y - 53.42) < 0.004
    table = provenance.mark(
        table[~near | (table.index == 400)], provenance.Provenance("x", "sample", "X", NOTICE)
    )
    with pytest.MonkeyPatch.context() as patch:
        notebook = {"cells": [cell(maps.map_buildings(table), patch), cell(maps.map_buildings(table), patch)]}
    frames.extract(notebook, "01-a", folder)
    return folder


def test_two_maps_share_one_copy_of_the_program_and_it_is_the_packages_own(published):
    (copy,) = (published / "frames" / "vendor").iterdir()
    assert copy.read_bytes() == kepler.library()[1].read_bytes()
    pages = sorted((published / "frames" / "01-a").glob("*.html"))
    assert len(pages) == 2
    assert all(f'data-program="../vendor/{copy.name}"' in page.read_text("utf-8") for page in pages)
    assert all(page.stat().st_size < 100_000 for page in pages)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def opened(published: Path, browser):
    """The map's page, drawn, with the rest of the world cut off and all that goes wrong noted."""
    handler = functools.partial(Quiet, directory=str(published))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        site = f"http://127.0.0.1:{server.server_port}/"
        context = browser.new_context(viewport={"width": 780, "height": 620}, bypass_csp=True)
        context.set_default_timeout(180_000)  # twelve megabytes of program, and no graphics card
        page = context.new_page()
        page.asked, page.wrong = [], []

        def answer(route):
            if route.request.url.startswith(site):
                return route.continue_()
            page.asked.append(route.request.url)
            return route.abort()

        context.route("**/*", answer)
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on("console", lambda message: message.type == "error" and page.wrong.append(message.text))
        page.goto(site + "frames/01-a/1.html")
        page.wait_for_selector("html[data-ready=true]")
        yield page
        context.close()
        server.shutdown()


@pytest.mark.browser
def test_every_class_is_drawn_in_its_colour(opened):
    shot = Image.open(io.BytesIO(opened.locator("#map").screenshot())).convert("RGB")
    pixels = np.asarray(shot).reshape(-1, 3) / 255
    ground = np.array(to_rgb("#f6f8f7"))
    for colour in maps.class_palette("ABCDE").values():
        drawn = 0.85 * np.array(to_rgb(colour)) + 0.15 * ground
        assert (np.abs(pixels - drawn).max(axis=1) < 0.03).sum() > 30, colour


@pytest.mark.browser
def test_pointing_at_a_building_names_it_as_it_is_written(opened):
    box = opened.locator("#map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tooltip = opened.locator(".map-popover")
    for _ in range(30):
        opened.mouse.move(x + 60, y + 5)
        opened.mouse.move(x, y)
        opened.wait_for_timeout(300)
        if tooltip.count() and "alone" in tooltip.inner_text():
            break
    assert "<b>alone</b>" in tooltip.inner_text()
    assert "cluster" in tooltip.inner_text()


@pytest.mark.browser
def test_the_page_says_what_it_shows_and_that_it_is_made_up(opened):
    assert opened.locator("h1").inner_text().endswith("buildings by cluster")
    assert opened.locator(".legend li").count() == 5
    assert opened.locator(".foot.synthetic").inner_text() == NOTICE


@pytest.mark.browser
def test_axe_finds_nothing_against_it_and_its_buttons_have_names(opened):
    axe = npm_asset("axe-core/axe.min.js")
    if axe is None:
        pytest.skip("axe-core is not installed: run `course assets`")
    opened.add_script_tag(path=str(axe))
    found = opened.evaluate("axe.run(document).then(({ violations }) => violations.map(({ id }) => id))")
    assert found == []


@pytest.mark.browser
def test_a_keyboard_opens_the_side_panel_and_still_no_other_host_is_asked(opened):
    opened.locator(".side-bar__close").focus()
    opened.keyboard.press("Enter")
    opened.wait_for_selector(".side-panel__tab")
    opened.wait_for_timeout(1000)
    opened.locator(".side-bar__close").press("Enter")
    assert (opened.asked, opened.wrong) == ([], [])


@pytest.mark.browser
def test_it_fits_a_phone(opened):
    opened.set_viewport_size({"width": 330, "height": 600})
    opened.wait_for_function("document.querySelector('#map .kepler-gl').clientWidth <= 330")
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")

"""Two linked rasters: drawn by hvPlot, without a network, and what moves one moves the other."""

from __future__ import annotations

import io

import nbformat
import numpy as np
import papermill
import pytest
import xarray as xr
from PIL import Image
from playwright.sync_api import expect

from tools import maps, provenance
from tools.course import frames

from .conftest import HOSTILE, SAMPLE

STEP = 150.0


def raster(values: np.ndarray, *, west: float = 330_000.0, crs: str = "EPSG:32611") -> xr.DataArray:
    rows, columns = values.shape
    where = {
        "y": 4_300_000 - STEP * (np.arange(rows) + 0.5),
        "x": west + STEP * (np.arange(columns) + 0.5),
    }
    made = xr.DataArray(values, where, ("y", "x"), name="reflectance").rio.write_crs(crs)
    return provenance.mark(made, SAMPLE)


@pytest.fixture(scope="module")
def shown():
    """Left a ramp from west to east; right, classes: water in the west, none in the north-west corner."""
    ramp = np.tile(np.linspace(0.0, 0.4, 40, dtype=np.float32), (30, 1))
    classes = (ramp > 0.2).astype(int)
    classes[:5, :5] = -1
    return maps.plot_linked(
        raster(ramp), raster(classes), titles=("Raw", "Classes"), names=["water", "land & sand"]
    )


def share_black(page, number: int) -> float:
    """The share of a picture's pixels that are nearly black, or in the second picture of the first class."""
    shot = page.locator(".picture").nth(number).screenshot()
    pixels = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)
    colour = np.array([(0, 0, 0), (0x33, 0x22, 0x88)][number])
    return float((np.abs(pixels - colour).max(axis=2) < 60).mean())


def test_what_is_no_raster_is_refused():
    with pytest.raises(ValueError, match=r"dims \(y, x\).*take one band"):
        maps.plot_linked(raster(np.zeros((3, 3))).expand_dims("band"), raster(np.zeros((3, 3))))


def test_rasters_in_two_crs_are_refused():
    with pytest.raises(ValueError, match=r"one grid first: one is in EPSG:32611, one in EPSG:32612"):
        maps.plot_linked(raster(np.zeros((3, 3))), raster(np.zeros((3, 3)), crs="EPSG:32612"))


def test_rasters_that_lie_apart_are_refused():
    with pytest.raises(ValueError, match="lie apart"):
        maps.plot_linked(raster(np.zeros((3, 3))), raster(np.zeros((3, 3)), west=900_000))


def test_rasters_that_hold_nothing_are_refused():
    with pytest.raises(ValueError, match=r"all pixels of 'reflectance' are without data"):
        maps.plot_linked(raster(np.full((3, 3), np.nan)), raster(np.zeros((3, 3))))
    with pytest.raises(ValueError, match="no class"):
        maps.plot_linked(raster(np.zeros((3, 3))), raster(np.full((3, 3), -1)))


def test_a_class_without_a_name_is_refused():
    with pytest.raises(ValueError, match="classes up to 2, but there are 2 names"):
        maps.plot_linked(raster(np.zeros((3, 3))), raster(np.full((3, 3), 2)), names=["a", "b"])


def test_measurements_of_one_name_share_their_colours():
    dim, bright = np.linspace(0, 0.1, 400).reshape(20, 20), np.linspace(0.5, 1, 400).reshape(20, 20)
    alike = maps.plot_linked(raster(dim), raster(bright))
    assert alike.keys[0] == alike.keys[1]
    apart = maps.plot_linked(raster(dim), raster(bright).rename("index"))
    assert apart.keys[0] != apart.keys[1]


def test_a_large_scene_is_thinned_and_the_page_says_so():
    large = maps.plot_linked(
        raster(np.random.default_rng(0).random((1000, 1200), np.float32)),
        raster(np.zeros((1000, 1200), int)),
    )
    assert "one pixel in 4 along each side" in large.html
    assert len(large.html) < 1_900_000


def test_the_published_frame_loads_a_shared_program(shown, tmp_path):
    outputs = [{"data": {"text/html": shown._repr_html_()}} for _ in range(2)]
    notebook = {"cells": [{"cell_type": "code", "outputs": outputs}]}
    assert frames.extract(notebook, "04-demo", tmp_path) == 2
    pages = sorted((tmp_path / "frames" / "04-demo").glob("*.html"))
    (program,) = (tmp_path / "frames" / "vendor").iterdir()
    assert program.read_text("utf-8") in shown.html
    for page in pages:
        assert page.stat().st_size < 100_000
        assert f'<script src="../vendor/{program.name}"></script>' in page.read_text("utf-8")


def test_a_notebook_shows_the_frame_and_nothing_that_would_fetch_a_program(tmp_path):
    cell = nbformat.v4.new_code_cell(
        "import numpy as np, xarray as xr\n"
        "from tools.maps import plot_linked\n"
        "heights = xr.DataArray(np.arange(16.0).reshape(4, 4), dims=('y', 'x'))\n"
        "plot_linked(heights, heights > 5)"
    )
    notebook = nbformat.v4.new_notebook(cells=[cell])
    papermill.execute_notebook(
        notebook, str(tmp_path / "ran.ipynb"), kernel_name="python3", progress_bar=False
    )
    ran = nbformat.read(tmp_path / "ran.ipynb", as_version=4)
    outputs = [output for cell in ran.cells for output in cell.outputs if output.output_type != "stream"]
    assert [sorted(output.data) for output in outputs] == [["text/html", "text/plain"]]
    assert outputs[0].data["text/html"].startswith('<iframe class="course-frame"')


@pytest.mark.browser
def test_dragging_one_picture_moves_the_other(shown, opened):
    page = opened(shown, width=800)
    before = share_black(page, 1)
    assert before == pytest.approx(0.5 - 25 / 1200, abs=0.03)
    box = page.locator(".picture").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2, steps=8)
    page.mouse.up()
    # Dragged to the right by two fifths: that share of the other is empty, the rest begins with the water.
    page.wait_for_timeout(300)
    assert share_black(page, 1) == pytest.approx(0.5 - 25 / 1200, abs=0.03)
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2)
    expect(page.locator("output").nth(1)).to_have_text("water")
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] / 2)
    expect(page.locator("output").nth(1)).to_have_text("outside")
    page.get_by_role("button", name="Whole").click()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2)
    expect(page.locator("output").nth(1)).to_have_text("land & sand")
    assert (page.asked, page.wrong) == ([], [])


@pytest.mark.browser
def test_zooming_by_key_zooms_both(shown, opened):
    page = opened(shown, width=800)
    page.locator(".pair").focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    for _ in range(4):
        page.keyboard.press("+")
    page.wait_for_timeout(300)
    # Four tenths to the west and four times closer, only the first tenths of the ramp are seen: all water.
    assert share_black(page, 0) > 0.5
    assert share_black(page, 1) > 0.9
    page.keyboard.press("0")
    page.wait_for_timeout(300)
    assert share_black(page, 1) == pytest.approx(0.5 - 25 / 1200, abs=0.03)


@pytest.mark.browser
def test_the_place_under_the_pointer_is_read_off_in_both(shown, opened):
    page = opened(shown, width=800)
    box = page.locator(".picture").nth(1).bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.9375, box["y"] + box["height"] * 0.5)
    left, right = page.locator("output").all_inner_texts()
    assert float(left) == pytest.approx(0.4 * 37 / 39, abs=0.0101)
    assert right == "land & sand"
    assert page.locator("#where").inner_text().startswith("3356")
    page.mouse.move(box["x"] + box["width"] * 0.05, box["y"] + box["height"] * 0.05)
    expect(page.locator("output").nth(1)).to_have_text("no class")


@pytest.mark.browser
@pytest.mark.parametrize(("theme", "width"), [("light", 360), ("dark", 800), ("light", 1300)])
def test_it_fits_its_frame_and_reads_well_to_everybody(shown, opened, axe, theme, width):
    height = int(shown.height.removesuffix("px"))
    page = opened(shown, width=width, height=height, theme=theme)
    page.evaluate(axe)
    found = page.evaluate("axe.run()")["violations"]
    assert [violation["id"] for violation in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.documentElement.scrollHeight") <= height
    assert SAMPLE.notice in page.locator(".foot").inner_text()


@pytest.mark.browser
def test_hostile_names_stay_text(opened):
    classes = raster(np.arange(9).reshape(3, 3) % 2).rename(HOSTILE)
    page = opened(
        maps.plot_linked(
            classes, classes / 2, titles=(HOSTILE, "b"), names=[HOSTILE, "c"], categorical=(True, False)
        )
    )
    box = page.locator(".picture").first.bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    assert page.locator("output").first.inner_text() == HOSTILE
    assert page.locator("h2").first.inner_text() == HOSTILE
    assert page.title() != "broken"
    assert (page.asked, page.wrong) == ([], [])

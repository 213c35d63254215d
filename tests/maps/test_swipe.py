"""Two pictures and a handle: what a reader sees when the handle is moved, by mouse and by keyboard."""

from __future__ import annotations

import io

import numpy as np
import pytest
import xarray as xr
from PIL import Image

from tools import maps, provenance

from .conftest import HOSTILE, SAMPLE


def picture(colour: tuple[int, int, int]) -> xr.DataArray:
    values = np.zeros((60, 90, 4), "uint8")
    values[...] = (*colour, 255)
    return provenance.mark(xr.DataArray(values, dims=("y", "x", "rgb")), SAMPLE)


@pytest.fixture
def red_and_blue():
    return maps.map_swipe(picture((200, 0, 0)), picture((0, 0, 200)), labels=("2017", "2024"))


def share_red(page) -> float:
    shot = Image.open(io.BytesIO(page.locator(".stage").screenshot())).convert("RGB")
    middle = np.asarray(shot)[shot.height // 4].astype(int)
    red, blue = (middle[:, 0] > 150) & (middle[:, 2] < 60), (middle[:, 2] > 150) & (middle[:, 0] < 60)
    return red.sum() / (red.sum() + blue.sum())


def test_pictures_that_differ_in_shape_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        maps.map_swipe(picture((0, 0, 0)), picture((0, 0, 0))[:10])


def test_a_hostile_label_stays_text():
    shown = maps.map_swipe(picture((0, 0, 0)), picture((0, 0, 0)), labels=(HOSTILE, "b"))
    assert HOSTILE not in shown.html
    assert "&lt;img" in shown.html


@pytest.mark.browser
def test_half_of_each_is_seen_at_first_and_the_handle_moves_the_edge(red_and_blue, opened):
    page = opened(red_and_blue)
    assert share_red(page) == pytest.approx(0.5, abs=0.03)
    box = page.locator(".stage").bounding_box()
    page.mouse.click(box["x"] + 0.8 * box["width"], box["y"] + 0.7 * box["height"])
    assert share_red(page) == pytest.approx(0.8, abs=0.04)
    page.keyboard.press("Home")
    assert share_red(page) == pytest.approx(0, abs=0.03)
    assert (page.asked, page.wrong) == ([], [])


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 900])
def test_it_fits_its_frame_and_reads_well_to_everybody(red_and_blue, opened, axe, theme, width):
    page = opened(red_and_blue, width=width, height=680, theme=theme)
    page.evaluate(axe)
    found = page.evaluate("axe.run()")["violations"]
    assert [violation["id"] for violation in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.documentElement.scrollHeight") <= 680
    assert SAMPLE.notice in page.locator(".foot").inner_text()

"""Look-alikes across the world as a reader meets them: by mouse, by keys, and without a network."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from tools import maps, provenance, tiling

from .conftest import HOSTILE, SAMPLE

CITIES = pd.DataFrame(
    {
        "city_id": [11, 12, 13, 14],
        "city": ["São Bento", HOSTILE, "Lagoa", "Suva"],
        "country": ["Brazil", "Nowhere", "Nigeria", "Fiji"],
        "country_code": ["BR", "XX", "NG", "FJ"],
        "continent": ["South America", "Europe", "Africa", "Oceania"],
        "lon": [-46.6, 4.8, 3.4, 178.4],
        "lat": [-23.6, 45.8, 6.5, -18.1],
    }
)
K = 3


@pytest.fixture(scope="module")
def tiles() -> gpd.GeoDataFrame:
    return provenance.mark(tiling.lay_tiles(CITIES, per_city=6), SAMPLE)


@pytest.fixture(scope="module")
def neighbours(tiles) -> dict:
    """Tiles of the next city, and for the other way those of the one after it; the last knows of one only."""
    rows, steps = np.arange(len(tiles))[:, None], np.arange(K)
    near = (rows + 6 + steps) % len(tiles)
    far = (rows + 12 + 2 * steps) % len(tiles)
    far[-1, 1:] = -1
    scores = np.broadcast_to(0.9 - 0.125 * steps, near.shape)
    return {"mean": (near, scores), "contrastive": (far, scores - 0.25)}


@pytest.fixture(scope="module")
def pictures(tiles) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (len(tiles), 14, 14, 3), dtype=np.uint8)


@pytest.fixture
def shown(tiles, neighbours, pictures):
    view = np.column_stack([np.arange(len(tiles)) % 6, np.arange(len(tiles)) // 6])
    return maps.map_look_alikes(tiles, neighbours, layout=view, pictures=pictures)


def place_of(page, tile: int, plane: str = "world") -> tuple[float, float]:
    """Where on the screen a tile's middle is."""
    return page.evaluate(
        """([tile, name]) => {
            const plane = window.lookAlikes[name];
            const box = plane.canvas.getBoundingClientRect();
            const [x, y] = plane.screen(plane.x[tile], plane.y[tile]);
            return [box.x + x, box.y + y];
        }""",
        [tile, plane],
    )


def colour_at(page, plane: str, tile: int, right: int) -> list[int]:
    """The colour that is painted so many pixels to the right of a tile's middle."""
    return page.evaluate(
        """([name, tile, right]) => {
            const plane = window.lookAlikes[name];
            const at = plane.screen(plane.x[tile], plane.y[tile]).map((middle) => middle * plane.ratio);
            const context = plane.canvas.getContext("2d");
            return [...context.getImageData(at[0] + right, at[1], 1, 1).data].slice(0, 3);
        }""",
        [plane, tile, right],
    )


def hex_parts(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def listed(page) -> list[tuple[str, str]]:
    names = page.locator(".results .where").all_inner_texts()
    scores = page.locator(".results .score").all_inner_texts()
    return [(name.replace("\n", " · "), score) for name, score in zip(names, scores, strict=True)]


def chosen(page) -> str:
    return " ".join(page.locator(".chosen :is(h2, p)").all_inner_texts()[:3])


def test_neighbours_that_cannot_be_are_refused(tiles, neighbours):
    near, scores = neighbours["mean"]
    with pytest.raises(ValueError, match=r"mean: expected rows and scores of the shape \(24, k\)"):
        maps.map_look_alikes(tiles, {"mean": (near[:5], scores[:5])})
    with pytest.raises(ValueError, match="rows from 0 to 23"):
        maps.map_look_alikes(tiles, {"mean": (near + 1, scores)})
    with pytest.raises(ValueError, match="not a finite number"):
        maps.map_look_alikes(tiles, {"mean": (near, scores * np.nan)})
    with pytest.raises(ValueError, match="differ in width"):
        maps.map_look_alikes(tiles, {"a": (near, scores), "b": (near[:, :2], scores[:, :2])})
    with pytest.raises(ValueError, match="start=5 is no tile"):
        maps.map_look_alikes(tiles, neighbours, start=5)


def test_pictures_and_view_must_be_one_a_tile(tiles, neighbours, pictures):
    with pytest.raises(ValueError, match=r"the shape \(24, height, width, 3\)"):
        maps.map_look_alikes(tiles, neighbours, pictures=pictures[:3])
    with pytest.raises(ValueError, match=r"expected \(24, 2\)"):
        maps.map_look_alikes(tiles, neighbours, layout=np.zeros((3, 2)))


def test_a_class_of_tiles_weighs_less_than_a_megabyte():
    random = np.random.default_rng(0)
    cities = CITIES.sample(60, replace=True, random_state=0).assign(city_id=np.arange(1, 61))
    many = tiling.lay_tiles(cities, per_city=24)
    near = random.integers(0, len(many), (len(many), 12)), random.random((len(many), 12))
    pictures = random.integers(0, 255, (len(many), 14, 14, 3), dtype=np.uint8)  # noise packs worst
    page = maps.map_look_alikes(
        many, {"mean": near, "dominant": near}, layout=random.random((len(many), 2)), pictures=pictures
    )
    assert len(page._repr_html_().encode()) < 1_000_000


@pytest.mark.browser
def test_the_first_tile_is_chosen_at_first_and_its_like_are_listed(shown, opened):
    page = opened(shown)
    assert chosen(page) == "São Bento Brazil · South America tile in row 1, column 1"
    assert [score for _, score in listed(page)] == ["0.900", "0.775", "0.650"]
    assert page.locator(".count").inner_text().startswith("3 look-alikes in 1 city")
    assert page.locator(".foot").inner_text().endswith(SAMPLE.notice)
    assert (page.asked, page.wrong) == ([], [])


@pytest.mark.browser
def test_a_press_on_the_map_or_in_the_view_chooses_the_tile_under_it(shown, opened):
    page = opened(shown)
    page.mouse.click(*place_of(page, 12, "view"))
    assert chosen(page) == "Lagoa Nigeria · Africa tile in row 1, column 1"
    assert listed(page)[0] == ("Suva · Fiji, row 1, column 1", "0.900")
    page.mouse.click(*place_of(page, 19))
    assert chosen(page).startswith("Suva Fiji · Oceania")


@pytest.mark.browser
def test_the_chosen_and_its_like_are_marked_on_both_planes(shown, opened):
    page = opened(shown)
    for plane in ("world", "view"):
        for tile, aside, role in ((0, 0, "--ink"), (6, 7, "--accent")):  # aside: beside the number
            colour = page.evaluate("role => window.lookAlikes.colour(role)", role)
            assert colour_at(page, plane, tile, aside) == hex_parts(colour), (plane, tile)


@pytest.mark.browser
def test_the_other_way_of_finding_them_changes_the_list(shown, opened):
    page = opened(shown)
    page.get_by_label("contrastive").check()
    assert listed(page)[0] == ("Lagoa · Nigeria, row 1, column 1", "0.650")
    page.mouse.click(*place_of(page, 23, "view"))
    assert len(listed(page)) == 1
    assert page.locator(".count").inner_text().startswith("1 look-alike in 1 city")


@pytest.mark.browser
def test_everything_can_be_done_by_keys(shown, opened):
    page = opened(shown)
    page.keyboard.press("Tab")
    page.keyboard.type("lago")
    page.keyboard.press("Enter")
    assert chosen(page) == "Lagoa Nigeria · Africa tile in row 2, column 1"
    tile = page.get_by_role("button", name="Tile in row 1, column 3")
    tile.focus()
    page.keyboard.press("Enter")
    assert chosen(page).endswith("row 1, column 3")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Tile in row 1, column 3"
    page.locator(".results button").first.focus()
    page.keyboard.press("Enter")
    assert chosen(page).startswith("Suva")
    page.locator(".world canvas").focus()
    page.keyboard.press("0")
    page.keyboard.press("Enter")
    assert chosen(page).startswith("Lagoa")  # the city nearest to the middle of the world
    page.keyboard.press("Escape")
    assert "Choose a tile" in page.locator(".chosen").inner_text()
    assert page.locator(".results li").count() == 0


@pytest.mark.browser
def test_search_ignores_accents_and_says_when_there_is_none(shown, opened):
    page = opened(shown)
    page.fill("#search", "sao")
    assert page.locator("#found li").all_inner_texts() == ["São Bento Brazil"]
    page.fill("#search", "atlantis")
    assert page.locator("#found li").all_inner_texts() == ["No such city"]
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert page.locator("#found").is_hidden()
    assert chosen(page).startswith("São Bento")


@pytest.mark.browser
def test_a_city_from_near_shows_its_tiles_as_squares_with_their_pictures(shown, opened, pictures):
    page = opened(shown)
    page.get_by_role("button", name="Show on the map").click()
    page.wait_for_timeout(200)
    page.mouse.click(*place_of(page, 4))
    assert chosen(page).endswith("row 2, column 2")
    pixel = colour_at(page, "world", 2, 2)
    near = pictures[2, 6:9, 6:9].reshape(-1, 3).astype(int)
    assert np.abs(near - pixel).max(axis=1).min() < 60  # one of the middle patches; the sheet has 256 colours


@pytest.mark.browser
def test_a_hostile_name_is_shown_and_not_run(shown, opened):
    page = opened(shown)
    page.mouse.click(*place_of(page, 7, "view"))
    assert page.locator(".chosen h2").inner_text() == HOSTILE
    page.mouse.move(*place_of(page, 8, "view"))
    assert page.locator(".view .tip b").inner_text() == HOSTILE
    assert page.title() == "Look-alikes among 24 tiles of 4 cities"
    assert page.locator("img").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme"), [(330, "dark"), (780, "light"), (1500, "dark")])
def test_it_fits_its_frame_and_reads_well_to_everybody(shown, opened, axe, width, theme):
    page = opened(shown, width=width, height=800, theme=theme)
    page.evaluate(axe)
    page.fill("#search", "s")
    for state in ("searching", "chosen"):
        found = page.evaluate("axe.run()")["violations"]
        assert [violation["id"] for violation in found] == [], state
        page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert "Choose a tile" in page.locator(".chosen").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width > 700:
        assert page.evaluate("document.documentElement.scrollHeight") <= 800


@pytest.mark.browser
def test_it_does_without_view_pictures_and_other_ways(tiles, neighbours, opened):
    page = opened(maps.map_look_alikes(tiles, {"mean": neighbours["mean"]}, start=int(tiles["tile_id"][20])))
    assert chosen(page).startswith("Suva")
    assert page.locator(".methods").is_hidden()
    assert page.locator("canvas").count() == 1
    assert page.wrong == []

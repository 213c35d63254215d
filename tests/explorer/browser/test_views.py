"""Both views: pointing, selecting, moving, keeping to a part of the world."""

from __future__ import annotations

import math
import re

import pytest
from playwright.sync_api import expect

from tests.explorer.browser.conftest import Visit

pytestmark = pytest.mark.browser

NEAR = 12  # of the map's scale: a tile is some sixty pixels wide


def over(rows, tile: int, zoom: float = NEAR) -> str:
    """An address with that tile in the middle of the map."""
    return f"?at={rows.loc[tile, 'lat']:.4f},{rows.loc[tile, 'lon']:.4f},{zoom}"


def settled(seen, view: str) -> tuple[float, ...]:
    """Where a view has come to rest."""
    expect(seen.panel.locator("[data-status=loading]")).to_have_count(0)  # the views move after that
    before = None
    while before != (before := seen.where(view)):
        seen.page.wait_for_timeout(300)
    return before


def test_a_tile_is_hovered_and_selected_on_the_map_which_then_stays_where_it_is(visit, rows, tile):
    seen = visit(over(rows, tile))
    at = settled(seen, "map")
    x, y = seen.middle("map")
    seen.page.mouse.move(x + 2, y + 2)
    popup = seen.map.locator(".maplibregl-popup")
    expect(popup).to_contain_text(rows.loc[tile, "city"])
    seen.page.mouse.click(x + 2, y + 2)
    seen.selected(tile)
    expect(seen.panel).to_contain_text(rows.loc[tile, "country"])
    assert settled(seen, "map") == at
    # and the other view has gone to it
    expect(seen.umap).not_to_have_attribute("data-zoom", "1.0000")


def test_a_tile_selected_elsewhere_is_flown_to_and_its_outline_is_true_to_the_metre(visit, rows, tile):
    seen = visit(f"?tile={tile}")
    seen.selected(tile)
    lon, lat, zoom = settled(seen, "map")
    assert abs(lon - rows.loc[tile, "lon"]) < 0.02
    assert abs(lat - rows.loc[tile, "lat"]) < 0.02
    assert zoom > 8
    said = seen.page.request.get(f"{seen.page.url.split('?')[0]}api/v1/tiles/{tile}").json()
    west, east = (f([lon for lon, _ in said["outline"]]) for f in (min, max))
    assert west < rows.loc[tile, "lon"] < east


def test_a_click_in_the_look_alike_view_moves_the_map_and_not_that_view(visit, rows, tile):
    seen = visit(f"?tile={tile}")
    seen.selected(tile)
    settled(seen, "umap")  # with the tile in its middle
    seen.page.get_by_role("button", name="Clear the selection").click()
    away = settled(seen, "map")
    at = settled(seen, "umap")
    x, y = seen.middle("umap")
    seen.page.mouse.move(x, y)
    expect(seen.umap.locator(".umap-tip")).to_be_visible()
    seen.page.mouse.click(x, y)
    expect(seen.umap).to_have_attribute("data-selected", re.compile(r"\d+"))
    chosen = int(seen.has("umap", "selected"))
    lon, lat, _ = settled(seen, "map")
    assert abs(lon - rows.loc[chosen, "lon"]) < 0.02
    assert abs(lat - rows.loc[chosen, "lat"]) < 0.02
    assert settled(seen, "umap") == at
    assert chosen == tile or settled(seen, "map") != away


def test_the_look_alike_view_zooms_at_the_cursor_pans_and_goes_back(visit):
    seen = visit()
    x, y = seen.middle("umap")
    before = settled(seen, "umap")
    box = seen.page.locator(".umap-stage").bounding_box()
    off = (box["width"] / 5, -box["height"] / 6)

    def away(point: tuple[float, float]) -> float:
        """Pixels from the pointer to a point of the layout; the pointer itself is told in whole pixels."""
        left, up, zoom = settled(seen, "umap")
        scale = zoom * 0.92 * min(box["width"], box["height"]) / 2
        return math.hypot((point[0] - left) * scale - off[0], (up - point[1]) * scale - off[1])

    scale = before[2] * 0.92 * min(box["width"], box["height"]) / 2
    under = before[0] + off[0] / scale, before[1] - off[1] / scale
    assert away(under) < 0.1
    seen.page.mouse.move(x + off[0], y + off[1])
    seen.page.mouse.wheel(0, -400)
    expect(seen.umap).not_to_have_attribute("data-zoom", f"{before[2]:.4f}")
    assert settled(seen, "umap")[2] > before[2]
    assert away(under) < 2

    zoomed = settled(seen, "umap")
    seen.page.mouse.down()
    seen.page.mouse.move(x + off[0] + 60, y + off[1], steps=4)
    seen.page.mouse.up()
    panned = settled(seen, "umap")
    assert panned[0] < zoomed[0]
    assert panned[2] == zoomed[2]
    seen.umap.get_by_role("button", name="Show all points").click()
    assert settled(seen, "umap") == pytest.approx(before, abs=1e-3)


def test_a_country_is_fitted_and_the_others_fade(visit, rows):
    code = rows["country_code"].iloc[0]
    seen = visit()
    whole = settled(seen, "map")
    search = seen.page.get_by_role("combobox", name=re.compile("Search"))
    search.fill(rows["country"].iloc[0])
    search.press("Enter")
    expect(seen.page.locator(".header-chip")).to_be_visible()
    lon, lat, zoom = settled(seen, "map")
    inside = rows[rows["country_code"] == code]
    assert inside["lon"].min() - 1 <= lon <= inside["lon"].max() + 1
    assert inside["lat"].min() - 1 <= lat <= inside["lat"].max() + 1
    assert zoom > whole[2]
    expect(seen.map).to_contain_text(f"{len(inside)}")


def test_the_legend_names_the_continents_and_keeps_to_one(visit, rows):
    seen = visit()
    legend = seen.page.get_by_role("list", name="Continents")
    expect(legend.get_by_role("button")).to_have_count(rows["continent"].nunique())
    name = rows["continent"].iloc[0]
    entry = legend.get_by_role("button", name=name)
    entry.click()
    expect(entry).to_have_attribute("aria-pressed", "true")
    expect(seen.page.locator(".header-chip")).to_contain_text(name)
    entry.click()
    expect(seen.page.locator(".header-chip")).to_have_count(0)


def test_both_views_follow_the_windows_size_and_are_sharp_on_a_fine_screen(visit):
    seen = visit()
    fits = """pane => {
        const canvas = document.querySelector(`${pane} canvas`);
        return Math.abs(canvas.width - canvas.clientWidth * devicePixelRatio) <= 2;
    }"""
    for width in (1280, 1000):
        seen.page.set_viewport_size({"width": width, "height": 700})
        for pane in (".map-pane", ".umap-pane"):
            seen.page.wait_for_function(fits, arg=pane)


def test_a_fine_screen_gets_as_many_pixels_as_it_has(browser, site):
    context = browser.new_context(viewport={"width": 900, "height": 600}, device_scale_factor=2)
    page = context.new_page()
    page.goto(site)
    expect(page.get_by_test_id("umap")).to_have_attribute("data-ready", "true", timeout=60_000)
    across = page.evaluate("(c => c.width / c.clientWidth)(document.querySelector('.umap-dots'))")
    assert across == pytest.approx(2, abs=0.02)
    context.close()


def test_a_finger_selects_in_either_view(browser, site, rows, tile):
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, reduced_motion="reduce"
    )
    seen = Visit(context.new_page())
    seen.page.goto(f"{site}/{over(rows, tile)}")
    expect(seen.map).to_have_attribute("data-ready", "true", timeout=60_000)
    seen.page.touchscreen.tap(*seen.middle("map"))
    expect(seen.map).to_have_attribute("data-selected", str(tile))
    seen.page.get_by_role("group", name="What is shown").get_by_role("button", name="Look-alikes").click()
    expect(seen.umap).to_have_attribute("data-ready", "true", timeout=60_000)
    seen.page.get_by_role("button", name="Clear the selection").click()
    expect(seen.umap).not_to_have_attribute("data-selected", re.compile("."))
    seen.page.touchscreen.tap(*seen.middle("umap"))
    expect(seen.umap).to_have_attribute("data-selected", str(tile))
    context.close()


def test_the_keyboard_moves_the_views_and_selects(visit, rows, tile):
    seen = visit(over(rows, tile))
    region = seen.map.get_by_role("region").or_(seen.map.get_by_role("application")).first
    region.focus()
    seen.page.keyboard.press("Enter")
    seen.selected(tile)
    at = settled(seen, "map")
    seen.page.keyboard.press("ArrowRight")
    seen.page.keyboard.press("-")
    moved = settled(seen, "map")
    assert moved[0] > at[0]
    assert moved[2] < at[2]

    seen.umap.get_by_role("application").focus()
    before = settled(seen, "umap")
    for key in ("+", "ArrowLeft"):
        seen.page.keyboard.press(key)
    after = settled(seen, "umap")
    assert after[2] > before[2]
    assert after[0] < before[0]
    seen.page.keyboard.press("Enter")
    expect(seen.umap).to_have_attribute("data-selected", re.compile(r"\d+"))


def test_nothing_is_asked_of_a_picture_server_before_the_reader_wants_it_and_its_silence_is_said(
    visit, context
):
    asked = []
    context.route(
        re.compile("tiles.maps.eox.at"), lambda route: (asked.append(route.request.url), route.abort())
    )
    seen = visit(forgives=True)  # a picture that is not to be had is an error to the browser
    assert asked == []
    seen.map.get_by_role("button", name=re.compile("Satellite", re.I)).click()
    expect(seen.map).to_contain_text("not to be had")
    assert asked
    expect(seen.map).to_contain_text("EOX")
    x, y = seen.middle("map")
    seen.page.mouse.move(x, y)
    before = seen.where("map")
    seen.map.get_by_role("button", name="Zoom in").click()
    assert settled(seen, "map")[2] > before[2]

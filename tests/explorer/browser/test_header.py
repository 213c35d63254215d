"""Search, filter, theme, help and the selection, in the header."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def field(visit):
    return visit.page.get_by_role("combobox", name="Search for a city, country or continent")


def options(visit):
    return visit.page.get_by_role("option")


def test_a_place_is_found_by_arrows_and_enter_and_the_views_keep_to_it(visit, rows):
    seen = visit()
    country = rows["country"].iloc[0]
    field(seen).fill(country[:4].lower())
    expect(options(seen).first).to_be_visible()
    expect(field(seen)).to_have_attribute("aria-expanded", "true")
    # arrows go round; the one that is said to a screen reader is the one that is marked
    field(seen).press("ArrowDown")
    field(seen).press("ArrowUp")
    active = field(seen).get_attribute("aria-activedescendant")
    expect(seen.page.locator(f"[id='{active}']")).to_have_attribute("aria-selected", "true")
    field(seen).fill(country)
    field(seen).press("Enter")
    tiles = (rows["country"] == country).sum()
    chip = seen.page.locator(".header-chip")
    expect(chip).to_contain_text(country)
    expect(chip).to_contain_text(f"{tiles:,} tiles")
    expect(seen.map).to_contain_text(f"{tiles:,}")
    assert "in=country" in seen.page.evaluate("new Promise(r => setTimeout(() => r(location.search), 600))")
    chip.get_by_role("button").click()
    expect(chip).to_have_count(0)


def test_the_list_closes_by_escape_and_by_a_click_elsewhere_and_the_text_can_be_cleared(visit):
    seen = visit()
    field(seen).fill("a")
    expect(options(seen).first).to_be_visible()
    field(seen).press("Escape")
    expect(options(seen).first).to_be_hidden()
    field(seen).fill("an")
    expect(options(seen).first).to_be_visible()
    seen.page.get_by_role("heading", level=1).click()
    expect(options(seen).first).to_be_hidden()
    seen.page.get_by_role("button", name="Clear the search").click()
    expect(field(seen)).to_have_value("")
    expect(field(seen)).to_be_focused()


def test_what_is_not_there_is_said_not_to_be_found_and_is_no_markup(visit):
    seen = visit()
    field(seen).fill("<img src=x onerror=alert(1)>")
    said = seen.page.locator(".header-none")
    expect(said).to_contain_text("<img src=x onerror=alert(1)>")
    assert said.locator("img").count() == 0


def test_the_theme_is_the_systems_until_the_reader_chooses_and_then_is_remembered(visit):
    seen = visit()
    html = seen.page.locator("html")
    expect(html).to_have_attribute("data-theme", "light")
    where = seen.where("map")
    seen.page.get_by_role("button", name="Change to dark colours").click()
    expect(html).to_have_attribute("data-theme", "dark")
    assert seen.where("map") == where
    seen.page.reload()
    expect(html).to_have_attribute("data-theme", "dark")


def test_help_opens_by_its_button_and_by_a_question_mark_but_not_while_typing(visit):
    seen = visit()
    dialog = seen.page.get_by_role("dialog")
    field(seen).press("?")
    expect(field(seen)).to_have_value("?")
    expect(dialog).to_be_hidden()
    button = seen.page.get_by_role("banner").get_by_role("button", name="Help")
    button.click()
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("cannot tell")
    expect(dialog).to_contain_text("invented")
    expect(dialog).to_contain_text("each square is a patch")
    seen.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
    seen.page.keyboard.press("?")
    expect(dialog).to_be_visible()
    seen.page.get_by_role("button", name="Close the help").click()
    expect(dialog).to_be_hidden()


def test_the_selection_is_counted_and_can_be_cleared(visit, tile):
    seen = visit(f"?tile={tile}")
    seen.selected(tile)
    header = seen.page.get_by_role("banner")
    expect(header).to_contain_text("1 tile selected")
    header.get_by_role("button", name="Clear the selection").click()
    expect(header).to_contain_text("0 tiles selected")
    expect(seen.panel.get_by_role("heading", level=2).first).to_be_visible()
    assert seen.has("map", "selected") == ""


def test_one_view_can_have_all_the_room(visit):
    seen = visit()
    seen.page.get_by_role("button", name="Map", exact=True).click()
    expect(seen.umap).to_be_hidden()
    seen.page.get_by_role("button", name="Look-alikes", exact=True).click()
    expect(seen.map).to_be_hidden()
    expect(seen.umap).to_be_visible()

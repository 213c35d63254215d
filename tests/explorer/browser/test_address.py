"""What is seen stands in the address: it can be shared, and the reader can go back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_shared_address_shows_the_same(visit, rows, tile):
    continent = rows["continent"].iloc[0]
    query = f"?tile={tile}&method=median&cities=all&in=continent:{continent}&at=10.0000,20.0000,3.00"
    seen = visit(query)
    seen.selected(tile)
    seen.answered()
    expect(seen.panel.get_by_label("Compare by")).to_have_value("median")
    expect(seen.panel.get_by_role("switch")).to_have_attribute("aria-checked", "false")
    expect(seen.page.locator(".header-chip")).to_contain_text(continent)
    assert seen.where("map") == pytest.approx((20, 10, 3), abs=1e-3)


def test_what_is_done_is_written_into_the_address_and_can_be_taken_back(visit, tile):
    seen = visit(f"?tile={tile}")
    seen.answered()
    other = seen.results.first.get_attribute("data-tile")
    seen.results.first.click()
    expect(seen.page).to_have_url(re.compile(f"tile={other}"))
    seen.panel.get_by_role("switch").click()
    expect(seen.page).to_have_url(re.compile("cities=all"))
    seen.page.get_by_role("button", name="Map", exact=True).click()
    expect(seen.page).to_have_url(re.compile("view=map"))
    seen.page.go_back()
    expect(seen.page).to_have_url(re.compile(f"tile={tile}"))
    expect(seen.map).to_have_attribute("data-selected", str(tile))
    seen.page.go_forward()
    expect(seen.map).to_have_attribute("data-selected", other)


def test_an_address_that_makes_no_sense_is_passed_over_and_an_unknown_tile_is_said(visit):
    seen = visit("?tile=1&method=__proto__&in=planet:Mars&view=moon&at=1,2")
    expect(seen.panel).to_contain_text("not in these data")
    expect(seen.map).to_be_visible()
    expect(seen.umap).to_be_visible()

"""Everybody can use it: axe finds nothing in any state, and a phone shows all of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tools.places import npm_asset

pytestmark = pytest.mark.browser

CHECK = """async () => {
    const found = await axe.run(document, {resultTypes: ["violations"]});
    return found.violations.map(one => `${one.id}: ${one.nodes.map(node => node.html).slice(0, 3)}`);
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    """axe-core, as text: it is put into the page past its policy, as no script of another site could be."""
    program = npm_asset("axe-core/axe.min.js")
    assert program, "axe-core is not installed: run `course assets`"
    return Path(program).read_text(encoding="utf-8")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(visit, context, axe, theme, rows, tile):
    context.add_init_script(f"localStorage.setItem('explorer-theme', '{theme}')")

    def found(seen) -> list[str]:
        if not seen.page.evaluate("typeof axe === 'object'"):
            seen.page.evaluate(f"{axe}\n;0")
        return seen.page.evaluate(CHECK)

    seen = visit()
    expect(seen.page.locator("html")).to_have_attribute("data-theme", theme)
    states = {"at the start": found(seen)}
    seen.page.get_by_role("combobox", name="Search for a city, country or continent").fill("a")
    expect(seen.page.get_by_role("option").first).to_be_visible()
    states["while searching"] = found(seen)
    seen.page.get_by_role("combobox", name="Search for a city, country or continent").fill("zzz")
    states["with nothing found"] = found(seen)
    seen.page.get_by_role("button", name="Clear the search").click()
    seen.panel.get_by_role("listitem").get_by_role("button").first.click()
    seen.answered()
    seen.page.get_by_role("list", name="Continents").get_by_role("button").first.click()
    seen.answered()
    states["with results and a filter"] = found(seen)
    seen.page.keyboard.press("?")
    expect(seen.page.get_by_role("dialog")).to_be_visible()
    states["with the help open"] = found(seen)
    seen.page.keyboard.press("Escape")
    context.route("**/similar?**", lambda route: route.abort())
    seen.errors.clear()
    seen.panel.get_by_role("switch").click()
    expect(seen.panel.get_by_role("alert")).to_be_visible()
    states["when the server is gone"] = found(seen)
    seen.errors.clear()  # the browser's own word for the request that was barred
    assert {state: faults for state, faults in states.items() if faults} == {}


@pytest.mark.parametrize(("width", "height"), [(390, 844), (320, 568), (1920, 1080)])
def test_nothing_is_cut_off_or_needs_sideways_scrolling(visit, context, tile, width, height):
    seen = visit(f"?tile={tile}")
    seen.page.set_viewport_size({"width": width, "height": height})
    seen.answered()
    for _ in range(2):
        assert seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        outside = seen.page.evaluate(
            """[...document.querySelectorAll('button, input, select')].filter(one => {
                const box = one.getBoundingClientRect();
                return box.width && one.checkVisibility() && (box.left < -1 || box.right > innerWidth + 1);
            }).map(one => one.outerHTML)"""
        )
        assert outside == []
        seen.page.get_by_role("button", name="Look-alikes", exact=True).click()
    expect(seen.umap).to_be_visible()
    expect(seen.results.first).to_be_visible()


def test_a_phone_has_room_for_one_view_and_changes_between_them(visit, context):
    seen = visit(waits=False)
    seen.page.set_viewport_size({"width": 390, "height": 844})
    expect(seen.map).to_be_visible()
    expect(seen.umap).to_be_hidden()
    seen.page.get_by_role("button", name="Look-alikes", exact=True).click()
    expect(seen.umap).to_be_visible()
    expect(seen.umap).to_have_attribute("data-ready", "true")
    expect(seen.map).to_be_hidden()


def test_changes_are_said_to_a_screen_reader(visit, tile):
    seen = visit(f"?tile={tile}")
    seen.answered()
    said = seen.page.locator("[aria-live=polite], [role=status]").filter(has_text="look-alikes")
    expect(said.first).to_have_count(1)

"""The explorer's own server on the sample, and its shipped front end in Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.explorer.conftest import serving, settings_of
from tools.explorer.app import create_app
from tools.explorer.pages import BUILT

PATIENCE = 60_000  # milliseconds; a busy machine is no fault of the page


@dataclass
class Visit:
    """An open page, and what went wrong in it."""

    page: Page
    errors: list[str] = field(default_factory=list)

    @property
    def map(self) -> Locator:
        return self.page.get_by_test_id("map")

    @property
    def umap(self) -> Locator:
        return self.page.get_by_test_id("umap")

    @property
    def panel(self) -> Locator:
        return self.page.get_by_role("complementary", name="Look-alikes")

    @property
    def results(self) -> Locator:
        return self.panel.locator(".panel-result")

    def has(self, view: str, name: str) -> str:
        """What a view says of itself in ``data-<name>``."""
        return self.page.get_by_test_id(view).get_attribute(f"data-{name}") or ""

    def where(self, view: str) -> tuple[float, ...]:
        """The middle and the scale of a view."""
        names = ("lon", "lat", "zoom") if view == "map" else ("x", "y", "zoom")
        return tuple(float(self.has(view, name)) for name in names)

    def middle(self, view: str) -> tuple[float, float]:
        """The pixel in the middle of a view's drawing."""
        selector = ".map-canvas" if view == "map" else ".umap-stage"
        box = self.page.locator(selector).bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def selected(self, tile: int) -> None:
        """Wait until a tile is selected, in both views."""
        for view in (self.map, self.umap):
            expect(view).to_have_attribute("data-selected", str(tile))

    def answered(self) -> None:
        """Wait for a whole answer."""
        expect(self.panel.locator("[data-status]")).to_have_attribute("data-status", "ready")


@pytest.fixture(scope="session")
def site(world, holder) -> Iterator[str]:
    """The address of the explorer, which limits nobody."""
    free = {"similar_rate": "", "thumbnail_rate": "", "other_rate": ""}
    with serving(create_app(settings_of(world, **free), holder, built=BUILT)) as url:
        yield url


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A reader who likes things not to move, and is on no network but this machine's."""
    made = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


@pytest.fixture
def visit(context: BrowserContext, site: str) -> Iterator[Callable[..., Visit]]:
    """Open the explorer and wait for its views; at the end nothing may have gone wrong in the page."""
    expect.set_options(timeout=PATIENCE)
    visits: list[Visit] = []

    def opened(query: str = "", *, waits: bool = True, forgives: bool = False) -> Visit:
        seen = Visit(context.new_page())
        if not forgives:
            visits.append(seen)
        seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
        seen.page.on("console", lambda said: seen.errors.append(said.text) if said.type == "error" else None)
        seen.page.goto(f"{site}/{query}")
        if waits:
            seen.page.locator(".app-views").wait_for()
            for view in ("map", "umap"):
                pane = seen.page.get_by_test_id(view)
                if pane.is_visible():
                    expect(pane).to_have_attribute("data-ready", "true")
        return seen

    yield opened
    assert [error for seen in visits for error in seen.errors] == []


@pytest.fixture(scope="session")
def rows(holder):
    """The tiles by their numbers."""
    return holder.tiles.set_index("tile_id")

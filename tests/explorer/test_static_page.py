"""The explorer as published in the book: in a browser, from files alone, under a folder of the site."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from tools.course.serve import server
from tools.explorer.publishing import publish_world
from tools.similarity import exact_neighbours, open_world, without_location

pytestmark = pytest.mark.browser

PATIENCE = 120_000  # milliseconds; a busy machine is no fault of the page


@dataclass
class Visit:
    """The page, open, and what happened."""

    page: Page
    site: str
    asked: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def files(self) -> list[str]:
        """What was asked for, from the page's folder."""
        return [address.removeprefix(self.site).partition("?")[0] for address in self.asked]


@pytest.fixture(scope="module")
def book(world, tmp_path_factory) -> Path:
    """A site with the explorer in a folder of it."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "index.html").write_text("<!doctype html><title>A book</title>")
    publish_world(world, folder / "course" / "explorer")
    return folder


@pytest.fixture(scope="module")
def site(book) -> Iterator[str]:
    """The explorer's address."""
    with server(book, 0) as pages:
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{pages.server_address[1]}/course/explorer/"
        pages.shutdown()


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Callable]:
    """Open the page; at the end, nothing may have been asked of anybody else, and nothing gone wrong."""
    visits: list[Visit] = []

    def opened(query: str = "", *, fails: bool = False) -> Visit:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE)
        seen = Visit(context.new_page(), site)
        seen.page.on("request", lambda request: seen.asked.append(request.url))
        if not fails:
            visits.append(seen)
        seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
        seen.page.on("console", lambda said: seen.errors.append(said.text) if said.type == "error" else None)
        seen.page.goto(f"{site}index.html{query}", wait_until="load")
        return seen

    yield opened
    for context in browser.contexts:
        context.close()
    for seen in visits:
        outside = [url for url in seen.asked if not url.startswith((site, "blob:", "data:"))]
        assert (outside, seen.errors) == ([], [])


@pytest.fixture(scope="module")
def nearest(world) -> Callable:
    """Numbers of a tile's nearest by an exact search."""
    bias = pd.read_parquet(world / "bias.parquet")
    opened = open_world(world, methods=("dominant", "mean"))
    ids, city = (opened.tiles[name].to_numpy() for name in ("tile_id", "city_id"))

    def numbers(row: int, method: str, *, other_cities: bool) -> list[str]:
        vectors = without_location(opened.vectors[method], bias)
        found, _ = exact_neighbours(vectors, k=24, groups=city if other_cities else None)
        return [str(number) for number in ids[found[row]]]

    numbers.ids = ids.tolist()
    return numbers


def listed(page: Page, count: int = 24) -> list[str]:
    """Numbers of the tiles in the list, once it is there."""
    results = page.locator(".panel-results")
    expect(results).to_have_attribute("data-status", "ready", timeout=PATIENCE)
    expect(results.locator("[data-tile]")).to_have_count(count, timeout=PATIENCE)
    return [item.get_attribute("data-tile") for item in results.locator("[data-tile]").all()]


def test_both_views_are_drawn_from_files_beside_the_page_alone(visit):
    seen = visit()
    for view in ("map", "umap"):
        expect(seen.page.get_by_test_id(view)).to_have_attribute("data-ready", "true", timeout=PATIENCE)
    needed = {f"data/{name}" for name in
              ("config.json", "methods.json", "locations.pack", "umap.pack", "land.json")}  # fmt: skip
    assert needed <= set(seen.files)
    assert not any("/api/" in url for url in seen.asked), "there is no server to ask"
    assert not any("neighbours" in path for path in seen.files), "look-alikes come when they are needed"


def test_that_the_world_is_invented_is_said(visit):
    expect(visit().page.get_by_text("ynthetic").first).to_be_visible(timeout=PATIENCE)


def test_the_list_is_that_of_an_exact_search_by_each_method_and_switch(visit, nearest):
    row = 30
    seen = visit(f"?tile={nearest.ids[row]}")
    page = seen.page
    assert listed(page) == nearest(row, "dominant", other_cities=True)

    page.get_by_role("switch", name="Only other cities").click()
    wanted = nearest(row, "dominant", other_cities=False)
    expect(page.locator("[data-tile]").first).to_have_attribute("data-tile", wanted[0], timeout=PATIENCE)
    assert listed(page) == wanted
    assert [path for path in seen.files if "neighbours" in path] == ["data/neighbours/dominant.pack"]

    page.get_by_label("Compare by").select_option("mean")
    wanted = nearest(row, "mean", other_cities=False)
    expect(page.locator(".panel-results ol")).to_be_visible(timeout=PATIENCE)
    page.wait_for_function("() => performance.getEntriesByType('resource').some(e => /mean/.test(e.name))")
    assert listed(page) == wanted
    assert "method=mean" in page.url or page.wait_for_url("**method=mean**") is None


def test_the_end_of_the_list_is_told(visit, nearest):
    page = visit(f"?tile={nearest.ids[3]}").page
    listed(page)
    expect(page.get_by_text("The list goes no further")).to_be_visible()
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)


def test_a_chosen_tile_shows_its_square_of_its_citys_picture(visit, nearest):
    tile = nearest.ids[17]
    page = visit(f"?tile={tile}").page
    picture = page.locator(".panel-selected .panel-picture")
    page.wait_for_function(
        "() => document.querySelector('.panel-selected .panel-picture')?.style.backgroundImage"
    )
    assert f"thumbnails/{tile // 10_000}.png" in picture.evaluate("box => box.style.backgroundImage")


def test_no_satellite_picture_is_offered_for_it_would_come_from_elsewhere(visit):
    page = visit().page
    expect(page.get_by_test_id("map")).to_have_attribute("data-ready", "true", timeout=PATIENCE)
    expect(page.get_by_text("Sentinel-2 cloudless")).to_have_count(0)


def test_the_page_itself_forbids_to_ask_anybody_else(visit):
    page = visit(fails=True).page
    blocked = page.evaluate(
        """async () => {
            const told = new Promise(resolve => addEventListener("securitypolicyviolation",
                event => resolve(event.effectiveDirective)));
            await fetch("http://localhost:9/").catch(() => null);
            return told;
        }"""
    )
    assert blocked == "connect-src"


def test_a_file_that_cannot_be_had_is_told_and_asked_for_again(visit, nearest, book):
    pack = book / "course" / "explorer" / "data" / "neighbours" / "median.pack"
    kept = pack.with_name("kept.pack")
    pack.rename(kept)
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: kept.exists() and shutil.move(kept, pack))
        page = visit(f"?tile={nearest.ids[5]}&method=median", fails=True).page
        expect(page.get_by_role("button", name="Try again")).to_be_visible(timeout=PATIENCE)
        kept.rename(pack)
        page.get_by_role("button", name="Try again").click()
        assert len(listed(page)) == 24

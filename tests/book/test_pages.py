"""Every page of the built book: complete without a network, readable by everybody, on a wall or a phone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

from .conftest import PHONE, WIDE, settle, violations

pytestmark = pytest.mark.browser

LOOKS = [
    pytest.param(("light", WIDE), id="light-wide"),
    pytest.param(("dark", WIDE), id="dark-wide"),
    pytest.param(("light", PHONE), id="light-phone"),
    pytest.param(("dark", PHONE), id="dark-phone"),
]
LOADED_FONTS = """[...document.fonts].filter(font => font.status === "loaded")
    .map(font => font.family.replaceAll('"', ""))"""
_seen: dict[tuple, Sight] = {}


@dataclass
class Sight:
    """What was found on one page in one look, so that each is opened only once."""

    asked_outside: list[str]
    failed: list[str]
    errors: list[str]
    typefaces: set[str]
    formulas: int
    formulas_set: int
    overhang: int
    violations: list[str]


@pytest.fixture(params=LOOKS)
def sight(request, open_page, axe, address) -> Sight:
    """One page as it looks on a wall or a phone, light or dark."""
    theme, size = request.param
    key = (address, theme, size)
    if key not in _seen:
        with open_page(address, theme=theme, size=size, bypass_csp=True) as visit:
            page = visit.page
            _seen[key] = Sight(
                typefaces=set(page.evaluate(LOADED_FONTS)),
                formulas=page.locator(".math").count(),
                formulas_set=page.locator(".math > mjx-container:not(:has(mjx-merror))").count(),
                overhang=page.evaluate("document.documentElement.scrollWidth - innerWidth"),
                violations=violations(page, axe),
                asked_outside=visit.asked_outside,
                failed=visit.failed,
                errors=visit.errors,
            )
    return _seen[key]


def test_it_opens_without_asking_another_host_and_without_an_error(sight):
    assert sight.asked_outside == []
    assert sight.failed == []
    assert sight.errors == []


def test_it_is_set_in_the_books_own_typeface(sight):
    assert "Source Serif 4" in sight.typefaces


def test_its_formulas_are_set(sight):
    assert sight.formulas_set == sight.formulas


def test_nothing_hangs_over_the_edge(sight):
    assert sight.overhang <= 0


def test_axe_finds_nothing_against_it(sight):
    assert sight.violations == [], "\n".join(sight.violations)


def test_a_keyboard_reaches_the_text_past_the_navigation(open_page, inner_page):
    with open_page(inner_page) as visit:
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate("document.activeElement.getAttribute('href')") == "#main-content"
        visit.page.keyboard.press("Enter")
        visit.page.wait_for_url("**#main-content", timeout=10_000)


def test_its_theme_can_be_chosen_and_is_remembered(open_page, inner_page):
    with open_page(inner_page) as visit:
        theme = "document.documentElement.dataset.theme"
        for _ in range(3):  # automatic, light, dark
            if visit.page.evaluate(theme) == "dark":
                break
            visit.page.locator(".theme-switch-button:visible").first.click()
        assert visit.page.evaluate(theme) == "dark"
        visit.page.reload(wait_until="load")
        settle(visit.page)
        assert visit.page.evaluate(theme) == "dark"


class Anatomy(HTMLParser):
    """What a page links to, what can be linked to in it, and what it shows."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.images: list[dict[str, str | None]] = []
        self.frames: list[dict[str, str | None]] = []
        self.headings: list[str] = []
        self.language = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.anchors |= {found[name] for name in ("id", "name") if found.get(name)}
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        elif tag == "img":
            self.images.append(found)
        elif tag == "iframe":
            self.frames.append(found)
        elif tag in {"h1", "h2", "h3"}:
            self.headings.append(tag)
        elif tag == "html":
            self.language = found.get("lang", "")


@cache
def anatomy(path: Path) -> Anatomy:
    return Anatomy(path.read_text("utf8"))


def test_its_links_lead_somewhere(book, address):
    page = book / address
    broken = []
    for link in anatomy(page).links:
        target, fragment = urldefrag(link)
        if urlsplit(link).scheme or link.startswith("//") or address == "404.html":
            continue
        there = (page.parent / unquote(target)).resolve() if target else page.resolve()
        inside = there.is_file() and book.resolve() in there.parents
        anchored = not fragment or there.suffix != ".html" or unquote(fragment) in anatomy(there).anchors
        if not (inside and anchored):
            broken.append(link)
    assert broken == []


def test_its_pictures_and_frames_have_words(book, address):
    found = anatomy(book / address)
    assert all("alt" in image for image in found.images)
    assert all(image["alt"] is not None for image in found.images)
    assert all(len(frame.get("title") or "") >= 10 for frame in found.frames)


def test_it_has_one_title_and_says_its_language(book, address):
    found = anatomy(book / address)
    assert found.headings.count("h1") - _only_printed(book / address) == 1
    assert found.language.startswith("en")


def _only_printed(page: Path) -> int:
    """The theme's second title, which only paper shows."""
    return page.read_text("utf8").count('id="jb-print-docs-body"')

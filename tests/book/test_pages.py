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
_used: dict[str, Use] = {}


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


@dataclass
class Use:
    """What came of using one page: first by the keyboard, then by the switch of its theme."""

    first_stop: str
    leads_to: str
    chosen: str
    remembered: str


@pytest.fixture
def use(open_page, inner_page) -> Use:
    """One page as it answers to its reader."""
    if inner_page not in _used:
        with open_page(inner_page) as visit:
            page, theme = visit.page, "document.documentElement.dataset.theme"
            page.keyboard.press("Tab")
            first_stop = page.evaluate("document.activeElement.getAttribute('href')")
            page.keyboard.press("Enter")
            page.wait_for_url(lambda address: "#" in address, timeout=10_000)
            leads_to = urldefrag(page.url).fragment
            for _ in range(3):  # automatic, light, dark
                if page.evaluate(theme) == "dark":
                    break
                page.locator(".theme-switch-button:visible").first.click()
            chosen = page.evaluate(theme)
            page.reload(wait_until="load")
            settle(page)
            _used[inner_page] = Use(first_stop, leads_to, chosen, page.evaluate(theme))
    return _used[inner_page]


def test_a_keyboard_reaches_the_text_past_the_navigation(use):
    assert use.first_stop == "#main-content"
    assert use.leads_to == "main-content"


def test_its_theme_can_be_chosen_and_is_remembered(use):
    assert use.chosen == "dark"
    assert use.remembered == "dark"


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

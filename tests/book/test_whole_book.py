"""The book as a whole: found by search, helpful when lost, honest about what is still to come."""

from __future__ import annotations

import pytest

from tools import sources
from tools.course import page_lessons

from .conftest import PHONE, WIDE, lessons, violations

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("silhouette", "book/glossary.html"),
        ("COURSE_MIRROR", "book/setup.html"),
        ("run_rf_classifier", "book/api.html"),
        ("London", "notebooks/02-london-imd.html"),
    ],
)
def test_search_finds_what_is_there(open_page, words, page):
    with open_page(f"search.html?q={words}") as visit:
        visit.page.wait_for_selector("#search-results li a")
        found = visit.page.locator("#search-results li a").evaluate_all("all => all.map(a => a.href)")
        assert any(page in address for address in found), found
        assert visit.asked_outside == []


def test_search_says_when_there_is_nothing(open_page):
    with open_page("search.html?q=xylophone") as visit:
        visit.page.wait_for_function(
            "document.querySelector('#search-results p')?.textContent.includes('not match')"
        )
        assert visit.page.locator("#search-results li").count() == 0


@pytest.mark.parametrize(
    ("lost", "meant"),
    [
        ("setpu", "book/setup.html"),
        ("london-imd", "notebooks/02-london-imd.html"),
        ("licenses", "book/licences.html"),
    ],
)
def test_a_lost_reader_is_told_what_was_meant(open_page, site, lost, meant):
    with open_page("404.html") as visit:
        # as a host does it: the page's text, at the address that was asked for
        text = visit.page.context.request.get(site + "404.html").text()
        visit.page.route(f"**/{lost}.html", lambda route: route.fulfill(body=text, content_type="text/html"))
        visit.page.goto(f"{site}deep/down/{lost}.html")
        links = visit.page.locator("#list a").evaluate_all("all => all.map(a => a.href)")
        assert links[0] == site + meant
        assert visit.page.locator("#home").evaluate("a => a.href") == f"{site}book/index.html"
        visit.page.locator("#list a").first.click()
        assert visit.page.url == site + meant


def test_the_first_page_lists_all_five_lessons(open_page):
    with open_page("book/index.html") as visit:
        items = visit.page.locator("ol.lessons > li")
        assert items.count() == 5
        for item, lesson in zip(items.all(), page_lessons.lesson_pages(), strict=True):
            text = item.inner_text()
            assert lesson.question in text
            if f"notebooks/{lesson.slug}.html" in lessons():
                item.locator("h3 a").click()
                assert visit.page.url.endswith(f"notebooks/{lesson.slug}.html")
                visit.page.go_back()
            else:
                assert item.locator("a").count() == 0
                assert "coming" in text


def test_the_root_of_the_address_leads_to_the_first_page(open_page, site):
    with open_page("404.html") as visit:
        visit.page.goto(site)
        visit.page.wait_for_url("**/book/index.html")
        assert visit.page.locator("h1").first.inner_text().startswith("Places as Vectors")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_explorer_opens_from_its_page_and_finds_look_alikes_within_the_book(open_page, axe, theme, size):
    with open_page("book/explorer.html", theme=theme, size=size, bypass_csp=True) as visit:
        page = visit.page
        page.locator("a.open-explorer").click()
        page.wait_for_url("**/explorer/index.html")
        page.locator("[data-ready=true]:visible").first.wait_for()
        assert page.locator("h1").count() == 1
        assert "Synthetic sample" in page.locator("body").inner_text()
        page.locator(".panel-welcome li button").first.click()
        page.locator(".panel-result").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert violations(page, axe) == []
        assert (visit.asked_outside, visit.failed, visit.errors) == ([], [], [])


def plain(text: str) -> str:
    """Without the typographer's quotes and the page's line breaks."""
    return " ".join(text.translate(str.maketrans("‘’“”", "''\"\"")).split())


def test_every_data_set_has_a_card_with_its_notice_and_its_files(open_page):
    for name, entry in sources.catalogue().items():
        with open_page(f"book/cards/{name}.html") as visit:
            text = plain(visit.page.locator("article").first.inner_text())
            for words in (entry.title, entry.notice, entry.citation):
                assert plain(words) in text
            for origin in entry.origins.values():
                assert all(file.name in text for file in origin.files)


def test_the_reference_documents_every_name_that_lessons_import(open_page):
    import tools

    with open_page("book/api.html") as visit:
        documented = visit.page.evaluate(
            "[...document.querySelectorAll('dl.py > dt.sig')].map(node => node.id)"
        )
    assert {name.rpartition(".")[2] for name in documented} >= set(tools.__all__)


def test_it_prints_without_navigation(open_page):
    with open_page("book/setup.html") as visit:
        visit.page.emulate_media(media="print")
        assert not visit.page.locator(".bd-sidebar-primary").is_visible()
        assert visit.page.locator("article h2").first.is_visible()

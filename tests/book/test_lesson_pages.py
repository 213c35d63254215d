"""Lesson pages: figures drawn, maps that answer, buttons that lead to the notebook as stored."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from tools.course import page_lessons, report
from tools.course.lessons import Course

from .conftest import PHONE, ROOT, violations

pytestmark = pytest.mark.browser


def slug(lesson: str) -> str:
    return Path(lesson).stem


def scroll_through(page) -> None:
    """Bring every part of the page into view once, so that what loads lazily loads."""
    unfold(page)
    for element in page.locator("article img, article iframe").all():
        element.evaluate("node => node.scrollIntoView()")
        page.wait_for_timeout(50)


def unfold(page) -> None:
    """Open the solutions, whose figures count as well."""
    page.evaluate("document.querySelectorAll('article details').forEach(fold => { fold.open = true; })")


def test_every_picture_is_drawn(open_page, lesson):
    with open_page(lesson) as visit:
        scroll_through(visit.page)
        visit.page.wait_for_function("[...document.images].every(image => image.complete)")
        broken = visit.page.evaluate(
            "[...document.images].filter(image => !image.naturalWidth).map(image => image.src)"
        )
        assert broken == []


def test_every_figure_has_alt_text_of_its_own(open_page, lesson):
    with open_page(lesson) as visit:
        words = visit.page.locator(".cell_output img").evaluate_all("all => all.map(image => image.alt)")
        assert all(len(alt) >= 40 for alt in words), words
        assert len(set(words)) == len(words)


def frames_of(visit):
    """Each frame of the lesson, loaded, with its element."""
    unfold(visit.page)
    for element in visit.page.locator("article iframe").all():
        element.scroll_into_view_if_needed()
        frame = element.element_handle().content_frame()
        frame.wait_for_load_state("load")
        frame.wait_for_function(
            """() => document.documentElement.dataset.ready === "true"
                || document.querySelector(".js-plotly-plot .main-svg, .leaflet-container, canvas, img")"""
        )
        yield element, frame


def test_every_frame_draws_with_the_network_cut_off(open_page, lesson):
    image = pytest.importorskip("PIL.Image")
    with open_page(lesson) as visit:
        for element, _ in frames_of(visit):
            visit.page.wait_for_timeout(300)
            picture = image.open(io.BytesIO(element.screenshot())).convert("RGB")
            counts = sorted(picture.getcolors(maxcolors=1 << 24), reverse=True)
            drawn = 1 - counts[0][0] / (picture.width * picture.height)
            title = element.get_attribute("title")
            assert len(counts) > 20, f"{title}: only {len(counts)} colours"
            assert drawn > 0.05, f"{title}: {drawn:.1%} of it is not background"
        assert visit.asked_outside == []
        assert visit.errors == []


def test_every_map_answers_to_a_click(open_page, lesson):
    """Something that can be read must appear when some place of the map is clicked."""
    with open_page(lesson) as visit:
        for element, frame in frames_of(visit):
            for view in frame.locator(".leaflet-container").all():
                box = view.bounding_box()
                before = frame.locator("body").inner_text()
                for across, down in [(0.5, 0.5), (0.4, 0.55), (0.6, 0.45), (0.35, 0.4), (0.6, 0.65)]:
                    visit.page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])
                    visit.page.wait_for_timeout(100)
                    if frame.locator("body").inner_text() != before:
                        break
                else:
                    pytest.fail(f"{element.get_attribute('title')}: no click is answered")
        assert visit.asked_outside == []


def test_frames_fit_a_phone(open_page, lesson):
    with open_page(lesson, size=PHONE) as visit:
        for element, frame in frames_of(visit):
            box = element.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE[0]
            assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_against_its_frames(open_page, axe, lesson, theme):
    with open_page(lesson, theme=theme, bypass_csp=True) as visit:
        for element, frame in frames_of(visit):
            found = violations(frame, axe)
            assert found == [], f"{element.get_attribute('title')}:\n" + "\n".join(found)


def test_solutions_are_folded_and_open_when_asked(open_page, lesson):
    with open_page(lesson) as visit:
        cells = visit.page.locator(".cell.tag_solution")
        assert cells.count() > 0
        for cell in cells.all():
            details = cell.locator("details")
            assert details.evaluate("node => node.open") is False
            assert "solution" in details.locator("summary").inner_text().lower()
            details.locator("summary").click()
            assert details.locator("pre").first.is_visible()


def test_the_downloaded_notebook_is_the_stored_one(open_page, book, lesson):
    with open_page(lesson) as visit:
        link = visit.page.locator("a.btn-download-source-button").get_attribute("href")
    downloaded = (book / lesson).parent / link
    stored = ROOT / "notebooks" / f"{slug(lesson)}.ipynb"
    assert downloaded.read_bytes() == stored.read_bytes()
    assert all(not cell.get("outputs") for cell in json.loads(downloaded.read_text("utf8"))["cells"])


def test_launch_and_source_buttons_lead_to_the_stored_notebook(open_page, lesson):
    path = f"notebooks/{slug(lesson)}.ipynb"
    with open_page(lesson) as visit:
        links = visit.page.locator(".article-header-buttons a").evaluate_all("all => all.map(a => a.href)")
    for host in ("mybinder.org", "colab.research.google.com", "github.com"):
        assert any(host in link and path in link for link in links), f"{host}: {links}"


def test_it_says_what_was_measured(open_page, lesson):
    row = report.read(Course.here().report).get(slug(lesson))
    if row is None:
        pytest.skip("no report of a run: run `course run`")
    with open_page(lesson) as visit:
        said = visit.page.locator("dl.lesson-facts").inner_text()
    assert page_lessons.duration(row.seconds) in said
    assert page_lessons.memory(row.peak_memory_mb) in said

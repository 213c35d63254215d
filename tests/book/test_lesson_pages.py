"""Lesson pages: figures drawn, maps that answer, buttons that lead to the notebook as stored."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from html.parser import HTMLParser
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


class Frames(HTMLParser):
    """The addresses of a page's frames."""

    def __init__(self, page: str):
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "iframe":
            self.found.append(dict(attrs).get("src") or "")


def frames(book: Path, lesson: str) -> list[str]:
    """The pages shown in a lesson's frames, as addresses in the book."""
    sources = Frames((book / lesson).read_text("utf8")).found
    return [(Path(lesson).parent / source).as_posix() for source in sources]


@contextmanager
def framed(open_page, address: str, size=(780, 600), **settings):
    """One figure by itself, at the size of its frame, drawn."""
    with open_page(address, size=size, **settings) as visit:
        visit.page.wait_for_function(
            """() => {
                const { ready } = document.documentElement.dataset; // "false" at first where it takes long
                return ready ? ready === "true"
                    : document.querySelector(".js-plotly-plot .main-svg, .leaflet-container, canvas, img");
            }"""
        )
        yield visit


def test_every_frame_is_loaded_when_a_reader_comes_to_it(open_page, book, lesson):
    with open_page(lesson) as visit:
        unfold(visit.page)
        elements = visit.page.locator("article iframe")
        assert elements.count() == len(frames(book, lesson))
        for element in elements.all():
            element.evaluate("node => node.scrollIntoView()")
            frame = element.element_handle().content_frame()
            frame.wait_for_function("document.readyState === 'complete' && document.body.childElementCount")
            assert frame.title()
        assert visit.asked_outside == []
        assert visit.errors == []


def test_every_frame_draws_with_the_network_cut_off(open_page, book, lesson):
    image = pytest.importorskip("PIL.Image")
    for address in frames(book, lesson):
        with framed(open_page, address) as visit:
            picture = image.open(io.BytesIO(visit.page.screenshot())).convert("RGB")
            counts = sorted(picture.getcolors(maxcolors=1 << 24), reverse=True)
            drawn = 1 - counts[0][0] / (picture.width * picture.height)
            assert len(counts) > 20, f"{address}: only {len(counts)} colours"
            assert drawn > 0.02, f"{address}: {drawn:.1%} of it is not background"
            assert visit.asked_outside == []
            assert visit.errors == []


PLACES = [(0.5, 0.5), (0.4, 0.55), (0.6, 0.45), (0.35, 0.4), (0.6, 0.65), (0.45, 0.5)]


def test_every_map_answers_to_a_click_or_to_the_pointer(open_page, book, lesson):
    """Something to read must appear when an area of a map is clicked or, by Kepler, a place pointed at."""
    for address in frames(book, lesson):
        text = (book / address).read_text("utf8")
        if "vendor/keplergl-" in text:
            answers = named_under_the_pointer
        elif "Leaflet" in text:
            answers = answered_to_a_click
        else:
            continue
        with framed(open_page, address) as visit:
            assert answers(visit.page), f"{address}: no place of the map is answered"
            assert visit.asked_outside == []
            assert visit.errors == []


MIDDLES = """([view, most]) => {
    const { shapes, origin, views } = window.courseMap;
    const { map, container } = views[view];
    const frame = container.getBoundingClientRect();
    const step = Math.max(1, Math.floor(shapes.length / most));
    const some = shapes.filter((_, number) => number % step === 0);
    const inside = (at, low, high) => at > low + 60 && at < high - 60;
    return some.map(({ middle }) => {
        const at = L.point(middle[0] + origin[0], middle[1] + origin[1]);
        const { x, y } = map.latLngToContainerPoint(L.CRS.EPSG3857.pointToLatLng(at, 12));
        return [frame.x + x, frame.y + y];
    }).filter(([x, y]) => inside(x, frame.left, frame.right) && inside(y, frame.top, frame.bottom));
}"""
"""Where on the screen some of a web map's areas are, away from the buttons at its edges."""


def answered_to_a_click(page) -> bool:
    body = page.locator("body")
    for view in range(page.locator(".leaflet-container").count()):
        page.keyboard.press("Escape")
        before = body.inner_text()
        for x, y in page.evaluate(MIDDLES, [view, 8]):
            page.mouse.click(x, y)
            if body.inner_text() != before:
                break
        else:
            return False
    return True


def named_under_the_pointer(page) -> bool:
    stage = page.locator("#map")
    box, tooltip = stage.bounding_box(), stage.locator(".map-popover")
    for across, down in PLACES * 5:  # a renderer without a graphics card is slow to look
        page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
        page.wait_for_timeout(400)
        if tooltip.count():
            return True
    return False


def test_frames_fit_a_phone(open_page, book, lesson):
    with open_page(lesson, size=PHONE) as visit:
        boxes = [element.bounding_box() for element in visit.page.locator("article iframe:visible").all()]
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= PHONE[0] for box in boxes)
    for address in frames(book, lesson):
        with framed(open_page, address, size=(330, 600)) as visit:
            assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_against_its_frames(open_page, book, axe, lesson, theme):
    for address in frames(book, lesson):
        with framed(open_page, address, theme=theme, bypass_csp=True) as visit:
            found = violations(visit.page, axe)
            assert found == [], f"{address}:\n" + "\n".join(found)


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

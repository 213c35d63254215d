"""Lesson pages: figures drawn, maps that answer, buttons that lead to the notebook as stored."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from tools.course import page_lessons, report
from tools.course.lessons import Course

from .conftest import PHONE, ROOT, violations

pytestmark = pytest.mark.browser

_read: dict[str, Words] = {}
_seen: dict[tuple[str, str], Look] = {}


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


def test_every_picture_is_drawn_and_every_frame_is_loaded_when_a_reader_comes_to_it(open_page, book, lesson):
    with open_page(lesson) as visit:
        scroll_through(visit.page)
        visit.page.wait_for_function("[...document.images].every(image => image.complete)")
        broken = visit.page.evaluate(
            "[...document.images].filter(image => !image.naturalWidth).map(image => image.src)"
        )
        assert broken == []
        elements = visit.page.locator("article iframe")
        assert elements.count() == len(frames(book, lesson))
        for element in elements.all():
            element.evaluate("node => node.scrollIntoView()")
            frame = element.element_handle().content_frame()
            frame.wait_for_function("document.readyState === 'complete' && document.body.childElementCount")
            assert frame.title()
        assert visit.asked_outside == []
        assert visit.errors == []


@dataclass(frozen=True)
class Words:
    """What stands on a lesson's page, so that it is opened only once for all that is read in it."""

    alts: list[str]
    download: str
    buttons: list[str]
    facts: str


@pytest.fixture
def words(open_page, lesson) -> Words:
    if lesson not in _read:
        with open_page(lesson) as visit:
            page = visit.page
            _read[lesson] = Words(
                alts=page.locator(".cell_output img").evaluate_all("all => all.map(image => image.alt)"),
                download=page.locator("a.btn-download-source-button").get_attribute("href"),
                buttons=page.locator(".article-header-buttons a").evaluate_all("all => all.map(a => a.href)"),
                facts=page.locator("dl.lesson-facts").inner_text(),
            )
    return _read[lesson]


def test_every_figure_has_alt_text_of_its_own(words):
    assert all(len(alt) >= 40 for alt in words.alts), words.alts
    assert len(set(words.alts)) == len(words.alts)


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


@dataclass
class Look:
    """A figure in its frame, looked at once for all tests: what is drawn, what is wrong, what it answers."""

    colours: int
    drawn: float
    violations: list[str]
    answers: bool | None
    asked_outside: list[str]
    errors: list[str]


@pytest.fixture
def look(open_page, book, axe):
    """Return a function that looks at a figure in a theme."""

    def looked(address: str, theme: str = "light") -> Look:
        if (address, theme) not in _seen:
            text = (book / address).read_text("utf8")
            with framed(open_page, address, theme=theme, bypass_csp=True) as visit:
                picture = Image.open(io.BytesIO(visit.page.screenshot())).convert("RGB")
                counts = sorted(picture.getcolors(maxcolors=1 << 24), reverse=True)
                _seen[address, theme] = Look(
                    colours=len(counts),
                    drawn=1 - counts[0][0] / (picture.width * picture.height),
                    violations=violations(visit.page, axe),
                    answers=answered(visit.page, text) if theme == "light" else None,
                    asked_outside=visit.asked_outside,
                    errors=visit.errors,
                )
        return _seen[address, theme]

    return looked


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_frame_draws_with_the_network_cut_off(look, book, lesson, theme):
    for address in frames(book, lesson):
        figure = look(address, theme)
        assert figure.colours > 20, f"{address}: only {figure.colours} colours"
        assert figure.drawn > 0.02, f"{address}: {figure.drawn:.1%} of it is not background"
        assert figure.asked_outside == []
        assert figure.errors == []


def test_every_map_answers_to_a_click_or_to_the_pointer(look, book, lesson):
    """Something to read must appear when an area of a map is clicked or, by Kepler, a place pointed at."""
    for address in frames(book, lesson):
        figure = look(address)
        assert figure.answers is not False, f"{address}: no place of the map is answered"
        assert figure.asked_outside == []
        assert figure.errors == []


def answered(page, text: str) -> bool | None:
    """Whether a map answers; None of a figure that is no map."""
    if "vendor/keplergl-" in text:
        return named_under_the_pointer(page)
    return answered_to_a_click(page) if "Leaflet" in text else None


PLACES = [(0.5, 0.5), (0.4, 0.55), (0.6, 0.45), (0.35, 0.4), (0.6, 0.65), (0.45, 0.5)]
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
def test_axe_finds_nothing_against_its_frames(look, book, lesson, theme):
    for address in frames(book, lesson):
        found = look(address, theme).violations
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


def test_the_downloaded_notebook_is_the_stored_one(words, book, lesson):
    downloaded = (book / lesson).parent / words.download
    stored = ROOT / "notebooks" / f"{slug(lesson)}.ipynb"
    assert downloaded.read_bytes() == stored.read_bytes()
    assert all(not cell.get("outputs") for cell in json.loads(downloaded.read_text("utf8"))["cells"])


def test_launch_and_source_buttons_lead_to_the_stored_notebook(words, lesson):
    path = f"notebooks/{slug(lesson)}.ipynb"
    for host in ("mybinder.org", "colab.research.google.com", "github.com"):
        assert any(host in link and path in link for link in words.buttons), f"{host}: {words.buttons}"


def test_it_says_what_was_measured(words, lesson):
    row = report.read(Course.here().report).get(slug(lesson))
    if row is None:
        pytest.skip("no report of a run: run `course run`")
    assert page_lessons.duration(row.seconds) in words.facts
    assert page_lessons.memory(row.peak_memory_mb) in words.facts

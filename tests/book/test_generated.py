"""What the book says by itself: cards, lesson list, measurements, and the guard against other hosts."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tools import sources
from tools.course import page_lessons, page_performance, pages

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from course_book.access import mend_body  # noqa: E402
from course_book.outside import loaded_from_outside  # noqa: E402


@pytest.fixture
def site(tmp_path) -> Path:
    pages.generate(tmp_path)
    return tmp_path


def test_there_is_a_card_for_every_data_set(site):
    cards = {path.stem for path in (site / "book" / "cards").glob("*.md")}
    assert cards == set(sources.catalogue())


def test_a_card_says_where_files_are_and_what_they_must_be(site):
    for name, entry in sources.catalogue().items():
        card = (site / "book" / "cards" / f"{name}.md").read_text("utf8")
        for origin in entry.origins.values():
            for file in origin.files:
                assert file.url is None or file.url in card
                assert file.checksum is None or file.checksum.digest in card


def test_the_card_of_a_data_set_that_is_gone_goes_too(site):
    stale = site / "book" / "cards" / "atlantis.md"
    stale.write_text("# Atlantis\n")
    pages.generate(site)
    assert not stale.exists()


def test_what_has_not_changed_is_not_written_again(site):
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*.md")}
    pages.generate(site)
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*.md")} == before


def test_a_lesson_is_linked_if_it_is_written_and_coming_if_not():
    cards = page_lessons.cards()
    for page in page_lessons.lesson_pages():
        assert (f"notebooks/{page.slug}.html" in cards) == page.written
    assert cards.count(">coming<") == sum(not page.written for page in page_lessons.lesson_pages())


def test_every_stored_lesson_is_listed_and_in_the_contents():
    contents = (ROOT / "_toc.yml").read_text("utf8")
    listed = {page.slug for page in page_lessons.lesson_pages()}
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        assert notebook.stem in listed
        assert f"notebooks/{notebook.stem}" in contents


def test_the_performance_page_shows_ratios_and_limits(tmp_path):
    found = {
        "fast_vs_slow": {
            "ours": 0.5,
            "theirs": 61.0,
            "ratio": 122.0,
            "unit": "s",
            "sizes": {"points": 100_000},
        },
        "page_weight": {"ours": 1.9, "theirs": 6, "limit": 6, "ratio": 3.2, "unit": "MB", "sizes": {}},
    }
    path = tmp_path / "benchmarks.json"
    path.write_text(json.dumps(found))
    text = page_performance.comparisons(path)
    assert "| fast against slow | 100,000 points | 61 s | 0.5 s | **122×** |" in text
    assert "| page weight | – | 1.9 MB | 6 MB |" in text


@pytest.mark.parametrize("content", ["{", '{"a": 1}', '{"a": {"theirs": 1}}'])
def test_benchmarks_that_cannot_be_read_are_not_passed_over(tmp_path, content):
    path = tmp_path / "benchmarks.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="make bench"):
        page_performance.comparisons(path)


@pytest.mark.parametrize(
    "markup",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="//cdn.example/x.css">',
        '<link rel="preconnect" href="https://fonts.example">',
        '<img alt="" src="https://cdn.example/x.png">',
        '<img alt="" srcset="small.png 1x, https://cdn.example/big.png 2x">',
        '<div style="background: url(https://cdn.example/x.png)"></div>',
        "<style>@import 'https://cdn.example/x.css';</style>",
        '<script type="module">import x from "https://cdn.example/x.js"</script>',
        '<iframe srcdoc="&lt;script src=&quot;https://cdn.example/x.js&quot;&gt;&lt;/script&gt;"></iframe>',
    ],
)
def test_the_guard_sees_what_a_page_would_load_from_elsewhere(markup):
    (address,) = loaded_from_outside(markup)
    assert "example" in address


@pytest.mark.parametrize(
    "markup",
    [
        '<a href="https://example.org/">a link is followed, not loaded</a>',
        '<link rel="canonical" href="https://example.org/">',
        '<script src="../_static/x.js"></script>',
        '<script>const tiles = "https://tile.example/{z}.png";</script>',
        "<p>import this from https://example.org</p>",
    ],
)
def test_the_guard_lets_links_and_local_files_be(markup):
    assert list(loaded_from_outside(markup)) == []


@pytest.mark.parametrize("corner", ["<th></th>", '<th class="head"><p></p></th>'])
def test_an_empty_corner_of_a_table_is_no_heading(corner):
    assert mend_body(f"<tr>{corner}<th>a</th></tr>") == "<tr><td></td><th>a</th></tr>"

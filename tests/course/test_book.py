"""``course book`` and ``course serve``: pages of executed lessons, whole or not at all."""

import shutil
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tools.course import book
from tools.course.lessons import CourseError
from tools.course.serve import server

pytestmark = pytest.mark.lesson

CONFIG = """\
title: A small course
author: Nobody
only_build_toc_files: true
execute: {execute_notebooks: "off"}
sphinx: {config: {html_extra_path: [_extra]}}
"""
TOC = """\
format: jb-book
root: book/index
chapters:
  - file: notebooks/01-a
"""
MAP = """\
class Map:
    def _repr_html_(self):
        return '<iframe title="A map" srcdoc="&lt;p&gt;drawn here&lt;/p&gt;"></iframe>'
Map()"""


@pytest.fixture
def small_book(course, write_lesson):
    """A course of one lesson and one page; what the real book's generated pages are made from is there."""
    real = Path(__file__).resolve().parents[2]
    (course.root / "book").mkdir()
    (course.root / "data").mkdir()
    shutil.copyfile(real / "data" / "catalog.yml", course.root / "data" / "catalog.yml")
    (course.root / "book" / "index.md").write_text("# A small course\n\nRead on.\n", encoding="utf-8")
    shutil.copyfile(real / "book" / "lessons.yml", course.root / "book" / "lessons.yml")
    shutil.copyfile(real / "CITATION.cff", course.root / "CITATION.cff")
    (course.root / "_config.yml").write_text(CONFIG, encoding="utf-8")
    (course.root / "_toc.yml").write_text(TOC, encoding="utf-8")
    write_lesson("01-a", "n = 6", "print(n * 7)", MAP)
    return course


def page(course, name="notebooks/01-a.html"):
    return (book.html(course) / name).read_text(encoding="utf-8")


def test_a_book_is_built_from_the_executed_lesson_and_says_where_it_is(small_book, type_command):
    result = type_command("book")
    assert result.exit_code == 0, result.output
    assert str(small_book.build / "html") in result.stdout.replace("\n", "")
    assert "make serve" in result.stdout
    assert "42" in page(small_book)
    assert 'src="frames/01-a/1.html"' in page(small_book)
    assert page(small_book, "notebooks/frames/01-a/1.html") == "<p>drawn here</p>"

    built = (book.html(small_book) / "index.html").stat().st_mtime_ns
    again = type_command("book")
    assert again.exit_code == 0
    assert "01-a: unchanged" in again.stderr
    assert "the book is unchanged" in again.stdout
    assert (book.html(small_book) / "index.html").stat().st_mtime_ns == built

    (small_book.root / "book" / "index.md").write_text(
        "# A small course\n\nRead [this](gone.md).\n", encoding="utf-8"
    )
    warned = type_command("book")
    assert warned.exit_code == 1
    assert "gone.md" in warned.stderr, "a warning is an error, and is quoted"
    assert "\x1b" not in warned.stderr, "without the colours of a terminal"
    assert "Read on" in page(small_book, "book/index.html"), "the good book stays"
    assert type_command("book").exit_code == 1, "and is no less an error the second time"

    (small_book.root / "book" / "index.md").write_text("# A small course\n\nRead anew.\n", encoding="utf-8")
    assert type_command("book").exit_code == 0
    assert "Read anew" in page(small_book, "book/index.html")


def test_a_failing_lesson_leaves_no_book(small_book, write_lesson, type_command):
    write_lesson("01-a", "n = 0", "1 / n")
    result = type_command("book")
    assert result.exit_code == 1
    assert "01-a failed in code cell 2, which begins: 1 / n" in result.stderr
    assert not book.html(small_book).exists()


def test_a_lesson_that_was_not_executed_is_no_page(small_book):
    with pytest.raises(CourseError, match="01-a has not been executed: run `course run 01-a`"):
        book.build(small_book)


@pytest.fixture
def reading(tmp_path):
    """A folder of pages, served; gives the address."""
    (tmp_path / "index.html").write_text("<p>home</p>", encoding="utf-8")
    (tmp_path / "404.html").write_text("<p>there is no such page; search instead</p>", encoding="utf-8")
    (tmp_path / "module.mjs").write_text("export {}", encoding="utf-8")
    with server(tmp_path, 0) as pages:
        thread = threading.Thread(target=pages.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{pages.server_address[1]}"
        pages.shutdown()
        thread.join()


def test_pages_are_served_on_loopback_alone_with_their_types(reading):
    with urllib.request.urlopen(f"{reading}/") as answer:
        assert answer.read() == b"<p>home</p>"
    with urllib.request.urlopen(f"{reading}/module.mjs") as answer:
        assert answer.headers["Content-Type"] == "text/javascript"


def test_an_address_that_leads_nowhere_shows_the_books_own_page(reading):
    with pytest.raises(urllib.error.HTTPError) as told:
        urllib.request.urlopen(f"{reading}/gone.html")
    assert told.value.code == 404
    assert b"search instead" in told.value.read()


def test_a_port_that_is_taken_is_told(tmp_path):
    (tmp_path / "index.html").touch()
    with server(tmp_path, 0) as first, pytest.raises(CourseError, match="choose another by --port"):
        server(tmp_path, first.server_address[1])


def test_serving_before_building_says_what_to_do(course, type_command):
    result = type_command("serve")
    assert result.exit_code == 1
    assert "run `course book` first" in result.stderr

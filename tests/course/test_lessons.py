"""Which lessons there are, and which of them a person means."""

import json

import pytest

from tools.course.lessons import CourseError, Lesson


def test_lessons_come_in_reading_order_and_other_notebooks_are_left_out(course, write_lesson):
    for name in ("10-last", "02-second", "scratch", "1-short"):
        write_lesson(name, "n = 1")
    assert [lesson.name for lesson in course.lessons()] == ["02-second", "10-last"]


@pytest.mark.parametrize(
    "said", ["02", "2", "london", "02-london-imd", "notebooks/02-london-imd.ipynb", "LONDON"]
)
def test_a_lesson_is_known_by_number_word_file_or_path(course, write_lesson, said):
    write_lesson("01-liverpool-buildings", "n = 1")
    write_lesson("02-london-imd", "n = 1")
    assert [lesson.name for lesson in course.choose([said])] == ["02-london-imd"]


def test_chosen_lessons_keep_the_reading_order_and_come_once(course, write_lesson):
    for name in ("01-a", "02-b", "03-c"):
        write_lesson(name, "n = 1")
    assert [lesson.name for lesson in course.choose(["3", "01-a", "03"])] == ["01-a", "03-c"]


def test_a_mistyped_lesson_brings_the_near_one_and_all_there_are(course, write_lesson):
    write_lesson("01-liverpool-buildings", "n = 1")
    write_lesson("02-london-imd", "n = 1")
    with pytest.raises(CourseError, match=r"no lesson 'lndon-imd'. Did you mean london-imd\? .*01-liverpool"):
        course.choose(["lndon-imd"])


def test_a_word_that_fits_two_lessons_asks_for_more(course, write_lesson):
    write_lesson("01-liverpool-one", "n = 1")
    write_lesson("02-liverpool-two", "n = 1")
    with pytest.raises(CourseError, match=r"fits several lessons \(01-liverpool-one, 02-liverpool-two\)"):
        course.choose(["liverpool"])


def test_parameters_are_what_the_tagged_cell_assigns(course, write_lesson):
    path = write_lesson(
        "01-a", "areas = 'london'\nk: int = 5\nwhere = dict()\n%matplotlib inline", "other = 3"
    )
    assert Lesson(path).parameters == {"areas": "london", "k": 5, "where": None}


def test_what_a_lesson_opens_is_read_from_its_calls_and_parameters(course, write_lesson):
    path = write_lesson(
        "01-a",
        "areas = 'london-lsoa'",
        "gdf = sources.open(areas, like='london-lsoa')",
        "sources.get('london-alphaearth'); open('notes.txt')\n!ls",
    )
    assert Lesson(path).data_sets({}) == ["london-lsoa", "london-alphaearth"]
    assert Lesson(path).data_sets({"areas": "mine.gpkg"}) == ["mine.gpkg", "london-alphaearth"]


def test_a_file_that_is_no_notebook_is_named(course, write_lesson):
    path = write_lesson("01-a", "n = 1")
    path.write_text(path.read_text(encoding="utf-8")[:50], encoding="utf-8")
    with pytest.raises(CourseError, match=r"01-a\.ipynb is not a notebook"):
        _ = Lesson(path).notebook
    path.write_text(json.dumps({"cells": []}), encoding="utf-8")
    assert Lesson(path).parameters == {}

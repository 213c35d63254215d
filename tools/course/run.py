"""Running the lessons: what has changed is executed, the rest is left as it is, and a report says which."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tools.course import fingerprint, frames, report
from tools.course.lessons import Course, CourseError, Lesson
from tools.course.report import Row

# The JSON of figures and maps alone is stored: `frames` gives them pages that load shared libraries
_KERNEL = {"PLOTLY_RENDERER": "plotly_mimetype", "COURSE_MAPS": "frames"}


@dataclass
class Watcher:
    """What wants to know how a run goes: three callables, each of which may do nothing.

    Parameters
    ----------
    starts : callable
        Called with a lesson and its number of cells, once its data are there.
    cell : callable
        Called with a lesson and how many of its cells are done.
    ends : callable
        Called with the lesson's row.

    Examples
    --------
    >>> Watcher().ends(Row("01-demo", "ok", "sample"))
    """

    starts: Callable[[Lesson, int], None] = lambda lesson, cells: None
    cell: Callable[[Lesson, int], None] = lambda lesson, done: None
    ends: Callable[[Row], None] = lambda row: None


def checked_parameters(lessons: Iterable[Lesson], given: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return parameters as values, after checking that every lesson has them.

    papermill only warns about a name that a notebook does not know, and then runs it with its old values.

    Parameters
    ----------
    lessons : iterable of Lesson
        Those that are to be run.
    given : iterable of (str, str)
        Names and values as typed. A value is text where the lesson's own value is text; otherwise it is
        read as a number, ``true``, ``false``, ``null`` or a list, where it looks like one.

    Returns
    -------
    dict of str to object

    Raises
    ------
    CourseError
        When a lesson has no parameter of that name.

    Examples
    --------
    >>> checked_parameters([], [("n_clusters", "7"), ("areas", "my-city.gpkg")])
    {'n_clusters': 7, 'areas': 'my-city.gpkg'}
    """
    given, lessons = list(given), list(lessons)
    for lesson in lessons:
        for name, _ in given:
            if name not in lesson.parameters:
                known = ", ".join(lesson.parameters) or "none"
                raise CourseError(f"{lesson.name} has no parameter {name!r}; it has: {known}")
    defaults = {name: value for lesson in lessons for name, value in lesson.parameters.items()}
    return {name: value if isinstance(defaults.get(name), str) else _value(value) for name, value in given}


def run(
    course: Course,
    lessons: list[Lesson],
    *,
    parameters: dict[str, Any] | None = None,
    origin: str = "sample",
    force: bool = False,
    watcher: Watcher | None = None,
) -> list[Row]:
    """Execute lessons in order and write the report after each.

    Parameters
    ----------
    course : Course
        Where things are.
    lessons : list of Lesson
        What to run; the rows of other lessons stay in the report as they are.
    parameters : dict, optional
        Values that replace those of the parameters cells, already checked.
    origin : {"sample", "open", "earthengine"}
        Where the data come from.
    force : bool
        Run also what has not changed.
    watcher : Watcher, optional
        What wants to know how it goes.

    Returns
    -------
    list of Row
        One for each of `lessons`, in their order; a lesson that fails does not stop those after it.

    Examples
    --------
    >>> run(Course.here(), [])
    []
    """
    watcher, parameters = watcher or Watcher(), parameters or {}
    known = report.read(course.report)
    done: list[Row] = []
    for lesson in lessons:
        depends_on = fingerprint.of_lesson(course, lesson, parameters, origin)
        before = known.get(lesson.name)
        if before and not force and _stands(course, before, depends_on):
            row = replace(before, status="unchanged")
        else:
            row = _execute(course, lesson, parameters, origin, depends_on, watcher)
        known[lesson.name] = row
        done.append(row)
        report.write(course.report, [known[each.name] for each in course.lessons() if each.name in known])
        watcher.ends(row)
    return done


def _stands(course: Course, row: Row, depends_on: str) -> bool:
    executed = course.executed / f"{row.lesson}.ipynb"
    return (
        row.status != "failed"
        and row.hash == depends_on
        and executed.is_file()
        and fingerprint.of_file(executed) == row.output
        and frames.count(row.lesson, course.executed) == row.frames
    )


def _execute(
    course: Course,
    lesson: Lesson,
    parameters: dict[str, Any],
    origin: str,
    depends_on: str,
    watcher: Watcher,
) -> Row:
    from tools.course.execute import execute

    row = Row(lesson.name, "failed", origin, parameters, hash=depends_on)
    problem = _prepare_data(lesson, parameters, origin)
    if problem:
        return replace(row, error=problem)
    watcher.starts(lesson, len(lesson.notebook["cells"]))
    target = course.executed / f"{lesson.name}.ipynb"
    notebook, outcome = execute(
        lesson.path,
        target,
        parameters,
        _KERNEL | {"COURSE_ORIGIN": origin},
        lambda cells: watcher.cell(lesson, cells),
    )
    made = frames.extract(notebook, lesson.name, course.executed)
    _write_notebook(notebook, target)
    return replace(
        row,
        status="failed" if outcome.error else "ok",
        seconds=round(outcome.seconds, 1),
        peak_memory_mb=round(outcome.peak_memory_mb),
        cells=outcome.cells,
        output=fingerprint.of_file(target),
        frames=made,
        error=outcome.error,
    )


def _prepare_data(lesson: Lesson, parameters: dict[str, Any], origin: str) -> dict[str, Any] | None:
    """Fetch or make what the lesson opens, so that its time is the lesson's and not the network's."""
    names = [name for name in lesson.data_sets(parameters) if not (lesson.path.parent / name).is_file()]
    if not names:
        return None
    from tools import sources

    try:
        for name in names:
            sources.get(name, origin)
    except sources.DataError as error:
        return {"cell": None, "line": "", "name": type(error).__name__, "message": str(error)}
    return None


def _write_notebook(notebook: Any, target: Path) -> None:
    import nbformat

    part = target.with_suffix(".part")
    nbformat.write(notebook, part)
    os.replace(part, target)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return {"True": True, "False": False, "None": None}.get(text, text)

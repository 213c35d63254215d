"""What the book says of each lesson: what it answers, how long it takes, what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import yaml

from tools.course import report
from tools.course.lessons import Course


@dataclass(frozen=True)
class LessonPage:
    """One of the five lessons, written already or still to come.

    Parameters
    ----------
    slug : str
        Name of its notebook.
    place, title, question, answers : str
        In words.
    methods : tuple of str
        What is practised.
    written : bool
        Whether the notebook is there.
    teaching_minutes, exercise_minutes : int or None
        As its notebook says.
    measured : tools.course.report.Row or None
        Its last good run, None if there is none.

    Examples
    --------
    >>> LessonPage("09-moon", "The Moon", "Craters", "How many?", "Many.", ("counting",)).written
    False
    """

    slug: str
    place: str
    title: str
    question: str
    answers: str
    methods: tuple[str, ...]
    written: bool = False
    teaching_minutes: int | None = None
    exercise_minutes: int | None = None
    measured: report.Row | None = None


def lesson_pages() -> list[LessonPage]:
    """Return the lessons in reading order, with what is known of each.

    Returns
    -------
    list of LessonPage

    Raises
    ------
    FileNotFoundError
        If ``book/lessons.yml`` is missing.

    Examples
    --------
    >>> [page.place for page in lesson_pages()][:3]
    ['Liverpool', 'London', 'Berlin']
    """
    course = Course.here()
    stored = {lesson.name: lesson for lesson in course.lessons()}
    rows = report.read(course.report)
    pages = []
    for entry in yaml.safe_load((course.root / "book" / "lessons.yml").read_text("utf8")):
        slug = entry["slug"]
        row = rows.get(slug)
        minutes = {}
        if slug in stored:
            minutes = stored[slug].notebook.get("metadata", {}).get("course", {})
        pages.append(
            LessonPage(
                **{**entry, "methods": tuple(entry["methods"])},
                written=slug in stored,
                teaching_minutes=minutes.get("teaching_minutes"),
                exercise_minutes=minutes.get("exercise_minutes"),
                measured=row if row and row.status != "failed" and row.seconds else None,
            )
        )
    return pages


def cards() -> str:
    """Return the landing page's list of lessons.

    Returns
    -------
    str
        HTML, to be included in a page of the folder ``book/``.

    Examples
    --------
    >>> cards().count("<li ")
    5
    """
    items = "\n".join(_card(number, page) for number, page in enumerate(lesson_pages(), start=1))
    return f'<ol class="lessons">\n{items}\n</ol>\n'


def times() -> str:
    """Return the table of teaching and running times of the lessons that are written.

    Returns
    -------
    str
        Markdown.

    Examples
    --------
    >>> times().splitlines()[0]
    '| lesson | teaching | exercises | running | memory |'
    """
    rows = ["| lesson | teaching | exercises | running | memory |", "|---|--:|--:|--:|--:|"]
    for page in lesson_pages():
        if page.written:
            row = page.measured
            cells = [
                f"[{page.place}: {page.title}](/notebooks/{page.slug}.ipynb)",
                _minutes(page.teaching_minutes),
                _minutes(page.exercise_minutes),
                duration(row.seconds) if row else "not yet measured",
                memory(row.peak_memory_mb) if row else "–",
            ]
            rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def line_html(slug: str) -> str:
    """Return the line under a lesson's title: what it takes to teach it, to run it, and on what data it ran.

    Parameters
    ----------
    slug : str
        Name of its notebook.

    Returns
    -------
    str
        HTML; empty where nothing is known.

    Examples
    --------
    >>> line_html("no-such-lesson")
    ''
    """
    page = next((page for page in lesson_pages() if page.slug == slug), None)
    if page is None or not (page.teaching_minutes or page.measured):
        return ""
    facts = [
        ("Teaching", _minutes(page.teaching_minutes)),
        ("Exercises", _minutes(page.exercise_minutes)),
    ]
    if page.measured:
        facts += [
            ("Runs in", duration(page.measured.seconds)),
            ("Memory", memory(page.measured.peak_memory_mb)),
            ("Shown on", _ORIGINS.get(page.measured.origin, page.measured.origin)),
        ]
    inner = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)
    return f'<dl class="lesson-facts">{inner}</dl>'


def duration(seconds: float) -> str:
    """Say a measured time as precisely as it repeats.

    Parameters
    ----------
    seconds : float
        Time in seconds.

    Returns
    -------
    str

    Examples
    --------
    >>> duration(7.31), duration(74.2), duration(135)
    ('7 s', '1 min 10 s', '2 min 20 s')
    """
    if seconds < 59.5:
        return f"{max(1, round(seconds))} s"
    tens = round(seconds / 10)
    minutes, rest = divmod(tens, 6)
    return f"{minutes} min {rest * 10} s" if rest else f"{minutes} min"


def memory(megabytes: float) -> str:
    """Say a measured memory use in gigabytes.

    Parameters
    ----------
    megabytes : float
        Memory in MB (10**6 bytes).

    Returns
    -------
    str

    Examples
    --------
    >>> memory(1234), memory(410)
    ('1.2 GB', '0.4 GB')
    """
    return f"{megabytes / 1000:.1f} GB"


_ORIGINS = {
    "sample": "the synthetic sample",
    "open": "the open data",
    "earthengine": "Earth Engine",
}


def _card(number: int, page: LessonPage) -> str:
    title = f"{page.place}: {page.title}"
    heading = escape(title)
    if page.written:
        heading = f'<a href="../notebooks/{page.slug}.html">{heading}</a>'
    facts = []
    if page.written and page.teaching_minutes:
        facts.append(f"{page.teaching_minutes} min teaching")
    if page.written and page.exercise_minutes:
        facts.append(f"{page.exercise_minutes} min exercises")
    if page.measured:
        facts.append(f"runs in {duration(page.measured.seconds)}")
    status = " · ".join(facts) if page.written else "coming"
    state = "written" if page.written else "coming"
    return (
        f'<li class="{state}">\n'
        f'<span class="number" aria-hidden="true">{number}</span>\n'
        f"<h3>{heading}</h3>\n"
        f'<p class="question">{escape(page.question)}</p>\n'
        f"<p>{escape(page.answers)}</p>\n"
        f'<p class="methods">{escape(", ".join(page.methods))}</p>\n'
        f'<p class="status">{escape(status)}</p>\n'
        "</li>"
    )


def _minutes(minutes: int | None) -> str:
    return f"{minutes} min" if minutes else "–"

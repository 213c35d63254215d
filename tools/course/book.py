"""The book: executed lessons and the pages around them, staged in one folder and built with no warning."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from tools.course import assets, explorer_page, fingerprint, report
from tools.course.lessons import Course, CourseError

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_WORTH_SHOWING = re.compile(r"WARNING|ERROR|CRITICAL|Error|Exception|Traceback")


def html(course: Course) -> Path:
    """Return where the finished book lies.

    Parameters
    ----------
    course : Course
        Where things are.

    Returns
    -------
    pathlib.Path

    Examples
    --------
    >>> html(Course(Path("here"), Path("here/_build"))).as_posix()
    'here/_build/html'
    """
    return course.build / "html"


def stage(course: Course, site: Path) -> Path:
    """Lay out all that the book is made from in a new folder.

    Parameters
    ----------
    course : Course
        Where things are. Its lessons must have been run.
    site : pathlib.Path
        The folder; one that exists is replaced.

    Returns
    -------
    pathlib.Path
        `site`.

    Raises
    ------
    CourseError
        When a lesson has not been executed.

    Examples
    --------
    >>> import tempfile
    >>> stage(Course(Path("nowhere"), Path("nowhere")), Path(tempfile.mkdtemp()) / "site")
    Traceback (most recent call last):
    tools.course.lessons.CourseError: no _config.yml in nowhere: there is no book to build
    """
    if not (course.root / "_config.yml").is_file():
        raise CourseError(f"no _config.yml in {course.root}: there is no book to build")
    from tools.course import pages

    shutil.rmtree(site, ignore_errors=True)
    (site / "notebooks").mkdir(parents=True)
    for name in ("_config.yml", "_toc.yml"):
        shutil.copyfile(course.root / name, site / name)
    shutil.copytree(course.root / "book", site / "book", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for lesson in course.lessons():
        executed = course.executed / f"{lesson.name}.ipynb"
        if not executed.is_file():
            raise CourseError(f"{lesson.name} has not been executed: run `course run {lesson.name}`")
        shutil.copyfile(executed, site / "notebooks" / executed.name)
    if (course.executed / "frames").is_dir():
        shutil.copytree(course.executed / "frames", site / "_extra" / "notebooks" / "frames")
    if (page := explorer_page.published(course)).is_dir():
        shutil.copytree(page, site / "_extra" / "explorer")
    pages.generate(site)
    return site


def build(course: Course) -> bool:
    """Build the book into ``_build/html`` if anything that it is made from has changed.

    Always whole: a partial build would not see again the warnings of pages that it leaves alone. The
    finished pages replace the old ones only when there was no warning.

    Parameters
    ----------
    course : Course
        Where things are. Its lessons must have been run.

    Returns
    -------
    bool
        False when the book was already as it should be.

    Raises
    ------
    CourseError
        When a lesson is missing or the build warns of something; the text quotes the warnings.

    Examples
    --------
    >>> build(Course(Path("nowhere"), Path("nowhere")))
    Traceback (most recent call last):
    tools.course.lessons.CourseError: no _config.yml in nowhere: there is no book to build
    """
    assets.install(course.root)
    made_from = _made_from(course)
    stamp = course.build / "html.made-from"
    if _text(stamp) == made_from and (html(course) / "index.html").is_file():
        return False
    stamp.unlink(missing_ok=True)
    explorer_page.publish(course)
    site = stage(course, course.build / "site")
    _replace(html(course), _built(course, site))
    stamp.write_text(made_from, encoding="utf-8")
    return True


def _built(course: Course, site: Path) -> Path:
    work = course.build / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    log = course.build / "book.log"
    program = "from jupyter_book.cli.main import main; main()"
    arguments = ["build", str(site), "--path-output", str(work), "-W", "--keep-going", "-q"]
    environment = os.environ | {"PYTHONUTF8": "1", "NO_COLOR": "1"}
    with log.open("w", encoding="utf-8") as stream:
        finished = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            stdout=stream,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=environment,
        )
    pages = work / "_build" / "html"
    if finished.returncode != 0 or not (pages / "index.html").is_file():
        said = _COLOUR.sub("", _text(log)).splitlines()
        told = "\n".join([line for line in said if _WORTH_SHOWING.search(line)][:40] or said[-20:])
        raise CourseError(f"the book was not built; each warning counts as an error ({log}):\n{told}")
    return pages


def _made_from(course: Course) -> str:
    """One hash over all that pages are made from; whether a lesson ran now or before makes no difference."""
    rows = [replace(row, status="") for row in report.read(course.report).values()]
    folders = ["book", "tools", "notebooks"]
    files = ["_config.yml", "_toc.yml", "CITATION.cff", "constraints.txt", "data/catalog.yml"]
    parts = [fingerprint.of_tree(course.root / folder) for folder in folders]
    parts += [_text(course.root / file) for file in files]
    parts += [_text(course.build / "benchmarks.json"), assets.wanted(course.root) or "", repr(rows)]
    parts += [fingerprint.of_tree(course.executed / "frames")]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _replace(old: Path, new: Path) -> Path:
    shutil.rmtree(old, ignore_errors=True)
    return Path(shutil.move(new, old))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

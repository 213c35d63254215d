"""The explorer in the book: the sample's world as a page that needs no server."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from tools.course import fingerprint
from tools.course.lessons import Course


def published(course: Course) -> Path:
    """Return where the published explorer lies, once it does.

    Parameters
    ----------
    course : Course
        Where things are.

    Returns
    -------
    pathlib.Path

    Examples
    --------
    >>> published(Course(Path("here"), Path("here/_build"))).as_posix()
    'here/_build/explorer'
    """
    return course.build / "explorer"


def publish(course: Course) -> bool:
    """Publish the sample's world, if the book has a page that leads there and anything has changed.

    Parameters
    ----------
    course : Course
        Where things are.

    Returns
    -------
    bool
        Whether it was published now.

    Raises
    ------
    CourseError
        If the world cannot be made.
    DataError
        If the front end was not built.

    Examples
    --------
    >>> publish(Course(Path("nowhere"), Path("nowhere")))
    False
    """
    page = published(course)
    stamp = course.build / "explorer.made-from"
    if not (course.root / "book" / "explorer.md").is_file():
        shutil.rmtree(page, ignore_errors=True)  # else the book would take it along
        return False
    code = fingerprint.of_tree(course.root / "tools", without=(fingerprint.FRONT_END,))
    parts = code, _text(course.root / "constraints.txt")
    made_from = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    if _text(stamp) == made_from and (page / "index.html").is_file():
        return False
    from tools.course.explore import make_sample
    from tools.explorer.publishing import publish_world
    from tools.similarity.worlds import world_folder

    stamp.unlink(missing_ok=True)
    world = world_folder("sample")
    make_sample(world)
    course.build.mkdir(parents=True, exist_ok=True)
    publish_world(world, page)
    stamp.write_text(made_from, encoding="utf-8")
    return True


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""

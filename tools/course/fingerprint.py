"""What a lesson's result depends on, in one number: when it is the same, the lesson need not run again."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from tools.course.lessons import Course, Lesson

_NOT_OURS = {"__pycache__", "node_modules"}
FRONT_END = "explorer/web"  # the source of what is shipped in the other folder; no Python reads it
SHIPPED = "explorer/built"


def of_file(path: Path) -> str:
    """Return the SHA-256 of a file.

    Parameters
    ----------
    path : pathlib.Path
        The file; it is read in pieces.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "empty"
    >>> path.touch()
    >>> of_file(path)[:12]
    'e3b0c44298fc'
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def of_tree(folder: Path, without: Collection[str] = ()) -> str:
    """Return one SHA-256 over the names and contents of all files in a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Hidden files, bytecode, caches and installed npm packages do not count; a folder that is missing
        counts as empty.
    without : collection of str
        Folders in it that do not count either, as in ``"explorer/web"``.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> of_tree(Path("nowhere"))[:12]
    'e3b0c44298fc'
    """
    digest = hashlib.sha256()
    left_out = [folder / one for one in without]
    for path in _files(folder):
        if any(path.is_relative_to(one) for one in left_out):
            continue
        digest.update(f"{path.relative_to(folder).as_posix()}\0{of_file(path)}\0".encode())
    return digest.hexdigest()


def of_lesson(course: Course, lesson: Lesson, parameters: dict[str, Any], origin: str) -> str:
    """Return the hash of all that a lesson's result depends on.

    The notebook, the package, the lock files, Python's version, the parameters, the origin, and the data:
    the catalogue with its checksums, the version of the sample's generator, a reader's own files.

    Parameters
    ----------
    course : Course
        Where things are.
    lesson : Lesson
        The stored notebook.
    parameters : dict
        Values that replace those of its parameters cell.
    origin : str
        Where the data come from.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> course = Course.here()
    >>> all(len(of_lesson(course, lesson, {}, "sample")) == 64 for lesson in course.lessons())
    True
    """
    catalogues = sorted((course.root / "data").glob("*.yml"))
    single = [lesson.path, *catalogues, course.root / "constraints.txt"]
    parts = {
        "files": {path.name: of_file(path) if path.exists() else None for path in single},
        "tools": of_tree(course.root / "tools", without=(FRONT_END, SHIPPED)),
        "assets": _text(course.root / "node_modules" / ".course-lock"),
        "python": list(sys.version_info[:3]),
        "parameters": parameters,
        "origin": origin,
        "data": {name: _data(course, name, origin) for name in lesson.data_sets(parameters)},
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _data(course: Course, name: str, origin: str) -> str:
    own = (course.notebooks / name).resolve()
    if own.is_file():
        return of_file(own)
    if origin == "sample":
        from tools import sample

        return sample.generator_version()
    return origin


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if not any(part.startswith(".") or part in _NOT_OURS for part in inside) and path.is_file():
            yield path


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""

"""The explorer's front end: built from its source by the lock file, and shipped inside the package."""

from __future__ import annotations

from pathlib import Path

from tools.course import assets
from tools.course.lessons import CourseError
from tools.course.npm import last_words, npm

SOURCE = Path("tools", "explorer", "web")
"""The source, from the project's folder."""

BUILT = Path("tools", "explorer", "built")
"""What readers get, who need no Node."""


def build(root: Path, to: Path | None = None) -> Path:
    """Build the front end with exactly the packages of its lock file.

    Parameters
    ----------
    root : pathlib.Path
        The project's folder.
    to : pathlib.Path, optional
        The folder to build into, which is emptied first; by default the one that is shipped.

    Returns
    -------
    pathlib.Path
        That folder. The same source and lock make the same bytes.

    Raises
    ------
    CourseError
        If there is no source or no npm, or if installing or building fails, with npm's own last words.

    Examples
    --------
    >>> build(Path("nowhere"))
    Traceback (most recent call last):
    tools.course.lessons.CourseError: there is no source of the front end in nowhere/tools/explorer/web
    """
    source = installed(root)
    to = (root / BUILT if to is None else to).resolve()
    _run(["run", "build", "--", "--outDir", str(to), "--emptyOutDir"], source)
    return to


def check(root: Path) -> None:
    """Check the front end's types, style and logic: the compiler, oxlint, prettier and Vitest.

    Parameters
    ----------
    root : pathlib.Path
        The project's folder.

    Raises
    ------
    CourseError
        If one of them finds something, with its last words.

    Examples
    --------
    >>> check(Path("nowhere"))
    Traceback (most recent call last):
    tools.course.lessons.CourseError: there is no source of the front end in nowhere/tools/explorer/web
    """
    source = installed(root)
    for script in ("check", "lint", "test"):
        _run(["run", script], source)


def installed(root: Path) -> Path:
    """Return the folder of the front end's source, once its packages are those of its lock file."""
    source = root / SOURCE
    if not (source / "package-lock.json").is_file():
        raise CourseError(f"there is no source of the front end in {source.as_posix()}")
    assets.install(source)
    return source


def _run(arguments: list[str], source: Path) -> None:
    finished = npm(arguments, source)
    if finished.returncode:
        said = f"{finished.stdout}\n{finished.stderr}".strip()
        raise CourseError(
            f"npm {' '.join(arguments[:2])} failed in {source}:\n{said[-4000:] or last_words(finished)}"
        )

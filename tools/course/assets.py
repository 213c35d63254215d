"""What pages load beside their own text: front-end packages, installed from the lock file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tools.course.lessons import CourseError
from tools.course.npm import last_words, npm

STAMP = ".course-lock"
"""File inside ``node_modules`` that says which lock file it was installed from."""


def wanted(root: Path) -> str | None:
    """Return the hash of what ought to be installed.

    Parameters
    ----------
    root : pathlib.Path
        The folder that holds ``package.json`` and ``package-lock.json``.

    Returns
    -------
    str or None
        None where there is no lock file, and so nothing to install.

    Examples
    --------
    >>> wanted(Path("nowhere")) is None
    True
    """
    files = [root / "package.json", root / "package-lock.json"]
    if not all(path.is_file() for path in files):
        return None
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


def are_current(root: Path) -> bool:
    """Tell whether the installed front-end packages are those of the lock file.

    Parameters
    ----------
    root : pathlib.Path
        The folder that holds ``package-lock.json`` and ``node_modules``.

    Returns
    -------
    bool

    Examples
    --------
    >>> are_current(Path("nowhere"))
    True
    """
    stamp = root / "node_modules" / STAMP
    aim = wanted(root)
    return aim is None or (stamp.is_file() and stamp.read_text(encoding="utf-8") == aim)


def install(root: Path, *, force: bool = False) -> bool:
    """Install the front-end packages if they are not those of the lock file.

    The machine's own npm does it or, where there is none, the Node that PyPI packages. Install scripts of
    the packages are not run: the pages need files, not programs.

    Parameters
    ----------
    root : pathlib.Path
        The folder that holds ``package-lock.json``.
    force : bool
        Install again what is current.

    Returns
    -------
    bool
        Whether anything was installed.

    Raises
    ------
    CourseError
        When npm fails or there is none, with npm's own last words and what to do.

    Examples
    --------
    >>> install(Path("nowhere"))
    False
    """
    aim = wanted(root)
    if aim is None or (are_current(root) and not force):
        return False
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    finished = npm(arguments, root)
    if finished.returncode != 0:
        raise CourseError(
            f"npm could not install the page assets of {root / 'package-lock.json'}:\n"
            f"{last_words(finished)}\n"
            "Check the network (a proxy is set by HTTPS_PROXY), then run `course assets` again."
        )
    (root / "node_modules" / STAMP).write_text(aim, encoding="utf-8")
    return True

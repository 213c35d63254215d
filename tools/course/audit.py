"""Known holes in what the course installs: its Python packages, and those of its pages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.course.front_end import SOURCE
from tools.course.npm import last_words, npm

LOCKS = (Path(), SOURCE)
"""Folders with a ``package-lock.json``, from the project's folder."""


@dataclass(frozen=True)
class Audit:
    """What is known about the packages of one lock file.

    Parameters
    ----------
    lock : str
        The file.
    holes : tuple of str
        A line for each known hole: the package and the advisory.
    unknown : str
        Why nothing can be said, where the advisories could not be read; empty otherwise.
    """

    lock: str
    holes: tuple[str, ...] = ()
    unknown: str = ""


def audits(root: Path, *, osv: str | None = None) -> Iterator[Audit]:
    """Compare every lock file with the published advisories.

    Parameters
    ----------
    root : pathlib.Path
        The project's folder.
    osv : str, optional
        Address of another database of the OSV kind for the Python packages.

    Yields
    ------
    Audit
        Python's by pip-audit, then those of each ``package-lock.json`` by npm.

    Raises
    ------
    CourseError
        If there is no npm.

    Examples
    --------
    >>> list(audits(Path("nowhere")))
    []
    """
    if (root / "constraints.txt").is_file():
        yield _python(root, osv)
    for folder in LOCKS:
        if (root / folder / "package-lock.json").is_file():
            yield _pages(root, folder)


def _python(root: Path, osv: str | None) -> Audit:
    lock = "constraints.txt"
    command = [sys.executable, "-m", "pip_audit", "--requirement", lock, "--no-deps", "--disable-pip"]
    command += ["--vulnerability-service", "osv", "--format", "json", "--progress-spinner", "off"]
    if osv:
        command += ["--osv-url", osv]
    finished = subprocess.run(
        command, cwd=root, capture_output=True, text=True, env=os.environ | {"PYTHONUTF8": "1"}
    )
    report = _json(finished.stdout)
    if "dependencies" not in report:
        said = last_words(finished).splitlines() or [f"pip-audit ended with {finished.returncode}"]
        return Audit(lock, unknown=said[-1])
    passed_over = [one["name"] for one in report["dependencies"] if "skip_reason" in one]
    if passed_over:
        return Audit(lock, unknown=f"nothing is known of {', '.join(passed_over[:5])} and perhaps more")
    return Audit(
        lock,
        tuple(
            f"{one['name']} {one['version']}: {hole['id']}"
            for one in report["dependencies"]
            for hole in one["vulns"]
        ),
    )


def _pages(root: Path, folder: Path) -> Audit:
    lock = (folder / "package-lock.json").as_posix()
    finished = npm(["audit", "--json", "--package-lock-only"], root / folder)
    report = _json(finished.stdout)
    if "vulnerabilities" not in report:
        said = last_words(finished).splitlines() or [f"npm audit ended with {finished.returncode}"]
        return Audit(lock, unknown=said[0])
    return Audit(
        lock,
        tuple(
            f"{name}: {cause['url']}"
            for name, found in report["vulnerabilities"].items()
            for cause in found["via"]
            if isinstance(cause, dict)
        ),
    )


def _json(text: str) -> dict[str, Any]:
    try:
        report = json.loads(text)
    except ValueError:  # what failed before it could report says so in its last words
        return {}
    return report if isinstance(report, dict) else {}

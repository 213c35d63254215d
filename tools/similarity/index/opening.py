"""Where an index is: an address, a folder, or what the environment says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from numpy.typing import NDArray

from tools import places
from tools.similarity.index.content import Content, checked_content
from tools.similarity.index.interface import TileIndex

KINDS = ("edge", "exact")
"""Of index that lie in a folder."""


def default_place() -> str:
    """Return where the index is when nothing is said.

    Returns
    -------
    str
        ``COURSE_QDRANT_URL`` where it is set; otherwise ``edge:`` and a folder in the cache.

    Examples
    --------
    >>> default_place().startswith(("edge:", "http"))
    True
    """
    return os.environ.get("COURSE_QDRANT_URL", "").strip() or f"edge:{places.cache_dir() / 'index'}"


def build_index(
    where: str | Path | None,
    tiles: pd.DataFrame,
    vectors: Mapping[str, NDArray],
    *,
    replace: bool = False,
) -> None:
    """Put tiles and their vectors into an index.

    Parameters
    ----------
    where : str, pathlib.Path or None
        ``edge:FOLDER`` (or the folder alone), ``exact:FOLDER``, the address of a Qdrant server, or None for
        `default_place`.
    tiles : pandas.DataFrame
        A row a tile: ``tile_id``, ``city_id``, ``country_code``, ``continent``.
    vectors : mapping of str to array of float, shape (len(tiles), dimensions)
        By method, in the order of `tiles`. Methods may differ in dimensions. Only directions count.
    replace : bool, optional
        Replace an index that holds something else. Those who search meanwhile find the old index or the new
        one, never half of one.

    Raises
    ------
    ValueError, WrongVectorError
        If tiles or vectors are not what an index needs; it says what is wrong.
    IndexExistsError
        If another index is there, and `replace` is False. The same content again is left as it is.
    IndexLockedError
        If the folder is in use.
    IndexDamagedError
        If what is there cannot be read, and `replace` is False.
    IndexGoneError
        If the server does not answer.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> tiles = pd.DataFrame({"tile_id": [70000, 70001, 80000], "city_id": [7, 7, 8],
    ...                       "country_code": ["FR", "FR", "PE"],
    ...                       "continent": ["Europe", "Europe", "South America"]})
    >>> vectors = {"mean": np.array([[1.0, 0.0], [0.9, 0.1], [0.8, 0.6]])}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     build_index(f"exact:{folder}", tiles, vectors)
    ...     with open_index(f"exact:{folder}") as index:
    ...         index.similar(70000, method="mean", other_cities_only=True)[0].tile_id
    80000
    """
    put(where, checked_content(tiles, vectors), replace=replace)


def open_index(where: str | Path | None = None, *, timeout: int = 10) -> TileIndex:
    """Open an index of tiles.

    Parameters
    ----------
    where : str, pathlib.Path or None, optional
        ``edge:FOLDER``, ``exact:FOLDER``, a folder alone for whichever of the two it holds, the address of a
        Qdrant server (``COURSE_QDRANT_API_KEY`` is its key), or None for `default_place`.
    timeout : int, optional
        Seconds within which a server must answer.

    Returns
    -------
    TileIndex
        To be used in a ``with`` block, or closed.

    Raises
    ------
    NoIndexError
        If there is none.
    IndexLockedError
        If another process has the folder open (``edge:`` is for one process at a time).
    IndexDamagedError
        If a file is missing or is not what was written.
    IndexGoneError
        If the server does not answer, or refuses the key.

    Examples
    --------
    >>> open_index("exact:no/such/folder")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    tools.similarity.index.errors.NoIndexError: there is no index in no/such/folder: build one with ...
    """
    kind, place = parsed(where)
    if kind == "server":
        from tools.similarity.index.server import ServerIndex

        return ServerIndex(place, timeout=timeout)
    from tools.similarity.index.folder import kind_of

    folder = Path(place).expanduser()
    if (kind or kind_of(folder)) == "exact":
        from tools.similarity.index.exact import ExactIndex

        return ExactIndex(folder)
    from tools.similarity.index.edge import EdgeIndex

    return EdgeIndex(folder)


def put(where: str | Path | None, contents: list[Content], *, replace: bool) -> None:
    """Write content that was checked; `build_index` says the rest."""
    kind, place = parsed(where)
    if kind == "server":
        from tools.similarity.index.server import write_server

        write_server(place, contents, replace=replace)
    elif kind == "exact":
        from tools.similarity.index.exact import write_exact

        write_exact(Path(place).expanduser(), contents, replace=replace)
    else:
        from tools.similarity.index.edge import write_edge

        write_edge(Path(place).expanduser(), contents, replace=replace)


def parsed(where: str | Path | None) -> tuple[str, str]:
    """Take a place apart into its kind (empty for a folder alone) and its folder or address.

    Raises
    ------
    ValueError
        If it is empty.

    Examples
    --------
    >>> parsed("exact:data/index"), parsed("https://qdrant.example.org")
    (('exact', 'data/index'), ('server', 'https://qdrant.example.org'))
    """
    where = default_place() if where is None else str(where)
    if where.startswith(("http://", "https://")):
        return "server", where
    kind, colon, place = where.partition(":")
    if not colon or kind not in KINDS:  # a drive of Windows has a colon too
        kind, place = "", where
    if not place.strip():
        raise ValueError(f"{where!r} names no folder: expected edge:FOLDER, exact:FOLDER or http(s)://…")
    return kind, place

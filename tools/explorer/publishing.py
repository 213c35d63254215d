"""The explorer as files: the same front end on look-alikes worked out beforehand, and no server."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
from collections.abc import Mapping
from math import ceil, sqrt
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from tools.explorer.holding import Shown, read_bias, read_shown
from tools.explorer.land import land_geojson
from tools.explorer.neighbours import find_neighbours, packed
from tools.explorer.pages import BUILT
from tools.explorer.payloads import layout, locations
from tools.explorer.security import content_policy
from tools.explorer.state import described
from tools.explorer.thumbnails import Thumbnails
from tools.similarity import open_world, without_location
from tools.similarity.pipeline import INDEXED
from tools.sources import DataError

SERVED = '<meta name="explorer-source" content="server:./api/v1" />'
"""What the built page says of its data, for a server to leave as it is."""

TITLE = "Places that look alike"


def publish_world(world: Path | str, folder: Path | str, *, k: int = 24, built: Path = BUILT) -> Path:
    """Write the explorer of a world that `tools.similarity.Pipeline` has made as a static page.

    Parameters
    ----------
    world : path
        The pipeline's folder, after the steps ``embed``, ``bias`` and ``layout``.
    folder : path
        Where the page goes; what is there is replaced.
    k : int, default 24
        Look-alikes of each tile.
    built : pathlib.Path, optional
        The built front end.

    Returns
    -------
    pathlib.Path
        The page, ``index.html``.

    Raises
    ------
    DataError
        If a step has not been done.

    See Also
    --------
    publish : which does it, and says what it writes.

    Examples
    --------
    >>> publish_world("nowhere", "page")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    tools.sources.errors.DataError: there is no folder nowhere; ...
    """
    world = Path(world)
    shown = read_shown(world)
    bias = read_bias(world)
    vectors = open_world(world, methods=INDEXED).vectors
    clean = {method: without_location(rows, bias) for method, rows in vectors.items()}
    return publish(shown, folder, methods=clean, k=k, built=built)


def publish(
    shown: Shown,
    folder: Path | str,
    *,
    methods: Mapping[str, NDArray],
    k: int = 24,
    title: str = TITLE,
    built: Path = BUILT,
) -> Path:
    """Write the explorer as a static page.

    Parameters
    ----------
    shown : tools.explorer.holding.Shown
        Tiles in the order of ``tile_id``, their layout, and pictures.
    folder : path
        Where the page goes. It is replaced when all of the new one is there.
    methods : mapping of str to array of numbers, shape (n_tiles, n_dimensions)
        Vectors by the method that made them, without location-bound dimensions.
    k : int, default 24
        Look-alikes of each tile; fewer where there are not as many in other cities.
    title : str, optional
        Stands over the help.
    built : pathlib.Path, optional
        The built front end.

    Returns
    -------
    pathlib.Path
        The page, ``index.html``; beside it the front end's files, and in ``data/``: ``config.json``,
        ``methods.json``, ``land.json``, ``locations.pack``, ``umap.pack``, ``neighbours/<method>.pack`` and
        ``thumbnails/<city_id>.png``. Packs are gzipped. The same bytes for the same data.

    Raises
    ------
    DataError
        If the front end was not built, or its page does not say where its data come from.
    ValueError
        If there are no methods, vectors are of other tiles, or no tile has one in another city.
    """
    if not methods:
        raise ValueError("there is no method to find look-alikes by: give vectors of one or more")
    city = shown.tiles["city_id"].to_numpy()
    wrong = [name for name, rows in methods.items() if len(rows) != len(city)]
    if wrong:
        raise ValueError(f"vectors {wrong[0]!r} are of {len(methods[wrong[0]]):,} tiles, not {len(city):,}")
    k = min(k, len(city) - int(np.unique(city, return_counts=True)[1].max()))
    folder = Path(folder)
    unfinished = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        _front_end(built, unfinished)
        data = unfinished / "data"
        (data / "neighbours").mkdir(parents=True)
        said = described({name: rows.shape for name, rows in methods.items()})
        without = _sprites(shown.tiles, shown.thumbnails, data / "thumbnails")
        config = {
            "title": title,
            "default_method": said.default,
            "page_size": k,
            "most_results": k,
            "can_filter_search": False,
            "has_thumbnails": shown.thumbnails.available,
            "thumbnail_note": shown.thumbnails.note,
            "without_thumbnail": without,
        }
        (data / "config.json").write_bytes(_json(config))
        (data / "methods.json").write_bytes(_json(said.model_dump()))
        (data / "land.json").write_bytes(land_geojson())
        (data / "locations.pack").write_bytes(_gzipped(locations(shown.tiles)))
        (data / "umap.pack").write_bytes(_gzipped(layout(shown.tiles, shown.layout)))
        for name, rows in methods.items():
            found = packed(find_neighbours(rows, city, k=k), shown.tiles)
            (data / "neighbours" / f"{name}.pack").write_bytes(_gzipped(found))
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder / "index.html"


def _front_end(built: Path, folder: Path) -> None:
    """Copy the front end, and let its page say that its data lie beside it and nothing else may be asked."""
    page = built / "index.html"
    if not page.is_file():
        raise DataError(f"the front end was not built in {built}: run `course frontend`")
    shutil.copytree(built, folder, ignore=shutil.ignore_patterns(".*"))
    text = page.read_text("utf-8")
    if text.count(SERVED) != 1:
        raise DataError(f"{page} does not say {SERVED}: build it again by `course frontend`")
    beside = (
        f'<meta http-equiv="Content-Security-Policy" content="{content_policy([], None)}" />\n'
        '    <meta name="explorer-source" content="static:./data" />'
    )
    (folder / "index.html").write_text(text.replace(SERVED, beside), "utf-8")


def _sprites(tiles: pd.DataFrame, thumbnails: Thumbnails, folder: Path) -> list[int]:
    """Write one picture a city with the squares of all its tiles; return the rows of tiles that have none."""
    without: list[int] = []
    if not thumbnails.available:
        return without
    folder.mkdir()
    ids = tiles["tile_id"].to_numpy()
    city = tiles["city_id"].to_numpy()
    for number in np.unique(city):
        rows = np.flatnonzero(city == number)
        pictures = [thumbnails.pixels(int(tile)) for tile in ids[rows]]
        there = [picture for picture in pictures if picture is not None]
        without += [int(row) for row, picture in zip(rows, pictures, strict=True) if picture is None]
        if not there:
            continue
        columns = ceil(sqrt(len(rows)))
        height, width, _ = there[0].shape
        sheet = np.zeros((ceil(len(rows) / columns) * height, columns * width, 3), np.uint8)
        for place, picture in enumerate(pictures):
            if picture is not None:
                top, left = place // columns * height, place % columns * width
                sheet[top : top + height, left : left + width] = picture
        written = io.BytesIO()
        Image.fromarray(sheet).save(written, "PNG", optimize=True)
        (folder / f"{number}.png").write_bytes(written.getvalue())
    return without


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _gzipped(pack: bytes) -> bytes:
    return gzip.compress(pack, 9, mtime=0)

"""The two roads to the embedding under a point: files on this disk or the web, and Earth Engine."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from tools import places
from tools.alphaearth.layout import locate
from tools.alphaearth.points import find_pixels, first_with_data, read_found
from tools.alphaearth.tiles import is_remote
from tools.batches import BatchError, fingerprint, finish, gather
from tools.embeddings import BANDS, N_BANDS, dequantise
from tools.extraction.showing import counter
from tools.sources import DataError, Mosaic, mosaic, origin_in_force
from tools.sources.disk import make_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_VERSION = 1
BATCH_POINTS = 20_000
_THREADS = 4  # each holds a block of 64 MB; more than four seldom read faster from one disk


class Found(NamedTuple):
    """What a road brought: vectors, points that no tile covers, and how many batches were done or at hand."""

    vectors: NDArray[np.float32]
    uncovered: NDArray[np.bool_]
    done: int
    reused: int


def by_earthengine(origin: str | None) -> bool:
    """Tell whether work goes by Earth Engine rather than by files.

    Parameters
    ----------
    origin : {"sample", "open", "earthengine"}, optional
        By default ``COURSE_ORIGIN``, else the sample.

    Returns
    -------
    bool

    Examples
    --------
    >>> by_earthengine("sample"), by_earthengine("earthengine")
    (False, True)
    """
    return origin_in_force(origin) == "earthengine"


def tiles_of(data: str, origin: str | None, size: str | None = None, progress: bool | None = None) -> Mosaic:
    """Return the tiles of a data set of pixels.

    Parameters
    ----------
    data : str
        Its name in the catalogue.
    origin : {"sample", "open"}, optional
        By default ``COURSE_ORIGIN``, else the sample.
    size : str, optional
        Of a data set that comes in several.
    progress : bool, optional
        Whether to show that the sample is being made.

    Returns
    -------
    Mosaic

    Raises
    ------
    DataError
        If there is no such data set, or it cannot be had.

    Examples
    --------
    >>> tiles_of("london-lsoa", "sample")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    tools.sources.errors.DataError: 'london-lsoa' is a table and has no tiles: ...
    """
    return mosaic(data, origin, progress=progress, **({"size": size} if size else {}))


def from_tiles(
    points: gpd.GeoSeries,
    year: int,
    tiles: Mosaic,
    *,
    data: str,
    folder: Path | None = None,
    batch_size: int | None = None,
    progress: bool | None = None,
) -> Found:
    """Read the embeddings under points, block after block of the files.

    Parameters
    ----------
    points : geopandas.GeoSeries
        n points with coordinates, in any CRS.
    year : int
        Of the embeddings.
    tiles : Mosaic
        Where they lie.
    data : str
        What they are called, for the recipe.
    folder : pathlib.Path, optional
        For finished batches; by default one of the cache that belongs to exactly this work.
    batch_size : int, optional
        At least so many points a batch, and whole blocks.
    progress : bool, optional
        Whether to show progress; by default where standard error is a terminal.

    Returns
    -------
    Found

    Raises
    ------
    DataError
        If the year has no tiles, a tile cannot be read, or the folder belongs to other work.

    Examples
    --------
    >>> from_tiles(buildings.geometry, 2024, tiles, data="liverpool-alphaearth")  # doctest: +SKIP
    """
    try:
        pixels = find_pixels(tiles.root, points, year, index=tiles.index)
    except (ValueError, OSError) as error:
        raise DataError(str(error)) from error
    uncovered = ~np.isin(np.arange(len(points)), pixels["point"])
    recipe = {
        "what": "pixels under points",
        "version": _VERSION,
        "data": data,
        "year": year,
        "tiles": _state_of(tiles, sorted(pixels["tile"].unique())),
    }
    batches = by_blocks(pixels, batch_size or BATCH_POINTS)
    folder = folder or _own_folder(recipe, [pixels.drop(columns="point")])
    threads = min(_THREADS, os.cpu_count() or 1)

    def ask(batch: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(read_found(tiles.root, batch), index=batch.index, columns=list(BANDS))

    with _Kept(folder) as kept, counter("points", progress) as told:
        paths = finish(batches, ask, folder, recipe=recipe, threads=threads, progress=told)
        stored = gather(paths).to_numpy() if paths else np.empty((0, N_BANDS), np.int8)
    vectors = dequantise(first_with_data(pixels, stored, len(points)))
    return Found(vectors, uncovered, *kept.counts(paths))


def from_earthengine(
    points: gpd.GeoSeries,
    year: int,
    *,
    folder: Path | None = None,
    batch_size: int | None = None,
    progress: bool | None = None,
) -> Found:
    """Ask Earth Engine for the embeddings under points.

    Parameters
    ----------
    points, year, folder, batch_size, progress
        As of `from_tiles`; `batch_size` is exact here.

    Returns
    -------
    Found
        Every point counts as covered: the server does not say why a pixel is masked.

    Raises
    ------
    DataError
        If Earth Engine refuses, or the folder belongs to other work.

    Examples
    --------
    >>> from_earthengine(buildings.geometry, 2024)  # doctest: +SKIP
    """
    from tools.sources import earthengine

    coordinates = points.get_coordinates().reset_index(drop=True)
    recipe = {"year": year, "road": "earthengine", "crs": points.crs.to_wkt(), "size": batch_size}
    folder = folder or _own_folder(recipe, [coordinates])
    options = {"batch_size": batch_size} if batch_size else {}
    earthengine.initialise()
    with _Kept(folder) as kept, counter("points", progress) as told:
        table = earthengine.embeddings_at(points, year, keep=folder, progress=told, **options)
    vectors = table.to_numpy("float32")
    return Found(vectors, np.zeros(len(points), bool), *kept.counts(sorted(folder.glob("*.parquet"))))


def by_blocks(pixels: pd.DataFrame, batch_size: int) -> list[pd.DataFrame]:
    """Cut pixels into batches of whole blocks, so that no block is read for two of them.

    Parameters
    ----------
    pixels : pandas.DataFrame
        As `tools.alphaearth.points.find_pixels` returns them.
    batch_size : int
        Blocks are put together until they hold at least so many pixels.

    Returns
    -------
    list of pandas.DataFrame
        In order; without the column ``point``.

    Raises
    ------
    ValueError
        If `batch_size` is less than 1.

    Examples
    --------
    >>> pixels = pd.DataFrame({"point": [0, 1, 2, 3], "block": [0, 0, 1, 4]})
    >>> [batch.index.tolist() for batch in by_blocks(pixels, 2)]
    [[0, 1], [2, 3]]
    """
    if batch_size < 1:
        raise ValueError(f"batch_size={batch_size}: a batch has at least one point")
    ends = np.flatnonzero(np.diff(pixels["block"], append=-1) != 0) + 1
    batches, first = [], 0
    for end in ends:
        if end - first >= batch_size or end == len(pixels):
            batches.append(pixels.iloc[first:end].drop(columns="point"))
            first = end
    return batches


class _Kept:
    """Which finished batches a folder held before some work, to tell what was done from what was at hand."""

    def __init__(self, folder: Path):
        make_folder(folder)
        self._before = {path: path.stat().st_mtime_ns for path in folder.glob("*.parquet")}

    def __enter__(self) -> _Kept:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, BatchError | OSError):
            raise DataError(str(error)) from error

    def counts(self, paths: list[Path]) -> tuple[int, int]:
        """Return how many of the files are new, and how many are as they were."""
        reused = sum(self._before.get(path) == path.stat().st_mtime_ns for path in paths)
        return len(paths) - reused, reused


def _own_folder(recipe: Mapping[str, Any], inputs: list[pd.DataFrame]) -> Path:
    names = [json.dumps(recipe, sort_keys=True), *map(fingerprint, inputs)]
    name = hashlib.sha256("".join(names).encode()).hexdigest()[:16]
    return places.cache_dir() / "extraction" / f"{recipe['year']}-{name}"


def _state_of(tiles: Mosaic, paths: list[str]) -> str:
    """Return a fingerprint of the tiles, so that batches from older files are not taken for new ones."""
    state = []
    for path in paths:
        address = locate(tiles.root, path)
        local = None if is_remote(address) else os.stat(address)
        state.append([path, local and local.st_size, local and local.st_mtime_ns])
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()[:16]

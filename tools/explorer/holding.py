"""What the explorer holds while it runs: the tiles, and an index that may go and come back."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import geopandas as gpd
import pandas as pd

from tools import provenance
from tools.explorer.models import Part
from tools.explorer.settings import Settings
from tools.explorer.thumbnails import PictureDamagedError, Thumbnails, of_composites, of_patches
from tools.sample.world_patches import WorldPatches
from tools.similarity import TileIndex, TileIndexError, World, open_index, open_world
from tools.similarity.index import (
    IndexDamagedError,
    IndexGoneError,
    IndexLockedError,
    NoIndexError,
)
from tools.similarity.layout import LAYOUT
from tools.similarity.worlds import world_folder
from tools.sources import DataError

T = TypeVar("T")

_BROKEN = (IndexGoneError, IndexDamagedError, IndexLockedError, NoIndexError)
_PAUSE = 1.0  # seconds after a failure during which the index is left alone
_LOOKED_AT = 0.1  # seconds for which an index's files are taken to be as they were seen
_HEALTH_SECONDS = 5.0


class BusyError(TileIndexError):
    """More searches are waiting than can be answered in time."""

    retry_after = 1


@dataclass(frozen=True)
class Shown:
    """What the explorer shows, whatever becomes of the index.

    Parameters
    ----------
    tiles : geopandas.GeoDataFrame
        A row a tile, in the order of ``tile_id``; see `tools.similarity.World`.
    layout : pandas.DataFrame
        ``x`` and ``y`` of each.
    thumbnails : Thumbnails
        Their pictures.
    """

    tiles: gpd.GeoDataFrame
    layout: pd.DataFrame
    thumbnails: Thumbnails


def world_of(settings: Settings) -> Path:
    """Return the folder of the tiles: the one that is set, or the sample's.

    Examples
    --------
    >>> world_of(Settings(world="elsewhere")).name
    'elsewhere'
    """
    return settings.world or world_folder("sample")


def read_shown(folder: Path) -> Shown:
    """Read what there is to show in a folder that `tools.similarity.Pipeline` has filled.

    Parameters
    ----------
    folder : pathlib.Path
        With the tiles' vectors and their layout.

    Returns
    -------
    Shown

    Raises
    ------
    DataError
        If a step has not been done, or tiles and layout do not belong together.

    Examples
    --------
    >>> read_shown(Path("nowhere"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    tools.sources.errors.DataError: there is no folder nowhere; ...
    """
    try:
        world = open_world(folder, methods=())
    except FileNotFoundError as error:
        raise DataError(str(error)) from error
    drawn = folder / "layout" / LAYOUT
    if not drawn.is_file():
        raise DataError(f"there is no layout in {folder}: run `course similarity layout` first")
    layout = pd.read_parquet(drawn)
    if len(layout) != len(world.tiles):
        raise DataError(
            f"the layout in {folder} is of {len(layout):,} tiles, and there are {len(world.tiles):,}: run "
            "`course similarity layout` again"
        )
    return Shown(world.tiles, layout, _thumbnails(folder, world))


def read_bias(folder: Path) -> pd.DataFrame:
    """Read which dimensions are bound to place, which no search counts.

    Parameters
    ----------
    folder : pathlib.Path
        As `tools.similarity.Pipeline` fills it.

    Returns
    -------
    pandas.DataFrame
        As `tools.similarity.location_bias` returns it.

    Raises
    ------
    DataError
        If they were not searched for yet.

    Examples
    --------
    >>> read_bias(Path("nowhere"))
    Traceback (most recent call last):
        ...
    tools.sources.errors.DataError: there is no bias.parquet in nowhere: run `course similarity bias` first
    """
    found = folder / "bias.parquet"
    if not found.is_file():
        raise DataError(f"there is no bias.parquet in {folder}: run `course similarity bias` first")
    return pd.read_parquet(found)


class Holder:
    """The tiles, and the index, asked from a few threads so that nobody waits for a slow one.

    An index that fails is left alone for a second, in which every search is answered with what was wrong;
    then one search tries it again, and opens it anew. So it recovers by itself, and a server that stalls
    holds up no more than as many threads as there are.

    Parameters
    ----------
    settings : Settings
        Where things are, and how long to wait for them.
    shown : Shown, optional
        What to show; by default read from the folder that the settings name.

    Raises
    ------
    DataError
        If there is nothing to show.
    TileIndexError
        If the index cannot be opened.
    """

    def __init__(self, settings: Settings, shown: Shown | None = None) -> None:
        self._settings = settings
        folder = world_of(settings)
        shown = shown or read_shown(folder)
        self.tiles, self.layout, self.thumbnails = shown.tiles, shown.layout, shown.thumbnails
        self._place = (
            settings.index or os.environ.get("COURSE_QDRANT_URL", "").strip() or str(folder / "index")
        )
        self._lock = threading.Lock()
        self._index: TileIndex | None = self._open()
        self.kind, self.where = self._index.kind, self._index.where
        self._seen = time.monotonic()
        self._failure: TileIndexError | None = None
        self._again = 0.0
        self._probed = False
        self._waiting = 0
        self._threads = ThreadPoolExecutor(settings.concurrent_searches, "search")
        self._doctor = ThreadPoolExecutor(1, "health")
        self._examination: asyncio.Future[dict[str, str]] | None = None
        self._looked = -1
        self._closed = False

    async def search(self, ask: Callable[[TileIndex], T]) -> T:
        """Ask the index something, in a thread.

        Parameters
        ----------
        ask : callable
            Given the index, returns what is wanted.

        Returns
        -------
        object
            What `ask` returned.

        Raises
        ------
        BusyError
            If too many are waiting already.
        TileIndexError
            What the index raised; while it fails, the same again without asking it. `IndexGoneError` where it
            did not answer in time.
        """
        probing = self._pass_or_raise()
        most = self._settings.concurrent_searches + self._settings.waiting_searches
        if self._waiting >= most:
            raise BusyError("too many searches are waiting; try again in a second")
        self._waiting += 1
        work = asyncio.get_running_loop().run_in_executor(self._threads, self._asked, ask)
        work.add_done_callback(self._one_less)
        try:
            return await self._in_time(work)
        except _BROKEN as error:
            self._fail(error)
            raise
        finally:
            if probing:
                self._probed = False

    async def health(self) -> list[Part]:
        """Say whether each part works; the index is looked at anew.

        Returns
        -------
        list of Part
        """
        if self._examination is None or self._examination.done():
            loop = asyncio.get_running_loop()
            self._examination = loop.run_in_executor(self._doctor, self._examined)
        try:
            found = await asyncio.wait_for(asyncio.shield(self._examination), _HEALTH_SECONDS)
        except TimeoutError:
            silent = f"the index at {self.where} has not answered for {_HEALTH_SECONDS:.0f} s"
            found = {"index": silent, "thumbnails": ""}
        # Tiles and layout were read and compared at the start, and are in memory: no file is asked again.
        problems = {"tiles": "", "layout": "", **found}
        return [Part(name=name, ok=not problem, problem=problem) for name, problem in problems.items()]

    def close(self) -> None:
        """Let go of the index and of the threads; what is still running is not waited for."""
        self._closed = True
        for threads in (self._threads, self._doctor):
            threads.shutdown(wait=False, cancel_futures=True)
        self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _pass_or_raise(self) -> bool:
        """Raise while the index is left alone; return whether this search is the one that tries it again."""
        if self._failure is None:
            return False
        if time.monotonic() < self._again or self._probed:
            raise self._failure.with_traceback(None)
        self._probed = True
        return True

    def _fail(self, error: TileIndexError) -> None:
        self._failure = error
        self._again = time.monotonic() + _PAUSE

    def _one_less(self, work: asyncio.Future) -> None:
        self._waiting -= 1
        if not work.cancelled():
            work.exception()  # one whose asker has gone is looked at here, so that nothing is said of it

    async def _in_time(self, work: Awaitable[T]) -> T:
        seconds = self._settings.search_seconds
        try:
            return await asyncio.wait_for(asyncio.shield(work), seconds)
        except TimeoutError:
            raise IndexGoneError(
                f"the index at {self.where} did not answer within {seconds:g} s; /health says more"
            ) from None

    def _asked(self, ask: Callable[[TileIndex], T]) -> T:
        """In a thread: open the index if need be, look at it, and ask it."""
        try:
            return ask(self._held())
        except _BROKEN:
            self._drop()
            raise
        finally:
            if self._index is not None:  # whatever it said, it did answer
                self._failure = None

    def _held(self) -> TileIndex:
        with self._lock:
            if self._closed:
                raise IndexGoneError("the explorer is closing")
            index = self._index
            now = time.monotonic()
            # An index in a folder is mapped into memory: to read what was cut off would end the process.
            if index and index.kind != "server" and now - self._seen > _LOOKED_AT:
                if not index.health().ok:
                    index.close()
                    self._index = index = None
                self._seen = now
            if index is None:
                self._index = index = self._open()
                self._seen = now
            return index

    def _drop(self) -> None:
        with self._lock:
            index, self._index = self._index, None
        if index:
            index.close()

    def _open(self) -> TileIndex:
        return open_index(self._place, timeout=max(1, int(self._settings.search_seconds)))

    def _examined(self) -> dict[str, str]:
        """In a thread: what is wrong with each part that can go wrong while the explorer runs."""
        return {"index": self._index_problem(), "thumbnails": self._picture_problem()}

    def _picture_problem(self) -> str:
        """What is wrong with the picture of the tile whose turn it is."""
        self._looked = (self._looked + 1) % len(self.tiles)
        try:
            self.thumbnails.pixels(int(self.tiles["tile_id"].iloc[self._looked]))
        except PictureDamagedError as error:
            return str(error)
        return ""

    def _index_problem(self) -> str:
        try:
            found = self._held().health()
        except TileIndexError as error:
            self._fail(error)
            return str(error)
        if found.ok:
            self._failure = None
            return ""
        self._drop()
        self._fail(IndexGoneError(found.problem))
        return found.problem


def _thumbnails(folder: Path, world: World) -> Thumbnails:
    mark = provenance.of(world.tiles)
    if mark and mark.synthetic:
        return of_patches(world.tiles, WorldPatches(), ~read_bias(folder)["location_bound"].to_numpy(bool))
    return of_composites(folder) if (folder / "imagery.csv").is_file() else Thumbnails()

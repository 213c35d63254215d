"""The default index: Qdrant's own engine inside this process, on a folder of this machine."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tools.similarity.index.content import PAYLOAD, Content, Places
from tools.similarity.index.errors import UnknownTileError
from tools.similarity.index.exact import folder_health
from tools.similarity.index.folder import FolderLock, Part, damaged, faults, read_parts, write_folder
from tools.similarity.index.interface import Candidate, Health, Plan, TileIndex, closed

if TYPE_CHECKING:
    from qdrant_edge import EdgeShard, Filter

LINKS, BUILD_DEPTH, SEARCH_DEPTH = 16, 128, 256
"""Of the graph of neighbours (HNSW): links a tile, and how many tiles building and searching look at.

Deeper searches find more of the true neighbours and take longer.
"""
SCANNED_KB = 30_000
"""Up to so many kilobytes of vectors, all are compared: 10,000 tiles of 768 numbers."""

_REWRITTEN = frozenset({"edge_config.json"})
"""Written anew by the engine whenever it opens a shard."""
_PART = 1_000


class EdgeIndex(TileIndex):
    """An index of tiles in a folder, searched by Qdrant Edge along a graph of neighbours.

    Where cities are left out, which are those around the query, the search goes on through them to what is
    behind (ACORN; Patel et al. 2024, doi:10.1145/3654923). Where it keeps to some places, all of their tiles
    are compared.

    Parameters
    ----------
    folder : pathlib.Path
        Where `write_edge` wrote it. One process at a time can have it open; within that process it can be
        opened again and again.

    Raises
    ------
    NoIndexError
        If there is none of this kind.
    IndexLockedError
        If another process has it open.
    IndexDamagedError
        If a file is missing or is not what was written, or the engine does not take it.
    """

    kind = "edge"

    def __init__(self, folder: Path) -> None:
        self.where = str(folder)
        self._folder = folder
        self._shards: _Shards | None = _opened(folder)
        self._parts = self._shards.parts

    def count(self, method: str) -> int:
        """Return how many tiles there are vectors of by a method."""
        self.dimension(method)
        with self._asking() as shards:
            return int(shards.of[method].info().points_count)

    def health(self, *, thorough: bool = False) -> Health:
        """Say whether the index can answer now, and is still the one that was opened."""
        return folder_health(self, self._folder, self._parts, self._shards is not None, thorough)

    def content(self, method: str) -> Content:
        """Read all of a method's vectors, with their tiles."""
        from qdrant_edge import ScrollRequest

        dimension, count = self.dimension(method), self.count(method)
        ids, payloads = [], []
        vectors = np.empty((count, dimension), np.float32)
        with self._asking() as shards:
            start = None
            while len(ids) < count:
                request = ScrollRequest(offset=start, limit=_PART, with_payload=True, with_vector=True)
                records, start = shards.of[method].scroll(request)
                if not records:
                    raise damaged(self._folder, [f"{method} has {len(ids)} tiles of {count}"])
                vectors[len(ids) : len(ids) + len(records)] = [record.vector for record in records]
                ids += [record.id for record in records]
                payloads += [record.payload for record in records]
        columns = ([payload[name] for payload in payloads] for name in PAYLOAD)
        return Content(method, Places(np.array(ids, np.int64), *map(np.array, columns)), vectors).in_order()

    def close(self) -> None:
        """Let go of the folder."""
        # The shards close when the last search that is under way has let go of them.
        self._shards = None

    def _dimensions(self) -> Mapping[str, int]:
        if self._shards is None:
            raise closed(self.where)
        return {method: part.dimension for method, part in self._parts.items()}

    def _look_up(self, tile_id: int, method: str) -> tuple[list[float], int]:
        with self._asking() as shards:
            found = shards.of[method].retrieve([tile_id], ["city_id"], True)
        if not found:
            raise UnknownTileError(f"the index has no tile {tile_id}")
        return found[0].vector, int(found[0].payload["city_id"])

    def _nearest(self, query: list[float] | NDArray[np.float32], method: str, plan: Plan) -> list[Candidate]:
        from qdrant_edge import AcornSearchParams, Query, SearchParams, SearchRequest

        request = SearchRequest(
            query=Query.Nearest(query if isinstance(query, list) else query.tolist()),
            limit=min(plan.limit, self._parts[method].count),
            filter=_filter(plan),
            params=SearchParams(
                hnsw_ef=max(SEARCH_DEPTH, plan.depth),
                exact=bool(plan.only),
                acorn=AcornSearchParams(enable=bool(plan.not_cities), max_selectivity=1.0),
            ),
            with_payload=["city_id"],
        )
        with self._asking() as shards:
            hits = shards.of[method].search(request)
        return [Candidate(hit.id, hit.score, int(hit.payload["city_id"])) for hit in hits]

    @contextlib.contextmanager
    def _asking(self) -> Iterator[_Shards]:
        shards = self._shards
        if shards is None:
            raise closed(self.where)
        with _engine(self._folder):
            yield shards


class _Shards:
    """The shards of a folder and its lock, for all of this process; let go when nobody refers to them."""

    def __init__(self, folder: Path) -> None:
        from qdrant_edge import EdgeShard

        read_parts(folder, EdgeIndex.kind)  # before a lock file is made where no index is
        lock = FolderLock(folder)
        self.of: dict[str, EdgeShard] = {}
        self._letting_go = weakref.finalize(self, _let_go, self.of, lock)
        try:
            self.parts: dict[str, Part] = read_parts(folder, EdgeIndex.kind)
            wrong = faults(folder, self.parts)
            if wrong:
                raise damaged(folder, wrong)
            for method, part in self.parts.items():
                with _engine(folder):
                    self.of[method] = shard = EdgeShard.load(str(folder / part.name))
                    there = shard.info().points_count
                if there != part.count:
                    raise damaged(folder, [f"{part.name} has {there} tiles instead of {part.count}"])
        except BaseException:
            self._letting_go()
            raise


_open: weakref.WeakValueDictionary[Path, _Shards] = weakref.WeakValueDictionary()
_opening = threading.Lock()


def _opened(folder: Path) -> _Shards:
    with _opening:
        home = folder.resolve()
        shards = _open.get(home)
        # Whoever deleted the folder and built it again is not given the shards that were there before.
        if shards is None or shards.parts != read_parts(folder, EdgeIndex.kind):
            shards = _open[home] = _Shards(folder)
        return shards


def _let_go(shards: dict[str, EdgeShard], lock: FolderLock) -> None:
    for shard in shards.values():
        shard.close()
    shards.clear()
    lock.close()


@contextlib.contextmanager
def _engine(folder: Path) -> Iterator[None]:
    """Turn the engine's nameless errors, and its panics, into one that says what to do."""
    try:
        yield
    except BaseException as error:
        # It raises `Exception` itself, and Rust's panics, which no `except Exception` catches.
        if type(error) is not Exception and type(error).__name__ != "PanicException":
            raise
        raise damaged(folder, [f"the engine says: {error}"]) from error


def write_edge(folder: Path, contents: list[Content], *, replace: bool) -> None:
    """Write an index that `EdgeIndex` opens; `tools.similarity.index.build_index` says the rest."""
    write_folder(folder, EdgeIndex.kind, contents, _write, replace=replace, left_out=_REWRITTEN)


def _write(content: Content, folder: Path) -> None:
    import qdrant_edge as edge

    configuration = edge.EdgeConfig(
        vectors=edge.EdgeVectorParams(content.vectors.shape[1], edge.Distance.Cosine),
        hnsw_config=edge.HnswIndexConfig(
            LINKS, BUILD_DEPTH, SCANNED_KB, max_indexing_threads=os.cpu_count() or 1
        ),
        # One segment with everything, and no log of changes: the index is written once.
        optimizers=edge.EdgeOptimizersConfig(
            default_segment_number=1, max_segment_size=1 << 30, indexing_threshold=1
        ),
        wal_enabled=False,
    )
    with _engine(folder):
        shard = edge.EdgeShard.create(str(folder), configuration)
        whole = edge.IntegerIndexParams(lookup=True, range=False, enable_hnsw=False)
        text = edge.KeywordIndexParams(enable_hnsw=False)
        for name in PAYLOAD:
            kind = whole if name == "city_id" else text
            shard.update(edge.UpdateOperation.create_field_index(name, kind))
        for rows, units in content.units():
            ids = content.places.tile_id[rows].tolist()
            points = [
                edge.Point(tile_id, vector, content.places.payload(row))
                for row, (tile_id, vector) in enumerate(zip(ids, units.tolist(), strict=True), rows.start)
            ]
            shard.update(edge.UpdateOperation.upsert_points(points))
        shard.optimize()
        shard.flush()
        shard.close()


def _filter(plan: Plan) -> Filter | None:
    import qdrant_edge as edge

    kept = [
        edge.FieldCondition(name, match=edge.MatchAny(list(values))) for name, values in plan.only.items()
    ]
    left = []
    if plan.not_tiles:
        left.append(edge.HasIdCondition(set(plan.not_tiles)))
    if plan.not_cities:
        left.append(edge.FieldCondition("city_id", match=edge.MatchAny(list(plan.not_cities))))
    return edge.Filter(must=kept or None, must_not=left or None) if kept or left else None

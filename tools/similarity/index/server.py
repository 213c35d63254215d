"""An index on a Qdrant server, which many can ask at once, and which can be anywhere.

A method's vectors are a collection, named by what is in it; an alias without that mark points to it::

    tiles_mean  →  tiles_mean-0123456789abcdef

An index is replaced by turning all of its aliases at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from qdrant_client import models

from tools.similarity.index.connection import Connection, MissingError
from tools.similarity.index.content import PAYLOAD, Content, Places
from tools.similarity.index.edge import BUILD_DEPTH, LINKS, SCANNED_KB, SEARCH_DEPTH
from tools.similarity.index.errors import (
    IndexDamagedError,
    IndexExistsError,
    NoIndexError,
    TileIndexError,
    UnknownTileError,
)
from tools.similarity.index.interface import Candidate, Health, Plan, TileIndex, closed

_PREFIX = "tiles_"
_OURS = re.compile(rf"{_PREFIX}[a-z][a-z0-9_]*-[0-9a-f]{{16}}")
_UPLOADED, _READ = 256, 1_000
_SECONDS_TO_WRITE = 60


class ServerIndex(TileIndex):
    """An index of tiles on a Qdrant server.

    Parameters
    ----------
    url : str
        The server's address; its key is in ``COURSE_QDRANT_API_KEY``.
    timeout : int, optional
        Seconds within which each question must be answered.

    Raises
    ------
    NoIndexError
        If the server holds no tiles.
    IndexGoneError
        If it does not answer, or refuses the key.
    """

    kind = "server"

    def __init__(self, url: str, *, timeout: int = 10) -> None:
        connection = Connection(url, timeout)
        self.where = connection.where
        self._connection: Connection | None = connection
        try:
            self._collections = _aliases(connection)
            if not self._collections:
                raise NoIndexError(
                    f"the Qdrant server at {self.where} holds no tiles: build an index there with "
                    "build_index, or restore one from a snapshot"
                )
            self._sizes = {
                method: _size(connection, collection) for method, collection in self._collections.items()
            }
        except BaseException:
            self.close()
            raise

    def count(self, method: str) -> int:
        """Return how many tiles there are vectors of by a method."""
        self.dimension(method)
        return _count(self._asked(), _PREFIX + method)

    def health(self, *, thorough: bool = False) -> Health:
        """Say whether the server answers, and still has the index that was opened.

        Parameters
        ----------
        thorough : bool, optional
            Makes no difference: a server's files cannot be seen from here.

        Returns
        -------
        Health
        """
        try:
            connection = self._asked()
            if _aliases(connection) != self._collections:
                problem = f"the index at {self.where} was replaced since it was opened: open it again"
                return Health(False, self.kind, self.where, {}, problem)
            counts = {method: _count(connection, name) for method, name in self._collections.items()}
        except TileIndexError as error:
            return Health(False, self.kind, self.where, {}, str(error))
        return Health(True, self.kind, self.where, counts)

    def content(self, method: str) -> Content:
        """Read all of a method's vectors, with their tiles."""
        self.dimension(method)
        ids: list[int] = []
        payloads: list[dict] = []
        parts: list[NDArray[np.float32]] = []
        start = None
        while not ids or start is not None:
            records, start = self._asked().ask(
                "scroll",
                self._collections[method],  # which stays what it is, wherever the alias turns meanwhile
                limit=_READ,
                offset=start,
                with_payload=list(PAYLOAD),
                with_vectors=True,
            )
            if not records:
                raise IndexDamagedError(f"{method} at {self.where} is empty: build the index again")
            ids += [record.id for record in records]
            payloads += [record.payload for record in records]
            parts.append(np.array([record.vector for record in records], np.float32))
        columns = (np.array([payload[name] for payload in payloads]) for name in PAYLOAD)
        return Content(method, Places(np.array(ids, np.int64), *columns), np.concatenate(parts)).in_order()

    def close(self) -> None:
        """Let go of the server."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _asked(self) -> Connection:
        if self._connection is None:
            raise closed(self.where)
        return self._connection

    def _dimensions(self) -> Mapping[str, int]:
        self._asked()
        return self._sizes

    def _look_up(self, tile_id: int, method: str) -> tuple[int, int]:
        found = self._asked().ask(
            "retrieve", _PREFIX + method, [tile_id], with_payload=["city_id"], with_vectors=False
        )
        if not found:
            raise UnknownTileError(f"the index has no tile {tile_id}")
        # The number stands for the vector, which so need not cross the wire twice.
        return tile_id, int(found[0].payload["city_id"])

    def _nearest(self, query: int | NDArray[np.float32], method: str, plan: Plan) -> list[Candidate]:
        found = self._asked().ask(
            "query_points",
            _PREFIX + method,
            query=query if isinstance(query, int) else query.tolist(),
            query_filter=_filter(plan),
            search_params=models.SearchParams(
                hnsw_ef=max(SEARCH_DEPTH, plan.depth),
                exact=bool(plan.only),
                acorn=models.AcornSearchParams(enable=bool(plan.not_cities), max_selectivity=1.0),
            ),
            limit=plan.limit,
            with_payload=["city_id"],
        )
        return [Candidate(int(hit.id), hit.score, int(hit.payload["city_id"])) for hit in found.points]


def write_server(url: str, contents: list[Content], *, replace: bool) -> None:
    """Put content onto a Qdrant server; `tools.similarity.index.build_index` says the rest.

    Parameters
    ----------
    url : str
        The server's address; its key is in ``COURSE_QDRANT_API_KEY``.
    contents : list of Content
        What.
    replace : bool
        Whether other tiles that are there may be replaced.

    Raises
    ------
    IndexExistsError
        If the server holds other tiles, and `replace` is False.
    IndexGoneError
        If it does not answer, or refuses the key.

    Notes
    -----
    Only collections that the aliases pointed to are removed. Where a build was broken off, the same build
    takes up whole collections that it left; those of other content stay until somebody deletes them.
    """
    connection = Connection(url, _SECONDS_TO_WRITE)
    try:
        old = _aliases(connection)
        wanted = {content.method: f"{_PREFIX}{content.method}-{content.fingerprint}" for content in contents}
        if old and old != wanted and not replace:
            raise IndexExistsError(
                f"the Qdrant server at {connection.where} holds another index ({', '.join(sorted(old))}): "
                "pass replace=True to replace it, or choose another place"
            )
        for content in contents:
            _upload(connection, wanted[content.method], content)
        now = _aliases(connection)  # a collection that had to be made anew has lost its alias
        if now == wanted:
            return
        turns = [_gone(method) for method in now] + [_points(*pair) for pair in wanted.items()]
        connection.ask("update_collection_aliases", turns)
        for collection in set(old.values()) - set(wanted.values()):
            if _OURS.fullmatch(collection):
                connection.ask("delete_collection", collection)
    finally:
        connection.close()


def _upload(connection: Connection, collection: str, content: Content) -> None:
    """Fill a collection, unless it is there and whole."""
    rows, dimension = content.vectors.shape
    try:
        if _count(connection, collection) == rows:
            return
        connection.ask("delete_collection", collection)
    except MissingError:
        pass  # the usual case: it is about to be made
    connection.ask(
        "create_collection",
        collection,
        vectors_config=models.VectorParams(size=dimension, distance=models.Distance.COSINE),
        hnsw_config=models.HnswConfigDiff(m=LINKS, ef_construct=BUILD_DEPTH, full_scan_threshold=SCANNED_KB),
    )
    for name in PAYLOAD:
        kind = models.PayloadSchemaType.INTEGER if name == "city_id" else models.PayloadSchemaType.KEYWORD
        connection.ask("create_payload_index", collection, name, kind)
    for part, units in content.units():
        for first in range(part.start, part.stop, _UPLOADED):
            some = range(first, min(first + _UPLOADED, part.stop))
            batch = models.Batch(
                ids=content.places.tile_id[some.start : some.stop].tolist(),
                vectors=units[some.start - part.start : some.stop - part.start].tolist(),
                payloads=[content.places.payload(row) for row in some],
            )
            connection.ask("upsert", collection, batch, wait=True)


def _aliases(connection: Connection) -> dict[str, str]:
    """The collection of each method."""
    aliases = connection.ask("get_aliases").aliases
    return {
        alias.alias_name.removeprefix(_PREFIX): alias.collection_name
        for alias in aliases
        if alias.alias_name.startswith(_PREFIX)
    }


def _size(connection: Connection, collection: str) -> int:
    vectors = connection.ask("get_collection", collection).config.params.vectors
    if not isinstance(vectors, models.VectorParams):
        raise IndexDamagedError(f"{collection} at {connection.where} was not written by build_index")
    return int(vectors.size)


def _count(connection: Connection, collection: str) -> int:
    return int(connection.ask("count", collection, exact=True).count)


def _gone(method: str) -> models.DeleteAliasOperation:
    return models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=_PREFIX + method))


def _points(method: str, collection: str) -> models.CreateAliasOperation:
    return models.CreateAliasOperation(
        create_alias=models.CreateAlias(collection_name=collection, alias_name=_PREFIX + method)
    )


def _filter(plan: Plan) -> models.Filter | None:
    kept = [
        models.FieldCondition(key=name, match=models.MatchAny(any=list(values)))
        for name, values in plan.only.items()
    ]
    left: list[models.Condition] = []
    if plan.not_tiles:
        left.append(models.HasIdCondition(has_id=sorted(plan.not_tiles)))
    if plan.not_cities:
        among = models.MatchAny(any=sorted(plan.not_cities))
        left.append(models.FieldCondition(key="city_id", match=among))
    return models.Filter(must=kept or None, must_not=left or None) if kept or left else None

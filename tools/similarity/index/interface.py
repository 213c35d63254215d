"""The one interface to an index of tiles, and all that does not depend on where the vectors are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from numbers import Integral, Real
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from tools.similarity.index.content import PAYLOAD, Content
from tools.similarity.index.errors import IndexGoneError, NoMethodError, UnknownTileError, WrongVectorError

_MOST = 2**31  # beyond it, engines count no further
_DEEPEST = 2**16  # room for as many is made before the search begins


class Hit(NamedTuple):
    """A tile that was found, and how alike it is: the cosine of the angle between the vectors."""

    tile_id: int
    score: float


class Candidate(NamedTuple):
    """A hit, and the city that it is in."""

    tile_id: int
    score: float
    city_id: int


@dataclass(frozen=True)
class Health:
    """Whether an index can answer now.

    Parameters
    ----------
    ok : bool
        It can.
    kind : {"edge", "exact", "server"}
        Where the vectors are.
    where : str
        The folder or address, without what is secret.
    counts : dict of str to int
        Tiles by method; empty where they could not be counted.
    problem : str
        What is wrong and what to do; empty where nothing is.
    """

    ok: bool
    kind: str
    where: str
    counts: dict[str, int] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class Plan:
    """What to look for, as every kind of index can do it: the nearest, without some."""

    limit: int
    depth: int
    only: Mapping[str, tuple] = field(default_factory=dict)
    not_tiles: frozenset[int] = frozenset()
    not_cities: frozenset[int] = frozenset()


class TileIndex(ABC):
    """An index of tiles that is open. Close it, or use it in a ``with`` block.

    It may be asked from several threads at once.
    """

    kind: str
    where: str

    def similar(
        self,
        tile_id: int,
        *,
        method: str,
        limit: int = 10,
        offset: int = 0,
        other_cities_only: bool = False,
        per_city: int | None = None,
        min_score: float | None = None,
        only: Mapping[str, Any] | None = None,
    ) -> list[Hit]:
        """Return the tiles most like one of the index's own, the most alike first, without that tile.

        Parameters
        ----------
        tile_id : int
            Of the tile to compare with.
        method : str
            Which vectors to compare.
        limit : int, optional
            How many to return; fewer where no more are left.
        offset : int, optional
            How many to pass over first, for the next page.
        other_cities_only : bool, optional
            Leave out the tiles of the same city.
        per_city : int, optional
            At most so many of each city: its most alike.
        min_score : float, optional
            Leave out what is less alike, from -1 to 1.
        only : mapping of str to value or list of values, optional
            Keep to some places, by ``city_id``, ``country_code`` or ``continent``:
            ``{"continent": ["Africa", "Asia"]}``. Every such tile is compared then.

        Returns
        -------
        list of Hit
            Tiles and their scores. Of equal scores, the lower number comes first.

        Raises
        ------
        UnknownTileError, NoMethodError
            If the index does not hold it.
        ValueError
            If a number is out of range, or `only` names a column that there is not.
        IndexGoneError, IndexDamagedError
            If the index cannot answer.
        """
        self.dimension(method)
        if isinstance(tile_id, bool) or not isinstance(tile_id, Integral) or not 0 <= tile_id < 2**63:
            raise UnknownTileError(f"{tile_id!r} is no tile's number")
        tile_id = int(tile_id)
        query, city = self._look_up(tile_id, method)
        plan = Plan(
            1,
            1,
            _kept(only),
            frozenset([tile_id]),
            frozenset([city]) if other_cities_only else frozenset(),
        )
        return self._page(query, method, plan, limit, offset, per_city, min_score)

    def search(
        self,
        vector: ArrayLike,
        *,
        method: str,
        limit: int = 10,
        offset: int = 0,
        per_city: int | None = None,
        min_score: float | None = None,
        only: Mapping[str, Any] | None = None,
    ) -> list[Hit]:
        """Return the tiles whose vectors point most nearly where a given one does.

        Parameters
        ----------
        vector : array of float, shape (dimensions,)
            Of any length but zero.
        method, limit, offset, per_city, min_score, only
            As for `similar`.

        Returns
        -------
        list of Hit
            Tiles and their scores, the most alike first.

        Raises
        ------
        WrongVectorError
            If the vector has another number of dimensions than the method's, or is zero or not finite.
        NoMethodError, ValueError, IndexGoneError, IndexDamagedError
            As for `similar`.
        """
        expected = self.dimension(method)
        query = np.asarray(vector, np.float64)
        if query.shape != (expected,):
            raise WrongVectorError(
                f"{method} has {expected} dimensions, and the vector's shape is {query.shape}; expected "
                f"({expected},)"
            )
        length = np.linalg.norm(query)
        if not np.isfinite(length) or length == 0:
            raise WrongVectorError("the vector is zero or not finite, so it points nowhere")
        query = (query / length).astype(np.float32)
        return self._page(query, method, Plan(1, 1, _kept(only)), limit, offset, per_city, min_score)

    def dimension(self, method: str) -> int:
        """Return how many numbers a vector of a method has.

        Parameters
        ----------
        method : str
            One of `methods`.

        Returns
        -------
        int

        Raises
        ------
        NoMethodError
            If the index has none of that name.
        IndexGoneError
            If the index is closed, or its server does not answer.
        """
        dimensions = self._dimensions()
        if method not in dimensions:
            raise NoMethodError(f"the index has no method {method!r}; it has {', '.join(sorted(dimensions))}")
        return dimensions[method]

    def methods(self) -> list[str]:
        """Return the names of the methods that there are vectors of, in order."""
        return sorted(self._dimensions())

    @abstractmethod
    def count(self, method: str) -> int:
        """Return how many tiles there are vectors of by a method."""

    @abstractmethod
    def health(self, *, thorough: bool = False) -> Health:
        """Say whether the index can answer now; raises nothing.

        Parameters
        ----------
        thorough : bool, optional
            Read every file and compare it with what was written: seconds for a large index.

        Returns
        -------
        Health
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of files, locks and connections. What is asked afterwards raises `IndexGoneError`."""

    def snapshot(self, path: Path | str) -> Path:
        """Write all of the index into one file, from which `restore` makes an index of any kind.

        Parameters
        ----------
        path : pathlib.Path or str
            The file to write; one that is there is replaced when the new one is whole. It is a NumPy archive
            (``numpy.load`` reads it), and the same content makes the same bytes.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        IndexGoneError, IndexDamagedError
            If the index cannot be read.
        OSError
            If the file cannot be written.
        """
        from tools.similarity.index.snapshots import write_snapshot

        return write_snapshot(Path(path), (self.content(method) for method in self.methods()))

    @abstractmethod
    def content(self, method: str) -> Content:
        """Read all of a method's vectors, at length one, with their tiles, in order of the tiles' numbers."""

    @abstractmethod
    def _dimensions(self) -> Mapping[str, int]:
        """Numbers of a vector, by method. Raises `IndexGoneError` once the index is closed."""

    @abstractmethod
    def _look_up(self, tile_id: int, method: str) -> tuple[Any, int]:
        """What `_nearest` takes as the query for a tile, and the tile's city; or raise `UnknownTileError`."""

    @abstractmethod
    def _nearest(self, query: Any, method: str, plan: Plan) -> list[Candidate]:
        """The nearest tiles that the plan allows, at most its limit; cities may be 0 where it limits none."""

    def _page(
        self,
        query: Any,
        method: str,
        plan: Plan,
        limit: int,
        offset: int,
        per_city: int | None,
        min_score: float | None,
    ) -> list[Hit]:
        for name, value, least in (("limit", limit, 1), ("offset", offset, 0), ("per_city", per_city, 1)):
            if value is not None and (
                isinstance(value, bool) or not isinstance(value, Integral) or value < least
            ):
                raise ValueError(f"{name}={value!r}: expected a whole number from {least} up")
        if min_score is not None and not (isinstance(min_score, Real) and -1 <= min_score <= 1):
            raise ValueError(f"min_score={min_score!r}: expected a number from -1 to 1")
        wanted = min(int(limit) + int(offset), _MOST)
        # A search of the same depth finds the same tiles: so pages fit together.
        plan = replace(plan, limit=wanted, depth=min(1 << (wanted - 1).bit_length(), _DEEPEST))
        if per_city is None:
            found = self._nearest(query, method, plan)
        else:
            found = self._few_per_city(query, method, plan, int(per_city))
        found = sorted(found, key=lambda hit: (-hit.score, hit.tile_id))[:wanted]
        floor = -np.inf if min_score is None else float(min_score)
        return [Hit(hit.tile_id, hit.score) for hit in found[int(offset) :] if hit.score >= floor]

    def _few_per_city(self, query: Any, method: str, plan: Plan, per_city: int) -> list[Candidate]:
        """Search again without what was taken and without cities that are full, until there are enough.

        Whatever is passed over in one search is of a city that is full by then; so this takes the very tiles
        that one walk down the whole ranking would.
        """
        taken: list[Candidate] = []
        of_city: Counter[int] = Counter()
        while len(taken) < plan.limit:
            full = frozenset(city for city, number in of_city.items() if number >= per_city)
            loose = frozenset(hit.tile_id for hit in taken if hit.city_id not in full)
            found = self._nearest(
                query,
                method,
                replace(plan, not_tiles=plan.not_tiles | loose, not_cities=plan.not_cities | full),
            )
            for hit in found:
                if of_city[hit.city_id] < per_city:
                    of_city[hit.city_id] += 1
                    taken.append(hit)
            if len(found) < plan.limit:
                break
        return taken

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{self.kind} index of tiles at {self.where}>"


def closed(where: str) -> IndexGoneError:
    """Return the error of an index that was closed."""
    return IndexGoneError(f"the index at {where} is closed; open it again with open_index")


def _kept(only: Mapping[str, Any] | None) -> dict[str, tuple]:
    kept: dict[str, tuple] = {}
    for name, values in (only or {}).items():
        if name not in PAYLOAD:
            raise ValueError(f"only={{{name!r}: …}}: an index can keep to {', '.join(PAYLOAD)}")
        if isinstance(values, str) or not isinstance(values, Collection | np.ndarray):
            values = (values,)
        of = Integral if name == "city_id" else str
        if not len(values) or not all(isinstance(value, of) for value in values):
            what = "whole numbers" if of is Integral else "texts"
            raise ValueError(f"only={{{name!r}: {values!r}}}: expected one or more {what}")
        kept[name] = tuple(int(value) if of is Integral else value for value in values)
    return kept

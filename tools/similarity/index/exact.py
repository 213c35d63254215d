"""An index that compares with every tile: NumPy over arrays that are read as they are needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.similarity.index.content import Content, Places
from tools.similarity.index.errors import IndexDamagedError, TileIndexError, UnknownTileError
from tools.similarity.index.folder import Part, damaged, faults, read_parts, write_folder
from tools.similarity.index.interface import Candidate, Health, Plan, TileIndex, closed

_COLUMNS = ("tile_id", "city_id", "country_code", "continent")


@dataclass(frozen=True)
class _Rows:
    places: Places
    units: NDArray[np.float32]

    def row(self, tile_id: int) -> int:
        ids = self.places.tile_id
        row = int(np.searchsorted(ids, tile_id))
        if row == len(ids) or ids[row] != tile_id:
            raise UnknownTileError(f"the index has no tile {tile_id}")
        return row


class ExactIndex(TileIndex):
    """An index of tiles in a folder, searched from end to end: what others are held against.

    Parameters
    ----------
    folder : pathlib.Path
        Where `write_exact` wrote it. Several processes can have it open.

    Raises
    ------
    NoIndexError
        If there is none of this kind.
    IndexDamagedError
        If a file is missing or is not what was written.
    """

    kind = "exact"

    def __init__(self, folder: Path) -> None:
        self.where = str(folder)
        self._folder = folder
        self._parts = read_parts(folder, self.kind)
        self._rows: dict[str, _Rows] | None = {
            method: _read(folder, part) for method, part in self._parts.items()
        }

    def count(self, method: str) -> int:
        """Return how many tiles there are vectors of by a method."""
        self.dimension(method)
        return len(self._of(method).units)

    def health(self, *, thorough: bool = False) -> Health:
        """Say whether the index can answer now, and is still the one that was opened."""
        return folder_health(self, self._folder, self._parts, self._rows is not None, thorough)

    def content(self, method: str) -> Content:
        """Read all of a method's vectors, with their tiles."""
        self.dimension(method)
        rows = self._of(method)
        return Content(method, rows.places, rows.units)

    def close(self) -> None:
        """Let go of the folder."""
        self._rows = None

    def _dimensions(self) -> Mapping[str, int]:
        if self._rows is None:
            raise closed(self.where)
        return {method: rows.units.shape[1] for method, rows in self._rows.items()}

    def _of(self, method: str) -> _Rows:
        if self._rows is None:
            raise closed(self.where)
        return self._rows[method]

    def _look_up(self, tile_id: int, method: str) -> tuple[NDArray[np.float32], int]:
        rows = self._of(method)
        row = rows.row(tile_id)
        return np.asarray(rows.units[row]), int(rows.places.city_id[row])

    def _nearest(self, query: NDArray[np.float32], method: str, plan: Plan) -> list[Candidate]:
        rows = self._of(method)
        places = rows.places
        scores = np.asarray(rows.units @ query)
        for name, values in plan.only.items():
            scores[~np.isin(getattr(places, name), values)] = -np.inf
        if plan.not_cities:
            scores[np.isin(places.city_id, list(plan.not_cities))] = -np.inf
        if plan.not_tiles:
            scores[np.isin(places.tile_id, list(plan.not_tiles))] = -np.inf
        limit = min(plan.limit, len(scores))
        best = np.argpartition(scores, len(scores) - limit)[len(scores) - limit :]
        best = best[np.argsort(-scores[best], kind="stable")]
        return [
            Candidate(int(places.tile_id[row]), float(scores[row]), int(places.city_id[row]))
            for row in best
            if scores[row] > -np.inf
        ]


def write_exact(folder: Path, contents: list[Content], *, replace: bool) -> None:
    """Write an index that `ExactIndex` opens; `tools.similarity.index.build_index` says the rest."""
    write_folder(folder, ExactIndex.kind, contents, _write, replace=replace)


def folder_health(
    index: TileIndex, folder: Path, parts: Mapping[str, Part], is_open: bool, thorough: bool
) -> Health:
    """Say whether an index in a folder is open, and still the one that it was when it was opened."""

    def health(problem: str = "") -> Health:
        counts = {} if problem else {method: part.count for method, part in parts.items()}
        return Health(not problem, index.kind, index.where, counts, problem)

    if not is_open:
        return health(str(closed(index.where)))
    try:
        now = read_parts(folder, index.kind)
    except TileIndexError as error:
        return health(str(error))
    if {part.name for part in now.values()} != {part.name for part in parts.values()}:
        return health(f"the index in {folder} was replaced since it was opened: open it again")
    wrong = faults(folder, parts, thorough=thorough)
    return health(str(damaged(folder, wrong))) if wrong else health()


def _write(content: Content, folder: Path) -> None:
    for name, column in content.places.columns().items():
        np.save(folder / f"{name}.npy", column)
    units = np.lib.format.open_memmap(
        folder / "units.npy", "w+", dtype=np.float32, shape=content.vectors.shape
    )
    for rows, part in content.units():
        units[rows] = part
    units.flush()


def _read(folder: Path, part: Part) -> _Rows:
    wrong = faults(folder, {part.method: part})
    if wrong:
        raise damaged(folder, wrong)
    home = folder / part.name
    try:
        places = Places(*(np.load(home / f"{name}.npy", allow_pickle=False) for name in _COLUMNS))
        units = np.load(home / "units.npy", mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise damaged(folder, [f"{home.name} cannot be read ({error})"]) from error
    if units.shape != (part.count, part.dimension) or len(places.tile_id) != part.count:
        raise IndexDamagedError(f"{home} holds vectors of the shape {units.shape}: build the index again")
    return _Rows(places, units)

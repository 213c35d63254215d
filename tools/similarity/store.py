"""The vectors of a city's tiles in files: a journal while it is worked on, GeoParquet when it is done."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyproj import CRS

from tools.files import appearing
from tools.similarity.aggregation import DIMENSIONS, METHODS, contrasted
from tools.tiling import TILE_COLUMNS

STORED = ("mean", "median", "min", "max", "dominant", "spread")
"""The vectors that a file holds. ``contrastive`` follows from the means of all cities, so none holds it."""

SHARES = ("dominant_share", "valid_share")

SCHEMA: Mapping[str, str] = {
    "tile_id": "int64: city_id · 10,000 + row · 100 + col, below 2^53",
    "city_id": "int64: the city's number in GeoNames",
    "city": "string: its name",
    "country": "string: its country",
    "country_code": "string: two letters, ISO 3166",
    "continent": "string: Africa, Asia, Europe, North America, Oceania or South America",
    "row": "int16: from the north, from 0",
    "col": "int16: from the west, from 0",
    "utm_epsg": "int32: EPSG code of the zone that the tile is laid in",
    "left": "float64: western edge, metres of that zone",
    "top": "float64: northern edge, metres of that zone",
    "lon": "float64: centre, degrees east",
    "lat": "float64: centre, degrees north",
    "geometry": "WKB polygon: the footprint, EPSG:4326",
    **dict.fromkeys(STORED, f"fixed_size_list<float32>[{DIMENSIONS}]"),
    "dominant_share": "float32: share of the patches that are in the dominant cluster",
    "valid_share": "float32: share of the tile's pixels that were clear",
}
"""What each column of a city's file is, in their order: one row a tile, in the order of `tile_id`."""

_TYPES = {"row": pa.int16(), "col": pa.int16(), "utm_epsg": pa.int32()}
_RECORD = np.dtype(
    [
        ("tile_id", "<i8"),
        *((name, "<f4", DIMENSIONS) for name in STORED),
        *((name, "<f4") for name in SHARES),
        ("check", "<u4"),
    ]
)


class CityJournal:
    """What has been worked out of a city so far: a record a tile, which survives the end of the process.

    Parameters
    ----------
    path : pathlib.Path
        The file; its folder must exist. Records of an earlier run are taken up, but for one that was broken
        off in the writing.
    source : str
        What the vectors were made from. A journal that was made from something else is begun anew.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> folder = TemporaryDirectory()
    >>> journal = CityJournal(Path(folder.name) / "1.journal", "a model")
    >>> journal.add(10_000, {name: np.zeros(768) for name in STORED}, 0.5, 1.0)
    >>> CityJournal(Path(folder.name) / "1.journal", "a model").tile_ids
    {10000}
    """

    def __init__(self, path: Path, source: str):
        self.path = path
        head = f"{zlib.crc32(source.encode()):08x}".encode()
        written = path.read_bytes() if path.exists() else b""
        if written[: len(head)] != head:
            path.write_bytes(head)
            self._records = []
            return
        body = written[len(head) :]
        whole = np.frombuffer(body[: len(body) // _RECORD.itemsize * _RECORD.itemsize], _RECORD)
        good = [_check(record) == record["check"] for record in whole]
        kept = len(good) if all(good) else good.index(False)
        self._records = [whole[:kept].copy()]
        if kept * _RECORD.itemsize != len(body):
            with path.open("r+b") as file:
                file.truncate(len(head) + kept * _RECORD.itemsize)

    def __len__(self) -> int:
        return sum(map(len, self._records))

    @property
    def records(self) -> NDArray[np.void]:
        """All records, in the order in which they were added."""
        return np.concatenate([np.empty(0, _RECORD), *self._records])

    @property
    def tile_ids(self) -> set[int]:
        """The tiles that are done."""
        return {int(tile_id) for tile_id in self.records["tile_id"]}

    def add(
        self, tile_id: int, vectors: Mapping[str, NDArray], dominant_share: float, valid_share: float
    ) -> None:
        """Write one tile down.

        Parameters
        ----------
        tile_id : int
            Its number.
        vectors : mapping of str to array of float, shape (768,)
            Those of `STORED`.
        dominant_share, valid_share : float
            As in `SCHEMA`.
        """
        record = np.zeros(1, _RECORD)
        record["tile_id"] = tile_id
        for name in STORED:
            record[name] = vectors[name]
        record["dominant_share"], record["valid_share"] = dominant_share, valid_share
        record["check"] = _check(record[0])
        with self.path.open("ab") as file:  # one write: what is interrupted is the record in hand
            file.write(record.tobytes())
        self._records.append(record)


def write_city(path: Path, tiles: gpd.GeoDataFrame, journal: CityJournal, about: Mapping[str, Any]) -> None:
    """Write a city's file from its journal, whole or not at all.

    Parameters
    ----------
    path : pathlib.Path
        ``<root>/vectors/<city_id>.parquet``; its folder must exist.
    tiles : geopandas.GeoDataFrame
        The tiles of the city that are in the journal, with the columns of `tools.tiling.TILE_COLUMNS`.
    journal : CityJournal
        Vectors for each of them.
    about : mapping
        What the vectors were made from; kept in the file, to tell whether it must be made again.

    Raises
    ------
    ValueError
        If the journal lacks a tile.
    """
    tiles = tiles.sort_values("tile_id")
    records = journal.records
    place = {int(tile_id): row for row, tile_id in enumerate(records["tile_id"])}
    if lacking := [int(tile_id) for tile_id in tiles["tile_id"] if int(tile_id) not in place]:
        raise ValueError(f"tile {lacking[0]} has no vectors yet ({len(lacking)} tiles lack them)")
    records = records[[place[int(tile_id)] for tile_id in tiles["tile_id"]]]
    columns: dict[str, pa.Array] = {}
    for name in TILE_COLUMNS[:-1]:
        columns[name] = pa.array(tiles[name].to_numpy(), _TYPES.get(name))
    columns["geometry"] = pa.array(tiles.geometry.to_wkb().tolist(), pa.binary())
    for name in STORED:
        columns[name] = pa.FixedSizeListArray.from_arrays(pa.array(records[name].ravel()), DIMENSIONS)
    for name in SHARES:
        columns[name] = pa.array(records[name])
    geometry = {"encoding": "WKB", "geometry_types": ["Polygon"], "crs": CRS(4326).to_json_dict()}
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": geometry}}
    table = pa.table(columns).replace_schema_metadata(
        {"geo": json.dumps(geo), "course": json.dumps(dict(about), sort_keys=True)}
    )
    with appearing(path) as part:
        pq.write_table(table, part, compression="zstd")


def made_from(path: Path) -> dict[str, Any] | None:
    """Return what a city's file says it was made from; None where there is no such file.

    Parameters
    ----------
    path : pathlib.Path
        A city's file.

    Returns
    -------
    dict or None

    Examples
    --------
    >>> made_from(Path("nowhere.parquet")) is None
    True
    """
    if not path.exists():
        return None
    metadata = pq.read_schema(path).metadata or {}
    return json.loads(metadata.get(b"course", b"{}"))


def read_vectors(
    root: Path | str, names: Iterable[str] = METHODS, *, cities: Sequence[int] | None = None
) -> tuple[gpd.GeoDataFrame, dict[str, NDArray[np.float32]]]:
    """Read the vectors of all cities of a folder, or of some.

    Parameters
    ----------
    root : path
        The folder in which ``vectors/<city_id>.parquet`` lie.
    names : iterable of str, optional
        Which vectors: of `tools.similarity.METHODS`, or ``spread``. ``contrastive`` is worked out from the
        means of all cities in the folder, whichever of them are asked for.
    cities : sequence of int, optional
        Numbers of cities; by default all.

    Returns
    -------
    tiles : geopandas.GeoDataFrame
        The columns of `tools.tiling.TILE_COLUMNS`, ``dominant_share`` and ``valid_share``; in the order of
        ``tile_id``.
    vectors : dict of str to array of float32, shape (n_tiles, 768)
        By name, in the order of the tiles.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If there is no vector of that name, or a file is none of ours.
    """
    names = list(names)
    if unknown := sorted(set(names) - {*METHODS, "spread"}):
        raise ValueError(f"no vectors are called {unknown[0]!r}; there are: {', '.join(METHODS)}, spread")
    folder = Path(root) / "vectors"
    files = sorted(folder.glob("*.parquet"), key=lambda path: int(path.stem))
    if not files:
        raise FileNotFoundError(
            f"there is no file of vectors in {folder}: make them with `course similarity embed`"
        )
    wanted = files if cities is None else [folder / f"{int(city)}.parquet" for city in cities]
    if absent := [path.stem for path in wanted if not path.exists()]:
        raise FileNotFoundError(f"there are no vectors of city {absent[0]} in {folder}")
    read = list(dict.fromkeys("mean" if name == "contrastive" else name for name in names))
    tables = [pq.read_table(path, columns=[*TILE_COLUMNS, *SHARES, *read]) for path in wanted]
    if any(list(table.column_names) != [*TILE_COLUMNS, *SHARES, *read] for table in tables):
        raise ValueError(f"a file in {folder} has other columns than a city's file: expected {list(SCHEMA)}")
    table = pa.concat_tables(tables)
    vectors = {name: _matrix(table[name]) for name in read}
    if "contrastive" in names:
        means = vectors["mean"] if cities is None else _matrix(
            pa.concat_tables(pq.read_table(path, columns=["mean"]) for path in files)["mean"]
        )  # fmt: skip
        vectors["contrastive"] = contrasted(vectors["mean"], means.mean(axis=0, dtype=np.float64))
    plain = table.select([*TILE_COLUMNS[:-1], *SHARES]).to_pandas()
    shapes = gpd.GeoSeries.from_wkb(table["geometry"].to_pylist(), crs=4326)
    tiles = gpd.GeoDataFrame(plain, geometry=shapes.to_numpy(), crs=4326)
    order = [*TILE_COLUMNS, *SHARES]
    return tiles[order], {name: vectors[name] for name in names}


def _matrix(column: pa.ChunkedArray) -> NDArray[np.float32]:
    parts = [chunk.flatten().to_numpy().reshape(-1, DIMENSIONS) for chunk in column.chunks]
    return np.concatenate(parts) if parts else np.empty((0, DIMENSIONS), np.float32)


def _check(record: np.void) -> int:
    return zlib.crc32(record.tobytes()[: -np.dtype("<u4").itemsize])

"""Many exported CSV files into one Parquet file, by DuckDB, with an account of what they held."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from tools.embeddings import BANDS
from tools.extraction.sampling import marks_beside
from tools.files import appearing
from tools.sources import DataError
from tools.sources.disk import make_folder
from tools.sources.errors import suggest

if TYPE_CHECKING:
    import duckdb

    from tools.provenance import Provenance

_VECTOR = ", ".join(BANDS)
_POINT = r'"Point".*\[\s*([-+0-9.eE]+)\s*,\s*([-+0-9.eE]+)'


@dataclass(frozen=True)
class Consolidated:
    """One table made of many, and what was found in them. It may be passed wherever a path may.

    Parameters
    ----------
    path : pathlib.Path
        The Parquet file.
    files : pandas.DataFrame
        One line a CSV file, by its name: ``rows``; ``repeated``, rows whose vector and place were in an
        earlier row, of this file or one before; ``incomplete``, rows that lack a number.
    kept : int
        Rows in the Parquet file.

    Examples
    --------
    >>> files = pd.DataFrame({"rows": [3], "repeated": [1], "incomplete": [0]}, index=["a.csv"])
    >>> print(Consolidated(Path("all.parquet"), files, 3))
    all.parquet: 3 of 3 rows of 1 file, of which 1 repeated, 0 incomplete
    """

    path: Path
    files: pd.DataFrame
    kept: int

    def __fspath__(self) -> str:
        return str(self.path)

    def __str__(self) -> str:
        rows, repeated, incomplete = self.files[["rows", "repeated", "incomplete"]].sum()
        number = f"{len(self.files)} file{'s' * (len(self.files) != 1)}"
        return (
            f"{self.path.name}: {self.kept:,} of {rows:,} rows of {number}, of which {repeated:,} repeated, "
            f"{incomplete:,} incomplete"
        )


def consolidate(
    csvs: Iterable[str | Path],
    parquet: str | Path,
    *,
    on_repeated: str = "keep",
    on_incomplete: str = "keep",
    memory: str = "1GB",
) -> Consolidated:
    """Put exported CSV files together into one Parquet file.

    Parameters
    ----------
    csvs : iterable of str or pathlib.Path
        Files with columns A00 to A63, as `sample_pixels` or Earth Engine's exports to a drive write them.
    parquet : str or pathlib.Path
        The file to write; an older one is replaced when the new one is whole.
    on_repeated, on_incomplete : {"keep", "drop"}, optional
        What to do about rows that were there before (dropping leaves the first), and rows that lack a number.
        Both are counted either way.
    memory : str, optional
        How much DuckDB may take, such as "500MB"; beyond that it uses the disk.

    Returns
    -------
    Consolidated
        ``path``, the table ``files``, and ``kept``; a path itself, too. The Parquet file has A00 to A63 as
        float32, then ``lon`` and ``lat`` (float64 degrees) where the files say where their pixels lie; in the
        order of the files and their rows.

    Raises
    ------
    DataError
        If there is no file, or one of them is no such export.
    ValueError
        If a policy is none.

    Examples
    --------
    >>> import tempfile
    >>> header, row = ",".join(BANDS), ",".join(["0.125"] * 64)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("a.csv", "b.csv"):
    ...         _ = Path(folder, name).write_text(f"{header}\\n{row}\\n")
    ...     one = consolidate([f"{folder}/a.csv", f"{folder}/b.csv"], f"{folder}/all.parquet")
    ...     print(one), pd.read_parquet(one).shape
    all.parquet: 2 of 2 rows of 2 files, of which 1 repeated, 0 incomplete
    (None, (2, 64))
    """
    for name, policy in {"on_repeated": on_repeated, "on_incomplete": on_incomplete}.items():
        if policy not in ("keep", "drop"):
            raise ValueError(f"{name}={policy!r}: {suggest(str(policy), ('keep', 'drop'))}")
    files, parquet = [Path(file) for file in csvs], Path(parquet)
    columns = _columns_of(files)
    make_folder(parquet.parent)
    spill = parquet.with_name(f".{parquet.name}.{os.getpid()}.spill")
    try:
        with appearing(parquet) as unfinished, _database(memory, spill) as database:
            _read_all(database, files, placed=".geo" in columns)
            report = _report(database, files)
            kept = _write(database, unfinished, marks_beside(files), on_repeated, on_incomplete)
    finally:
        shutil.rmtree(spill, ignore_errors=True)
    return Consolidated(parquet, report, kept)


def _columns_of(files: list[Path]) -> list[str]:
    if not files:
        raise DataError("there is no CSV file to put together: name at least one")
    first: list[str] = []
    for file in files:
        if not file.is_file():
            raise DataError(f"there is no file {file.absolute()}; check the path and the folder you are in")
        with file.open(encoding="utf-8-sig") as lines:
            columns = [name.strip().strip('"') for name in lines.readline().strip().split(",")]
        lacking = [band for band in BANDS if band not in columns]
        if lacking:
            some = ", ".join(lacking[:3]) + (" …" if len(lacking) > 3 else "")
            raise DataError(f"{file.name} is no export of embeddings: it lacks the columns {some}")
        if first and columns != first:
            raise DataError(
                f"{file.name} has other columns than {files[0].name}, or in another order: put together only "
                "exports of one kind"
            )
        first = columns
    return first


def _database(memory: str, spill: Path) -> duckdb.DuckDBPyConnection:
    import duckdb

    # On the disk, so that what does not fit in memory need not; read in order, so that the first stays first.
    return duckdb.connect(
        config={
            "memory_limit": memory,
            "temp_directory": str(spill),
            "preserve_insertion_order": True,
            "threads": min(4, os.cpu_count() or 1),
        }
    )


def _read_all(database: duckdb.DuckDBPyConnection, files: list[Path], *, placed: bool) -> None:
    import duckdb

    types = ", ".join(f"'{name}': 'FLOAT'" for name in BANDS)
    place = f"TRY_CAST(regexp_extract(\".geo\", '{_POINT}', {{}}) AS DOUBLE)"
    where = f", {place.format(1)} AS lon, {place.format(2)} AS lat" if placed else ""
    for number, file in enumerate(files):
        select = f"SELECT {number} AS file, row_number() OVER () AS row, {_VECTOR}{where} "
        select += f"FROM read_csv(?, header = true, types = {{{types}}})"
        into = "INSERT INTO pixels BY NAME " if number else "CREATE TEMP TABLE pixels AS "
        try:
            database.execute(into + select, [str(file)])
        except duckdb.Error as error:
            said = [line for line in str(error).splitlines() if "Error" in line]
            raise DataError(
                f"{file.name} cannot be read as an export of embeddings: {'; '.join(said) or error}"
            ) from error
    if placed and not database.execute("SELECT count(lon) FROM pixels").fetchone()[0]:
        database.execute("ALTER TABLE pixels DROP COLUMN lon")
        database.execute("ALTER TABLE pixels DROP COLUMN lat")


def _report(database: duckdb.DuckDBPyConnection, files: list[Path]) -> pd.DataFrame:
    place = ["lon", "lat"] if _placed(database) else []
    names = [*BANDS, *place]
    # Two hashes sort in a fraction of the time of 66 columns, and confuse one pair in 10³⁸.
    same = f"hash({', '.join(names)}), hash({', '.join(reversed(names))})"
    database.execute(
        f"""CREATE TEMP TABLE judged AS SELECT file, row,
        row_number() OVER (PARTITION BY {same} ORDER BY file, row) > 1 AS repeated,
        {" OR ".join(f"{band} IS NULL OR isnan({band})" for band in BANDS)} AS incomplete FROM pixels"""
    )
    counted = database.execute(
        """SELECT file, count(*) AS rows, sum(repeated::INT) AS repeated, sum(incomplete::INT) AS incomplete
        FROM judged GROUP BY file"""
    ).df()
    counted = counted.set_index("file").reindex(range(len(files))).fillna(0).astype("int64")
    return counted.set_axis([file.name for file in files])


def _write(
    database: duckdb.DuckDBPyConnection,
    path: Path,
    marks: list[Provenance],
    on_repeated: str,
    on_incomplete: str,
) -> int:
    place = ", lon, lat" if _placed(database) else ""
    unwanted = [
        f"NOT {word}"
        for word, policy in (("repeated", on_repeated), ("incomplete", on_incomplete))
        if policy == "drop"
    ]
    condition = f"WHERE {' AND '.join(unwanted)}" if unwanted else ""
    attrs = json.dumps({"course_provenance": [asdict(mark) for mark in marks]} if marks else {})
    quoted, target = (text.replace("'", "''") for text in (attrs, str(path)))
    database.execute(
        f"""COPY (SELECT {_VECTOR}{place} FROM pixels JOIN judged USING (file, row) {condition}
        ORDER BY file, row) TO '{target}'
        (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{PANDAS_ATTRS: '{quoted}'}})"""
    )
    return database.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchone()[0]


def _placed(database: duckdb.DuckDBPyConnection) -> bool:
    return "lon" in [column for column, *_ in database.execute("DESCRIBE pixels").fetchall()]

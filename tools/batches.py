"""Work in batches that survives ``kill -9``: nothing lost, nothing doubled, no finished batch done again.

A folder holds one Parquet file for each batch, named by the batch's number and a fingerprint of its input,
and ``recipe.json``, which says what the work depends on. A file appears only when it is whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from tools.files import appearing
from tools.locks import acquire

RECIPE = "recipe.json"
_LOCK = ".lock"
_MARK = b"course_batch"
_CONTENT = b"course_content"

Ask = Callable[[pd.DataFrame], pd.DataFrame]


class BatchError(ValueError):
    """A folder of batches cannot serve this work, or an answer does not fit its question."""


def finish(
    batches: Iterable[pd.DataFrame],
    ask: Ask,
    folder: str | Path,
    *,
    recipe: Mapping[str, Any],
    threads: int = 1,
    progress: Callable[[int, int], None] | None = None,
    aligned: bool = True,
) -> list[Path]:
    """Do the batches that `folder` has no sound answer of, and return where the answers of all of them lie.

    Parameters
    ----------
    batches : iterable of pandas.DataFrame
        What to ask about. Tables with geometry may be among them.
    ask : callable
        Takes a batch and returns a plain table. Where it raises, no new batch is begun; those under way are
        kept as they finish, and the error is passed on.
    folder : str or pathlib.Path
        For the answers of this work alone; made where it is not there.
    recipe : mapping
        All that an answer depends on besides its batch: year, road, version. Anything that JSON holds. It is
        written into the folder in plain text, so it must hold no secret.
    threads : int, optional
        How many batches are asked about at once.
    progress : callable, optional
        Is told how many rows are done, and of how many: once at the beginning, then after each batch.
    aligned : bool, optional
        Whether an answer must have its batch's index, row by row; False where there may be more or fewer.

    Returns
    -------
    list of pathlib.Path
        One Parquet file a batch, in order; `gather` reads them.

    Raises
    ------
    BatchError
        If the folder belongs to work by another recipe or on other rows, if another process is at work in it,
        or if an answer is not a table of its batch's rows.
    Exception
        Whatever `ask` raises.

    Notes
    -----
    An answer is written to a temporary file, forced to the disk, and only then given its name. It carries the
    recipe's, the batch's and its own fingerprint, so that a file that is cut short, altered or from elsewhere
    counts as none and is made again.

    Examples
    --------
    >>> import tempfile
    >>> rows = pd.DataFrame({"x": [1, 2, 3, 4, 5]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     paths = finish(cut(rows, 2), lambda batch: batch**2, folder, recipe={"power": 2})
    ...     len(paths), gather(paths)["x"].tolist()
    (3, [1, 4, 9, 16, 25])
    """
    batches, folder = list(batches), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        _sweep(folder)
        prints = [fingerprint(batch) for batch in batches]
        mark = _settle(folder, recipe, batches, prints)
        paths = [folder / f"{number:06d}-{name}.parquet" for number, name in enumerate(prints)]
        due = [number for number, path in enumerate(paths) if not _sound(path, mark + prints[number])]

        total = sum(map(len, batches))
        done = total - sum(len(batches[number]) for number in due)
        if progress:
            progress(done, total)

        def do(number: int) -> int:
            answer = _checked(ask(batches[number]), batches[number], number, aligned)
            _write(answer, paths[number], mark + prints[number])
            return len(batches[number])

        for rows in _run(do, due, threads):
            done += rows
            if progress:
                progress(done, total)
    return paths


def gather(paths: Sequence[str | Path]) -> pd.DataFrame:
    """Read the answers of all batches into one table, in the order of the files.

    Parameters
    ----------
    paths : sequence of str or pathlib.Path
        As `finish` returns them.

    Returns
    -------
    pandas.DataFrame
        Their rows one below the other, each with its own index label.

    Raises
    ------
    BatchError
        If there is no file to read, or one of them is damaged.

    Examples
    --------
    >>> gather([])
    Traceback (most recent call last):
        ...
    tools.batches.BatchError: no batch to gather: the work had no rows
    """
    if not paths:
        raise BatchError("no batch to gather: the work had no rows")
    return pd.concat([_read(Path(path)) for path in paths])


def cut(table: pd.DataFrame, size: int) -> list[pd.DataFrame]:
    """Cut a table into batches of `size` rows, the last of them shorter where it must be.

    Parameters
    ----------
    table : pandas.DataFrame
        Any number of rows; none gives no batch.
    size : int
        Rows a batch, 1 or more.

    Returns
    -------
    list of pandas.DataFrame
        In order; together they are the table.

    Raises
    ------
    ValueError
        If `size` is less than 1.

    Examples
    --------
    >>> [batch["x"].tolist() for batch in cut(pd.DataFrame({"x": [1, 2, 3]}), 2)]
    [[1, 2], [3]]
    """
    if size < 1:
        raise ValueError(f"size={size}: a batch has at least one row")
    return [table.iloc[first : first + size] for first in range(0, len(table), size)]


def fingerprint(table: pd.DataFrame) -> str:
    """Return a short name for exactly these rows: index, columns, values, and the CRS if there is one.

    Parameters
    ----------
    table : pandas.DataFrame or geopandas.GeoDataFrame
        Numbers, text, dates and geometries.

    Returns
    -------
    str
        16 hexadecimal digits; the same in every process.

    Examples
    --------
    >>> table = pd.DataFrame({"x": [1.0, 2.0]})
    >>> fingerprint(table) == fingerprint(table.copy()), fingerprint(table) == fingerprint(table[::-1])
    (True, False)
    """
    digest = hashlib.sha256()
    levels = [pd.Series(table.index.get_level_values(level)) for level in range(table.index.nlevels)]
    columns = [table.iloc[:, position] for position in range(table.shape[1])]
    for column in (*levels, *columns):
        head = [str(column.name), str(column.dtype), len(column), str(getattr(column, "crs", ""))]
        digest.update(json.dumps(head).encode())
        digest.update(_bytes_of(column))
    return digest.hexdigest()[:16]


def _bytes_of(column: pd.Series) -> bytes:
    if column.dtype == "geometry":
        shapes = shapely.to_wkb(column.array._data, byte_order=1, include_srid=False)
        return b"".join(len(shape or b"").to_bytes(8) + (shape or b"") for shape in shapes)
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biufM":
        values = column.to_numpy()
        return np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()
    return json.dumps([repr(value) for value in column]).encode()


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes out of a folder; the system lets them in again when this one dies."""
    handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            mine = acquire(handle)
        except OSError as error:
            raise BatchError(
                f"the disk that holds {folder} knows no file locks ({error.strerror}): name a folder on a "
                "local disk"
            ) from error
        if not mine:
            raise BatchError(
                f"another process is working in {folder}: wait until it has finished, or name another folder"
            )
        yield
    finally:
        os.close(handle)


def _sweep(folder: Path) -> None:
    """Remove what a process that was killed had begun to write."""
    for name in ("[0-9]*-*.parquet", RECIPE):
        for unfinished in folder.glob(f".{name}.*.part"):
            unfinished.unlink()


def _settle(folder: Path, recipe: Mapping[str, Any], batches: list, prints: list[str]) -> str:
    """Make the folder this work's own, or refuse; return the recipe's fingerprint."""
    plain = json.loads(json.dumps(dict(recipe), sort_keys=True))
    work = {"recipe": plain, "rows": sum(map(len, batches)), "batches": prints}
    before = _work_in(folder)
    if before is None:
        with appearing(folder / RECIPE) as unfinished:
            unfinished.write_text(json.dumps(work, indent=1, sort_keys=True), encoding="utf-8")
    elif before != work:
        raise BatchError(
            f"{folder} holds the batches of other work: {_difference(before, work)}. Name another folder, or "
            "delete this one to begin anew"
        )
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]


def _work_in(folder: Path) -> dict[str, Any] | None:
    try:
        work = json.loads((folder / RECIPE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        # Damaged, it vouches for nothing; each answer still carries the mark of its own recipe.
        return None
    return work if isinstance(work, dict) and {"recipe", "rows", "batches"} <= set(work) else None


def _difference(before: dict[str, Any], now: dict[str, Any]) -> str:
    old, new = before["recipe"], now["recipe"]
    keys = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    if keys:
        return "; ".join(f"{key} was {old.get(key)!r} and is {new.get(key)!r} now" for key in keys)
    if before["rows"] != now["rows"]:
        return f"it was of {before['rows']:,} rows, and is of {now['rows']:,} rows now"
    if len(before["batches"]) != len(now["batches"]):
        return f"it was cut into {len(before['batches']):,} batches, and is into {len(now['batches']):,} now"
    pairs = enumerate(zip(before["batches"], now["batches"], strict=True))
    first = next(number for number, (was, is_now) in pairs if was != is_now)
    return f"the rows are not the same, from batch {first} on"


def _sound(path: Path, mark: str) -> bool:
    if not path.is_file():
        return False
    try:
        _read(path, mark)
    except BatchError:
        return False
    return True


def _read(path: Path, mark: str | None = None) -> pd.DataFrame:
    """Read a batch and check that it is what was written and, where a mark is given, the answer to that."""
    try:
        with pq.ParquetFile(path) as file:
            table = file.read()
        answer, marks = table.to_pandas(), table.schema.metadata or {}
    except Exception as error:
        # Damage surfaces wherever the reader trips over it, as an error of any kind.
        raise BatchError(f"the batch {path} cannot be read ({error}): run the work again") from error
    other = mark is not None and marks.get(_MARK) != mark.encode()
    if other or marks.get(_CONTENT) != fingerprint(answer).encode():
        raise BatchError(f"the batch {path} is not what was written there: run the work again")
    return answer


def _checked(answer: pd.DataFrame, batch: pd.DataFrame, number: int, aligned: bool) -> pd.DataFrame:
    if not isinstance(answer, pd.DataFrame):
        raise BatchError(f"batch {number}: expected a table as an answer, got {type(answer).__name__}")
    if "geometry" in map(str, answer.dtypes):
        raise BatchError(f"batch {number}: the answer holds geometry, which these files do not: leave it out")
    if aligned and not answer.index.equals(batch.index):
        raise BatchError(
            f"batch {number}: asked about {len(batch):,} rows, and the answer has {len(answer):,} rows that "
            "are not the same by their index; nothing was kept of it"
        )
    return answer


def _write(answer: pd.DataFrame, path: Path, mark: str) -> None:
    table = pa.Table.from_pandas(pd.DataFrame(answer), preserve_index=True)
    marks = {_MARK: mark.encode(), _CONTENT: fingerprint(table.to_pandas()).encode()}
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), **marks})
    with appearing(path) as unfinished:
        pq.write_table(table, unfinished, compression="zstd")
        _read(unfinished, mark)  # types that Parquet does not bring back would be asked about for ever


def _run(do: Callable[[int], int], due: list[int], threads: int) -> Iterator[int]:
    """Yield what `do` returns as it is done; after an error begin nothing new, and pass the error on."""
    if threads < 1:
        raise ValueError(f"threads={threads}: it takes at least one")
    pool = ThreadPoolExecutor(threads)
    try:
        waiting = {pool.submit(do, number) for number in due}
        while waiting:
            ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in ended:
                yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)

"""The report of a run: one row a lesson, kept from run to run."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

Status = Literal["ok", "failed", "unchanged"]


@dataclass
class Row:
    """How one lesson went.

    Parameters
    ----------
    lesson : str
        Its name, such as ``02-london-imd``.
    status : {"ok", "failed", "unchanged"}
        ``unchanged`` when it was not run again; its other figures are then those of the run that counts.
    origin : str
        Where its data came from.
    parameters : dict
        What replaced the values of its parameters cell.
    seconds : float
        Time of the execution, the kernel's start included, the preparation of data not.
    peak_memory_mb : float
        Largest resident memory of the kernel and all that it started, in MB (10**6 bytes).
    cells : int
        Code cells that were run.
    hash : str
        SHA-256 over all that the result depends on.
    output : str
        SHA-256 of the executed notebook, so that an altered copy is not taken for the lesson's.
    frames : int
        Files that were made from the notebook's interactive figures.
    error : dict or None
        For a failed lesson: ``cell`` (its number among the code cells, from 1; None when no cell is to
        blame), ``line`` (the cell's first line), ``name`` and ``message`` of the exception.

    Examples
    --------
    >>> Row("02-london-imd", "ok", "sample").error is None
    True
    """

    lesson: str
    status: Status
    origin: str
    parameters: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    peak_memory_mb: float = 0.0
    cells: int = 0
    hash: str = ""
    output: str = ""
    frames: int = 0
    error: dict[str, Any] | None = None


def read(path: Path) -> dict[str, Row]:
    """Read the rows of a report by lesson.

    Parameters
    ----------
    path : pathlib.Path
        ``report.json``; one that is missing, torn or of another version counts as empty, since every row
        can be made again.

    Returns
    -------
    dict of str to Row

    Examples
    --------
    >>> read(Path("no-such-report.json"))
    {}
    """
    try:
        rows = [Row(**row) for row in json.loads(path.read_text(encoding="utf-8"))["lessons"]]
    except (FileNotFoundError, json.JSONDecodeError, KeyError, TypeError):
        return {}
    return {row.lesson: row for row in rows}


def write(path: Path, rows: list[Row]) -> None:
    """Write the rows, whole or not at all.

    Parameters
    ----------
    path : pathlib.Path
        ``report.json``; its folder is created.
    rows : list of Row
        In reading order.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "report.json"
    >>> write(path, [Row("02-london-imd", "ok", "sample", seconds=61.5)])
    >>> read(path)["02-london-imd"].seconds
    61.5
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    text = json.dumps({"lessons": [asdict(row) for row in rows]}, indent=2, ensure_ascii=False)
    part.write_text(text + "\n", encoding="utf-8")
    os.replace(part, path)

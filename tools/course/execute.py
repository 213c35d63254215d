"""One notebook through papermill: executed, timed, its memory watched, its traces of this machine removed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError

from tools.course.memory import MemoryWatch

_ENGINE = "course"
_INJECTED = "injected-parameters"


@dataclass(frozen=True)
class Outcome:
    """What came of executing a notebook.

    Parameters
    ----------
    seconds : float
        From the start of papermill to its end.
    peak_memory_mb : float
        Of the kernel and all that it started, MB.
    cells : int
        Code cells that were run.
    error : dict or None
        ``cell``, ``line``, ``name``, ``message`` of what stopped it.

    Examples
    --------
    >>> Outcome(1.5, 120.0, 3, None).error is None
    True
    """

    seconds: float
    peak_memory_mb: float
    cells: int
    error: dict[str, Any] | None


def execute(
    source: Path,
    target: Path,
    parameters: dict[str, Any],
    environment: dict[str, str],
    on_cell: Callable[[int], None] = lambda done: None,
) -> tuple[dict[str, Any], Outcome]:
    """Execute a notebook in its own folder and return what it became.

    Parameters
    ----------
    source : pathlib.Path
        The stored notebook.
    target : pathlib.Path
        Where papermill writes the executed copy, cell by cell; when a cell fails it stays, for looking at.
    parameters : dict
        Values that replace those of the parameters cell.
    environment : dict of str to str
        Variables for the kernel, beside this process's own.
    on_cell : callable
        Called with the number of cells that are done, as each cell starts.

    Returns
    -------
    notebook : dict
        The executed notebook, without papermill's notes of times and paths.
    outcome : Outcome

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> stored = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("6 * 7")])
    >>> stored.metadata.kernelspec = {"name": "python3", "language": "python", "display_name": "Python 3"}
    >>> nbformat.write(stored, folder / "a.ipynb")
    >>> notebook, outcome = execute(folder / "a.ipynb", folder / "b.ipynb", {}, {})
    >>> notebook["cells"][0]["outputs"][0]["data"]["text/plain"], outcome.error
    ('42', None)
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    seen: list[Any] = []
    error: dict[str, Any] | None = None
    started = time.perf_counter()
    with MemoryWatch() as watch:

        def cell_starts(client: PapermillNotebookClient, cell: Any, index: int) -> None:
            if not seen:
                watch.follow(client.km.provisioner.pid)
            seen.append(cell)
            on_cell(index)

        try:
            papermill.execute_notebook(
                source,
                target,
                parameters=parameters,
                engine_name=_ENGINE,
                progress_bar=False,
                cwd=source.parent,
                environment=environment,
                cell_starts=cell_starts,
            )
        except PapermillExecutionError as failure:
            error = _blame(seen, failure.ename, failure.evalue)
        except (DeadKernelError, CellTimeoutError) as failure:
            message = f"the kernel died; too little memory is the usual reason ({failure})"
            error = _blame(seen, type(failure).__name__, message)
    seconds = time.perf_counter() - started
    notebook = nbformat.read(target, as_version=4)
    _forget(notebook)
    error = _keep_secrets(notebook, error)
    return notebook, Outcome(seconds, watch.peak_mb, len(_lesson_cells(seen)), error)


class _CourseEngine(NBClientEngine):
    """papermill's own engine, which also hands the kernel its environment and tells when a cell starts."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man, kernel_name, *, environment, cell_starts, start_timeout=60, **_
    ):
        client = PapermillNotebookClient(
            nb_man,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            timeout=None,
            record_timing=False,
            extra_arguments=["--log-level=40"],  # errors: hints of the kernel would break the progress bar
        )
        client.on_cell_start = lambda cell, cell_index: cell_starts(client, cell, cell_index)
        return client.execute(env=os.environ | environment)


papermill_engines.register(_ENGINE, _CourseEngine)


def _lesson_cells(cells: list[Any]) -> list[Any]:
    """The code cells among `cells` that the lesson itself holds: not the one that papermill adds."""
    return [c for c in cells if c["cell_type"] == "code" and _INJECTED not in c["metadata"].get("tags", [])]


def _blame(seen: list[Any], name: str, message: str) -> dict[str, Any]:
    cells = _lesson_cells(seen)
    lines = [line for line in cells[-1]["source"].splitlines() if line.strip()] if cells else []
    return {
        "cell": len(cells) or None,
        "line": lines[0].strip() if lines else "",
        "name": name,
        "message": message,
    }


def _forget(notebook: Any) -> None:
    """Remove what differs from run to run or names this machine, so that equal results are equal files."""
    notebook.metadata.pop("papermill", None)
    for number, cell in enumerate(notebook.cells):
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if not cell.metadata.get("tags", True):
            del cell.metadata["tags"]
        if _INJECTED in cell.metadata.get("tags", []):
            cell["id"] = f"parameters-{number}"


def _keep_secrets(notebook: Any, error: dict[str, Any] | None) -> dict[str, Any] | None:
    """Blank out the reader's project and tokens in outputs, and in the returned error.

    The course's own functions let none through; a lesson or a reader may call Earth Engine's client directly.
    """
    from tools.sources.earthengine.scrubbing import scrub

    def hidden(value: Any, by_shape: bool) -> Any:
        if isinstance(value, dict):
            return type(value)({name: hidden(below, by_shape) for name, below in value.items()})
        if isinstance(value, list):
            return [hidden(below, by_shape) for below in value]
        return scrub(value, by_shape=by_shape) if isinstance(value, str) else value

    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            # What is printed or raised is prose. A figure's data may by chance look like a token.
            prose = output.output_type in ("error", "stream")
            for name in {"text", "data", "evalue", "traceback"} & set(output):
                output[name] = hidden(output[name], by_shape=prose)
    return error and {**error, "message": scrub(error["message"])}

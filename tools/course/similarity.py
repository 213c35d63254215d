"""``course similarity``: the steps from cities to a search for look-alikes, seen at work."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from tools.course.lessons import CourseError
from tools.similarity.index import TileIndexError
from tools.similarity.location import LocationUndecidedError
from tools.similarity.pipeline import STEPS, Pipeline
from tools.similarity.weights import WeightsError
from tools.similarity.worlds import world_folder


def run_steps(steps: list[str], *, root: Path | None, origin: str, **options: Any) -> None:
    """Run steps in their order, with a bar where somebody looks, and say what each has done.

    Parameters
    ----------
    steps : list of str
        Of `tools.similarity.pipeline.STEPS`; all where none is named.
    root : pathlib.Path, optional
        The folder to work on; by default the one that ``open_world("world-tiles")`` reads.
    origin : {"sample", "open", "earthengine"}
        Where data come from. There is nothing of this on Earth Engine, so that is taken for open.
    **options
        The others of `tools.similarity.pipeline.Pipeline`.

    Raises
    ------
    CourseError
        If there is no such step, or one cannot be done; the message says what to do.
    """
    if unknown := [step for step in steps if step not in STEPS]:
        raise CourseError(f"there is no step {unknown[0]!r}; in order they are: {', '.join(STEPS)}")
    kind = "sample" if origin == "sample" else "open"
    folder = root or world_folder(kind)
    console = Console(stderr=True)
    for step in [step for step in STEPS if step in steps or not steps]:
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
            task = bars.add_task(step, total=None)
            pipeline = Pipeline(folder, kind, progress=partial(_advance, bars, task), **options)
            try:
                said = getattr(pipeline, step)()
            except (WeightsError, LocationUndecidedError, TileIndexError) as error:
                raise CourseError(f"{step}: {error}") from error
        print(f"{step}: {said}")
    print(f"It lies in {folder}")


def _advance(bars: Progress, task: TaskID, done: int, of: int) -> None:
    bars.update(task, completed=done, total=of)

"""How exports get on: each task's state, watched until all have ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tools.sources.earthengine.asking import whole
from tools.sources.earthengine.scrubbing import scrub

if TYPE_CHECKING:
    import ee
    import pandas as pd

_ENDED = ("completed", "failed", "cancelled")


def watch(
    tasks: Sequence[ee.batch.Task],
    *,
    poll: float = 15.0,
    patience: float | None = None,
    progress: Callable[[pd.DataFrame], None] | None = None,
) -> pd.DataFrame:
    """Wait until all tasks have ended, and tell how.

    Parameters
    ----------
    tasks : sequence of ee.batch.Task
        As the exports return them.
    poll : float
        Seconds between two looks.
    patience : float, optional
        Seconds after which to return although some have not ended; the tasks go on, and may be watched again.
        By default there is no limit; 0 looks once.
    progress : callable, optional
        Is given the table below after each look.

    Returns
    -------
    pandas.DataFrame
        A row a task, in order: ``name``, ``id``, ``state`` (ready, running, cancelling, completed, failed,
        cancelled or unknown), ``minutes`` since it began to run, and ``message``, which says why where it
        failed.

    Raises
    ------
    DataError
        If Earth Engine cannot be asked. A task that failed raises nothing: it stands in the table.
    ValueError
        If `poll` is not positive.

    Examples
    --------
    >>> watch(export_samples(region, 2024, 1_200_000))["state"].unique()  # doctest: +SKIP
    array(['completed'], dtype=object)
    """
    if poll <= 0:
        raise ValueError(f"poll={poll}: wait some seconds between two looks")
    waited, states = 0.0, {}
    while True:
        for place, task in enumerate(tasks):
            # What has ended stays so; asking again would cost a request each time.
            if states.get(place, {}).get("state") not in _ENDED:
                states[place] = _state(task)
        table = _table([states[place] for place in range(len(tasks))])
        if progress:
            progress(table)
        if table["state"].isin(_ENDED).all() or (patience is not None and waited >= patience):
            return table
        time.sleep(poll)
        waited += poll


def _state(task: ee.batch.Task) -> dict[str, object]:
    status = whole(task.status)
    began, seen = status.get("start_timestamp_ms"), status.get("update_timestamp_ms")
    state = getattr(status["state"], "value", status["state"]).lower()
    return {
        "name": status.get("description") or (task.config or {}).get("description", ""),
        "id": task.id,
        "state": {"cancel_requested": "cancelling", "unsubmitted": "unknown"}.get(state, state),
        "minutes": (seen - began) / 60_000 if began and seen else None,
        "message": scrub(" ".join(status.get("error_message", "").split())),
    }


def _table(rows: list[dict[str, object]]) -> pd.DataFrame:
    import pandas as pd

    columns = ["name", "id", "state", "minutes", "message"]
    return pd.DataFrame(rows, columns=columns).astype({"minutes": "float64"})

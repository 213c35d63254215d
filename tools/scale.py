"""The one Dask client: this machine's own, or the cluster that ``DASK_SCHEDULER_ADDRESS`` names."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = "10s"
"""How long a named scheduler may take to answer."""

_clients: dict[int, Client] = {}
_lock = threading.Lock()


def client() -> Client:
    """Return this process's Dask client, made when it is first asked for.

    Returns
    -------
    distributed.Client
        Connected to ``DASK_SCHEDULER_ADDRESS`` where that is set, otherwise to threads of this process.
        The same one every time, until it is closed.

    Raises
    ------
    ConnectionError
        If nothing answers at ``DASK_SCHEDULER_ADDRESS``.

    Examples
    --------
    >>> from tools import scale
    >>> scale.client() is scale.client()
    True
    >>> scale.client().submit(sum, [1, 2, 3]).result()
    6
    >>> scale.client().close()
    """
    with _lock:
        # Keyed by process, because a forked child must not speak on its parent's connection.
        held = _clients.get(os.getpid())
        if held is None or held.status in ("closing", "closed"):
            held = _clients[os.getpid()] = _connect(os.environ.get("DASK_SCHEDULER_ADDRESS", "").strip())
        return held


def _connect(address: str) -> Client:
    from distributed import Client

    if not address:
        # Threads share memory, and NumPy and GDAL let go of the interpreter's lock while they work.
        return Client(processes=False, dashboard_address=None)
    try:
        return Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise ConnectionError(
            f"DASK_SCHEDULER_ADDRESS is {address!r}, but no Dask scheduler answers there ({error}). "
            "Start one with `dask scheduler`, or unset the variable to work on this machine."
        ) from error

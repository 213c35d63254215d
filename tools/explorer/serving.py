"""The explorer on a socket."""

from __future__ import annotations

import socket
import sys

import uvicorn
from fastapi import FastAPI

from tools.explorer.connections import patient
from tools.explorer.settings import Settings

_WAITING = 1_024  # connections that the system keeps until they are taken
_FAREWELL = 5  # seconds that answers under way have at the end


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens, so that a port in use is known before data are opened.

    Parameters
    ----------
    host : str
        A name or an address of this machine.
    port : int
        0 takes any that is free.

    Returns
    -------
    socket.socket

    Raises
    ------
    OSError
        If the port is taken, or the host is not this machine's.

    Examples
    --------
    >>> with listening("127.0.0.1", 0) as taken:
    ...     taken.getsockname()[0]
    '127.0.0.1'
    """
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # where it would let two servers have one port
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(_WAITING)
    except OSError:
        opened.close()
        raise
    return opened


def server(app: FastAPI, settings: Settings) -> uvicorn.Server:
    """Return uvicorn, set up for an application that is only read.

    Parameters
    ----------
    app : fastapi.FastAPI
        From `tools.explorer.app.create_app`.
    settings : Settings
        How long to wait for clients.

    Returns
    -------
    uvicorn.Server
        Call ``run(sockets=[…])``; it ends on Ctrl-C, or when ``should_exit`` is set.

    Examples
    --------
    >>> server(FastAPI(), Settings()).config.timeout_keep_alive
    15
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=patient(settings),
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            proxy_headers=False,  # the application sees to it, and only for proxies that are trusted
            server_header=False,
            timeout_keep_alive=settings.idle_seconds,
            timeout_graceful_shutdown=_FAREWELL,
        )
    )

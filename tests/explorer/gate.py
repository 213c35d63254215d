"""A gate before a server on loopback: it lets through, stalls, or is shut, as a network does."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit


class Gate:
    """Forwards connections to a server while it is open; while it stalls, it takes them and says nothing."""

    def __init__(self, to: str) -> None:
        address = urlsplit(to)
        self._to = (address.hostname, address.port)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self.stalls = False
        self.taken = 0
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._start()

    def shut(self) -> None:
        """Break off all connections, and take no more: the server has died."""
        self._ended.set()
        self._door.close()
        self._keeper.join(10)
        self.break_off()

    def reopen(self) -> None:
        """Listen again where it did."""
        self._door = socket.create_server(("127.0.0.1", self.port))
        self._ended.clear()
        self._start()

    def break_off(self) -> None:
        """Close what is connected."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _start(self) -> None:
        self._keeper = threading.Thread(target=self._keep, args=(self._door, self._ended), daemon=True)
        self._keeper.start()

    def _keep(self, door: socket.socket, ended: threading.Event) -> None:
        while not ended.is_set():
            try:
                if not select.select([door], [], [], 0.05)[0]:
                    continue
                client, _ = door.accept()
            except (OSError, ValueError):
                return
            self.taken += 1
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), socket.create_connection(self._to) as server:
            with self._lock:
                self._open |= {client, server}
            try:
                self._both_ways(client, server)
            finally:
                with self._lock:
                    self._open -= {client, server}

    def _both_ways(self, client: socket.socket, server: socket.socket) -> None:
        other = {client: server, server: client}
        while True:
            for side in select.select([client, server], [], [], 0.05)[0]:
                if self.stalls and side is client:
                    # seen, and left lying: but a client that goes away is let go
                    if not side.recv(65_536, socket.MSG_PEEK):
                        return
                    select.select([], [], [], 0.05)
                    continue
                part = side.recv(65_536)
                if not part:
                    return
                other[side].sendall(part)


@contextlib.contextmanager
def gate(to: str) -> Iterator[Gate]:
    """A gate before that address."""
    made = Gate(to)
    try:
        yield made
    finally:
        made.stalls = False
        made.shut()

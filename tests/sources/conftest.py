"""What the tests of sources share."""

from __future__ import annotations

import random
import socket
from hashlib import sha256

import pytest

from tests.sources.faulty_server import Server, serving
from tools.sources.checksums import Checksum
from tools.sources.http import Patience

BODY = random.Random(7).randbytes(900_001)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for name in ("COURSE_ORIGIN", "COURSE_MIRROR", "COURSE_EE_PROJECT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server():
    with serving(Server(BODY)) as running:
        yield running


@pytest.fixture
def pinned() -> Checksum:
    return Checksum("sha256", sha256(BODY).hexdigest())


@pytest.fixture
def quick() -> Patience:
    """As stubborn as the default, without the waiting."""
    return Patience(tries=4, connect=2, stall=0.4, first_wait=0.01, longest_wait=1.2)


@pytest.fixture(autouse=True)
def _nothing_but_loopback(request, monkeypatch):
    """A test that reaches for the outside world is wrong, unless it says that it does."""
    if request.node.get_closest_marker("live"):
        return
    connect = socket.socket.connect

    def guarded(self, address):
        inside = self.family == socket.AF_UNIX or address[0] in ("127.0.0.1", "::1", "localhost")
        assert inside, f"a test tried to reach {address}"
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)

"""What goes wrong around a running explorer: it says what, recovers by itself, and leaves nothing hanging."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from tests.explorer.conftest import raw, serving, settings_of
from tests.explorer.gate import Gate, gate
from tests.similarity.qdrant_double import Qdrant
from tests.similarity.qdrant_double import serving as qdrant_serving
from tools.explorer.app import create_app
from tools.explorer.holding import Holder
from tools.similarity import open_index, restore

PATIENCE = 60  # seconds until a test gives up; no test says how fast something must be
FREE = {"similar_rate": "", "thumbnail_rate": "", "other_rate": ""}


@pytest.fixture
def own_world(world, tmp_path) -> Path:
    """A copy of the world that a test may spoil."""
    return Path(shutil.copytree(world, tmp_path / "world"))


@contextlib.contextmanager
def command(world: Path, **environment: str) -> Iterator[tuple[str, subprocess.Popen]]:
    """Run ``course explore`` in a process of its own: one that is killed by a fault takes no test with it."""
    arguments = ["explore", "--world", str(world), "--index", f"edge:{world / 'index'}", "--port", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.course", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"COURSE_EXPLORER_SIMILAR_RATE": "100000/second", **environment},
    )
    try:
        line = process.stdout.readline()
        assert line.startswith("The explorer is at "), line
        yield line.split()[4].rstrip("/"), process
    finally:
        process.terminate()
        process.wait(PATIENCE)
        process.stdout.close()


def until(told: Callable[[], bool], what: str) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not told():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.05)


def similar(url: str, tile: int, **asked) -> httpx.Response:
    return httpx.get(f"{url}/api/v1/tiles/{tile}/similar", params=asked, timeout=PATIENCE)


def parts(url: str) -> dict[str, dict]:
    answer = httpx.get(f"{url}/api/v1/health", timeout=PATIENCE)
    said = answer.json()
    assert answer.status_code == (200 if said["ok"] else 503)
    return {part["name"]: part for part in said["parts"]}


def spoil_by_deleting(index: Path) -> Callable[[], None]:
    away = index.with_name("index-away")
    index.rename(away)
    return lambda: away.rename(index)


def spoil_by_cutting_short(index: Path) -> Callable[[], None]:
    """Cut every file of vectors and graphs to half of it, under the process that has them mapped."""
    whole = {}
    for path in index.rglob("*"):
        if path.is_file() and path.suffix != ".json" and path.stat().st_size > 1_000:
            whole[path] = path.read_bytes()
            os.truncate(path, len(whole[path]) // 2)
    assert whole

    def mend() -> None:
        for path, content in whole.items():
            path.write_bytes(content)

    return mend


@pytest.mark.parametrize("spoil", [spoil_by_deleting, spoil_by_cutting_short])
def test_an_index_that_goes_is_said_to_have_gone_and_one_that_comes_back_is_used(own_world, tile, spoil):
    with command(own_world) as (url, process):
        before = similar(url, tile)
        assert before.status_code == 200
        mend = spoil(own_world / "index")
        until(lambda: similar(url, tile).status_code == 503, "a search that fails")

        gone = similar(url, tile)
        assert gone.headers["Content-Type"] == "application/problem+json"
        assert int(gone.headers["Retry-After"]) >= 1
        assert str(own_world / "index") in gone.json()["detail"]
        found = parts(url)
        assert not found["index"]["ok"]
        assert found["index"]["problem"]
        assert found["tiles"]["ok"]
        for still in ("locations", "umap", f"tiles/{tile}", "config"):
            assert httpx.get(f"{url}/api/v1/{still}").status_code == 200

        mend()
        until(lambda: similar(url, tile).status_code == 200, "a search that works again")
        assert similar(url, tile).json() == before.json()
        assert parts(url)["index"]["ok"]
        assert process.poll() is None


@pytest.fixture
def far(world, tmp_path) -> Iterator[tuple[Gate, Holder, str]]:
    """An explorer whose index is on a Qdrant server behind a gate."""
    snapshot = tmp_path / "snapshot.npz"
    with open_index(f"edge:{world / 'index'}") as index:
        index.snapshot(snapshot)
    with qdrant_serving(Qdrant(tmp_path / "qdrant")) as server:
        restore(snapshot, server)
        with gate(server) as between:
            settings = settings_of(world, index=between.url, search_seconds=1, **FREE)
            with Holder(settings) as holder, serving(create_app(settings, holder)) as url:
                yield between, holder, url


def test_a_server_that_stalls_is_answered_for_and_left_alone_until_it_answers_again(far, tile):
    between, _, url = far
    before = similar(url, tile)
    assert before.status_code == 200
    threads = threading.active_count()
    between.stalls = True
    assert similar(url, tile).status_code == 503

    # A crowd that comes now holds up no thread for each of them, nor reaches the server.
    reached = between.taken
    with ThreadPoolExecutor(40) as crowd:
        answers = list(crowd.map(lambda _: similar(url, tile), range(80)))
    assert {answer.status_code for answer in answers} == {503}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers)
    assert between.taken - reached < 20
    assert not parts(url)["index"]["ok"]
    assert httpx.get(f"{url}/api/v1/locations").status_code == 200

    between.stalls = False
    until(lambda: similar(url, tile).status_code == 200, "a search that works again")
    assert similar(url, tile).json() == before.json()
    assert parts(url)["index"]["ok"]
    until(lambda: threading.active_count() <= threads + 8, "threads that end")


def test_a_server_that_dies_and_returns_is_used_again(far, tile):
    between, _, url = far
    assert similar(url, tile).status_code == 200
    between.shut()
    until(lambda: similar(url, tile).status_code == 503, "a search that fails")
    found = parts(url)
    assert not found["index"]["ok"]
    assert "cannot be reached" in found["index"]["problem"] or "breaks off" in found["index"]["problem"]
    between.reopen()
    until(lambda: similar(url, tile).status_code == 200, "a search that works again")
    assert parts(url)["index"]["ok"]


@pytest.fixture
def hasty(world, holder) -> Iterator[str]:
    """An explorer that waits for clients no longer than half a second."""
    settings = settings_of(world, request_seconds=0.5, **FREE)
    with serving(create_app(settings, holder)) as url:
        yield url


def test_a_client_that_is_slow_to_ask_is_told_so_and_holds_up_nobody(hasty, tile):
    host, _, port = hasty.removeprefix("http://").partition(":")
    slow = [socket.create_connection((host, int(port)), timeout=PATIENCE) for _ in range(50)]
    for connection in slow:
        connection.sendall(b"GET /api/v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
    assert similar(hasty, tile).status_code == 200
    for connection in slow:
        received = b""
        while part := connection.recv(65_536):
            received += part
        assert received.startswith(b"HTTP/1.1 408 ")
        assert b"application/problem+json" in received
        connection.close()


def test_a_client_that_does_not_take_its_answers_is_let_go(hasty, tile):
    host, _, port = hasty.removeprefix("http://").partition(":")
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.settimeout(PATIENCE)
        connection.connect((host, int(port)))
        ask = b"GET /api/v1/land HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        with contextlib.suppress(ConnectionError):
            connection.sendall(ask * 200)  # some forty megabytes of answers, and none is read
        assert similar(hasty, tile).status_code == 200
        server_side = ("127.0.0.1", connection.getsockname()[1])

        def is_let_go() -> bool:
            known = psutil.Process().net_connections("tcp")
            return not any(one.raddr == server_side and one.status == "ESTABLISHED" for one in known)

        until(is_let_go, "a connection that is closed")


def test_a_request_without_an_end_is_refused(hasty):
    status, headers, _ = raw(
        hasty, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X-Long: " + b"x" * 70_000 + b"\r\n\r\n"
    )
    assert status == 431
    assert headers["content-type"] == "application/problem+json"


def test_more_connections_than_there_may_be_are_told_so(world, holder, tile):
    settings = settings_of(world, connections=5, **FREE)
    with serving(create_app(settings, holder)) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        idle = [socket.create_connection((host, int(port)), timeout=PATIENCE) for _ in range(5)]
        until(lambda: _refused(host, int(port)), "a refusal")
        for connection in idle:
            connection.close()
        until(lambda: not _refused(host, int(port)), "a connection that is taken again")
        assert similar(url, tile).status_code == 200


def _refused(host: str, port: int) -> bool:
    with socket.create_connection((host, port), timeout=PATIENCE) as connection:
        connection.sendall(b"GET /api/v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        first = connection.recv(65_536)
        assert first[:12] in (b"HTTP/1.1 503", b"HTTP/1.1 200"), first
        return first.startswith(b"HTTP/1.1 503")


def test_two_hundred_clients_at_once_are_all_answered(explorer, holder):
    ids = holder.tiles["tile_id"].tolist()
    url = str(explorer.base_url).rstrip("/")
    together = threading.Barrier(200, timeout=PATIENCE)

    def ask(number: int) -> httpx.Response:
        together.wait()
        return similar(url, ids[number % len(ids)])

    with ThreadPoolExecutor(200) as clients:
        answers = list(clients.map(ask, range(200)))
    assert {answer.status_code for answer in answers} == {200}
    for number, answer in enumerate(answers):
        assert answer.json()["tile_id"] == ids[number % len(ids)]
        assert answer.json()["hits"]


def test_more_searches_than_can_wait_are_told_to_come_again(world, holder, tile):
    settings = settings_of(world, concurrent_searches=1, waiting_searches=0, **FREE)
    with Holder(settings) as narrow, serving(create_app(settings, narrow)) as url:
        with ThreadPoolExecutor(50) as clients:
            answers = list(clients.map(lambda _: similar(url, tile, limit=100), range(200)))
        refused = [answer for answer in answers if answer.status_code == 503]
        assert refused
        assert {answer.status_code for answer in answers} == {200, 503}
        assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
        assert parts(url)["index"]["ok"]
        assert similar(url, tile).status_code == 200


def test_clients_that_go_away_leave_nothing_behind(explorer, tile):
    url = str(explorer.base_url).rstrip("/")
    host, _, port = url.removeprefix("http://").partition(":")
    assert similar(url, tile).status_code == 200
    process = psutil.Process()
    until(lambda: not _half_open(process, int(port)), "quiet")
    for _ in range(100):
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
            ask = f"GET /api/v1/tiles/{tile}/similar?limit=100 HTTP/1.1\r\nHost: {host}\r\n\r\n"
            connection.sendall(ask.encode())
    until(lambda: not _half_open(process, int(port)), "connections that are closed")
    assert similar(url, tile).status_code == 200
    assert parts(url)["index"]["ok"]


def _half_open(process: psutil.Process, port: int) -> list:
    """Connections to the server that their client has closed, and the server has not."""
    return [
        one
        for one in process.net_connections("tcp")
        if one.laddr and one.laddr.port == port and one.status == "CLOSE_WAIT"
    ]

"""A small world of the sample, made by the pipeline itself, and the explorer served on it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tools.explorer.app import create_app
from tools.explorer.holding import Holder
from tools.explorer.serving import listening, server
from tools.explorer.settings import Settings
from tools.similarity import Pipeline

STEPS = ("cities", "embed", "bias", "index", "layout")


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> Path:
    """A folder with twelve cities of the invented world, eight tiles each, and their index and layout."""
    folder = tmp_path_factory.mktemp("world")
    pipeline = Pipeline(folder, per_city=8, limit_cities=12)
    for step in STEPS:
        getattr(pipeline, step)()
    return folder


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """A front end as Vite lays it out, and beside it a secret that must stay there."""
    home = tmp_path_factory.mktemp("site")
    (home / "secret.txt").write_text("SECRET")
    folder = home / "built"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>The front end</title>" + " " * 500)
    (folder / "assets" / "index-4f2a.js").write_text("export const answer = 42;\n" * 100)
    (folder / "favicon.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (folder / ".hidden").write_text("SECRET")
    (folder / "linked.txt").symlink_to(home / "secret.txt")
    return folder


@pytest.fixture(scope="session")
def holder(world) -> Iterator[Holder]:
    """The world, opened once."""
    with Holder(settings_of(world)) as holder:
        yield holder


@pytest.fixture(scope="session")
def explorer(holder, built, world) -> Iterator[httpx.Client]:
    """A client of the explorer on a real socket, without limits of rates."""
    free = {"similar_rate": "", "thumbnail_rate": "", "other_rate": ""}
    app = create_app(settings_of(world, **free), holder, built=built)
    with serving(app) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


@pytest.fixture
def tile(holder) -> int:
    """The number of a tile that there is."""
    return int(holder.tiles["tile_id"].iloc[5])


def settings_of(world: Path, **changes) -> Settings:
    """How the explorer runs on that folder."""
    return Settings(**{"world": world, "index": f"edge:{world / 'index'}", "port": 0, **changes})


@contextlib.contextmanager
def serving(app) -> Iterator[str]:
    """Serve an application on a free port of loopback, as it is served to readers, and give its address."""
    opened = listening("127.0.0.1", 0)
    running = server(app, app.state.explorer.settings)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [opened]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{opened.getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join(30)
        opened.close()
    assert not thread.is_alive(), "the server did not stop"


def raw(url: str, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send bytes as they are, as no well-behaved client would, and read the answer."""
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(request)
        received = b""
        while part := connection.recv(65_536):
            received += part
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(first.split(" ")[1]), headers, body

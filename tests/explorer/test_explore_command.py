"""``course explore``: one command that serves, or one sentence that says why not."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from tests.explorer.conftest import settings_of
from tools.explorer.holding import Holder
from tools.explorer.serving import listening

PATIENCE = 120


@pytest.fixture(scope="module")
def world(world, tmp_path_factory) -> Path:
    """A copy of the world: other tests of this process may have its index open."""
    return Path(shutil.copytree(world, tmp_path_factory.mktemp("explored") / "world"))


def explore(world: Path, *more: str, **environment: str) -> subprocess.Popen:
    arguments = ["explore", "--world", str(world), "--port", "0", *more]
    return subprocess.Popen(
        [sys.executable, "-m", "tools.course", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )


def refusal(process: subprocess.Popen) -> str:
    """What a command that cannot serve says of it."""
    said, why = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert said == ""
    assert "Traceback" not in why
    return " ".join(why.split())


@pytest.fixture
def copied(world, tmp_path) -> Path:
    """A folder with the same tiles and layout, but without an index."""
    for path in world.iterdir():
        if path.name != "index":
            (tmp_path / path.name).symlink_to(path)
    return tmp_path


def test_it_serves_on_loopback_until_it_is_interrupted_and_ends_well(world):
    process = explore(world)
    try:
        line = process.stdout.readline()
        assert line.startswith("The explorer is at http://127.0.0.1:"), process.stderr.read()
        url = line.split()[4]
        status = httpx.get(f"{url}api/v1/status", timeout=PATIENCE).json()
        assert status["tiles"] == 96
        assert status["synthetic"]
        heard = [one.laddr for one in psutil.Process(process.pid).net_connections() if one.status == "LISTEN"]
        assert [(at.ip, at.port) for at in heard] == [("127.0.0.1", int(url.rstrip("/").rpartition(":")[2]))]
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE)
        assert process.returncode in (0, 130)
        assert "Traceback" not in said
        # What it held is free again, in this very moment.
        with Holder(settings_of(world)) as holder, listening("127.0.0.1", heard[0].port):
            assert len(holder.tiles) == 96
    finally:
        process.kill()
        process.communicate()


def test_a_port_that_is_taken_is_said_before_anything_is_opened(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        why = refusal(explore(tmp_path / "nowhere", "--port", port))
    assert f"port {port}, cannot be used" in why
    assert "--port" in why


def test_a_folder_without_tiles_is_said_to_be_so(tmp_path):
    assert "course similarity" in refusal(explore(tmp_path))


def test_a_world_without_an_index_is_said_to_be_so(copied):
    why = refusal(explore(copied))
    assert "no index" in why
    assert str(copied) in why


def test_an_index_that_another_explorer_has_open_is_said_to_be_so(world):
    with Holder(settings_of(world)):
        assert "Is the explorer running already?" in refusal(explore(world))


def test_a_server_that_is_not_there_is_said_not_to_be_there(world):
    with listening("127.0.0.1", 0) as free:
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    why = refusal(explore(world, "--index", nobody))
    assert nobody in why
    assert "cannot be reached" in why


def test_a_setting_that_makes_no_sense_is_named(world):
    why = refusal(explore(world, COURSE_EXPLORER_SIMILAR_RATE="often"))
    assert "similar_rate" in why
    assert "600/minute" in why

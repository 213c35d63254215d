"""Downloads of real processes: killed in the middle, at once, and on a disk that is too small."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.sources.conftest import BODY
from tools.sources.download import fetch
from tools.sources.lock import only_one

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals, limits and mounts as Unix has them")

FETCH = """
import sys
from pathlib import Path
from tools.sources.checksums import Checksum
from tools.sources.download import fetch
from tools.sources.errors import DataError
url, target, digest = sys.argv[1:]
try:
    fetch(url, Path(target), checksum=Checksum("sha256", digest))
except DataError as error:
    sys.exit(f"DataError: {error}")
"""
LIMITED = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n" + FETCH
ROOT = Path(__file__).resolve().parents[2]


def start(server, target, pinned, *, code=FETCH, before=()) -> subprocess.Popen:
    command = [*before, sys.executable, "-c", code, server.url, str(target), pinned.digest]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def wait_for(condition, process: subprocess.Popen) -> None:
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_after_kill_9_in_mid_download_a_second_run_completes_and_verifies(server, tmp_path, pinned, quick):
    target, part = tmp_path / "data.bin", tmp_path / "data.bin.part"
    server.slowly = 0.2
    process = start(server, target, pinned)
    wait_for(lambda: part.exists() and part.stat().st_size > 100_000, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not target.exists()
    kept = part.stat().st_size

    server.slowly = 0
    fetch(server.url, target, checksum=pinned, patience=quick)
    assert target.read_bytes() == BODY
    assert server.requests[-1].first_byte == kept
    assert names(tmp_path) == ["data.bin"]


def test_processes_that_want_one_file_at_once_fetch_it_once(server, tmp_path, pinned):
    server.slowly = 0.05
    processes = [start(server, tmp_path / "data.bin", pinned) for _ in range(3)]
    errors = [process.communicate()[1] for process in processes]
    assert errors == ["", "", ""]
    assert (tmp_path / "data.bin").read_bytes() == BODY
    assert len(server.requests) == 1
    assert names(tmp_path) == ["data.bin"]


def test_one_that_waits_takes_over_from_one_that_is_killed(server, tmp_path, pinned):
    target, part = tmp_path / "data.bin", tmp_path / "data.bin.part"
    server.slowly = 0.2
    first = start(server, target, pinned)
    wait_for(lambda: part.exists() and part.stat().st_size > 100_000, first)
    second = start(server, target, pinned)
    first.kill()
    first.communicate()
    assert second.communicate()[1] == ""
    assert target.read_bytes() == BODY
    assert names(tmp_path) == ["data.bin"]


def test_a_process_over_its_quota_says_that_there_is_no_room(server, tmp_path, pinned):
    process = start(server, tmp_path / "data.bin", pinned, code=LIMITED)
    said = process.communicate()[1]
    assert said.startswith("DataError: no room on the disk for data.bin")
    assert "COURSE_CACHE" in said
    assert names(tmp_path) == []


def test_a_full_disk_says_that_there_is_no_room(server, tmp_path, pinned):
    disk = tmp_path / "disk"
    disk.mkdir()
    small = f'mount -t tmpfs -o size=400k none "{disk}" && "$@"; code=$?; ls "{disk}" >&2; exit $code'
    unshare = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    if not shutil.which("unshare") or subprocess.run([*unshare, "mount -t tmpfs none /mnt"]).returncode:
        pytest.skip("this machine does not let us mount a small disk")
    process = start(server, disk / "data.bin", pinned, before=[*unshare, small, "sh"])
    said = process.communicate()[1]
    assert process.returncode == 1
    assert "no room on the disk for data.bin" in said
    assert said.strip().endswith("another disk"), "something was left on the disk"


def test_the_lock_gives_up_in_the_end_and_says_who_holds_it(tmp_path):
    from tools.sources.errors import DataError

    target = tmp_path / "data.bin"
    holder = "import sys,time; from pathlib import Path; from tools.sources.lock import only_one\n"
    holder += "with only_one(Path(sys.argv[1])):\n print('held', flush=True); sys.stdin.read()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", holder, str(target)], cwd=ROOT, **pipes) as process:
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(DataError, match=r"data\.bin\.lock"), only_one(target, patience=0.2):
            pass
    with only_one(target, patience=0.2):
        assert names(tmp_path) == ["data.bin.lock"]
    assert names(tmp_path) == []

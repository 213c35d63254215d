"""An index in a folder: one process at a time where it must be, damage found, and no half index ever."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from tests.similarity.index_examples import some_tiles, some_vectors
from tools.similarity.index import (
    IndexDamagedError,
    IndexGoneError,
    IndexLockedError,
    NoIndexError,
    build_index,
    open_index,
)

TILES = some_tiles(20)
VECTORS = {"mean": some_vectors(TILES, 16)}
OTHER = {"mean": some_vectors(TILES, 16, seed=1)}
TILE = int(TILES["tile_id"].iloc[0])


@pytest.fixture(scope="module", params=["edge", "exact"])
def pristine(request, tmp_path_factory):
    """An index that nobody touches."""
    folder = tmp_path_factory.mktemp(request.param) / "index"
    build_index(f"{request.param}:{folder}", TILES, VECTORS)
    return folder


@pytest.fixture
def folder(pristine, tmp_path):
    """A copy of it, of the test's own."""
    return shutil.copytree(pristine, tmp_path / "index")


def kind(folder):
    return json.loads((folder / "index.json").read_text())["kind"]


def stamps(folder):
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.rglob("*")}


def elsewhere(code, *args):
    """Run a few lines in another process."""
    lines = f"import sys, numpy as np\nfrom tools.similarity.index import open_index\n{code}"
    return subprocess.Popen(
        [sys.executable, "-c", lines, *map(str, args)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


HOLDING = "index = open_index(sys.argv[1])\nprint('open', flush=True)\ninput()"


def test_the_embedded_index_is_for_one_process_and_says_which_has_it(folder):
    other = elsewhere(HOLDING, folder)
    assert other.stdout.readline() == "open\n", other.stderr.read()
    if kind(folder) == "exact":
        open_index(folder).close()
    else:
        with pytest.raises(IndexLockedError, match=f"process {other.pid}.*COURSE_QDRANT_URL"):
            open_index(folder)
    other.kill()  # and a process that dies lets go
    other.communicate()
    with open_index(folder) as index:
        assert index.count("mean") == len(TILES)


def test_within_a_process_it_can_be_opened_again_and_closes_with_the_last(folder):
    first, second = open_index(folder), open_index(folder)
    first.close()
    assert len(second.similar(TILE, method="mean")) == 10
    second.close()
    assert elsewhere("open_index(sys.argv[1])", folder).wait() == 0


def test_an_index_that_nobody_closed_is_let_go_when_nobody_holds_it(folder):
    open_index(folder)
    assert elsewhere("open_index(sys.argv[1])", folder).wait() == 0


def test_an_index_may_be_closed_while_others_search_it(folder):
    index = open_index(folder)
    ended, answers = [], []

    def search():
        try:
            while True:
                answers.append(len(index.similar(TILE, method="mean")))
        except IndexGoneError:
            ended.append(True)

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    while len(answers) < 50:
        time.sleep(0.001)
    index.close()
    for thread in threads:
        thread.join(10)
    assert len(ended) == 4
    assert set(answers) == {10}


def test_building_the_same_again_touches_nothing(folder):
    before = stamps(folder)
    build_index(f"{kind(folder)}:{folder}", TILES, VECTORS, replace=True)
    assert stamps(folder) == before


def test_only_the_methods_that_changed_are_built_again(folder):
    where = f"{kind(folder)}:{folder}"
    build_index(where, TILES, VECTORS | {"dominant": OTHER["mean"]}, replace=True)
    before = stamps(next(folder.glob("mean-*")))
    build_index(where, TILES, VECTORS | {"dominant": VECTORS["mean"]}, replace=True)
    assert stamps(next(folder.glob("mean-*"))) == before
    assert sorted(path.name.split("-")[0] for path in folder.iterdir() if path.is_dir()) == [
        "dominant",
        "mean",
    ]


def test_an_index_that_is_open_here_is_not_replaced(folder):
    where = f"{kind(folder)}:{folder}"
    with open_index(folder) as index:
        if index.kind == "edge":
            with pytest.raises(IndexLockedError, match="held by this process"):
                build_index(where, TILES, OTHER, replace=True)
        else:
            build_index(where, TILES, OTHER, replace=True)
            assert "replaced" in index.health().problem
        hits = index.similar(TILE, method="mean")  # the index that was opened, to the end
    build_index(where, TILES, OTHER, replace=True)
    with open_index(folder) as index:
        assert index.similar(TILE, method="mean") != hits


def test_an_index_of_one_kind_is_not_taken_for_the_other(folder):
    wrong = {"edge": "exact", "exact": "edge"}[kind(folder)]
    with pytest.raises(NoIndexError, match=f"open it as '{kind(folder)}:"):
        open_index(f"{wrong}:{folder}")


def test_any_file_that_is_missing_or_cut_short_is_found_on_opening(folder):
    watched = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    for path in sorted(watched):
        if path.name == "edge_config.json":
            continue  # the engine writes it anew whenever it opens the shard
        aside = path.rename(path.with_name("aside"))
        with pytest.raises(NoIndexError if path.name == "index.json" else IndexDamagedError, match="build"):
            open_index(folder)
        size = aside.stat().st_size
        if size:
            with aside.open("rb") as whole:
                path.write_bytes(whole.read(min(size // 2, 10_000)))
            with pytest.raises(IndexDamagedError, match="build"):
                open_index(folder)
        aside.replace(path)
    with open_index(folder) as index:
        assert index.health(thorough=True).ok


def test_a_changed_byte_is_found_by_a_thorough_check(folder):
    units = max(folder.rglob("*.npy" if kind(folder) == "exact" else "*.dat"), key=lambda p: p.stat().st_size)
    with open_index(folder) as index:
        assert index.health(thorough=True).ok
        with units.open("r+b") as file:
            file.seek(units.stat().st_size - 7)
            file.write(b"\xa5")
        assert index.health().ok
        health = index.health(thorough=True)
    assert not health.ok
    assert str(units) in health.problem
    assert "build it again" in health.problem


def test_an_index_that_was_deleted_under_its_reader_is_not_called_well(folder):
    with open_index(folder) as index:
        shutil.rmtree(folder)
        health = index.health()
        assert not health.ok
        assert "no index" in health.problem
        assert health.counts == {}
        build_index(f"{index.kind}:{folder}", TILES, OTHER)
        with open_index(folder) as anew:
            assert anew.health().ok
            assert anew.similar(TILE, method="mean") != index.similar(TILE, method="mean")


@pytest.mark.parametrize("pristine", ["edge"], indirect=True)
def test_what_the_engine_does_not_take_is_an_error_of_the_course(folder):
    """Also where it panics, which no ``except Exception`` would catch."""
    [part] = folder.glob("mean-*")
    status = next(part.rglob("status.dat"))
    os.truncate(status, status.stat().st_size // 2)
    description = json.loads((part / "part.json").read_text())
    description["files"][status.relative_to(part).as_posix()][0] = status.stat().st_size
    (part / "part.json").write_text(json.dumps(description))
    with pytest.raises(IndexDamagedError, match="the engine says"):
        open_index(folder)
    build_index(f"edge:{folder}", TILES, OTHER, replace=True)  # the lock was let go
    with open_index(folder) as index:
        assert index.count("mean") == len(TILES)


def test_a_damaged_index_is_built_again_from_the_same_content(folder):
    victim = next(folder.rglob("*.npy"), None) or next(folder.rglob("*.dat"))
    victim.unlink()
    build_index(f"{kind(folder)}:{folder}", TILES, VECTORS)
    with open_index(folder) as index:
        assert index.health(thorough=True).ok


def test_a_list_that_cannot_be_read_is_replaced_only_when_asked(folder):
    where = f"{kind(folder)}:{folder}"
    for content in ("{", "[]", '{"format": 99, "kind": "edge", "parts": []}'):
        (folder / "index.json").write_text(content)
        for ask in (lambda: open_index(where), lambda: build_index(where, TILES, VECTORS)):
            with pytest.raises(IndexDamagedError, match=r"index\.json|format"):
                ask()
    build_index(where, TILES, VECTORS, replace=True)
    with open_index(folder) as index:
        assert index.health().ok


BUILDING = """
from tools.similarity.index import build_index
from tests.similarity.index_examples import some_tiles, some_vectors
tiles = some_tiles(300)
vectors = {name: some_vectors(tiles, 300) for name in ("mean", "median", "min")}
print("begin", flush=True)
build_index(sys.argv[1], tiles, vectors, replace=True)
print("end", flush=True)
"""


@pytest.mark.parametrize("pristine", ["edge"], indirect=True)  # the same code, and NumPy's is over too soon
def test_a_build_that_is_killed_leaves_the_old_index_whole(pristine, tmp_path):
    folder = shutil.copytree(pristine, tmp_path / "index")
    with open_index(folder) as index:
        before = index.similar(TILE, method="mean")
    for part in ("mean", "min"):
        building = elsewhere(BUILDING, folder)
        assert building.stdout.readline() == "begin\n", building.stderr.read()
        while not list(folder.glob(f".{part}-*.part")) and building.poll() is None:
            time.sleep(0.001)
        building.send_signal(signal.SIGKILL)
        building.communicate()
        assert list(folder.glob(".*.part")), "it was to be killed within a part"
        with open_index(folder) as index:
            assert index.similar(TILE, method="mean") == before
    whole = stamps(next(path for path in folder.glob("median-*")))
    building = elsewhere(BUILDING, folder)
    assert building.wait() == 0
    building.communicate()
    assert stamps(next(folder.glob("median-*"))) == whole, "what was whole is taken as it is"
    assert not list(folder.glob(".*.part"))
    with open_index(folder) as index:
        assert index.methods() == ["mean", "median", "min"]
        assert index.health(thorough=True).ok


def test_vectors_of_many_thousand_tiles_are_read_back_as_they_were_written(tmp_path):
    """In parts, on the way in and on the way out."""
    tiles = some_tiles(700)
    vectors = some_vectors(tiles, 4)
    build_index(f"edge:{tmp_path}", tiles, {"mean": vectors})
    with open_index(tmp_path) as index:
        content = index.content("mean")
    order = np.argsort(tiles["tile_id"].to_numpy())
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(content.vectors, units[order], atol=1e-6)
    for name, column in content.places.columns().items():
        assert column.tolist() == tiles[name].to_numpy()[order].tolist()

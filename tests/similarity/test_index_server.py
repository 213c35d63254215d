"""An index on a Qdrant server: the wire, the key, and a server that stalls, fails, dies and comes back."""

import numpy as np
import pytest

from tests.similarity.index_examples import some_tiles, some_vectors
from tests.similarity.qdrant_double import Qdrant, serving
from tools.similarity.index import (
    IndexDamagedError,
    IndexExistsError,
    IndexGoneError,
    NoIndexError,
    WrongVectorError,
    build_index,
    open_index,
)

TILES = some_tiles(10)
VECTORS = {"mean": some_vectors(TILES, 16), "dominant": some_vectors(TILES, 8)}
TILE = int(TILES["tile_id"].iloc[0])


@pytest.fixture
def server(tmp_path):
    server = Qdrant(tmp_path / "server")
    with serving(server):
        yield server


@pytest.fixture
def index(server):
    build_index(server.url, TILES, VECTORS)
    with open_index(server.url, timeout=1) as index:
        yield index


def test_a_server_without_tiles_says_so(server):
    with pytest.raises(NoIndexError, match=r"holds no tiles.*build_index"):
        open_index(server.url)


def test_a_tiles_vector_does_not_cross_the_wire_to_be_searched_for(server, index):
    server.asked.clear()
    index.similar(TILE, method="mean", other_cities_only=True)
    assert server.asked == [
        "POST /collections/tiles_mean/points",
        "POST /collections/tiles_mean/points/query",
    ]


def test_the_key_comes_from_the_environment_and_is_never_shown(server, index, monkeypatch):
    server.key = "open sesame"
    with pytest.raises(IndexGoneError, match="COURSE_QDRANT_API_KEY"):
        index.count("mean")
    monkeypatch.setenv("COURSE_QDRANT_API_KEY", "another key")
    with pytest.raises(IndexGoneError) as refused:
        open_index(server.url)
    assert "another key" not in str(refused.value)
    monkeypatch.setenv("COURSE_QDRANT_API_KEY", server.key)
    with open_index(server.url) as other:
        assert other.count("mean") == len(TILES)
        assert server.key not in repr(other) + repr(other.health())


def test_an_address_with_a_password_in_it_is_refused_without_repeating_it():
    with pytest.raises(ValueError, match="COURSE_QDRANT_API_KEY") as refused:
        open_index("https://me:secret@qdrant.example.org")
    assert "secret" not in str(refused.value)


def test_a_server_that_stalls_is_not_waited_for_and_is_asked_again_when_it_wakes(server, index):
    server.awake.clear()
    for ask in (lambda: index.similar(TILE, method="mean"), lambda: open_index(server.url, timeout=1)):
        with pytest.raises(IndexGoneError, match="did not answer within 1 s"):
            ask()
    assert "did not answer" in index.health().problem
    server.awake.set()
    assert index.health().ok
    assert len(index.similar(TILE, method="mean")) == 10


def test_a_server_that_fails_is_named_with_its_status_and_works_again_when_it_does(server, index):
    for status in (500, 503, 429):
        server.failing = status
        with pytest.raises(IndexGoneError, match=f"{status}.*out of order"):
            index.similar(TILE, method="mean")
    assert not index.health().ok
    server.failing = 0
    assert len(index.similar(TILE, method="mean")) == 10


def test_a_connection_that_was_dropped_is_tried_once_more(server, index):
    server.hanging_up = 1
    assert index.count("mean") == len(TILES)
    server.hanging_up = 2
    with pytest.raises(IndexGoneError, match="breaks off"):
        index.count("mean")


def test_a_server_that_is_gone_is_named_and_so_is_what_to_do(tmp_path):
    with serving(Qdrant(tmp_path)) as url:
        build_index(url, TILES, VECTORS)
        index = open_index(url)
    for ask in (lambda: index.similar(TILE, method="mean"), lambda: open_index(url)):
        with pytest.raises(IndexGoneError, match=r"cannot be reached.*unset COURSE_QDRANT_URL"):
            ask()
    assert "cannot be reached" in index.health().problem
    index.close()


def test_something_else_at_the_address_is_not_taken_for_qdrant(server):
    server.turn = server.described = lambda *_: None
    server.answer = lambda *_: {"hello": "world"}
    with pytest.raises(IndexGoneError, match="not as Qdrant does"):
        open_index(server.url)


def test_a_collection_that_was_deleted_under_its_reader_is_named(server, index):
    server.delete(server.aliases["tiles_mean"])
    with pytest.raises(IndexDamagedError, match=r"tiles_mean.*build_index"):
        index.similar(TILE, method="mean")
    assert not index.health().ok
    build_index(server.url, TILES, VECTORS, replace=True)
    assert len(index.similar(TILE, method="mean")) == 10


def test_an_index_that_was_replaced_by_one_of_other_dimensions_is_not_answered_from(server, index):
    build_index(server.url, TILES, {"mean": VECTORS["dominant"]}, replace=True)
    with pytest.raises(IndexDamagedError, match="open it again"):
        index.search(np.ones(16), method="mean")
    assert "open it again" in index.health().problem
    with open_index(server.url) as other, pytest.raises(WrongVectorError, match="8 dimensions"):
        other.search(np.ones(16), method="mean")


def test_all_methods_are_replaced_at_once_and_nothing_else_is_touched(server, index):
    server.create("somebody_elses", {"size": 3, "distance": "Cosine"})
    server.create("tiles_of_a_bathroom", {"size": 3, "distance": "Cosine"})
    with pytest.raises(IndexExistsError, match="replace=True"):
        build_index(server.url, TILES, {"mean": VECTORS["mean"] + 1})
    server.asked.clear()
    build_index(
        server.url, TILES, {"mean": VECTORS["mean"] + 1, "dominant": VECTORS["dominant"]}, replace=True
    )
    assert server.asked.count("POST /collections/aliases") == 1
    assert set(server.shards) == {*server.aliases.values(), "somebody_elses", "tiles_of_a_bathroom"}


def test_an_upload_that_was_broken_off_shows_nothing_and_is_done_again(server):
    within = server.within

    def full(verb, name, rest, body):
        server.failing = 507 if (verb, rest) == ("PUT", "/points") and len(server.shards) == 2 else 0
        return within(verb, name, rest, body)

    server.within = full
    with pytest.raises(IndexGoneError, match="507"):
        build_index(server.url, TILES, VECTORS)
    server.within, server.failing = within, 0
    with pytest.raises(NoIndexError):
        open_index(server.url)
    build_index(server.url, TILES, VECTORS)
    with open_index(server.url) as index:
        assert index.health().counts == {"dominant": len(TILES), "mean": len(TILES)}

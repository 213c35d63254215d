"""One client that asks too often waits, and no other does."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.explorer.conftest import serving, settings_of
from tests.explorer.test_api import API, refused
from tools.explorer.app import create_app


@pytest.fixture
def limited(holder, world, built):
    """Make an explorer with such settings, and give a client of it."""
    from contextlib import ExitStack

    with ExitStack() as open_ones:

        def make(**settings) -> httpx.Client:
            app = create_app(settings_of(world, **settings), holder, built=built)
            url = open_ones.enter_context(serving(app))
            return open_ones.enter_context(httpx.Client(base_url=url))

        yield make


def asked(client, tile, times, headers=None):
    return [client.get(f"{API}/tiles/{tile}/similar", headers=headers).status_code for _ in range(times)]


def test_beyond_the_rate_a_client_is_told_how_long_to_wait(limited, tile):
    client = limited(similar_rate="3/minute")
    assert asked(client, tile, 3) == [200] * 3
    answer = client.get(f"{API}/tiles/{tile}/similar")
    problem = refused(answer, 429)
    assert "at most 3" in problem["detail"]
    assert 1 <= int(answer.headers["retry-after"]) <= 61
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_after_the_wait_it_is_answered_again(limited, tile):
    client = limited(similar_rate="2/second")
    for _ in range(3):
        while (answer := client.get(f"{API}/tiles/{tile}/similar")).status_code == 200:
            pass
        time.sleep(int(answer.headers["retry-after"]))
        assert asked(client, tile, 1) == [200]


def test_wrong_questions_count_too(limited):
    client = limited(similar_rate="3/minute")
    codes = [client.get(f"{API}/tiles/{number}/similar").status_code for number in ("7", "x", "7", "7")]
    assert codes == [404, 422, 404, 429]


def test_dear_questions_are_counted_apart_from_cheap_ones(limited, tile):
    client = limited(similar_rate="1/minute", thumbnail_rate="2/minute", other_rate="4/minute")
    assert asked(client, tile, 2) == [200, 429]
    pictures = [client.get(f"{API}/tiles/{tile}/thumbnail").status_code for _ in range(3)]
    assert pictures == [200, 200, 429]
    rest = [client.get(path).status_code for path in ("/", f"{API}/status", "/nowhere", f"{API}/land", "/")]
    assert rest == [200, 200, 404, 200, 429]


def test_a_client_cannot_pass_for_others_by_a_header(limited, tile):
    client = limited(similar_rate="2/minute")
    codes = [asked(client, tile, 1, {"X-Forwarded-For": f"192.0.2.{n}"})[0] for n in range(4)]
    assert codes == [200, 200, 429, 429]


def test_behind_a_trusted_proxy_each_client_has_its_own_rate(limited, tile):
    client = limited(similar_rate="2/minute", trusted_proxies="127.0.0.1")
    for address in ("192.0.2.1", "192.0.2.2", "2001:db8::1"):
        assert asked(client, tile, 3, {"X-Forwarded-For": address}) == [200, 200, 429]
    # What a client writes before its own address the proxy only passes on.
    assert asked(client, tile, 1, {"X-Forwarded-For": "198.51.100.7, 192.0.2.1"}) == [429]
    # A household's network is one client.
    assert asked(client, tile, 1, {"X-Forwarded-For": "2001:db8::ffff"}) == [429]
    assert asked(client, tile, 1, {"X-Forwarded-For": "2001:db8:0:1::1"}) == [200]


def test_many_at_once_do_not_slip_through(limited, tile):
    client = limited(similar_rate="20/minute")
    with ThreadPoolExecutor(10) as threads:
        codes = [code for some in threads.map(lambda _: asked(client, tile, 6), range(10)) for code in some]
    assert sorted(codes) == [200] * 20 + [429] * 40


def test_without_a_rate_nothing_is_counted(limited, tile):
    client = limited(similar_rate="", other_rate="")
    assert set(asked(client, tile, 50)) == {200}

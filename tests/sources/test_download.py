"""A download comes whole and verified, or not at all."""

from __future__ import annotations

import os
import threading
from hashlib import sha256
from pathlib import Path

import pytest

from tests.sources.conftest import BODY
from tools.sources import http
from tools.sources.checksums import Checksum
from tools.sources.download import fetch
from tools.sources.errors import DataError
from tools.sources.http import USER_AGENT

SIZE = len(BODY)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def waits(monkeypatch) -> list[float]:
    """How long each wait was; they are really waited."""
    kept, sleep = [], http.time.sleep

    def noted(seconds):
        if threading.current_thread() is threading.main_thread():
            kept.append(seconds)
        sleep(seconds)

    monkeypatch.setattr(http.time, "sleep", noted)
    return kept


def get(server, folder, pinned, quick, **more) -> Path:
    return fetch(server.url, folder / "data.bin", checksum=pinned, patience=quick, **more)


def test_a_file_arrives_whole_and_alone(server, tmp_path, pinned, quick):
    path = get(server, tmp_path, pinned, quick, size=SIZE)
    assert path.read_bytes() == BODY
    assert names(tmp_path) == ["data.bin"]


def test_we_say_who_we_are(server, tmp_path, pinned, quick):
    get(server, tmp_path, pinned, quick)
    assert server.requests[0].headers["user-agent"] == USER_AGENT


def test_a_verified_file_is_not_fetched_again(server, tmp_path, pinned, quick):
    get(server, tmp_path, pinned, quick)
    get(server, tmp_path, pinned, quick)
    assert len(server.requests) == 1


@pytest.mark.parametrize("ranges", [True, False], ids=["with ranges", "without ranges"])
@pytest.mark.parametrize(
    "fault", ["truncated", "500", "503", "stall", "announced_too_long", "announced_too_short", "corrupted"]
)
@pytest.mark.parametrize("size", [SIZE, None], ids=["size known", "size unknown"])
def test_a_fault_that_passes_is_overcome(server, tmp_path, pinned, quick, fault, ranges, size):
    server.ranges = ranges
    server.faults = [fault]
    path = get(server, tmp_path, pinned, quick, size=size)
    assert path.read_bytes() == BODY
    assert names(tmp_path) == ["data.bin"]


def test_a_truncated_download_goes_on_where_it_broke_off(server, tmp_path, pinned, quick):
    server.faults = ["truncated", "truncated"]
    get(server, tmp_path, pinned, quick)
    starts = [request.first_byte for request in server.requests]
    assert starts == [0, SIZE // 2, SIZE // 2 + (SIZE - SIZE // 2) // 2]


def test_progress_resets_the_count_of_failures(server, tmp_path, pinned, quick):
    server.faults = ["truncated"] * (quick.tries + 3)
    assert get(server, tmp_path, pinned, quick).read_bytes() == BODY


def test_without_ranges_a_truncated_download_starts_again(server, tmp_path, pinned, quick):
    server.ranges = False
    server.faults = ["truncated"]
    assert get(server, tmp_path, pinned, quick).read_bytes() == BODY
    assert len(server.requests) == 2


def test_a_busy_server_is_given_the_time_that_it_asks_for(server, tmp_path, pinned, quick, waits):
    server.faults = ["busy"]
    assert get(server, tmp_path, pinned, quick).read_bytes() == BODY
    assert waits == [1.0]


def test_a_server_cannot_make_us_wait_an_hour(server, tmp_path, pinned, quick, waits):
    server.faults = ["busy_long"]
    assert get(server, tmp_path, pinned, quick).read_bytes() == BODY
    assert waits == [quick.longest_wait]


def test_a_date_is_understood_as_the_time_to_wait_for(server, tmp_path, pinned, quick, waits):
    server.faults = ["busy_until_tomorrow"]
    assert get(server, tmp_path, pinned, quick).read_bytes() == BODY
    assert waits == [quick.longest_wait]


def test_waits_grow_longer_with_each_failure(server, tmp_path, pinned, quick, waits):
    server.faults = ["500", "503", "500"]
    assert get(server, tmp_path, pinned, quick).read_bytes() == BODY
    assert [0.5 <= wait / (quick.first_wait * 2**n) <= 1 for n, wait in enumerate(waits)] == [True] * 3


def test_a_part_that_the_server_cannot_continue_is_fetched_anew(server, tmp_path, pinned, quick):
    (tmp_path / "data.bin.part").write_bytes(BODY[:1000])
    server.faults = ["416"]
    assert get(server, tmp_path, pinned, quick).read_bytes() == BODY


def test_a_part_longer_than_the_file_is_fetched_anew(server, tmp_path, pinned, quick):
    (tmp_path / "data.bin.part").write_bytes(BODY + b"more")
    assert get(server, tmp_path, pinned, quick, size=SIZE).read_bytes() == BODY


def test_a_part_of_another_version_is_fetched_anew(server, tmp_path, pinned, quick):
    (tmp_path / "data.bin.part").write_bytes(b"x" * 1000)
    assert get(server, tmp_path, pinned, quick, size=SIZE).read_bytes() == BODY
    assert [request.first_byte for request in server.requests] == [1000, 0]


def test_a_part_that_is_already_whole_is_not_fetched(server, tmp_path, pinned, quick):
    (tmp_path / "data.bin.part").write_bytes(BODY)
    assert get(server, tmp_path, pinned, quick).read_bytes() == BODY
    assert server.requests == []


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("404", r"404.*has moved or gone"),
        ("403", r"403.*another network, or use COURSE_MIRROR"),
        ("500", r"4 tries: the server answered 500.*COURSE_ORIGIN=sample"),
        ("busy", r"the server answered 429"),
        ("stall", r"went silent|broke off"),
        ("corrupted", r"data\.bin from http.*checksum is not sha256"),
        ("login_page", r"it is a web page: log in to the network"),
    ],
)
def test_a_fault_that_stays_is_one_error_that_says_what_to_do(server, tmp_path, pinned, quick, fault, said):
    server.always = fault
    server.ranges = False
    with pytest.raises(DataError, match=said) as caught:
        get(server, tmp_path, pinned, quick)
    assert "data.bin" in str(caught.value)
    assert "data.bin" not in names(tmp_path)
    assert set(names(tmp_path)) <= {"data.bin.part"}


def test_bytes_that_are_wrong_twice_leave_nothing_behind(server, tmp_path, pinned, quick):
    server.always = "corrupted"
    with pytest.raises(DataError):
        get(server, tmp_path, pinned, quick)
    assert names(tmp_path) == []
    assert len(server.requests) == 2


def test_a_refusal_is_not_repeated(server, tmp_path, pinned, quick):
    server.always = "404"
    with pytest.raises(DataError):
        get(server, tmp_path, pinned, quick)
    assert len(server.requests) == 1


def test_no_network_is_one_error(tmp_path, pinned, quick):
    with pytest.raises(DataError, match=r"no connection: nobody answers.*Check the network"):
        fetch("http://127.0.0.1:9/data.bin", tmp_path / "data.bin", checksum=pinned, patience=quick)
    assert names(tmp_path) == []


def test_an_address_that_is_none_is_one_error(tmp_path, pinned, quick):
    with pytest.raises(DataError, match="no address"):
        fetch("http://:/data.bin", tmp_path / "data.bin", checksum=pinned, patience=quick)


def test_a_corrupted_file_is_fetched_again_never_used(server, tmp_path, pinned, quick):
    path = get(server, tmp_path, pinned, quick)
    path.write_bytes(BODY[:-1] + b"!")
    assert get(server, tmp_path, pinned, quick).read_bytes() == BODY


def test_an_old_file_stays_until_the_new_one_is_whole(server, tmp_path, pinned, quick):
    path = tmp_path / "data.bin"
    path.write_bytes(b"an older version")
    server.always = "500"
    with pytest.raises(DataError):
        get(server, tmp_path, pinned, quick)
    assert path.read_bytes() == b"an older version"


def test_a_file_without_checksum_is_never_joined_to_a_part_of_an_earlier_run(server, tmp_path, quick):
    (tmp_path / "data.bin.part").write_bytes(b"x" * 1000)
    assert fetch(server.url, tmp_path / "data.bin", patience=quick).read_bytes() == BODY
    assert server.requests[0].first_byte == 0


def test_a_file_without_checksum_goes_on_only_in_the_same_version(server, tmp_path, quick):
    server.faults = ["truncated"]
    assert fetch(server.url, tmp_path / "data.bin", patience=quick).read_bytes() == BODY
    assert server.requests[1].headers["if-range"] == '"v1"'


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_a_file_without_checksum_or_version_starts_again(server, tmp_path, quick, etag):
    server.etag = etag
    server.faults = ["truncated"]
    assert fetch(server.url, tmp_path / "data.bin", patience=quick).read_bytes() == BODY
    assert server.requests[1].first_byte == 0


def test_a_login_page_is_not_taken_for_a_file_without_checksum(server, tmp_path, quick):
    server.always = "login_page"
    with pytest.raises(DataError, match="log in to the network"):
        fetch(server.url, tmp_path / "data.bin", patience=quick)
    assert names(tmp_path) == []


def test_a_mirror_folder_is_copied_and_verified(tmp_path, pinned, quick):
    source = tmp_path / "mirror.bin"
    source.write_bytes(BODY)
    target = tmp_path / "cache" / "data.bin"
    assert fetch(str(source), target, checksum=pinned, patience=quick).read_bytes() == BODY
    assert names(target.parent) == ["data.bin"]


def test_a_damaged_copy_in_a_mirror_folder_is_refused(tmp_path, pinned, quick):
    source = tmp_path / "mirror.bin"
    source.write_bytes(BODY[:-1])
    with pytest.raises(DataError, match="not the file that was meant"):
        fetch(str(source), tmp_path / "cache" / "data.bin", checksum=pinned, patience=quick)
    assert names(tmp_path / "cache") == []


def test_a_mirror_folder_without_the_file_says_where_it_was_looked_for(tmp_path, pinned, quick):
    with pytest.raises(DataError, match=r"no file .*nowhere/data\.bin"):
        fetch(
            str(tmp_path / "nowhere" / "data.bin"),
            tmp_path / "cache" / "data.bin",
            checksum=pinned,
            patience=quick,
        )
    assert names(tmp_path / "cache") == []


def test_a_cache_that_cannot_be_made_is_one_error(server, tmp_path, pinned, quick):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="set COURSE_CACHE"):
        get(server, tmp_path / "file" / "below", pinned, quick)


def test_a_file_larger_than_the_disk_is_refused_before_it_starts(server, tmp_path, pinned, quick):
    with pytest.raises(DataError, match=r"no room on the disk for data\.bin: it needs 1,000,000,000"):
        get(server, tmp_path, pinned, quick, size=10**15)
    assert server.requests == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has /dev/full")
def test_a_disk_that_fills_up_is_one_error_and_gives_the_space_back(server, tmp_path, pinned, quick):
    # Every write to this device fails as it does on a full disk.
    (tmp_path / "data.bin.part").symlink_to("/dev/full")
    with pytest.raises(DataError, match=r"no room on the disk for data\.bin.*set COURSE_CACHE"):
        get(server, tmp_path, pinned, quick)
    assert names(tmp_path) == []


def test_a_git_blob_id_pins_a_file_as_git_does(server, tmp_path, quick):
    import hashlib

    blob = hashlib.sha1(b"blob %d\0" % SIZE + BODY).hexdigest()
    path = fetch(server.url, tmp_path / "data.bin", checksum=Checksum("git_blob", blob), patience=quick)
    assert sha256(path.read_bytes()).hexdigest() == sha256(BODY).hexdigest()


def test_a_bar_is_shown_where_it_is_asked_for_and_not_otherwise(server, tmp_path, pinned, quick, capsys):
    get(server, tmp_path / "quiet", pinned, quick, progress=False)
    assert capsys.readouterr() == ("", "")
    get(server, tmp_path / "told", pinned, quick, progress=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "data.bin" in shown.err

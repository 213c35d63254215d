"""Checksums agree with the programs that everybody uses."""

from __future__ import annotations

import hashlib
import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tools.sources.checksums import Checksum, digest

anew = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
@anew
@given(body=some.binary(max_size=3000))
def test_a_blob_id_is_the_one_that_git_gives(tmp_path, body):
    path = tmp_path / "file"
    path.write_bytes(body)
    said = subprocess.run(["git", "hash-object", "--no-filters", path], capture_output=True, text=True)
    assert digest(path, "git_blob") == said.stdout.strip()


@anew
@given(body=some.binary(max_size=3000), place=some.integers(0, 2999), bit=some.integers(0, 7))
@pytest.mark.parametrize("kind", ["sha256", "git_blob"])
def test_one_wrong_bit_is_noticed(tmp_path, kind, body, place, bit):
    path = tmp_path / "file"
    path.write_bytes(body)
    checksum = Checksum(kind, digest(path, kind))
    assert checksum.matches(path)
    wrong = bytearray(body or b"\0")
    wrong[place % len(wrong)] ^= 1 << bit
    path.write_bytes(wrong)
    assert not checksum.matches(path)


def test_sha256_is_hashlibs(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * (3 << 20))
    assert digest(path) == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(("kind", "text"), [("md5", "0" * 32), ("sha256", "0" * 40), ("git_blob", "G" * 40)])
def test_what_is_no_checksum_is_refused(kind, text):
    with pytest.raises(ValueError, match=r"must be one of|expected"):
        Checksum(kind, text)

"""Killed at any moment and started again, extraction from files loses nothing and reads no batch twice."""

from __future__ import annotations

import os
import random
import time

import numpy as np
import pandas as pd
import pytest

from tests.extraction.conftest import YEAR
from tests.killing import kill_until_it_ends, noted
from tools.embeddings import BANDS
from tools.extraction import extract_embeddings, sample_pixels


def extract(folder, log, points, environment) -> None:
    """What a process that is killed does: it notes each batch that it reads."""
    os.environ.update(environment)
    from tools.extraction import roads

    read = roads.read_found

    def noting(root, batch):
        with open(log, "a") as file:
            file.write(f"{batch.index[0]}\n")
        time.sleep(0.01)
        return read(root, batch)

    roads.read_found = noting
    extract_embeddings(points, YEAR, folder=folder, batch_size=1)


def test_killed_again_and_again_it_ends_with_every_building_once(open_town, tmp_path):
    points, folder, log = open_town.points(2_000), tmp_path / "batches", tmp_path / "log"
    environment = {name: os.environ[name] for name in ("COURSE_MIRROR", "COURSE_ORIGIN", "COURSE_CACHE")}
    dice = random.Random(5)
    kills = kill_until_it_ends(extract, folder, log, points, environment, dice=dice, starts=30, most=5)
    assert kills >= 2
    read = noted(log)
    assert len(read) - len(set(read)) <= kills * min(4, os.cpu_count()), (
        "more was read twice than was under way"
    )

    found = extract_embeddings(points, YEAR, folder=folder, batch_size=1)
    assert found.summary["number"][["batches done now", "batches at hand"]].tolist() == [0, 12]
    assert found.table["TOID"].tolist() == points["TOID"].tolist()
    np.testing.assert_array_equal(found.table[list(BANDS)], open_town.at(points))


def test_a_sample_that_was_broken_off_goes_on(open_town, tmp_path, monkeypatch):
    from tools.extraction import roads

    read, calls = roads.read_found, []

    def failing(root, batch):
        calls.append(batch.index[0])
        if len(calls) == 4:
            raise KeyboardInterrupt
        return read(root, batch)

    monkeypatch.setattr(roads, "BATCH_POINTS", 1)
    monkeypatch.setattr(roads, "_THREADS", 1)
    monkeypatch.setattr(roads, "read_found", failing)
    with pytest.raises(KeyboardInterrupt):
        sample_pixels(open_town.region, YEAR, 400, folder=tmp_path / "broken")
    (broken,) = sample_pixels(open_town.region, YEAR, 400, folder=tmp_path / "broken")
    assert len(calls) == 12 + 1, "only the batch that was broken off is read twice"
    (whole,) = sample_pixels(open_town.region, YEAR, 400, folder=tmp_path / "whole")
    pd.testing.assert_frame_equal(pd.read_csv(broken), pd.read_csv(whole))

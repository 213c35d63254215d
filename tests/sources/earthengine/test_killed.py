"""Killed at any moment and started again, the extraction loses nothing and repeats no finished batch."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading

import geopandas as gpd
import numpy as np
import pandas as pd

from tests.sources.fake_earthengine import PROJECT, Wire, planted, rows_at, served, under_points

EXTRACT = """
import sys
import ee, geopandas
from tests.sources.fake_earthengine import no_catalogue
from tools.sources.earthengine import embeddings_at
points, address, project, keep, output = sys.argv[1:]
with no_catalogue():
    ee.Initialize(credentials=None, project=project, url=address)
table = embeddings_at(geopandas.read_parquet(points), 2024, keep=keep, batch_size=10, threads=3)
table.to_parquet(output)
"""
KILLS = 3


class Deadly:
    """Answers, and shortly after a request of its choice has the asking process killed."""

    def __init__(self, chance: random.Random):
        self.chance, self.lock = chance, threading.Lock()
        self.process: subprocess.Popen | None = None
        self.left = 0
        self.asked: list[int] = []

    def arm(self, process: subprocess.Popen | None):
        self.process, self.left, self.asked = process, self.chance.randint(2, 7), []

    def __call__(self, request):
        with self.lock:
            self.asked += [row for row, *_ in rows_at(request)]
            self.left -= 1
            if self.left == 0 and self.process:
                threading.Timer(self.chance.uniform(0, 0.08), self.process.kill).start()
        return under_points(request)


def finished_rows(keep) -> set[int]:
    """The rows of all batches that are there under their final names."""
    return {row for file in keep.glob("*.parquet") for row in pd.read_parquet(file).index}


def test_kill_9_at_any_moment_loses_and_repeats_nothing(tmp_path, root):
    random_places = np.random.default_rng(3)
    lon, lat = random_places.uniform(-3.2, -2.6, 300), random_places.uniform(53.3, 53.6, 300)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")
    points.index = [f"osgb{number}" for number in range(300)]
    points.to_parquet(tmp_path / "points.parquet")
    keep, output = tmp_path / "batches", tmp_path / "table.parquet"
    deadly = Deadly(random.Random(11))
    wire = Wire({"table:computeFeatures": deadly})

    with served(wire) as address:
        command = [sys.executable, "-c", EXTRACT, tmp_path / "points.parquet", address, PROJECT, keep, output]
        environment = {**os.environ, "PYTHONPATH": str(root)}
        ends = []
        for start in range(KILLS + 1):
            before = finished_rows(keep)
            process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
            deadly.arm(process if start < KILLS else None)
            _, errors = process.communicate(timeout=300)
            ends.append(process.returncode)
            assert not before & set(deadly.asked), "a finished batch was asked for again"
            assert before <= finished_rows(keep)

    assert ends == [-9] * KILLS + [0], errors
    table = pd.read_parquet(output)
    wanted = [list(planted(round(x, 7), round(y, 7)).values()) for x, y in zip(lon, lat, strict=True)]
    assert table.index.equals(points.index)
    np.testing.assert_allclose(table, np.array(wanted), rtol=0, atol=1e-6)
    assert not list(keep.glob(".*.part")), "something half-written was left behind"

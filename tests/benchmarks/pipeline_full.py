"""From patches to a search for look-alikes, for as many tiles as were published: its time and its memory."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.harness import record, versions
from tools.places import ROOT
from tools.sample.world import make_tiles
from tools.similarity.pipeline import INDEXED, Pipeline

N_TILES = 48_881
MINUTES, GIGABYTES = 30, 6
STEPS = ("embed", "bias", "index")


def run() -> list[dict[str, Any]]:
    """Run the steps on the sample's full world in a process of its own, and record what each took.

    The peak is the process's own (VmHWM): what getrusage says of a child begins with its parent's.
    """
    command = [sys.executable, "-m", "tests.benchmarks.pipeline_full", str(N_TILES)]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if finished.returncode:
        raise RuntimeError(f"the pipeline stopped:\n{finished.stderr[-2_000:]}")
    measured = json.loads(finished.stdout.splitlines()[-1])
    minutes = sum(measured["seconds"].values()) / 60
    limits = {"minutes": [minutes, MINUTES], "peak GB": [measured["peak"], GIGABYTES]}
    return [
        record(
            "pipeline_full",
            {
                "ours": minutes,
                "theirs": MINUTES,
                "ratio": MINUTES / minutes,
                "limit": MINUTES,
                "unit": "min",
                "sizes": {"tiles": measured["tiles"], "cities": measured["cities"], "methods": len(INDEXED)},
                "versions": versions(("numpy", "numba", "pyarrow", "qdrant-edge-py")),
                "rounds": 1,
                "seconds": measured["seconds"],
                "said": measured["said"],
                "limits": limits,
                "target": MINUTES,
                "reached": all(value <= limit for value, limit in limits.values()),
                "note": (
                    "`embed` works out the invented world's patches too, where TerraMind would encode; there "
                    "is nothing to compare with, so theirs is the time allowed; `limits` gives what was "
                    "measured beside what is allowed"
                ),
            },
        )
    ]


def measure(n_tiles: int) -> dict[str, Any]:
    """Run the steps on the first so many tiles of the full world, and return what each took and said."""
    tiles = make_tiles("full").head(n_tiles)
    seconds, said = {}, {}
    with TemporaryDirectory() as folder:
        tiles.to_parquet(
            Path(folder, "tiles.parquet")
        )  # in place of the step `cities`, which lays the class's
        pipeline = Pipeline(Path(folder))
        for step in STEPS:
            start = time.perf_counter()
            said[step] = getattr(pipeline, step)()
            seconds[step] = time.perf_counter() - start
    peak = int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024 / 1e9
    cities = int(tiles["city_id"].nunique())
    return {"tiles": len(tiles), "cities": cities, "seconds": seconds, "peak": peak, "said": said}


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))

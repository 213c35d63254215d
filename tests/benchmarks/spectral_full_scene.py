"""Spectral clustering of a whole scene, 7,000 × 7,000 pixels in six bands, straight from its files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from tests.benchmarks.harness import record, versions
from tools import sample

SIZES = (90_000, 1_000_000, 9_000_000, 49_000_000)
SECONDS, GIGABYTES, EXPONENT = 240, 4, 1.1
LINEAR_FROM = 1_000_000
"""Below, the search for the cut, which costs the same for any scene, takes most of the time."""


def run() -> list[dict[str, Any]]:
    """Measure each size in a process of its own, and record what it took at its peak."""
    with TemporaryDirectory() as folder:
        sample.make("walker", Path(folder), size="full")
        growth = [_in_a_process(Path(folder) / "landsat", size) for size in SIZES]
    last = growth[-1]
    measured = [row for row in growth if row["pixels"] >= LINEAR_FROM]
    logs = np.log([[row["pixels"], row["seconds"]] for row in measured])
    exponent = float(np.polyfit(logs[:, 0], logs[:, 1], 1)[0])
    limits = {
        "seconds": [last["seconds"], SECONDS],
        "peak GB": [last["peak_mb"] / 1e3, GIGABYTES],
        "exponent of growth": [exponent, EXPONENT],
    }
    return [
        record(
            "spectral_full_scene",
            {
                "ours": last["seconds"],
                "theirs": SECONDS,
                "ratio": SECONDS / last["seconds"],
                "limit": SECONDS,
                "unit": "s",
                "sizes": {"pixels": last["pixels"], "bands": 6, "clusters": 4},
                "versions": versions(("dask", "rasterio", "numpy", "numba")),
                "rounds": 1,
                "growth": growth,
                "limits": limits,
                "target": SECONDS,
                "reached": all(value <= limit for value, limit in limits.values()),
                "note": (
                    "from GeoTIFFs to the label of every pixel: read, standardised by band, fitted and "
                    "labelled, block by block; the peak is that of the process; 'theirs' is the limit in "
                    "seconds, `limits` gives what was measured beside what is allowed, and growth in "
                    f"proportion has the exponent 1, from {LINEAR_FROM:,} pixels on"
                ),
            },
        )
    ]


def _in_a_process(folder: Path, size: int) -> dict[str, float]:
    command = [sys.executable, "-m", __spec__.name, str(folder), str(size)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main(folder: str, size: str) -> None:
    """Measure one size, and print it as JSON."""
    from tools.sources.landsat import open_scene
    from tools.spectral import fit_times

    scene = open_scene(folder, scene="LT05")
    print(json.dumps(fit_times(scene, [int(size)]).to_dict("records")[0]))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""What the explorer sends to a browser for 48,881 tiles, and whether its look-alikes are the nearest."""

from __future__ import annotations

import gzip
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tests.benchmarks.harness import record, versions
from tests.benchmarks.world_vectors import world_vectors
from tools.explorer.holding import Shown
from tools.explorer.neighbours import Neighbours
from tools.explorer.packing import unpack
from tools.explorer.publishing import publish
from tools.explorer.thumbnails import Thumbnails
from tools.places import BUILD
from tools.sample.world_patches import WorldPatches
from tools.similarity import exact_neighbours, world_layout
from tools.similarity.retrieval import unit_rows

K = 24
SAMPLED = 2_000  # rows that are searched again in double precision
SAME = 2e-6  # cosines that float32 cannot tell apart
PUBLISHED = 31.0  # MB that the published explorer loads at its start
START, FRONT_END, PAGE = 1.2, 1.2, 4.0  # MB, the targets
START_UP = ("config.json", "methods.json", "land.json", "locations.pack", "umap.pack")


def run() -> list[dict[str, Any]]:
    """Publish the static page of all tiles by one method, weigh it, and search its neighbours again."""
    tiles, rows, view = _world()
    with TemporaryDirectory() as folder:
        began = time.perf_counter()
        page = publish(Shown(tiles, view, Thumbnails()), Path(folder) / "page", methods={"mean": rows}, k=K)
        published = time.perf_counter() - began
        data = page.parent / "data"
        weights = {
            path.relative_to(page.parent).as_posix(): _over_the_wire(path)
            for path in sorted(page.parent.rglob("*"))
            if path.is_file()
        }
        _, arrays = unpack(gzip.decompress((data / "neighbours" / "mean.pack").read_bytes()))
    city = tiles["city_id"].to_numpy()
    wrong = _wrong(*_lists(arrays, city), rows, city)
    start = sum(weights[f"data/{name}"] for name in START_UP)
    front_end = sum(weight for name, weight in weights.items() if not name.startswith("data/"))
    whole = sum(weights.values())
    limits = {
        "start-up data, MB": [start / 1e6, START],
        "front end, MB": [front_end / 1e6, FRONT_END],
        "static page in all, MB": [whole / 1e6, PAGE],
        **{f"rows that differ from {name}": [count, 0] for name, count in wrong.items()},
    }
    return [
        record(
            "explorer_payload",
            {
                "ours": start / 1e6,
                "theirs": PUBLISHED,
                "ratio": PUBLISHED / (start / 1e6),
                "unit": "MB",
                "sizes": {"tiles": len(tiles), "cities": len(np.unique(city)), "neighbours": K},
                "versions": versions(("numpy",)),
                "rounds": 1,
                "bytes": weights,
                "publishing_seconds": published,
                "limits": limits,
                "target": PUBLISHED / START,
                "reached": all(measured <= limit for measured, limit in limits.values()),
                "note": (
                    "ours is what the explorer loads before both views are drawn, gzipped, its front end "
                    "apart; theirs is what the published explorer loads; the static page is with one method, "
                    "without pictures of tiles, which are loaded city by city when they come into sight; "
                    "vectors are means of patches without the planted dimensions; neighbours are searched "
                    f"again by exact_neighbours in all rows, and in double precision in {SAMPLED:,}; "
                    "`limits` gives what was measured beside what is allowed"
                ),
            },
        )
    ]


def _world() -> tuple[gpd.GeoDataFrame, NDArray[np.float32], pd.DataFrame]:
    """Tiles in the order of their numbers, their vectors, and their layout, which is kept once it is made."""
    tiles, means = world_vectors()
    rows = unit_rows(means[:, ~WorldPatches().location_bound])
    view = world_layout(rows, folder=BUILD / "world-layout")
    order = np.argsort(tiles["tile_id"].to_numpy(), kind="stable")
    return tiles.iloc[order].reset_index(drop=True), rows[order], view.iloc[order].reset_index(drop=True)


def _over_the_wire(path: Path) -> int:
    """Bytes of a file as a host sends it: gzipped, where it is not so already."""
    content = path.read_bytes()
    return min(len(content), len(gzip.compress(content, 9, mtime=0)))


def _lists(arrays: dict[str, NDArray], city: NDArray) -> tuple[NDArray, NDArray]:
    """Neighbours in other cities, and of all, as they stand in the pack."""
    others = arrays["other"].reshape(-1, K).astype(np.int64)
    owner = np.repeat(np.arange(len(city)), arrays["own_count"])
    own = np.searchsorted(city, city[owner]) + arrays["own"]
    scores = np.zeros(others.shape, np.float32)
    found = Neighbours(others, scores, owner, own, scores[owner, 0], arrays["own_place"].astype(np.int64))
    return others, found.of_all()[0]


def _wrong(others: NDArray, of_all: NDArray, rows: NDArray[np.float32], city: NDArray) -> dict[str, int]:
    """How many rows of both lists differ from searches that are made without the pack."""
    long = rows.astype(float)
    long /= np.linalg.norm(long, axis=1)[:, None]

    def differ(mine: NDArray, groups: NDArray | None) -> int:
        wanted, _ = exact_neighbours(rows, k=K, groups=groups)
        tile, place = np.nonzero(mine != wanted)
        # Where cosines are so near that float32 cannot tell them apart, either tile is right.
        cosines = [np.einsum("ij,ij->i", long[tile], long[those[tile, place]]) for those in (mine, wanted)]
        return len(np.unique(tile[abs(cosines[0] - cosines[1]) > SAME]))

    wrong = {
        "exact_neighbours, other cities": differ(others, city),
        "exact_neighbours, all cities": differ(of_all, None),
        "double precision": 0,
    }
    for tile in np.random.default_rng(0).choice(len(rows), SAMPLED, replace=False):
        cosines = long @ long[tile]
        for mine, allowed in (
            (others[tile], city != city[tile]),
            (of_all[tile], np.arange(len(city)) != tile),
        ):
            best = np.sort(cosines[allowed])[-K:][::-1]
            wrong["double precision"] += bool(
                (abs(cosines[mine] - best) > SAME).any() or not allowed[mine].all() or len(set(mine)) < K
            )
    return wrong

"""A small world as the front end gets it, with what it should make of it, for the front end's own tests.

``python -m tests.explorer.front_end_example`` writes it anew; `test_packing` says when that is needed.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyproj import Transformer

from tools import provenance
from tools.explorer.neighbours import find_neighbours, packed
from tools.explorer.payloads import layout, locations
from tools.provenance import Provenance
from tools.tiling import TILE_METRES, lay_tiles

STORED = Path(__file__).resolve().parents[2] / "tools/explorer/web/src/core/example.json"

K = 6
PLACES = [
    (11, "Lyon", "France", "FR", "Europe", 4.85, 45.75),
    (12, "Longyearbyen", "Norway", "NO", "Europe", 15.63, 78.22),
    (13, "São Paulo", "Brazil", "BR", "South America", -46.63, -23.55),
    (14, "Suva", "Fiji", "FJ", "Oceania", 178.44, -18.14),
    (15, "Taveuni", "Fiji", "FJ", "Oceania", 179.995, -16.8),  # on the 180th meridian
    (16, "Libreville", "Gabon", "GA", "Africa", 9.45, 0.0),  # on the equator
]
PER_CITY = (9, 4, 6, 5, 4, 7)


def world() -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Tiles, their layout and their vectors."""
    columns = ["city_id", "city", "country", "country_code", "continent", "lon", "lat"]
    tiles = lay_tiles(pd.DataFrame(PLACES, columns=columns), per_city=pd.Series(PER_CITY))
    tiles = provenance.mark(tiles, Provenance("example", "sample", "An example", "Invented, for tests."))
    # Kinds of places that several cities have, so that the nearest lie in the own city and in others.
    angle = (np.arange(len(tiles)) ** 2 * 0.3719 + tiles["city_id"] * 0.2) % 6.3
    spread = np.outer(angle, [1, 2, 3])
    vectors = np.hstack([np.cos(spread), np.sin(spread)]).astype(np.float32)
    view = pd.DataFrame({"x": np.cos(angle) * 3 + 7, "y": np.sin(angle)})
    return tiles, view, vectors


def example() -> dict[str, Any]:
    """All that the front end's tests read."""
    tiles, view, vectors = world()
    found = find_neighbours(vectors, tiles["city_id"].to_numpy(), k=K)
    files = {
        "locations": locations(tiles),
        "umap": layout(tiles, view),
        "neighbours": packed(found, tiles),
    }
    return {
        "packs": {name: base64.b64encode(pack).decode() for name, pack in files.items()},
        "ids": tiles["tile_id"].tolist(),
        "centres": _degrees(tiles, [(0.5, 0.5)])[:, 0].tolist(),
        "outlines": _degrees(tiles, [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]).tolist(),
        "layout": np.round(_scaled(view), 6).tolist(),
        "nearest": _nearest(vectors, tiles["city_id"].to_numpy()),
    }


def _degrees(tiles: pd.DataFrame, corners: list[tuple[float, float]]) -> np.ndarray:
    """Points of tiles, in sides from the upper left, as PROJ turns them into degrees."""
    points = np.empty((len(tiles), len(corners), 2))
    for row, tile in enumerate(tiles.itertuples()):
        through = Transformer.from_crs(tile.utm_epsg, 4326, always_xy=True)
        for number, (right, down) in enumerate(corners):
            points[row, number] = through.transform(
                tile.left + right * TILE_METRES, tile.top - down * TILE_METRES
            )
    return np.round(points, 9)


def _scaled(view: pd.DataFrame) -> np.ndarray:
    """Places within −1 … 1, the longer side whole and the shorter in the middle."""
    place = view.to_numpy()
    middle = (place.min(axis=0) + place.max(axis=0)) / 2
    return (place - middle) / (np.ptp(place, axis=0).max() / 2)


def _nearest(vectors: np.ndarray, city: np.ndarray) -> dict[str, list[list[list[float]]]]:
    """Rows and cosines of the nearest tiles, by comparing one by one."""
    rows = vectors.astype(float)
    rows /= np.linalg.norm(rows, axis=1)[:, None]
    said: dict[str, list[list[list[float]]]] = {"all": [], "others": []}
    for tile, row in enumerate(rows):
        cosines = sorted(((-float(row @ other), number) for number, other in enumerate(rows)))
        ranked = [[number, round(-negative, 4)] for negative, number in cosines if number != tile]
        said["all"].append(ranked[:K])
        said["others"].append([hit for hit in ranked if city[hit[0]] != city[tile]][:K])
    return said


if __name__ == "__main__":
    STORED.write_text(json.dumps(example(), separators=(",", ":")) + "\n", "utf-8")

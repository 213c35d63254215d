"""Vectors of as many tiles as were published, like TerraMind's: what searching is measured on."""

from __future__ import annotations

import hashlib
import json

import geopandas as gpd
import numpy as np

from tools.files import appearing
from tools.places import BUILD
from tools.sample.world import make_tiles
from tools.sample.world_patches import WorldPatches

_CHUNK = 64


def world_vectors() -> tuple[gpd.GeoDataFrame, np.ndarray]:
    """Return all 48,881 tiles of the sample's full world, and the mean of each tile's patches.

    They take minutes to work out, so they are kept in ``_build`` until what makes them changes.
    """
    tiles, source = make_tiles("full"), WorldPatches()
    made_by = hashlib.sha256(json.dumps(source.describe(), sort_keys=True).encode()).hexdigest()[:16]
    path = BUILD / f"world-means-{made_by}.npy"
    if not path.exists():
        means = np.empty((len(tiles), 768), np.float32)
        for first in range(0, len(tiles), _CHUNK):
            some = slice(first, first + _CHUNK)
            source.patches(tiles.iloc[some]).mean(axis=1, out=means[some])
        BUILD.mkdir(exist_ok=True)
        for old in BUILD.glob("world-means-*.npy"):
            old.unlink()
        with appearing(path) as unfinished, unfinished.open("wb") as file:
            np.save(file, means)
    return tiles, np.load(path)

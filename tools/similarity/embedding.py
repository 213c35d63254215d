"""The vectors of every tile of a world: worked out once, city by city, and taken up where they were left."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tools.similarity.aggregation import summaries
from tools.similarity.store import STORED, CityJournal, made_from, write_city
from tools.sources.lock import only_one
from tools.tiling import TILE_COLUMNS

SEED = 42
"""Of the search for the dominant cluster."""


class PatchSource(Protocol):
    """Where the vectors of patches come from: an encoder with pictures, or the invented world."""

    def patches(self, tiles: pd.DataFrame) -> NDArray[np.float32]:
        """Return the patches of tiles, shape (n_tiles, 196, 768)."""

    def describe(self) -> dict[str, Any]:
        """Return what tells this source from others, as JSON holds it."""


def embed_tiles(
    root: Path | str,
    tiles: gpd.GeoDataFrame,
    source: PatchSource,
    *,
    valid_share: pd.Series | None = None,
    at_a_time: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Work out the vectors of tiles and write them, a file a city.

    Patches are aggregated as they come and not kept: those of the 48,881 published tiles would take 29 GB.
    A city that is written and was made from the same tiles by the same source is left as it is, to the byte.
    A city that was interrupted, however rudely, goes on after the last tile that was finished.

    Parameters
    ----------
    root : path
        Files go to ``<root>/vectors/<city_id>.parquet``; what they hold says `tools.similarity.store.SCHEMA`.
    tiles : geopandas.GeoDataFrame
        As `tools.tiling.lay_tiles` returns them.
    source : PatchSource
        Gives the patches of each tile.
    valid_share : pandas.Series, optional
        Share of clear pixels by ``tile_id``; 1 where not given.
    at_a_time : int, optional
        Tiles that the source is asked for at once. When the process is killed, no more than the patches of so
        many are lost: each tile is written down as soon as its vectors are worked out.
    progress : callable, optional
        Called with the number of tiles that are done, and of all.

    Returns
    -------
    list of pathlib.Path
        The file of each city, in the order of the tiles.

    Raises
    ------
    ValueError
        If there is no tile, a column is missing, or the source gives other shapes than it should.
    """
    if not len(tiles):
        raise ValueError("there are no tiles to embed")
    if lacking := [name for name in TILE_COLUMNS if name not in tiles]:
        raise ValueError(
            f"the tiles have no column {', '.join(lacking)}: lay them by `tools.tiling.lay_tiles`"
        )
    folder = Path(root) / "vectors"
    folder.mkdir(parents=True, exist_ok=True)
    shares = pd.Series(1.0, tiles["tile_id"]) if valid_share is None else valid_share
    written, done = [], 0

    def tell(number: int) -> None:
        if progress:
            progress(number, len(tiles))

    for city_id, of_city in tiles.groupby("city_id", sort=False):
        path = folder / f"{city_id}.parquet"
        about = {"source": source.describe(), "seed": SEED, "tiles": _names(of_city)}
        if made_from(path) != about:
            with only_one(path):
                _embed_city(
                    path, of_city, source, shares, about, at_a_time,
                    tell=lambda here, before=done: tell(before + here),
                )  # fmt: skip
        done += len(of_city)
        written.append(path)
        tell(done)
    return written


def _embed_city(
    path: Path,
    tiles: gpd.GeoDataFrame,
    source: PatchSource,
    shares: pd.Series,
    about: dict[str, Any],
    at_a_time: int,
    tell: Callable[[int], None],
) -> None:
    if made_from(path) == about:  # made by another process while this one waited
        return
    journal = CityJournal(path.with_suffix(".journal"), json.dumps(about, sort_keys=True))
    missing = tiles[~tiles["tile_id"].isin(journal.tile_ids)]
    for first in range(0, len(missing), at_a_time):
        part = missing.iloc[first : first + at_a_time]
        patches = source.patches(part)
        if len(patches) != len(part):
            raise ValueError(f"the source gave patches of {len(patches)} tiles for {len(part)}")
        # Tile by tile, which takes no longer than all at once, so that none is lost that was worked out.
        for row, tile_id in enumerate(part["tile_id"]):
            made = summaries(patches[row : row + 1], random_state=SEED)
            vectors = {name: made[name][0] for name in STORED}
            journal.add(int(tile_id), vectors, made["dominant_share"][0], shares[tile_id])
        tell(len(journal))
    write_city(path, tiles, journal, about)
    journal.path.unlink()


def _names(tiles: gpd.GeoDataFrame) -> Sequence[int]:
    return sorted(int(tile_id) for tile_id in tiles["tile_id"])

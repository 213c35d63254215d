"""A world of tiles with their vectors, opened by one name: of the catalogue, or of a folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tools import places, provenance, sources
from tools.provenance import Provenance
from tools.similarity.aggregation import METHODS
from tools.similarity.embedding import PatchSource, embed_tiles
from tools.similarity.store import made_from, read_vectors
from tools.sources import DataError
from tools.sources.progress import teller

NOTICE = "Contains modified Copernicus Sentinel data. Cities: GeoNames, CC BY 4.0."
"""What must be said of vectors that were encoded from pictures."""

TILES = "world-tiles"
"""The data set whose sample can be embedded here, since its patches are invented."""


@dataclass(frozen=True)
class World:
    """Tiles and their vectors.

    Parameters
    ----------
    tiles : geopandas.GeoDataFrame
        A row a tile: the columns of `tools.tiling.TILE_COLUMNS`, ``dominant_share``, ``valid_share``.
    vectors : dict of str to array of float32, shape (n_tiles, 768)
        By method, in the order of the tiles.
    spread : array of float32, shape (n_tiles, 768)
        Standard deviation among the patches of each tile.
    source : PatchSource or None
        Where the patches of a tile can be had again; None for a folder, which keeps none.
    """

    tiles: gpd.GeoDataFrame
    vectors: dict[str, NDArray[np.float32]]
    spread: NDArray[np.float32]
    source: PatchSource | None = None

    @property
    def dominant_share(self) -> NDArray[np.float32]:
        """Share of each tile's patches that are in its dominant cluster."""
        return self.tiles["dominant_share"].to_numpy()

    def patches(self, tiles: pd.DataFrame) -> NDArray[np.float32]:
        """Return the vectors of all patches of some tiles.

        Parameters
        ----------
        tiles : pandas.DataFrame
            Rows of `tiles`.

        Returns
        -------
        array of float32, shape (n_tiles, 196, 768)

        Raises
        ------
        DataError
            If the patches were not kept and cannot be made here.
        """
        if self.source is None:
            raise DataError(
                "this folder holds one vector a tile, and patches were not kept: encode the pictures again "
                "by `tools.similarity.EncodedPatches`"
            )
        return self.source.patches(tiles)

    def __repr__(self) -> str:
        cities = self.tiles["city_id"].nunique()
        return f"<World: {len(self.tiles):,} tiles of {cities:,} cities by {', '.join(self.vectors)}>"


def open_world(
    tiles: str | Path = TILES,
    *,
    methods: Iterable[str] = METHODS,
    origin: str | None = None,
    size: str | None = None,
) -> World:
    """Open tiles with their vectors; those of the sample are worked out where they are not there yet.

    Parameters
    ----------
    tiles : str or path, optional
        ``"world-tiles"``, or a folder that ``course similarity embed`` has filled.
    methods : iterable of str, optional
        Which vectors to read, of `tools.similarity.METHODS`.
    origin : {"sample", "open", "earthengine"}, optional
        Where the data set comes from; by default ``COURSE_ORIGIN``, else the sample.
    size : {"class", "full", "small"}, optional
        Which sample; by default the one for a class.

    Returns
    -------
    World

    Raises
    ------
    DataError
        If nobody has made vectors of the open tiles yet: nobody publishes them.
    FileNotFoundError
        If the folder holds none.

    Examples
    --------
    >>> open_world("nowhere")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    tools.sources.errors.DataError: there is no folder nowhere; ...
    """
    methods = list(methods)
    if str(tiles) != TILES:
        return _of_folder(Path(tiles), methods)
    origin = sources.origin_in_force(origin)
    root = world_folder(origin, size)
    if origin != "sample":
        if not (root / "vectors").is_dir():
            raise DataError(
                f"nobody publishes vectors of the world's tiles, and none were made in {root}: run `course "
                f"similarity` with --origin {origin}, step by step, or take the sample"
            )
        return _of_folder(root, methods)
    from tools.sample.world_patches import WorldPatches

    table = sources.open(TILES, origin="sample", size=size)
    source = WorldPatches()
    with teller("Vectors of the world's tiles") as tell:
        every_city = tell and (lambda done, of: tell(f"{done:,} of {of:,} tiles"))
        # The smallest number that is as quick as larger ones: asking costs about a millisecond each time.
        embed_tiles(root, table, source, at_a_time=4, progress=every_city)
    return _read(root, methods, provenance.of(table), source, cities=table["city_id"].unique())


def world_folder(origin: str, size: str | None = None) -> Path:
    """Return where a world is kept that is opened by its name.

    Parameters
    ----------
    origin : str
        Where its data come from.
    size : str, optional
        Which sample.

    Returns
    -------
    pathlib.Path

    Examples
    --------
    >>> world_folder("sample", "full").name
    'sample-full'
    """
    return places.cache_dir() / "world" / (f"{origin}-{size}" if size else origin)


def _of_folder(root: Path, methods: list[str]) -> World:
    if not root.is_dir():
        raise DataError(
            f"there is no folder {root}; give {TILES!r}, or a folder filled by `course similarity embed`"
        )
    files = sorted((root / "vectors").glob("*.parquet"))
    source = (made_from(files[0]) or {}).get("source", {}) if files else {}
    origin, notice = ("sample", source["synthetic"]) if "synthetic" in source else ("open", NOTICE)
    return _read(root, methods, Provenance(TILES, origin, f"Tiles of {root.name}", notice), None)


def _read(root, methods, mark, source, cities=None) -> World:
    table, vectors = read_vectors(root, [*methods, "spread"], cities=cities)
    spread = vectors.pop("spread")
    return World(provenance.mark(table, mark), vectors, spread, source)

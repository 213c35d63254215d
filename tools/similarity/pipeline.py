"""From a list of cities to a search for look-alikes, in six steps that each go on where they were left."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from tools import sources
from tools.files import appearing
from tools.similarity.cities import choose_cities
from tools.similarity.embedding import PatchSource, embed_tiles
from tools.similarity.imagery import compose_tiles
from tools.similarity.index import build_index
from tools.similarity.layout import world_layout
from tools.similarity.location import location_bias, without_location
from tools.similarity.store import read_vectors
from tools.sources import DataError
from tools.tiling import lay_tiles

STEPS = ("cities", "imagery", "embed", "bias", "index", "layout")
"""In their order; each needs those before it, but that the invented world has patches without pictures."""

INDEXED = ("mean", "median", "dominant", "contrastive")
"""Methods that are searched by. The extremes of patches, ``min`` and ``max``, find little."""

DRAWN = "dominant"
"""The method by which tiles are laid out."""


@dataclass(frozen=True)
class Pipeline:
    """The steps, on one folder.

    Parameters
    ----------
    root : pathlib.Path
        Where all is kept: ``cities.parquet``, ``tiles.parquet``, ``imagery/``, ``vectors/``,
        ``bias.parquet``, ``index/``, ``layout/``.
    origin : {"sample", "open"}
        Where cities, and scenes or invented patches, come from.
    per_city : int, optional
        Tiles of a city.
    limit_cities : int, optional
        The most populous so many only, for a trial.
    until : str, optional
        Last day of scenes.
    months : int, optional
        How far back scenes are looked for.
    weights : str or path, optional
        Of TerraMind: "hub", or a file.
    progress : callable, optional
        Called with how many tiles are done, and of how many.
    """

    root: Path
    origin: str = "sample"
    per_city: int = 24
    limit_cities: int | None = None
    until: str = "2024-09-30"
    months: int = 6
    weights: str | Path = "hub"
    progress: Callable[[int, int], None] | None = None

    def cities(self) -> str:
        """Choose cities and lay tiles over them. Once chosen they stay: delete the two files to choose anew.

        Returns
        -------
        str
            What was done, for a person.
        """
        if not (self.root / "tiles.parquet").exists():
            chosen = choose_cities(
                sources.open("world-cities", origin=self.origin), at_most=self.limit_cities
            )
            tiles = lay_tiles(chosen, per_city=self.per_city)
            self.root.mkdir(parents=True, exist_ok=True)
            self._write(chosen, "cities.parquet")
            self._write(tiles, "tiles.parquet")
        tiles = self._tiles()
        return f"{len(tiles):,} tiles of {tiles['city_id'].nunique():,} cities"

    def imagery(self) -> str:
        """Make a picture of each tile, without clouds; in the sample, of those that scenes were made for.

        Returns
        -------
        str
            What was done, for a person.

        Raises
        ------
        DataError
            If no tiles were laid yet, or the catalogue of scenes cannot be read.
        """
        tiles = self._tiles()
        if self.origin == "sample":
            from tools.sample.world_scenes import seen_tiles

            tiles = seen_tiles(tiles)
            if tiles.empty:
                return "the sample has scenes of a few cities only, and none of these is among them"
        report = compose_tiles(
            tiles, self.root, until=self.until, months=self.months, origin=self.origin, progress=self.progress
        )
        with appearing(self.root / "imagery.csv") as part:
            report.drop(columns="status").assign(accepted=report["status"] != "rejected").to_csv(part)
        refused = report[report["status"] == "rejected"]
        said = "".join(f"\n  {tile}: {reason}" for tile, reason in refused["reason"].items())
        return f"{len(report) - len(refused):,} tiles have a picture, {len(refused):,} were rejected{said}"

    def embed(self) -> str:
        """Work out the vectors of every tile.

        Returns
        -------
        str
            What was done, for a person.

        Raises
        ------
        DataError
            If no tiles were laid yet, or, for real ones, no pictures were made.
        tools.similarity.WeightsError
            If TerraMind or its weights are not to be had.
        """
        tiles, (source, shares) = self._tiles(), self._source()
        if shares is not None:
            tiles = tiles[tiles["tile_id"].isin(shares.index)]
            if tiles.empty:
                raise DataError(f"no tile in {self.root} has a picture: see imagery.csv for the reasons")
        files = embed_tiles(self.root, tiles, source, valid_share=shares, progress=self.progress)
        return f"{len(tiles):,} tiles of {len(files):,} cities have vectors"

    def bias(self) -> str:
        """Find the dimensions that say where a tile is.

        Returns
        -------
        str
            What was found, for a person.

        Raises
        ------
        tools.similarity.LocationUndecidedError
            If the vectors do not decide it.
        """
        tiles, vectors = self._vectors("mean", "spread")
        found = location_bias(vectors["mean"], vectors["spread"], tiles)
        self._write(found, "bias.parquet")
        with appearing(self.root / "bias.json") as part:
            part.write_text(json.dumps(found.attrs, indent=1, sort_keys=True, default=str), "utf-8")
        return f"{found['location_bound'].sum()} of {len(found)} dimensions hold the place"

    def index(self) -> str:
        """Put the vectors, without the dimensions that hold the place, into an index in this folder.

        Returns
        -------
        str
            What was done, for a person.
        """
        tiles, vectors = self._vectors(*INDEXED)
        bias = self._bias()
        build_index(
            self.root / "index", tiles, {name: without_location(v, bias) for name, v in vectors.items()},
            replace=True,
        )  # fmt: skip
        return f"{len(tiles):,} tiles can be searched by {', '.join(INDEXED)}"

    def layout(self) -> str:
        """Lay the tiles out in the plane, in the order of ``tile_id``.

        Returns
        -------
        str
            What was done, for a person.
        """
        tiles, vectors = self._vectors(DRAWN)
        world_layout(without_location(vectors[DRAWN], self._bias()), folder=self.root / "layout")
        return f"{len(tiles):,} tiles are laid out"

    def _tiles(self) -> gpd.GeoDataFrame:
        return gpd.read_parquet(self._needed("tiles.parquet", "cities"))

    def _bias(self) -> pd.DataFrame:
        return pd.read_parquet(self._needed("bias.parquet", "bias"))

    def _vectors(self, *names: str):
        self._needed("vectors", "embed")
        cities = sorted(self._tiles()["city_id"].unique())  # so that all tiles are in the order of tile_id
        there = [city for city in cities if (self.root / "vectors" / f"{city}.parquet").exists()]
        return read_vectors(self.root, names, cities=there)

    def _needed(self, name: str, step: str) -> Path:
        path = self.root / name
        if not path.exists():
            raise DataError(f"there is no {name} in {self.root}: run `course similarity {step}` first")
        return path

    def _source(self) -> tuple[PatchSource, pd.Series | None]:
        """Where patches come from, and which tiles have any: all, where nothing is said."""
        if self.origin == "sample":
            from tools.sample.world_patches import WorldPatches

            return WorldPatches(), None
        from tools.similarity.encoder import load_encoder
        from tools.similarity.patches import EncodedPatches

        report = pd.read_csv(self._needed("imagery.csv", "imagery"), index_col="tile_id")
        good = report.loc[report["accepted"], "valid_share"]
        return EncodedPatches(self.root, load_encoder(self.weights)), good

    def _write(self, table: pd.DataFrame, name: str) -> None:
        plain = table.copy()
        plain.attrs = {}
        with appearing(self.root / name) as part:
            plain.to_parquet(part)

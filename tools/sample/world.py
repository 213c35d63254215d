"""The world, invented: cities near real ones, tiles over them, what each shows, and scenes of some.

The embeddings of patches are part of it too, but are computed when they are wanted, being 867 MB for the
1,440 tiles of a class: see `tools.sample.world_patches`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from tools.sample.world_cities import list_cities, write_cities
from tools.sample.world_forms import form_truth
from tools.sample.world_patches import WorldPatches
from tools.sample.world_scenes import CLOUDED, seen_tiles, write_scenes
from tools.sample.writing import write_parquet
from tools.tiling import CONTINENTS, lay_tiles

SIZES = {"class": 24 * 60, "full": 48_881, "small": 6 * 60}
"""How many tiles; the full world has more cities too, and all its tiles are as many as were published."""


def write(folder: Path, *, seed: int, size: str, progress: Callable[[str], None]) -> list[Path]:
    """Make the world and write it.

    Parameters
    ----------
    folder : pathlib.Path
        Where to put the files.
    seed : int
        The sample's seed.
    size : str
        One of `SIZES`.
    progress : callable
        Called with a line of text before each step.

    Returns
    -------
    list of pathlib.Path
        Cities and countries, tiles, what they truly show, which dimensions hold the place; and scenes of a
        few cities, but for the full size, which is there for what grows with the number of tiles.

    Raises
    ------
    ValueError
        If there is no such size.
    """
    if size not in SIZES:
        raise ValueError(f"no size {size!r}; there are: {', '.join(SIZES)}")
    folder.mkdir(parents=True, exist_ok=True)
    progress("cities")
    cities = list_cities("full" if size == "full" else "class")
    written = write_cities(cities, folder)
    progress("tiles")
    tiles = make_tiles(size)
    written.append(write_parquet(tiles, folder / "world-tiles.parquet"))
    progress("urban forms")
    written.append(write_parquet(form_truth(tiles, seed), folder / "world-truth.parquet"))
    bound = WorldPatches(seed).location_bound
    dimensions = pd.DataFrame({"dimension": np.arange(len(bound)), "location_bound": bound})
    written.append(write_parquet(dimensions, folder / "world-dimensions.parquet"))
    if size != "full":
        seen = seen_tiles(tiles)
        if size == "small":
            seen = seen[seen["city"] == CLOUDED[0]]
        written += write_scenes(seen, folder / "sentinel-2", seed=seed, progress=progress)
    return written


def make_tiles(size: str = "class") -> gpd.GeoDataFrame:
    """Lay the world's tiles.

    Parameters
    ----------
    size : str, optional
        One of `SIZES`.

    Returns
    -------
    geopandas.GeoDataFrame
        As `tools.tiling.lay_tiles` returns them, the most populous city's first.

    Examples
    --------
    >>> tiles = make_tiles("small")
    >>> len(tiles), tiles["city_id"].nunique(), tiles["continent"].nunique()
    (360, 60, 6)
    """
    cities = list_cities("full" if size == "full" else "class")
    cities = cities[cities["chosen"]]
    cities = cities.sort_values(["population", "city_id"], ascending=[False, True], ignore_index=True)
    cities = cities.assign(continent=cities["continent"].map(CONTINENTS))
    least, over = divmod(SIZES[size], len(cities))
    return lay_tiles(cities, per_city=pd.Series(least + (cities.index < over), cities.index))

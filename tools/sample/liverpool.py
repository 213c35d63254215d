"""Liverpool City Region, invented, as the files of the published pack.

The sizes `class` and `full` show the same place: a part of its buildings in coarser pixels, or all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from tools.alphaearth import sample_points
from tools.embeddings import BANDS
from tools.sample.fields import stream
from tools.sample.liverpool_buildings import Buildings, make_buildings
from tools.sample.liverpool_certificates import make_certificates
from tools.sample.liverpool_land import BOUNDS, Region, make_region
from tools.sample.subset import kept
from tools.sample.writing import rounded, write_areas, write_mosaic, write_parquet

YEAR = 2024
N_BUILDINGS = 642_717
MARGIN = 600.0
"""Metres beyond the region for which there are pixels; further out the sample holds no data."""


@dataclass(frozen=True)
class Size:
    """One size of the sample.

    Parameters
    ----------
    buildings : int
        About how many of the region's buildings it keeps, see `tools.sample.subset`.
    of : int
        How many buildings the region has.
    pixels : int
        How many pixels its table of pixels holds.
    metres : float
        Pixel size.
    tile : int
        Rows and columns of a tile.
    fields : float
        Pixel size of the fields behind the embeddings, metres; where it differs, the place does.
    """

    buildings: int
    of: int
    pixels: int
    metres: float
    tile: int
    fields: float = 50.0


SIZES = {
    "class": Size(20_000, N_BUILDINGS, 20_000, 25.0, 512),
    "full": Size(N_BUILDINGS, N_BUILDINGS, 1_200_000, 10.0, 1024),
    "small": Size(2_000, 40_000, 1_000, 200.0, 128, fields=200.0),
}


def write(folder: Path, *, seed: int, size: str, progress: Callable[[str], None]) -> list[Path]:
    """Make the region and write it.

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
        The region, the points, the buildings, their certificates, the pixels; the tiles, their index.

    Raises
    ------
    ValueError
        If there is no such size.
    """
    if size not in SIZES:
        raise ValueError(f"no size {size!r}; there are: {', '.join(SIZES)}")
    chosen = SIZES[size]
    progress("land, towns and estates")
    region = make_region(seed, chosen.fields)
    crs = region.ground.landscape.grid.crs
    progress("buildings")
    buildings = make_buildings(region, seed, chosen.of)
    share = chosen.buildings / chosen.of
    points = _points(buildings, crs, share)
    progress("energy certificates")
    certificates = make_certificates(buildings, seed)
    certificates = certificates[kept(certificates["TOID"], share)].sort_values("TOID", ignore_index=True)
    written = [
        _write_region(region, folder / "liverpool-region.geojson"),
        write_parquet(points, folder / "liverpool-points.parquet"),
        write_parquet(certificates, folder / "liverpool-characteristics.parquet"),
    ]
    root = folder / "alphaearth" / "v1" / "annual"
    tiles = write_mosaic(
        region.ground.landscape,
        BOUNDS,
        root,
        year=YEAR,
        place="liverpool",
        seed=seed,
        resolution=chosen.metres,
        tile_pixels=chosen.tile,
        within=region.ground.outline.buffer(MARGIN),
        progress=progress,
    )
    progress("embeddings of buildings")
    vectors = sample_points(root, points, YEAR)
    table = pd.DataFrame({"TOID": points["TOID"], "lon": points.geometry.x, "lat": points.geometry.y})
    written.append(write_parquet(table.join(vectors), folder / "liverpool-buildings.parquet"))
    progress("a sample of pixels")
    spots = _spots(region, chosen.pixels, stream(seed, "sample of pixels"))
    vectors = sample_points(root, spots, YEAR).dropna()[list(BANDS)].reset_index(drop=True)
    written.append(write_parquet(vectors, folder / "liverpool-pixels.parquet"))
    return [*written, *tiles]


def _points(buildings: Buildings, crs: object, share: float) -> gpd.GeoDataFrame:
    chosen = kept(buildings.toid, share)
    lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(
        buildings.x[chosen], buildings.y[chosen]
    )
    where = gpd.points_from_xy(np.round(lon, 6), np.round(lat, 6), crs="EPSG:4326")
    return gpd.GeoDataFrame({"TOID": buildings.toid[chosen]}, geometry=where)


def _write_region(region: Region, path: Path) -> Path:
    outline = shapely.simplify(region.ground.outline, 5.0)
    frame = gpd.GeoDataFrame(
        {"name": ["Sample City Region"]}, geometry=[outline], crs=region.ground.landscape.grid.crs
    )
    return write_areas(rounded(frame), path)


def _spots(region: Region, n: int, rng: np.random.Generator) -> gpd.GeoSeries:
    """Places drawn evenly over the region."""
    west, south, east, north = region.ground.outline.bounds
    many = int(1.1 * n * (east - west) * (north - south) / region.ground.outline.area) + 100
    x, y = rng.uniform(west, east, many), rng.uniform(south, north, many)
    inside = shapely.contains_xy(region.ground.outline, x, y)
    where = gpd.GeoSeries.from_xy(x[inside][:n], y[inside][:n], crs=region.ground.landscape.grid.crs)
    return where.to_crs("EPSG:4326")

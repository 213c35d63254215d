"""Scenes of one ground and one class over given tiles, altered where a test wants something else there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine
from rasterio.warp import transform_bounds

from tools.sample.stac import ASSETS, COLLECTION, Overpass, write_overpasses
from tools.tiling import TILE_METRES, lay_tiles

MARGIN = 300
"""How far scenes reach beyond the tiles, metres."""

GRASS = 4
Where = tuple[np.ndarray, np.ndarray]


def tiles_at(lon: float, lat: float, count: int = 1) -> gpd.GeoDataFrame:
    """Lay tiles over one city."""
    city = {"city_id": [7], "city": "Here", "country": "There", "country_code": "HE", "continent": "Europe"}
    return lay_tiles(pd.DataFrame(city | {"lon": lon, "lat": lat}), per_city=count)


def scene_over(
    tiles: gpd.GeoDataFrame,
    moment: str,
    *,
    value: int = 1_000,
    cloud: float = 5.0,
    classes: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
    numbers: Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] | None = None,
    bbox: tuple[float, float, float, float] | None = None,
) -> Overpass:
    """Return a scene of `value` and grass, MARGIN wider than the tiles.

    `classes` and `numbers` (by band) are given how far east and south of the tiles' corner each pixel's
    centre lies, in metres, and return what it holds instead.
    """
    left, top = tiles["left"].min() - MARGIN, tiles["top"].max() + MARGIN
    right = tiles["left"].max() + TILE_METRES + MARGIN
    bottom = tiles["top"].min() - TILE_METRES - MARGIN
    bands, transforms = {}, {}
    for name in ASSETS:
        side = 20 if name == "SCL" else 10
        shape = round((top - bottom) / side), round((right - left) / side)
        transforms[name] = Affine(side, 0, left, 0, -side, top)
        south, east = (np.indices(shape) + 0.5) * side - MARGIN
        plain = lambda east, south, name=name: np.full(east.shape, GRASS if name == "SCL" else value)  # noqa: E731
        drawn = (classes if name == "SCL" else (numbers or {}).get(name)) or plain
        bands[name] = drawn(east, south).astype(np.uint8 if name == "SCL" else np.uint16)
    crs = f"EPSG:{tiles['utm_epsg'].iloc[0]}"
    return Overpass(
        name=f"SCENE_{moment.replace(':', '').replace('-', '')}_{value}",
        moment=datetime.fromisoformat(moment).replace(tzinfo=UTC),
        bbox=bbox or transform_bounds(crs, "EPSG:4326", left, bottom, right, top),
        crs=crs,
        mgrs="00XXX",
        cloud_cover=cloud,
        bands=bands,
        transforms=transforms,
    )


def list_scenes(folder: Path, *scenes: Overpass) -> tuple[Path, str]:
    """Write scenes and their catalogue: what `compose_tiles` takes for one."""
    return write_overpasses(folder, scenes, place="nowhere", remark="{} m")[0], COLLECTION


def band_of(catalogue: tuple[Path, str], scene: Overpass, name: str) -> Path:
    """Where a band of a scene lies."""
    return catalogue[0].parent / COLLECTION / scene.name / f"{name}.tif"

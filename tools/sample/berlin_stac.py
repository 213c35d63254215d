"""Write the invented scenes as a static STAC catalogue, in the words of Earth Search for the real ones."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pystac
import rasterio
from affine import Affine
from rasterio.warp import transform_bounds
from shapely.geometry import box, mapping

from tools.sample.berlin_scenes import CRS_OF_SCENES, HALF_BANDS, SCENES, Scene, Sensor
from tools.sample.writing import NOTICE

COLLECTION = "sentinel-2-l2a"
ASSETS = {"B02": "blue", "B03": "green", "B04": "red", "B08": "nir", "B11": "swir16", "SCL": "scl"}
"""What Earth Search calls each band."""

_EXTENSIONS = [
    "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
]


def write_catalogue(sensor: Sensor, folder: Path, *, progress: Callable[[str], None]) -> list[Path]:
    """Write all scenes and the catalogue that lists them.

    Parameters
    ----------
    sensor : Sensor
        What sees the land.
    folder : pathlib.Path
        Where ``catalog.json`` goes.
    progress : callable
        Called with a line of text before each scene.

    Returns
    -------
    list of pathlib.Path
        All files, ``catalog.json`` first.
    """
    catalogue = pystac.Catalog("invented-sentinel-2", NOTICE, title="Sentinel-2 over an invented Berlin")
    west, north, pixel = sensor.grid.west, sensor.grid.north, sensor.grid.resolution
    east, south = west + sensor.grid.width * pixel, north - sensor.grid.height * pixel
    bbox = [round(side, 6) for side in transform_bounds(CRS_OF_SCENES, "EPSG:4326", west, south, east, north)]
    times = [_moment(scene) for scene in SCENES]
    extent = pystac.Extent(pystac.SpatialExtent([bbox]), pystac.TemporalExtent([[min(times), max(times)]]))
    collection = pystac.Collection(COLLECTION, NOTICE, extent, title="Invented scenes", license="CC-BY-4.0")
    catalogue.add_child(collection)
    paths = []
    for scene in SCENES:
        progress(f"scene of {scene.day}")
        bands, cloud_cover = sensor.see(scene)
        item = _item(scene, bbox, cloud_cover)
        for name, image in bands.items():
            path = folder / COLLECTION / item.id / f"{name}.tif"
            transform = sensor.transform @ Affine.scale(2 if name in HALF_BANDS else 1)
            paths.append(_write_band(path, image, transform))
            item.add_asset(ASSETS[name], _asset(name, image, transform))
        collection.add_item(item)
    catalogue.normalize_hrefs(str(folder))
    catalogue.save(pystac.CatalogType.SELF_CONTAINED)
    return [folder / "catalog.json", *sorted(set(folder.rglob("*.json")) - {folder / "catalog.json"}), *paths]


def _moment(scene: Scene) -> datetime:
    return datetime.fromisoformat(f"{scene.day}T10:15:00").replace(tzinfo=UTC)


def _item(scene: Scene, bbox: list[float], cloud_cover: float) -> pystac.Item:
    properties = {
        "eo:cloud_cover": round(cloud_cover, 3),
        "proj:code": CRS_OF_SCENES,
        "grid:code": "MGRS-33UUU",
        "earthsearch:boa_offset_applied": True,
        "synthetic": NOTICE,
    }
    item_id = f"SYNTHETIC_33UUU_{scene.day.replace('-', '')}_0_L2A"
    item = pystac.Item(item_id, mapping(box(*bbox)), bbox, _moment(scene), properties)
    item.stac_extensions = list(_EXTENSIONS)
    return item


def _asset(name: str, image: np.ndarray, transform: Affine) -> pystac.Asset:
    about = {"data_type": str(image.dtype), "nodata": 0, "spatial_resolution": transform.a}
    if name != "SCL":
        about |= {"scale": 0.0001, "offset": 0}
    fields = {"proj:shape": list(image.shape), "proj:transform": list(transform), "raster:bands": [about]}
    return pystac.Asset(f"./{name}.tif", media_type=pystac.MediaType.COG, roles=["data"], extra_fields=fields)


def _write_band(path: Path, image: np.ndarray, transform: Affine) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with rasterio.open(
            part,
            "w",
            driver="COG",
            dtype=image.dtype,
            count=1,
            height=image.shape[0],
            width=image.shape[1],
            crs=CRS_OF_SCENES,
            transform=transform,
            nodata=0,
            compress="deflate",
            predictor=2,
            blocksize=256,
            overview_resampling="nearest" if path.stem == "SCL" else "average",
        ) as out:
            out.write(image, 1)
            out.update_tags(SYNTHETIC=NOTICE, PIXEL=f"{transform.a:g} m, coarser than Sentinel-2's")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path

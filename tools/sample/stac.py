"""Write invented scenes as a static STAC catalogue, in the words of Earth Search for the real ones."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pystac
import rasterio
from affine import Affine
from shapely.geometry import box, mapping

from tools.sample.writing import NOTICE

COLLECTION = "sentinel-2-l2a"

ASSETS = {
    "B01": "coastal",
    "B02": "blue",
    "B03": "green",
    "B04": "red",
    "B05": "rededge1",
    "B06": "rededge2",
    "B07": "rededge3",
    "B08": "nir",
    "B8A": "nir08",
    "B09": "nir09",
    "B11": "swir16",
    "B12": "swir22",
    "SCL": "scl",
}
"""What Earth Search calls each band."""

_EXTENSIONS = [
    "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
]


@dataclass(frozen=True)
class Overpass:
    """One scene, as it is written.

    Parameters
    ----------
    name : str
        Of the STAC item.
    moment : datetime.datetime
        With its time zone.
    bbox : tuple of float
        West, south, east, north, degrees.
    crs : str
        Such as ``"EPSG:32633"``.
    mgrs : str
        The name of its tile in the military grid, such as ``"33UUU"``.
    cloud_cover : float
        Per cent.
    bands : mapping of str to ndarray
        Images by name, north up: reflectance times 10,000, uint16; ``SCL`` uint8. 0 is no data.
    transforms : mapping of str to Affine
        From (column, row) to metres, by the same names.
    """

    name: str
    moment: datetime
    bbox: tuple[float, float, float, float]
    crs: str
    mgrs: str
    cloud_cover: float
    bands: Mapping[str, np.ndarray]
    transforms: Mapping[str, Affine]


def write_overpasses(folder: Path, overpasses: Iterable[Overpass], *, place: str, remark: str) -> list[Path]:
    """Write scenes and the catalogue that lists them.

    Parameters
    ----------
    folder : pathlib.Path
        Where ``catalog.json`` goes.
    overpasses : iterable of Overpass
        Taken one by one, so that only one need be in memory.
    place : str
        For the title.
    remark : str
        What each file says of its pixels; ``{}`` stands for their side in metres.

    Returns
    -------
    list of pathlib.Path
        All files, ``catalog.json`` first.
    """
    catalogue = pystac.Catalog("invented-sentinel-2", NOTICE, title=f"Sentinel-2 over {place}")
    nowhere = pystac.Extent(pystac.SpatialExtent([[0, 0, 0, 0]]), pystac.TemporalExtent([[None, None]]))
    collection = pystac.Collection(COLLECTION, NOTICE, nowhere, title="Invented scenes", license="CC-BY-4.0")
    catalogue.add_child(collection)
    paths, boxes, moments = [], [], []
    for scene in overpasses:
        item = _item(scene)
        for name, image in scene.bands.items():
            path = folder / COLLECTION / item.id / f"{name}.tif"
            transform = scene.transforms[name]
            paths.append(_write_band(path, image, transform, scene.crs, remark))
            item.add_asset(ASSETS[name], _asset(name, image, transform))
        collection.add_item(item)
        boxes.append(scene.bbox)
        moments.append(scene.moment)
    corners = np.array(boxes)
    around = [*corners[:, :2].min(axis=0).tolist(), *corners[:, 2:].max(axis=0).tolist()]
    period = [min(moments), max(moments)]
    collection.extent = pystac.Extent(pystac.SpatialExtent([around]), pystac.TemporalExtent([period]))
    catalogue.normalize_hrefs(str(folder))
    catalogue.save(pystac.CatalogType.SELF_CONTAINED)
    return [folder / "catalog.json", *sorted(set(folder.rglob("*.json")) - {folder / "catalog.json"}), *paths]


def _item(scene: Overpass) -> pystac.Item:
    properties = {
        "eo:cloud_cover": round(scene.cloud_cover, 3),
        "proj:code": scene.crs,
        "grid:code": f"MGRS-{scene.mgrs}",
        "earthsearch:boa_offset_applied": True,
        "synthetic": NOTICE,
    }
    item = pystac.Item(scene.name, mapping(box(*scene.bbox)), list(scene.bbox), scene.moment, properties)
    item.stac_extensions = list(_EXTENSIONS)
    return item


def _asset(name: str, image: np.ndarray, transform: Affine) -> pystac.Asset:
    about = {"data_type": str(image.dtype), "nodata": 0, "spatial_resolution": transform.a}
    if name != "SCL":
        about |= {"scale": 0.0001, "offset": 0}
    fields = {"proj:shape": list(image.shape), "proj:transform": list(transform), "raster:bands": [about]}
    return pystac.Asset(f"./{name}.tif", media_type=pystac.MediaType.COG, roles=["data"], extra_fields=fields)


def _write_band(path: Path, image: np.ndarray, transform: Affine, crs: str, remark: str) -> Path:
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
            crs=crs,
            transform=transform,
            nodata=0,
            compress="deflate",
            predictor=2,
            blocksize=256,
            overview_resampling="nearest" if path.stem == "SCL" else "average",
        ) as out:
            out.write(image, 1)
            out.update_tags(SYNTHETIC=NOTICE, PIXEL=remark.format(f"{transform.a:g}"))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path

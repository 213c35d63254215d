"""Write the scenes over the invented Berlin as a static STAC catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from affine import Affine
from rasterio.warp import transform_bounds

from tools.sample.berlin_scenes import CRS_OF_SCENES, HALF_BANDS, SCENES, Sensor
from tools.sample.stac import Overpass, write_overpasses


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
    scenes = _overpasses(sensor, progress)
    remark = "{} m, coarser than Sentinel-2's"
    return write_overpasses(folder, scenes, place="an invented Berlin", remark=remark)


def _overpasses(sensor: Sensor, progress: Callable[[str], None]) -> Iterator[Overpass]:
    west, north, pixel = sensor.grid.west, sensor.grid.north, sensor.grid.resolution
    east, south = west + sensor.grid.width * pixel, north - sensor.grid.height * pixel
    bbox = transform_bounds(CRS_OF_SCENES, "EPSG:4326", west, south, east, north)
    bbox = tuple(round(side, 6) for side in bbox)
    for scene in SCENES:
        progress(f"scene of {scene.day}")
        bands, cloud_cover = sensor.see(scene)
        yield Overpass(
            name=f"SYNTHETIC_33UUU_{scene.day.replace('-', '')}_0_L2A",
            moment=datetime.fromisoformat(f"{scene.day}T10:15:00").replace(tzinfo=UTC),
            bbox=bbox,
            crs=CRS_OF_SCENES,
            mgrs="33UUU",
            cloud_cover=cloud_cover,
            bands=bands,
            transforms={
                name: sensor.transform @ Affine.scale(2 if name in HALF_BANDS else 1) for name in bands
            },
        )

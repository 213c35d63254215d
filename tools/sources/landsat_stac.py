"""The second road to a Landsat scene: described by a STAC item, loaded by odc-stac."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.sources.errors import DataError, suggest
from tools.sources.landsat import BandFile, band_files, labelled
from tools.spectral.bands import BANDS

if TYPE_CHECKING:
    import pystac
    import xarray as xr

_CALLED = {"nir": "nir08"}
"""Where the public collections' name for a band is not ours."""

_EXTENSIONS = [
    "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
]
_CHUNK = 1024


def landsat_items(source: str | Path | Iterable[str | Path]) -> list[pystac.Item]:
    """Describe Landsat scenes on this machine by STAC items, in the words of the public collections.

    Parameters
    ----------
    source : str, pathlib.Path, or iterable of them
        A folder, or files, named as `tools.sources.landsat.open_scene` wants them; of one scene or several.

    Returns
    -------
    list of pystac.Item
        One a scene, by date. Its assets are called as in the collection ``landsat-c2-l2`` (``blue``, …,
        ``nir08``, ``swir16``), and say where they lie (``proj:``), what they see (``eo:bands``), and what
        their numbers mean (``raster:bands``).

    Raises
    ------
    DataError
        If there is no such file.

    Examples
    --------
    >>> landsat_items("nowhere")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    tools.sources.errors.DataError: there is no folder nowhere; give ...
    """
    scenes = defaultdict(list)
    for file in band_files(source):
        scenes[file.scene].append(file)
    items = [_item(scene, files) for scene, files in scenes.items()]
    return sorted(items, key=lambda item: (item.datetime, item.id))


def open_item(
    item: pystac.Item,
    *,
    bounds: tuple[float, float, float, float] | None = None,
    patch_url: Callable[[str], str] | None = None,
) -> xr.DataArray:
    """Open a Landsat scene that a STAC item describes, as `open_scene` opens one of files.

    Parameters
    ----------
    item : pystac.Item
        Of `landsat_items`, or of a public collection ``landsat-c2-l2``.
    bounds : (west, south, east, north), optional
        Degrees: what to keep of the scene.
    patch_url : callable, optional
        Makes of an asset's address one that may be read, as `odc.stac.load` takes it.

    Returns
    -------
    xarray.DataArray of float32, dims (band, y, x)
        Reflectance on the scene's own grid: nothing is resampled. Lazy, in blocks of Dask.

    Raises
    ------
    DataError
        If the item is of no known sensor, lacks bands, or does not say what its numbers mean or where they
        lie.

    Notes
    -----
    Three things differ between collections, and each item says which of them hold [1]_. Collection 1, as the
    course's files have it, holds reflectance times 10,000 as int16, −9999 for no data. Collection 2 holds it
    as uint16 with a scale of 0.0000275 and an offset of −0.2, 0 for no data: who forgets the offset sees
    water as bright as desert, and who takes the numbers of one for the other is wrong without being told.
    At Microsoft's Planetary Computer the files' addresses have to be signed, which
    ``patch_url=planetary_computer.sign`` does; at the U.S. Geological Survey's own catalogue reading them is
    charged to the reader's account at Amazon.

    References
    ----------
    .. [1] U.S. Geological Survey, LSDS-1619, Landsat 8-9 Collection 2 Level 2 Science Product Guide.

    Examples
    --------
    >>> import datetime, pystac
    >>> item = pystac.Item("S2A_33UUU", None, None, datetime.datetime(2024, 1, 1), {})
    >>> open_item(item)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    tools.sources.errors.DataError: item S2A_33UUU is of no known Landsat: ...
    """
    import odc.stac
    import rioxarray  # noqa: F401  registers ``.rio``
    from odc.geo.geobox import GeoBox

    sensor = item.id[:4].upper()
    if sensor not in BANDS:
        raise DataError(f"item {item.id} is of no known Landsat: {suggest(sensor, BANDS)}")
    assets = {
        number: name
        for number, band in BANDS[sensor].items()
        if (name := _CALLED.get(band.name, band.name)) in item.assets
    }
    if not assets:
        raise DataError(
            f"item {item.id} has no band of surface reflectance: expected assets such as 'red' and 'nir08', "
            f"found {', '.join(sorted(item.assets)) or 'none'}"
        )
    meanings = {tuple(sorted(_meaning(item, name).items())) for name in assets.values()}
    if len(meanings) > 1:
        raise DataError(f"the bands of item {item.id} differ in scale, offset, nodata or data type")
    meaning = dict(meanings.pop())
    first = next(iter(assets.values()))
    height, width = _said(item, first, "proj:shape")
    transform = _affine(_said(item, first, "proj:transform"))
    loaded = odc.stac.load(
        [item],
        bands=list(assets.values()),
        # Left to choose, the loader would take whole multiples of the pixel's size, and resample.
        geobox=GeoBox((int(height), int(width)), transform, _crs(item, first)),
        chunks={"y": _CHUNK, "x": _CHUNK},
        dtype=meaning["data_type"],
        nodata=meaning["nodata"],
        patch_url=patch_url,
    )
    image = loaded.isel(time=0, drop=True).to_dataarray("band").transpose("band", "y", "x")
    image = image.where(image != meaning["nodata"])
    scene = labelled(
        image,
        list(assets),
        sensor=sensor,
        date=item.datetime.date().isoformat(),
        scale=meaning["scale"],
        offset=meaning["offset"],
        nodata=meaning["nodata"],
    )
    scene = scene.rio.write_crs(loaded.odc.crs.to_wkt()).rio.write_transform(transform)
    return scene if bounds is None else scene.rio.clip_box(*bounds, crs="EPSG:4326")


def _item(scene: str, files: list[BandFile]) -> pystac.Item:
    import pystac
    import rasterio
    from rasterio.warp import transform_bounds
    from shapely.geometry import box, mapping

    first = files[0]
    with rasterio.open(first.path) as raster:
        bbox = [round(side, 6) for side in transform_bounds(raster.crs, "EPSG:4326", *raster.bounds)]
        code = raster.crs.to_string()
    moment = datetime.fromisoformat(first.date).replace(tzinfo=UTC)
    number = int(first.sensor[2:])
    properties = {"platform": f"landsat-{number}", "proj:code": code}
    item = pystac.Item(scene, mapping(box(*bbox)), bbox, moment, properties)
    item.stac_extensions = list(_EXTENSIONS)
    for file in sorted(files, key=lambda file: file.number):
        item.add_asset(*_asset(file))
    return item


def _asset(file: BandFile) -> tuple[str, pystac.Asset]:
    import pystac
    import rasterio

    band = BANDS[file.sensor][file.number]
    name = _CALLED.get(band.name, band.name)
    with rasterio.open(file.path) as raster:
        meaning = {"data_type": raster.dtypes[0], "scale": file.scale, "offset": file.offset}
        if raster.nodata is not None:
            whole = float(raster.nodata).is_integer()
            meaning["nodata"] = int(raster.nodata) if whole else raster.nodata
        fields = {
            "proj:shape": list(raster.shape),
            "proj:transform": list(raster.transform)[:6],
            "eo:bands": [
                {
                    "name": f"B{file.number}",
                    "common_name": name,
                    "center_wavelength": round(band.wavelength, 4),
                }
            ],
            "raster:bands": [meaning],
        }
    href = file.path.resolve().as_posix()
    return name, pystac.Asset(href, media_type=pystac.MediaType.GEOTIFF, roles=["data"], extra_fields=fields)


def _meaning(item: pystac.Item, name: str) -> dict[str, Any]:
    """What an asset's numbers mean: said under raster:bands, or since STAC 1.1 by the asset itself."""
    fields = item.assets[name].extra_fields
    said = dict((fields.get("raster:bands") or [{}])[0])
    for key in ("scale", "offset"):
        said.setdefault(key, fields.get(f"raster:{key}"))
    for key in ("nodata", "data_type"):
        said.setdefault(key, fields.get(key))
    found = {key: said[key] for key in ("data_type", "nodata", "scale", "offset")}
    silent = [key for key, value in found.items() if value is None]
    if silent:
        raise DataError(
            f"asset '{name}' of item {item.id} does not say its {', '.join(silent)} under raster:bands; "
            "without these its numbers cannot be read as reflectance"
        )
    return found


def _said(item: pystac.Item, name: str, key: str) -> Any:
    value = item.assets[name].extra_fields.get(key, item.properties.get(key))
    if value is None:
        raise DataError(f"item {item.id} does not say its {key}, so where its pixels lie is not known")
    return value


def _crs(item: pystac.Item, name: str) -> str:
    fields = item.assets[name].extra_fields | item.properties
    if fields.get("proj:code"):
        return str(fields["proj:code"])
    return f"EPSG:{_said(item, name, 'proj:epsg')}"


def _affine(numbers: list[float]) -> Any:
    from affine import Affine

    return Affine(*numbers[:6])

"""Sentinel-2 from a STAC catalogue: search, mask clouds, take each year's median; one road for all of them.

The catalogue may be a public API, one on this machine, or a static ``catalog.json`` on disk: whether it can
search is asked of itself, and what cannot search is read item by item with the same conditions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tools.rasters.grids import Bounds, Grid
from tools.sources.errors import DataError

if TYPE_CHECKING:
    import dask.array as da
    import pystac
    import xarray as xr

COLLECTION = "sentinel-2-l2a"
BANDS = {"B02": "blue", "B03": "green", "B04": "red", "B08": "nir", "B11": "swir16"}
"""Bands of the result, and what Earth Search calls them."""

CLEAR = (4, 5, 6, 7)
"""Scene classes that are used: vegetation, bare ground, water, unclassified."""

HAZARDS = (3, 8, 9, 10)
"""Scene classes around which more is left out: cloud shadow, clouds, cirrus."""

REFLECTANCE = 1e-4
_CHUNK = 512
_SETTINGS = {
    COLLECTION: {
        "assets": {
            "*": {"data_type": "uint16", "nodata": 0},
            "scl": {"data_type": "uint8", "nodata": 0},
        }
    }
}
_REMOTE = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_HTTP_MAX_RETRY": "4",
    "GDAL_HTTP_RETRY_DELAY": "1",
    "GDAL_HTTP_TIMEOUT": "60",
    "AWS_NO_SIGN_REQUEST": "YES",
}


def open_medians(
    catalogue: str | Path,
    bounds: Bounds,
    years: int | Iterable[int],
    *,
    resolution: float | None = None,
    crs: object = None,
    max_cloud: float = 20.0,
    dilate_m: float = 60.0,
    collection: str = COLLECTION,
) -> xr.DataArray:
    """Open annual medians of cloud-masked Sentinel-2 scenes as one lazy array.

    Parameters
    ----------
    catalogue : str or pathlib.Path
        URL of a STAC API, or URL or path of a static ``catalog.json``.
    bounds : (west, south, east, north)
        Degrees; the grid covers them, and whole pixels.
    years : int or iterable of int
        Which years, each from its first day to its last.
    resolution : float, optional
        Side of a pixel in units of `crs`; that of the scenes' red band where not given.
    crs : anything that rasterio takes for a CRS, optional
        Of the result; the UTM zone of most scenes where not given.
    max_cloud : float, optional
        Scenes with this cloud cover or more, in per cent, are left out.
    dilate_m : float, optional
        How far around flagged clouds and shadows pixels are left out too, metres; whole pixels, at least one
        where it is above 0. At the edges of clouds reflectance is wrong where no flag says so.
    collection : str, optional
        Name of the collection.

    Returns
    -------
    xarray.DataArray
        Dims (time, band, y, x), ``time`` being the year; `BANDS`; float32 reflectance, NaN where a year has
        no clear pixel; in blocks of Dask. ``attrs["scenes"]`` says how many days went into each year.

    Raises
    ------
    DataError
        If the catalogue cannot be read, or a year has no scene there that is clear enough.

    Notes
    -----
    Numbers of the files are divided by 10,000 and nothing is subtracted. Since January 2022 the agency's
    files hold reflectance raised by 0.1; in this collection of Earth Search that has been taken off again,
    also where an item's ``earthsearch:boa_offset_applied`` or ``raster:bands`` say otherwise [1]_.

    A shadow that the scene classification misses stays in; where few scenes are clear the median keeps it.

    References
    ----------
    .. [1] Element 84, earth-search, issue 71 (items of tile 33UXP near Berlin that say ``false`` and are
       wrong), https://github.com/Element84/earth-search/issues/71.

    Examples
    --------
    >>> open_medians("no/catalog.json", (13.4, 52.5, 13.5, 52.6), 2024)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    tools.sources.errors.DataError: the STAC catalogue no/catalog.json cannot be read ...
    """
    import dask.array as da
    import rioxarray  # noqa: F401  registers ``.rio``
    import xarray as xr

    wanted = [int(years)] if isinstance(years, int | np.integer) else [int(year) for year in years]
    if not wanted:
        raise DataError("name at least one year")
    conditions = {"max_cloud": max_cloud, "collection": collection}
    found = {year: find_scenes(catalogue, bounds, year, **conditions) for year in wanted}
    everything = [item for items in found.values() for item in items]
    grid = _grid(everything, bounds, crs, resolution)
    layers, days = zip(*(_median_of(items, grid, dilate_m) for items in found.values()), strict=True)
    coords = {"time": wanted, "band": list(BANDS), **grid.centres}
    medians = xr.DataArray(da.stack(layers), coords, ("time", "band", "y", "x"), name="reflectance")
    medians = medians.rio.write_crs(grid.crs).rio.write_transform(grid.transform).rio.write_nodata(np.nan)
    medians.attrs |= {
        "scenes": {str(year): count for year, count in zip(wanted, days, strict=True)},
        "masking": f"classes {CLEAR} kept, {dilate_m:g} m around classes {HAZARDS} left out",
    }
    return medians


def find_scenes(
    catalogue: str | Path,
    bounds: Bounds,
    year: int,
    *,
    max_cloud: float = 20.0,
    collection: str = COLLECTION,
) -> list[pystac.Item]:
    """Return the scenes of a year that touch bounds and are clear enough, by date.

    Parameters
    ----------
    catalogue : str or pathlib.Path
        See `open_medians`.
    bounds : (west, south, east, north)
        Degrees.
    year : int
        From its first day to its last.
    max_cloud : float, optional
        Scenes with this cloud cover or more, in per cent, are left out.
    collection : str, optional
        Name of the collection.

    Returns
    -------
    list of pystac.Item

    Raises
    ------
    DataError
        If the catalogue cannot be read or there is no such scene.

    Examples
    --------
    >>> find_scenes("no/catalog.json", (52.5, 13.4, 52.4, 13.5), 2024)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    tools.sources.errors.DataError: bounds are (west, south, east, north) in degrees, each pair ...
    """
    west, south, east, north = bounds
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise DataError(
            f"bounds are (west, south, east, north) in degrees, each pair rising; got {tuple(bounds)}"
        )
    here = _all_scenes(str(catalogue), bounds, year, collection)
    clear = [item for item in here if _cloud(item) < max_cloud]
    if not clear:
        least = f"; the clearest has {min(map(_cloud, here)):.0f} %: raise max_cloud" if here else ""
        raise DataError(
            f"no scene of {year} with less than {max_cloud:g} % cloud within {tuple(bounds)} in {catalogue}: "
            f"{len(here)} scenes there that year{least or '; try another year or other bounds'}"
        )
    return sorted(clear, key=lambda item: (item.datetime, item.id))


def _all_scenes(catalogue: str, bounds: Bounds, year: int, collection: str) -> list[pystac.Item]:
    import pystac
    import pystac_client
    import requests
    from pystac_client.exceptions import APIError

    try:
        root = _root(catalogue)
        if isinstance(root, pystac_client.Client) and root.conforms_to("ITEM_SEARCH"):
            period = f"{year}-01-01T00:00:00Z/{year}-12-31T23:59:59Z"
            return list(
                root.search(collections=[collection], bbox=bounds, datetime=period, limit=100).items()
            )
        return list(_from_static(root, bounds, year, collection))
    except (APIError, requests.RequestException, pystac.STACError, OSError, ValueError) as error:
        raise DataError(
            f"the STAC catalogue {catalogue} cannot be read ({type(error).__name__}: {error}); check the "
            "address and the network, or use the sample: origin='sample'"
        ) from error


def _root(catalogue: str) -> pystac.Catalog:
    import pystac
    import pystac_client
    from pystac_client.stac_api_io import StacApiIO
    from urllib3.util.retry import Retry

    patience = Retry(
        total=4, backoff_factor=1, status_forcelist=[429, 500, 502, 503, 504], allowed_methods=None
    )
    reader = StacApiIO(timeout=60, max_retries=patience)
    # What says that it conforms to something is an API; all else is files that point to each other.
    if "conformsTo" in reader.read_json(catalogue):
        return pystac_client.Client.open(catalogue, stac_io=reader)

    class Files(StacApiIO):
        stac_object_from_dict = pystac.StacIO.stac_object_from_dict

    return pystac.Catalog.from_file(catalogue, stac_io=Files(timeout=60, max_retries=patience))


def _from_static(
    catalogue: pystac.Catalog, bounds: Bounds, year: int, collection: str
) -> Iterable[pystac.Item]:
    from shapely.geometry import box, shape

    child = catalogue.get_child(collection)
    if child is None:
        there = ", ".join(each.id for each in catalogue.get_children()) or "none"
        raise ValueError(f"it has no collection '{collection}'; there are: {there}")
    area = box(*bounds)
    for item in child.get_items(recursive=True):
        if item.datetime.year == year and shape(item.geometry).intersects(area):
            yield item


def _cloud(item: pystac.Item) -> float:
    return float(item.properties.get("eo:cloud_cover", 100.0))


def _grid(items: Sequence[pystac.Item], bounds: Bounds, crs: object, resolution: float | None) -> Grid:
    from rasterio.crs import CRS
    from rasterio.warp import transform_bounds

    zone, _ = Counter(_crs_of(item) for item in items).most_common(1)[0]
    target = CRS.from_user_input(crs or zone)
    if resolution is None and target != CRS.from_user_input(zone):
        raise DataError(f"`resolution` is needed: the scenes are in {zone}, not in {target.to_string()}")
    side = resolution or min(_pixel_of(item) for item in items if _crs_of(item) == zone)
    return Grid.covering(transform_bounds("EPSG:4326", target, *bounds), target, side)


def _crs_of(item: pystac.Item) -> str:
    code, epsg = item.properties.get("proj:code"), item.properties.get("proj:epsg")
    if not (code or epsg):
        raise DataError(f"scene {item.id} does not say its CRS (proj:code or proj:epsg)")
    return str(code or f"EPSG:{epsg}")


def _pixel_of(item: pystac.Item) -> float:
    red = item.assets[BANDS["B04"]]
    transform = red.extra_fields.get("proj:transform")
    if transform:
        return float(transform[0])
    import rasterio

    with rasterio.open(red.get_absolute_href()) as source:
        return float(source.transform.a)


def _median_of(items: list[pystac.Item], grid: Grid, dilate_m: float) -> tuple[da.Array, int]:
    """One year: a lazy array (band, y, x), and how many days it is made of."""
    import dask.array as da
    import odc.stac
    import rasterio
    from odc.geo.geobox import GeoBox

    # A grid of its own: left to choose one, the loader would take another for every set of scenes.
    geobox = GeoBox(grid.shape, grid.transform, grid.crs.to_wkt())
    with rasterio.Env(**_REMOTE if _remote(items) else {}):
        scenes = odc.stac.load(
            items,
            bands=[*BANDS.values(), "scl"],
            geobox=geobox,
            groupby="solar_day",
            chunks={"y": _CHUNK, "x": _CHUNK},
            # Between two classes lies no third, so these are never averaged.
            resampling={"scl": "nearest", "*": "bilinear"},
            stac_cfg=_SETTINGS,
        )
    usable = _usable(scenes["scl"].data, _pixels(dilate_m, grid.transform.a))
    return da.stack([_median(scenes[name].data, usable) for name in BANDS.values()]), scenes.sizes["time"]


def _remote(items: Sequence[pystac.Item]) -> bool:
    return "://" in str(items[0].assets["scl"].get_absolute_href())


def _pixels(metres: float, side: float) -> int:
    return int(np.ceil(metres / side - 1e-6))


def _usable(scl: da.Array, reach: int) -> da.Array:
    """Where scenes (time, y, x) show the ground, and no flagged cloud or shadow is within `reach` pixels."""
    import dask.array as da

    # The halo of neighbouring blocks, so that a cloud reaches across their borders.
    depth = {0: 0, 1: reach, 2: reach}
    return da.map_overlap(usable_pixels, scl, depth=depth, boundary=0, dtype=bool, reach=reach)


def usable_pixels(scl: np.ndarray, reach: int) -> np.ndarray:
    """Tell which pixels show the ground with no flagged cloud or shadow near them.

    Parameters
    ----------
    scl : ndarray of uint8, shape (time, y, x)
        Scene classes.
    reach : int
        How near, in pixels.

    Returns
    -------
    ndarray of bool, same shape

    Examples
    --------
    >>> usable_pixels(np.array([[[5, 5, 9, 5, 0]]], np.uint8), 1).tolist()
    [[[True, False, False, False, False]]]
    """
    from scipy import ndimage

    clear = np.isin(scl, CLEAR)
    if not reach:
        return clear
    across = np.arange(-reach, reach + 1)
    disk = np.hypot(*np.meshgrid(across, across)) <= reach + 0.5
    near = ndimage.binary_dilation(np.isin(scl, HAZARDS), disk[None])
    return clear & ~near


def _median(numbers: da.Array, usable: da.Array) -> da.Array:
    """The median over time as reflectance: (time, y, x) → (y, x)."""
    import dask.array as da

    usable = usable.rechunk({0: -1, 1: numbers.chunks[1], 2: numbers.chunks[2]})
    return da.map_blocks(
        clear_median,
        numbers.rechunk({0: -1}),
        usable,
        drop_axis=0,
        dtype=np.float32,
        meta=np.empty((0, 0), np.float32),
    )


def clear_median(numbers: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Return the median reflectance of usable pixels over time.

    Parameters
    ----------
    numbers : ndarray of uint16, shape (time, y, x)
        As stored: reflectance times 10,000, 0 for no data.
    usable : ndarray of bool, same shape
        Which to take.

    Returns
    -------
    ndarray of float32, shape (y, x)
        NaN where there is none.

    Examples
    --------
    >>> numbers = np.array([[[1000, 0]], [[3000, 0]], [[9000, 500]]], np.uint16)
    >>> usable = np.array([[[True, True]], [[True, True]], [[False, False]]])
    >>> clear_median(numbers, usable).tolist()
    [[0.20000000298023224, nan]]
    """
    values = np.where(usable & (numbers > 0), numbers, np.nan).astype(np.float32)
    values.sort(axis=0)  # NaN goes last, so the first `count` are the numbers
    count = np.isfinite(values).sum(axis=0)
    low, high = (np.maximum(count - 1, 0) // 2)[None], np.minimum(count // 2, len(values) - 1)[None]
    middle = np.take_along_axis(values, low, 0) + np.take_along_axis(values, high, 0)
    return (middle[0] * np.float32(REFLECTANCE / 2)).astype(np.float32)

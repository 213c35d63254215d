"""Sentinel-2 without clouds: mask what is flagged, and take each year's median, block by block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tools.rasters.grids import Bounds, Grid
from tools.sources.errors import DataError
from tools.sources.scene_pixels import load_scenes
from tools.sources.stac import COLLECTION, find_scenes

if TYPE_CHECKING:
    import dask.array as da
    import pystac
    import xarray as xr

BANDS = {"B02": "blue", "B03": "green", "B04": "red", "B08": "nir", "B11": "swir16"}
"""Bands of annual medians, and what Earth Search calls them."""

CLEAR = (4, 5, 6, 7)
"""Scene classes that are used: vegetation, bare ground, water, unclassified."""

HAZARDS = (0, 3, 8, 9, 10)
"""Scene classes around which more is left out: cloud shadow, clouds, cirrus; and no data (0), since at the
edge of a scene bands end at other lines than the classes do, in a row of zeros."""

_ONE = 10_000  # what the files hold for a reflectance of 1
_CHUNK = 512


def open_medians(
    catalogue: str | Path,
    bounds: Bounds,
    years: int | Iterable[int],
    *,
    resolution: float | None = None,
    crs: object = None,
    grid: xr.DataArray | None = None,
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
    grid : xarray.DataArray, optional
        An array on whose very pixels the result is to lie, such as a cube of embeddings to compare it with;
        then `resolution` and `crs` are its own, and `bounds` serve the search only.
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

    Files hold 0 for no data, and also for what is darker than dark since the 0.1 was taken off and what fell
    below 0 was cut. So the scene's classes say what is no data, and where they say ground a 0 is reflectance.

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

    wanted = [int(years)] if isinstance(years, int | np.integer) else sorted({int(year) for year in years})
    if not wanted:
        raise DataError("name at least one year")
    conditions = {"max_cloud": max_cloud, "collection": collection}
    found = {year: find_scenes(catalogue, bounds, year, **conditions) for year in wanted}
    everything = [item for items in found.values() for item in items]
    if grid is None:
        target = _grid(everything, bounds, crs, resolution)
    elif resolution or crs:
        raise DataError("give either `grid`, or `resolution` and `crs`: a grid has its own")
    else:
        target = Grid.of(grid)
    layers, days = zip(*(_median_of(items, target, dilate_m) for items in found.values()), strict=True)
    coords = {"time": wanted, "band": list(BANDS), **target.centres}
    medians = xr.DataArray(da.stack(layers), coords, ("time", "band", "y", "x"), name="reflectance")
    medians = medians.rio.write_crs(target.crs).rio.write_transform(target.transform).rio.write_nodata(np.nan)
    medians.attrs |= {
        "scenes": {str(year): count for year, count in zip(wanted, days, strict=True)},
        "masking": f"classes {CLEAR} kept, {dilate_m:g} m around classes {HAZARDS} left out",
    }
    return medians


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

    scenes = load_scenes(items, grid, [*BANDS.values(), "scl"], chunk=_CHUNK)
    usable = _usable(scenes["scl"].data, pixels_across(dilate_m, grid.transform.a))
    medians = [median_over_time(scenes[name].data, usable) for name in BANDS.values()]
    return da.stack(medians), scenes.sizes["time"]


def pixels_across(metres: float, side: float) -> int:
    """Return how many pixels reach over a distance.

    Parameters
    ----------
    metres : float
        The distance.
    side : float
        Of a pixel, metres.

    Returns
    -------
    int
        Whole pixels, at least one where the distance is above 0.

    Examples
    --------
    >>> pixels_across(60, 10), pixels_across(60, 50), pixels_across(0, 10)
    (6, 2, 0)
    """
    return int(np.ceil(metres / side - 1e-6))


def _usable(scl: da.Array, reach: int) -> da.Array:
    """Where scenes (time, y, x) show the ground, and no flagged cloud or shadow is within `reach` pixels."""
    import dask.array as da

    # The halo of neighbouring blocks, so that a cloud reaches across their borders. Beyond the grid the last
    # pixels are repeated, which takes nothing more away: to call that no data would.
    depth = {0: 0, 1: reach, 2: reach}
    return da.map_overlap(usable_pixels, scl, depth=depth, boundary="nearest", dtype=bool, reach=reach)


def usable_pixels(scl: np.ndarray, reach: int) -> np.ndarray:
    """Tell which pixels show the ground with no flagged cloud, shadow or edge of the scene near them.

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


def median_over_time(numbers: da.Array, usable: da.Array) -> da.Array:
    """Return the median of usable pixels over time as reflectance, lazily.

    Parameters
    ----------
    numbers : dask.array.Array of uint16, shape (time, y, x)
        As stored: reflectance times 10,000.
    usable : dask.array.Array of bool, same shape
        Which to take: of a 0 as well, which stands for no data and for what is darker than dark, so that the
        scene class must tell.

    Returns
    -------
    dask.array.Array of float32, shape (y, x)
        NaN where there is none.

    Examples
    --------
    >>> import dask.array as da
    >>> numbers = da.from_array(np.array([[[1000]], [[3000]]], np.uint16))
    >>> median_over_time(numbers, numbers > 0).compute()
    array([[0.2]], dtype=float32)
    """
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
        As stored: reflectance times 10,000.
    usable : ndarray of bool, same shape
        Which to take: of a 0 as well, see `median_over_time`.

    Returns
    -------
    ndarray of float32, shape (y, x)
        NaN where there is none.

    Examples
    --------
    >>> numbers = np.array([[[1000, 0, 0]], [[3000, 0, 0]], [[9000, 500, 500]]], np.uint16)
    >>> usable = np.array([[[True, True, False]], [[True, True, False]], [[False, False, False]]])
    >>> clear_median(numbers, usable)
    array([[0.2, 0. , nan]], dtype=float32)
    """
    values = np.where(usable, numbers, np.nan).astype(np.float32)
    values.sort(axis=0)  # NaN goes last, so the first `count` are the numbers
    count = np.isfinite(values).sum(axis=0)
    low, high = (np.maximum(count - 1, 0) // 2)[None], np.minimum(count // 2, len(values) - 1)[None]
    middle = np.take_along_axis(values, low, 0) + np.take_along_axis(values, high, 0)
    return middle[0] / np.float32(2 * _ONE)

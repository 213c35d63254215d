"""k-means on Earth Engine's servers: classes of a region's pixels, as an image there and as an array here."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from tools.embeddings import BANDS
from tools.sources.earthengine.asking import TooMuchError, checked_threads, patiently, whole
from tools.sources.earthengine.grids import Grid, grid_over
from tools.sources.earthengine.mosaic import annual_mosaic, credit
from tools.sources.earthengine.pixels import sampled
from tools.sources.earthengine.regions import PIXEL, Region, geometry_of
from tools.sources.earthengine.remedies import explain
from tools.sources.errors import DataError

if TYPE_CHECKING:
    import ee
    import xarray as xr

BAND = "class"
NODATA = -1
_TILE = 2048
_SMALLEST = 64  # a tile that is too much at this size will not do in halves either
_PLUS_PLUS = 1  # Weka's number for k-means++


def kmeans_classes(
    region: Region,
    year: int,
    n_clusters: int,
    *,
    n_samples: int = 100_000,
    seed: int = 42,
    ordered: bool = False,
) -> ee.Image:
    """Train k-means on a sample of a region's pixels, and let Earth Engine classify all of them.

    Parameters
    ----------
    region : geopandas.GeoDataFrame or GeoSeries, shapely geometry, or (west, south, east, north)
        A table in any CRS; a bare shape and bounds are in degrees.
    year : int
        From 2017.
    n_clusters : int
        2 to 127.
    n_samples : int
        About how many pixels it is trained on.
    seed : int
        Of the sample and of k-means.
    ordered : bool
        Whether to number the classes by `tools.kmeans.order_centres`, so that 0 is A in every run. This asks
        the server for the classes' centres, and so waits for the training; otherwise nothing is asked yet.

    Returns
    -------
    ee.Image
        One band, ``class``, from 0, masked outside the region and where there are no embeddings.

    Raises
    ------
    DataError
        If Earth Engine refuses; only with `ordered`.
    ValueError
        If `n_clusters` is not 2 to 127.

    Notes
    -----
    It is one run of Weka's k-means, which starts by k-means++ and, by Weka's default, brings each band to the
    range 0 to 1 before it measures distances. Its classes therefore resemble those of `tools.kmeans`, which
    does neither, and are not the same.

    Examples
    --------
    >>> thumbnail(kmeans_classes(region, 2024, 5), region, "classes.png", palette=colours)  # doctest: +SKIP
    """
    import ee

    if not 2 <= n_clusters <= 127:
        raise ValueError(f"n_clusters={n_clusters}: take 2 to 127 classes")
    sample = sampled(region, year, n_samples, seed=seed)
    clusterer = ee.Clusterer.wekaKMeans(nClusters=n_clusters, init=_PLUS_PLUS, seed=seed)
    clusterer = clusterer.train(sample, list(BANDS))
    geometry = geometry_of(region)
    classes = annual_mosaic(year, geometry).cluster(clusterer, BAND)
    if ordered:
        before = _in_order(sample.cluster(clusterer, BAND), n_clusters)
        classes = classes.remap(before, list(range(n_clusters))).rename([BAND])
    return classes.clip(geometry)


def class_raster(
    classes: ee.Image,
    region: Region,
    year: int,
    *,
    scale: float = PIXEL,
    crs: str | None = None,
    threads: int = 4,
    progress: Callable[[int, int], None] | None = None,
) -> xr.DataArray:
    """Bring an image of classes here as an array.

    Parameters
    ----------
    classes : ee.Image
        As from `kmeans_classes`.
    region : geopandas.GeoDataFrame or GeoSeries, shapely geometry, or (west, south, east, north)
        What to bring.
    year : int
        Of the embeddings, for the mark that the array carries.
    scale : float
        Size of a pixel, in metres. Coarser than 10, the server averages embeddings before it classifies them.
    crs : str, optional
        A projected CRS in metres; by default the UTM zone of the region's middle.
    threads : int
        How many tiles are asked for at once, at most 20.
    progress : callable, optional
        Is told how many pixels are there, and of how many.

    Returns
    -------
    xarray.DataArray of int8, dims (y, x)
        North up, with ``rio.crs``; ``rio.nodata``, -1, stands outside the region and where there are no
        embeddings.

    Raises
    ------
    DataError
        If Earth Engine refuses, or answers with something else than was asked for.

    Examples
    --------
    >>> class_raster(classes, region, 2024, scale=50).rio.crs  # doctest: +SKIP
    CRS.from_epsg(32630)
    """
    grid = grid_over(region, scale, crs)
    checked_threads(threads)
    # The footprint too is to be filled: what lies outside it comes as nought, which is a class.
    image = classes.unmask(NODATA, False).toInt8().rename([BAND])
    pixels = np.full((grid.height, grid.width), NODATA, np.int8)
    corners = [(top, left) for top in range(0, grid.height, _TILE) for left in range(0, grid.width, _TILE)]
    tiles = [
        grid.part(top, left, min(_TILE, grid.height - top), min(_TILE, grid.width - left))
        for top, left in corners
    ]
    done = 0
    with ThreadPoolExecutor(threads) as pool:
        fetched = pool.map(lambda tile: _fetched(image, tile), tiles)
        for (top, left), tile in zip(corners, fetched, strict=True):
            pixels[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
            done += tile.size
            if progress:
                progress(done, pixels.size)
    return credit(_as_array(pixels, grid), year, region)


def _in_order(sample: ee.FeatureCollection, n_clusters: int) -> list[int]:
    """Return the server's numbers of the classes, in the course's order."""
    import ee

    from tools.kmeans import order_centres  # here, since it takes seconds and is seldom needed

    mean = ee.Reducer.mean().repeat(len(BANDS)).group(groupField=len(BANDS), groupName=BAND)
    groups = whole(sample.reduceColumns(reducer=mean, selectors=[*BANDS, BAND]).get("groups").getInfo)
    numbers = [int(group[BAND]) for group in groups]
    order = order_centres(np.array([group["mean"] for group in groups], dtype=float))
    # A class without a pixel in the sample has no centre; it comes last, so that no number is lost.
    empty = [number for number in range(n_clusters) if number not in numbers]
    return [numbers[place] for place in order] + empty


def _fetched(image: ee.Image, tile: Grid) -> np.ndarray:
    """Fetch one tile; in halves where it is too much for one answer."""
    try:
        return patiently(lambda: _pixels(image, tile))
    except TooMuchError as error:
        if max(tile.height, tile.width) <= _SMALLEST:
            raise explain(error) from None
    if tile.height >= tile.width:
        half = tile.height // 2
        parts = [tile.part(0, 0, half, tile.width), tile.part(half, 0, tile.height - half, tile.width)]
        return np.concatenate([_fetched(image, part) for part in parts], axis=0)
    half = tile.width // 2
    parts = [tile.part(0, 0, tile.height, half), tile.part(0, half, tile.height, tile.width - half)]
    return np.concatenate([_fetched(image, part) for part in parts], axis=1)


def _pixels(image: ee.Image, tile: Grid) -> np.ndarray:
    import ee

    answer = ee.data.computePixels({"expression": image, "fileFormat": "NUMPY_NDARRAY", "grid": tile.asked})
    wanted = (tile.height, tile.width)
    if answer.shape != wanted or answer.dtype.names != (BAND,):
        raise DataError(
            f"Earth Engine answered with {answer.shape} pixels of {answer.dtype.names}, not with {wanted} of "
            f"('{BAND}',); try again, or take the same data without an account (COURSE_ORIGIN=open)"
        )
    return answer[BAND].astype(np.int8)


def _as_array(pixels: np.ndarray, grid: Grid) -> xr.DataArray:
    import rioxarray  # noqa: F401 - gives arrays their `rio`
    import xarray as xr

    coords = {
        "y": grid.north - (np.arange(grid.height) + 0.5) * grid.scale,
        "x": grid.west + (np.arange(grid.width) + 0.5) * grid.scale,
    }
    array = xr.DataArray(pixels, coords, ("y", "x"), name=BAND)
    return array.rio.write_crs(grid.crs).rio.write_transform(grid.transform).rio.write_nodata(NODATA)

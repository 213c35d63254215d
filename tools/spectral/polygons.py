"""Where water stayed, went and came between two masks, as polygons for a map."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import xarray as xr
from rasterio.features import shapes
from shapely.geometry import shape

from tools import provenance
from tools.rasters.grids import Grid
from tools.spectral.loss import both_masks

FATES = {1: "stayed", 2: "lost", 3: "gained"}


def water_fates(before: xr.DataArray, after: xr.DataArray) -> gpd.GeoDataFrame:
    """Return what became of the water between two masks, as polygons along the edges of pixels.

    Parameters
    ----------
    before, after : xarray.DataArray, dims (y, x)
        Water: bool, or 1 and 0 with NaN for unknown; on the same pixels, in a CRS in metres.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a connected patch, the largest first: ``fate`` ("stayed", "lost" or "gained"), ``area_km2``
        and the polygon, in the CRS of the masks. Pixels that meet at a corner only are two patches.

    Raises
    ------
    ValueError
        If the masks lie on different pixels, have none in common, or neither has any water.

    Examples
    --------
    >>> import rioxarray
    >>> place = {"y": [150.0, 50.0], "x": [50.0, 150.0]}
    >>> wide = xr.DataArray([[1.0, 1.0], [0.0, 0.0]], place, ("y", "x")).rio.write_crs("EPSG:32611")
    >>> narrow = wide.copy(data=[[1.0, 0.0], [0.0, 0.0]])
    >>> water_fates(wide, narrow)[["fate", "area_km2"]].values.tolist()
    [['lost', 0.01], ['stayed', 0.01]]
    """
    first, second, _ = both_masks(before, after)
    grid = Grid.of(before)
    fate = np.where(first & second, 1, np.where(first, 2, np.where(second, 3, 0))).astype(np.uint8)
    if not fate.any():
        raise ValueError("neither mask has any water")
    found = [
        (FATES[int(number)], shape(outline))
        for outline, number in shapes(fate, mask=fate > 0, transform=grid.transform)
    ]
    patches = gpd.GeoDataFrame(
        {"fate": [name for name, _ in found]}, geometry=[patch for _, patch in found], crs=grid.crs
    )
    patches.insert(1, "area_km2", patches.area / 1e6)
    patches = patches.sort_values(["area_km2", "fate"], ascending=[False, True], ignore_index=True)
    return provenance.carry(patches, before, after)

"""Where areas are, in metres: what a model that knows nothing else may know, and what folds are cut by."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from tools import provenance

COORDINATES = ["easting_m", "northing_m"]
"""Column names of `centre_coordinates`."""


def metric_crs(areas: gpd.GeoDataFrame | gpd.GeoSeries) -> CRS:
    """Return a projected CRS in metres for `areas`: their own if it is one, else their UTM zone.

    Web Mercator counts as neither: its metres are stretched, by 1.6 times at London's latitude.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame or geopandas.GeoSeries
        Areas or points with a CRS.

    Returns
    -------
    pyproj.CRS

    Raises
    ------
    ValueError
        If there is no geometry or no CRS.

    Examples
    --------
    >>> metric_crs(gpd.GeoSeries.from_xy([-0.13], [51.5], crs="EPSG:4326")).to_epsg()
    32630
    """
    if not isinstance(areas, gpd.GeoDataFrame | gpd.GeoSeries):
        raise ValueError(
            f"Places are needed here, but a {type(areas).__name__} has no geometry. Pass a GeoDataFrame; "
            "make one with geopandas.GeoDataFrame(table, geometry=points_from_xy(lon, lat), crs='EPSG:4326')."
        )
    if areas.crs is None:
        raise ValueError(
            "The areas have no CRS, so distances are unknown. If the coordinates are longitude and latitude, "
            "use areas.set_crs('EPSG:4326')."
        )
    own = CRS(areas.crs)
    in_metres = own.is_projected and all(axis.unit_conversion_factor == 1 for axis in own.axis_info[:2])
    return own if in_metres and not _is_web_mercator(own) else CRS(areas.estimate_utm_crs())


def centre_coordinates(areas: gpd.GeoDataFrame | gpd.GeoSeries, crs: object = None) -> pd.DataFrame:
    """Return the centroids' coordinates in metres.

    Given to a forest, they are the baseline that knows *where* a place is and nothing of what it is like.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame or geopandas.GeoSeries
        Areas or points with a CRS.
    crs : any that pyproj takes, optional
        A projected CRS in metres; by default `metric_crs` of the areas.

    Returns
    -------
    pandas.DataFrame of float64
        Columns ``easting_m`` and ``northing_m``, index of `areas`.

    Raises
    ------
    ValueError
        If there is no geometry or no CRS, or if a geometry is missing or empty.

    Examples
    --------
    >>> places = gpd.GeoSeries.from_xy([-0.13, -0.09], [51.50, 51.52], crs="EPSG:4326")
    >>> centre_coordinates(places, crs="EPSG:27700").round(-2)
       easting_m  northing_m
    0   529900.0    179600.0
    1   532600.0    181800.0
    """
    target = metric_crs(areas) if crs is None else CRS(crs)
    absent = areas.geometry.isna() | areas.geometry.is_empty
    if absent.any():
        raise ValueError(
            f"{int(absent.sum()):,} of {len(areas):,} areas have no geometry, the first at index "
            f"{areas.index[absent][0]}. Drop them first, for example areas[areas.geometry.notna()]."
        )
    centres = areas.geometry.to_crs(target).centroid
    values = np.column_stack([centres.x, centres.y])
    return provenance.carry(pd.DataFrame(values, columns=COORDINATES, index=areas.index), areas)


def _is_web_mercator(crs: CRS) -> bool:
    operation = crs.coordinate_operation
    return operation is not None and "Pseudo" in operation.method_name

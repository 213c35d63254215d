"""How right a map of change is, where somebody knows what changed: areas found and missed, and ROC curves."""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from rasterio.features import rasterize
from sklearn.metrics import roc_auc_score, roc_curve

from tools import provenance
from tools.change.checks import require_map
from tools.change.sampling import pick

_MOST_STEPS = 2000  # of a curve: more than any screen has pixels


class HotspotScore(NamedTuple):
    """Which hotspots are right, which changes were found, and each of them in a table.

    Parameters
    ----------
    precision : float
        Share of hotspots that lie on a known change; NaN without hotspots.
    recall : float
        Share of known changes that hotspots found; NaN without any.
    table : geopandas.GeoDataFrame
        See `score_hotspots`.
    """

    precision: float
    recall: float
    table: gpd.GeoDataFrame


class Roc(NamedTuple):
    """How well change tells one label from the other, at every threshold.

    Parameters
    ----------
    curve : pandas.DataFrame
        ``threshold``, ``false_positive_rate``, ``true_positive_rate``, with a falling threshold.
    auc : float
        The area under it: how often a changed place shows more change than a stable one.
    """

    curve: pd.DataFrame
    auc: float


def score_hotspots(
    found: gpd.GeoDataFrame, truth: gpd.GeoDataFrame, *, overlap: float = 0.25
) -> HotspotScore:
    """Compare hotspots with changes that are known to have happened.

    A known change is found when hotspots cover at least the share `overlap` of it, and a hotspot is right
    when at least that share of it lies on known changes. One change may be found in pieces, and one hotspot
    may span two changes.

    Parameters
    ----------
    found : geopandas.GeoDataFrame
        From `tools.change.find_hotspots`.
    truth : geopandas.GeoDataFrame
        Polygons in any CRS, one row a change. Leave out those that cannot show, as from other years.
    overlap : float, optional
        Share of an area, above 0 and up to 1.

    Returns
    -------
    HotspotScore
        Its ``table`` has a row for each known change, in their order, then one for each hotspot that is
        wrong: ``outcome`` ("found", "missed" or "false alarm"), ``rank`` of the hotspot (the one that covers
        most of a change), ``area_m2``, ``covered`` (share of the change under hotspots, or of the hotspot on
        changes), the columns of `truth`, ``geometry`` in the CRS of `found`.

    Raises
    ------
    ValueError
        If `overlap` is no such share, or if a CRS is missing.

    Examples
    --------
    >>> from shapely import box
    >>> areas = [box(0, 0, 20, 10), box(80, 0, 90, 10)]
    >>> found = gpd.GeoDataFrame(geometry=areas, index=[1, 2], crs="EPSG:32633")
    >>> areas = [box(0, 0, 10, 10), box(40, 0, 50, 10)]
    >>> truth = gpd.GeoDataFrame({"name": ["A", "B"]}, geometry=areas, crs="EPSG:32633")
    >>> precision, recall, table = score_hotspots(found, truth)
    >>> precision, recall, table["outcome"].tolist()
    (0.5, 0.5, ['found', 'missed', 'false alarm'])
    """
    if not 0 < overlap <= 1:
        raise ValueError(f"`overlap` is a share above 0 and up to 1, got {overlap}")
    if found.crs is None or truth.crs is None:
        raise ValueError("hotspots and truth both need a CRS: say which with `.set_crs('EPSG:…')`")
    truth = truth.to_crs(found.crs)
    spots, changes = found.geometry.to_numpy(), truth.geometry.to_numpy()
    change, spot = shapely.STRtree(spots).query(changes, predicate="intersects")
    shared = shapely.area(shapely.intersection(changes[change], spots[spot]))

    covered = _covered(changes, spots, change, spot)
    on_changes = _covered(spots, changes, spot, change)
    right = on_changes >= overlap
    best = pd.DataFrame({"change": change, "spot": spot, "shared": shared}).sort_values("shared")
    best = best.drop_duplicates("change", keep="last").set_index("change")["spot"]
    detected = covered >= overlap
    rank = pd.Series(pd.NA, range(len(truth)), dtype="Int64")
    rank[best.index] = found.index.to_numpy()[best]
    known = truth.reset_index(drop=True)
    whole = [name for name in known if pd.api.types.is_integer_dtype(known[name])]
    known[whole] = known[whole].astype("Int64")  # false alarms have no year, and a year has no decimals
    own = known.drop(columns=["outcome", "rank", "area_m2", "covered"], errors="ignore")
    known = own.assign(
        outcome=np.where(detected, "found", "missed"),
        rank=rank.where(detected),
        area_m2=shapely.area(changes),
        covered=covered,
    )
    false = gpd.GeoDataFrame(
        {
            "outcome": "false alarm",
            "rank": pd.array(found.index.to_numpy()[~right], dtype="Int64"),
            "area_m2": shapely.area(spots[~right]),
            "covered": on_changes[~right],
        },
        geometry=spots[~right],
        crs=found.crs,
    )
    parts = [part for part in (known, false) if len(part)] or [known]
    first = ["outcome", "rank", "area_m2", "covered"]
    table = pd.concat(parts, ignore_index=True)
    table = table[[*first, *(name for name in table if name not in first)]]
    precision = float(right.mean()) if len(right) else float("nan")
    recall = float(detected.mean()) if len(detected) else float("nan")
    return HotspotScore(precision, recall, provenance.carry(table, found, truth))


def roc(change: object, labels: object) -> Roc:
    """Return how well change tells places that changed from places that did not.

    Parameters
    ----------
    change : array-like of float, any shape
        At labelled points, as `change_at` gives it, or a whole map. NaN is left out.
    labels : array-like of bool, or of 0 and 1, same shape
        True or 1 where something changed, as `areas_mask` gives it for a map.

    Returns
    -------
    Roc
        ``curve, auc``. The curve's ``attrs`` say how many places of each kind there were, and how many had no
        data.

    Raises
    ------
    ValueError
        If the shapes differ, if a label is neither 0 nor 1, or if one of the two does not occur.

    Notes
    -----
    An AUC of 0.5 is what a coin reaches. Neighbouring pixels are alike, so the pixels of one map are fewer
    independent witnesses than they seem.

    Examples
    --------
    >>> curve, auc = roc([0.02, 0.3, 0.05, 0.2, 0.03], [0, 1, 0, 1, 1])
    >>> round(auc, 3)
    0.833
    """
    values, known = np.asarray(change, float), np.asarray(labels)
    if values.shape != known.shape:
        raise ValueError(f"one label for each change: got {known.shape} labels for {values.shape}")
    if not np.isin(known, (0, 1)).all():
        raise ValueError("labels are 1 (or True) where something changed and 0 (or False) elsewhere")
    valid = np.isfinite(values)
    values, known = values[valid], known[valid].astype(bool)
    if known.all() or not known.any():
        raise ValueError(
            f"a curve needs places of both kinds, got {int(known.sum()):,} that changed and "
            f"{int((~known).sum()):,} that did not (with data)"
        )
    false, true, thresholds = roc_curve(known, values)
    # Equally far apart along the curve, so that steep and flat parts are drawn alike.
    along = np.searchsorted(false + true, np.linspace(0, 2, _MOST_STEPS))
    kept = np.unique(np.append(along.clip(max=len(false) - 1), [0, len(false) - 1]))
    kept = kept if len(false) > _MOST_STEPS else np.arange(len(false))
    curve = pd.DataFrame(
        {
            "threshold": thresholds[kept],
            "false_positive_rate": false[kept],
            "true_positive_rate": true[kept],
        }
    )
    curve.attrs |= {
        "changed": int(known.sum()),
        "stable": int((~known).sum()),
        "without_data": int((~valid).sum()),
    }
    return Roc(provenance.carry(curve, change, labels), float(roc_auc_score(known, values)))


def change_at(change: xr.DataArray, points: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.Series:
    """Read a map of change at points.

    Parameters
    ----------
    change : xarray.DataArray, dims (y, x)
        North-up, with a CRS; lazy or not.
    points : geopandas.GeoDataFrame or GeoSeries
        Points in any CRS.

    Returns
    -------
    pandas.Series of float32
        The value of the pixel in which each point lies, by the index of `points`; NaN off the map.

    Raises
    ------
    ValueError
        If `change` is no map, or `points` are no points or have no CRS.

    Examples
    --------
    >>> import rioxarray
    >>> where = {"y": [15.0, 5.0], "x": [5.0, 15.0]}
    >>> change = xr.DataArray(np.float32([[0.25, 0], [0, 0.5]]), where, ("y", "x")).rio.write_crs(32633)
    >>> change_at(change, gpd.GeoSeries.from_xy([1, 19, 99], [19, 1, 1], crs=32633)).tolist()
    [0.25, 0.5, nan]
    """
    grid = require_map(change)
    if points.crs is None:
        raise ValueError("the points have no CRS: say which with `points.set_crs('EPSG:4326')`")
    if not (points.geom_type == "Point").all():
        kinds = ", ".join(sorted(points.geom_type.dropna().unique()))
        raise ValueError(f"expected points, got {kinds or 'missing geometries'}")
    shapes = points.geometry.to_crs(grid.crs)
    columns, rows = ~grid.transform @ (shapes.x.to_numpy(), shapes.y.to_numpy())
    on = (columns >= 0) & (columns < grid.width) & (rows >= 0) & (rows < grid.height)
    values = np.full(len(points), np.nan, np.float32)
    if on.any():
        values[on] = pick(change, rows[on].astype(int), columns[on].astype(int))
    return provenance.carry(pd.Series(values, points.index, name=change.name or "change"), change, points)


def areas_mask(areas: gpd.GeoDataFrame | gpd.GeoSeries, like: xr.DataArray) -> xr.DataArray:
    """Return which pixels of a map lie in areas: those whose centres do.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame or GeoSeries
        Polygons in any CRS.
    like : xarray.DataArray, dims (y, x)
        The map whose grid is wanted.

    Returns
    -------
    xarray.DataArray of bool, dims (y, x)
        ``~areas_mask(truth, change)`` are the stable pixels that `tools.change.noise_floor` can learn from.

    Raises
    ------
    ValueError
        If `like` is no map, or if the areas have no CRS.

    Examples
    --------
    >>> import rioxarray
    >>> from shapely import box
    >>> like = xr.DataArray(np.zeros((2, 2)), {"y": [15.0, 5.0], "x": [5.0, 15.0]}, ("y", "x"))
    >>> areas_mask(gpd.GeoSeries([box(0, 0, 10, 30)], crs=32633), like.rio.write_crs(32633)).values.tolist()
    [[True, False], [True, False]]
    """
    grid = require_map(like, "like")
    if areas.crs is None:
        raise ValueError("the areas have no CRS: say which with `areas.set_crs('EPSG:…')`")
    shapes = [shape for shape in areas.geometry.to_crs(grid.crs) if shape is not None and not shape.is_empty]
    inside = np.zeros(grid.shape, np.uint8)
    if shapes:
        rasterize(shapes, out=inside, transform=grid.transform)
    mask = xr.DataArray(inside.astype(bool), {"y": like["y"], "x": like["x"]}, ("y", "x"), "inside")
    return provenance.carry(mask.rio.write_crs(grid.crs).rio.write_transform(grid.transform), areas)


def _covered(areas: np.ndarray, covers: np.ndarray, area: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """Return the share of each area under the covers that meet it, where those may overlap each other."""
    shares = np.zeros(len(areas))
    order = np.argsort(area, kind="stable")
    for number, group in pd.Series(cover[order]).groupby(area[order]):
        under = shapely.union_all(covers[group])
        shares[number] = shapely.area(shapely.intersection(areas[number], under)) / shapely.area(
            areas[number]
        )
    return shares

"""Folds by distance on the ground, and how far from known areas each way of testing goes."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from tools.modelling.centres import centre_coordinates
from tools.modelling.folds import Folds, deal_out


def blocked_folds(
    areas: gpd.GeoDataFrame | gpd.GeoSeries,
    block_size_m: float,
    n_splits: int = 5,
    buffer_m: float = 0.0,
    random_state: int = 42,
    crs: object = None,
) -> Folds:
    """Hold back square blocks of land: *how well for a place some way from all known ones?*

    The larger the block, and the wider the buffer, the farther a tested area lies from those that the model
    has learnt from. A block should be wider than the distance over which a model's errors are alike.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame or geopandas.GeoSeries
        Areas or points with a CRS; an area belongs to the block that holds its centroid.
    block_size_m : float
        Side of a block in metres.
    n_splits : int, default 5
        Number of folds. Blocks are dealt out at random, the fullest first, so that folds are of nearly equal
        size.
    buffer_m : float, default 0
        Leave out of training every area whose centroid is closer than this to a tested one, in metres.
    random_state : int, default 42
        Seed of the order in which equally full blocks are dealt out.
    crs : any that pyproj takes, optional
        A projected CRS in metres; by default the areas' own if it is one, else their UTM zone.

    Returns
    -------
    Folds

    Raises
    ------
    ValueError
        If a size is not positive, if there is no CRS, if there are fewer blocks than folds, or if the buffer
        leaves a fold nothing to learn from.

    References
    ----------
    Roberts, D. R. et al. (2017). Cross-validation strategies for data with temporal, spatial, hierarchical,
    or phylogenetic structure. Ecography, 40(8), 913–929.

    Examples
    --------
    >>> places = gpd.GeoSeries.from_xy([0, 100, 5000, 5100, 9000], [0, 0, 0, 0, 0], crs="EPSG:27700")
    >>> folds = blocked_folds(places, block_size_m=1000, n_splits=3)
    >>> first, near, far, *_ = folds.fold.tolist()
    >>> first == near, first == far
    (True, False)
    """
    if not block_size_m > 0 or not buffer_m >= 0:
        raise ValueError(
            f"block_size_m={block_size_m!r}, buffer_m={buffer_m!r}: give a block's side in metres, "
            "above 0, and a buffer of 0 or more."
        )
    centres = centre_coordinates(areas, crs).to_numpy()
    cells = np.floor((centres - centres.min(axis=0)) / block_size_m).astype(np.int64)
    blocks = pd.Series([f"{column}-{row}" for column, row in cells], index=areas.index, name="block")
    numbers = deal_out(blocks, n_splits, f"block of {block_size_m:g} m", np.random.default_rng(random_state))
    trains = tuple(_outside(centres, numbers == number, buffer_m) for number in range(n_splits))
    question = f"a new block of {block_size_m / 1000:g} km"
    question += f", {buffer_m / 1000:g} km from known areas" if buffer_m else ""
    return Folds(question, pd.Series(numbers, index=areas.index, name="fold"), blocks, trains)


def describe_folds(schemes: Mapping[str, Folds], areas: gpd.GeoDataFrame | None = None) -> pd.DataFrame:
    """Set ways of holding data back beside each other: what each asks, and how hard it is.

    Parameters
    ----------
    schemes : mapping of str to Folds
        Names and folds of the same table.
    areas : geopandas.GeoDataFrame, optional
        That table; given, the distance from a tested area to the nearest known one is measured.

    Returns
    -------
    pandas.DataFrame
        One row a scheme: ``question``, ``folds``, ``held_back`` (groups or blocks in all), ``n_train`` and
        ``n_test`` (means over folds), and ``nearest_known_m`` (median distance between centroids, metres).

    Raises
    ------
    ValueError
        If `areas` has another number of rows, or no CRS.

    References
    ----------
    Milà, C. et al. (2022). Nearest neighbour distance matching leave-one-out cross-validation for map
    validation. Methods in Ecology and Evolution, 13(6), 1304–1316.

    Examples
    --------
    >>> places = gpd.GeoSeries.from_xy([0, 100, 5000, 5100, 9000], [0, 0, 0, 0, 0], crs="EPSG:27700")
    >>> schemes = {"blocks": blocked_folds(places, 1000, n_splits=3)}
    >>> described = describe_folds(schemes, places.to_frame("geometry"))
    >>> described["question"].item(), described["nearest_known_m"].item()
    ('a new block of 1 km', 4000)
    """
    centres = None if areas is None else centre_coordinates(areas).to_numpy()
    rows = []
    for name, folds in schemes.items():
        pairs = list(folds.split(areas))
        row = {
            "scheme": name,
            "question": folds.question,
            "folds": len(pairs),
            "held_back": folds.groups.nunique(),
            "n_train": round(np.mean([len(train) for train, _ in pairs])),
            "n_test": round(np.mean([len(test) for _, test in pairs])),
        }
        if centres is not None:
            nearest = [cKDTree(centres[train]).query(centres[test])[0] for train, test in pairs]
            row["nearest_known_m"] = round(float(np.median(np.concatenate(nearest))))
        rows.append(row)
    return pd.DataFrame(rows).set_index("scheme")


def _outside(centres: np.ndarray, tested: np.ndarray, buffer_m: float) -> np.ndarray:
    usable = ~tested
    if buffer_m:
        usable[usable] = cKDTree(centres[tested]).query(centres[usable])[0] >= buffer_m
    if not usable.any():
        raise ValueError(
            f"A buffer of {buffer_m:g} m leaves one of the folds nothing to learn from. Choose a smaller one."
        )
    return np.flatnonzero(usable)

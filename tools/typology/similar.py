"""Similar places: a mean fingerprint, how like it every building is, and which are most like one."""

from __future__ import annotations

from numbers import Integral, Real

import geopandas as gpd
import numpy as np
import pandas as pd

from tools import provenance
from tools.embeddings import BANDS, unit
from tools.modelling.centres import centre_coordinates, metric_crs
from tools.tables import check_numeric, require_columns

BLOCK = 65_536
"""Rows compared at a time, so that no second copy of the whole table is made."""

BATCH = 4_096
"""Rows whose distance on the ground is looked up at a time, most similar first."""


def mean_profile(data: pd.DataFrame, mask: pd.Series | np.ndarray | None = None) -> pd.Series:
    """Return the mean embedding of some buildings, scaled to length 1.

    Parameters
    ----------
    data : pandas.DataFrame or geopandas.GeoDataFrame
        One row a building, with the columns ``A00`` … ``A63``.
    mask : pandas.Series or array of bool, shape (n,), optional
        Which buildings; by default all. Missing values in it count as no. Those without an embedding are
        left out.

    Returns
    -------
    pandas.Series of float64
        64 numbers, by band. ``attrs["n"]`` is the number of buildings in the mean; ``attrs["agreement"]`` the
        length of the mean before it was scaled, from 0 (all directions) to 1 (all are the same): the mean
        cosine of these buildings to the profile.

    Raises
    ------
    ValueError
        If a band is not there, if `mask` is not one truth a row, or if no building with an embedding is left.

    Examples
    --------
    >>> bands = {band: [0.0, 0.0, 0.0] for band in BANDS} | {"A00": [1.0, 0.0, 1.0], "A01": [0.0, 1.0, 0.0]}
    >>> profile = mean_profile(pd.DataFrame(bands), np.array([True, True, False]))
    >>> profile.iloc[:3].round(3).tolist(), profile.attrs["n"], round(profile.attrs["agreement"], 3)
    ([0.707, 0.707, 0.0], 2, 0.707)
    """
    check_numeric(data, BANDS)
    chosen = _truths(data, mask)
    values = data.loc[chosen, list(BANDS)].to_numpy(dtype=np.float64)
    values = unit(values[np.isfinite(values).all(axis=1)])
    values = values[np.isfinite(values).all(axis=1)]
    if not len(values):
        raise ValueError(
            f"No building to average: {int(chosen.sum()):,} of {len(data):,} rows are chosen, and none of "
            "them has an embedding. Check the condition that chose them."
        )
    mean = values.mean(axis=0)
    length = float(np.linalg.norm(mean))
    if length < 1e-9:
        raise ValueError("The chosen embeddings cancel each other out: their mean has no direction.")
    profile = pd.Series(mean / length, index=list(BANDS), name="profile")
    provenance.carry(profile, data)
    profile.attrs |= {"n": len(values), "agreement": length}
    return profile


def cosine_to(data: pd.DataFrame, profile: pd.Series) -> pd.Series:
    """Return how like a profile each building's embedding is: the cosine of the angle between them.

    Parameters
    ----------
    data : pandas.DataFrame or geopandas.GeoDataFrame
        One row a building, with the columns ``A00`` … ``A63``.
    profile : pandas.Series
        64 numbers by band, such as of `mean_profile`, or one building's row.

    Returns
    -------
    pandas.Series of float32
        Named ``cosine``, in [-1, 1]: 1 is the same direction. NaN for a building without an embedding. The
        index is that of `data`.

    Raises
    ------
    ValueError
        If a band is not there or is no number, or if the profile has a gap or is all zeros.

    Notes
    -----
    Embeddings have length 1, so that the cosine is their scalar product; lengths are divided out all the
    same, since means and float32 are not exact. What counts as similar depends on how alike all buildings of
    a region are: compare cosines with each other, not with 1.

    Examples
    --------
    >>> bands = {band: [0.0, 0.0] for band in BANDS} | {"A00": [1.0, 0.6], "A01": [0.0, 0.8]}
    >>> data = pd.DataFrame(bands)
    >>> print(cosine_to(data, data.iloc[0]).round(2).to_string())
    0    1.0
    1    0.6
    """
    check_numeric(data, BANDS)
    target = _direction(profile)
    values = data[list(BANDS)].to_numpy(dtype=np.float32, na_value=np.nan)
    cosine = np.empty(len(values), np.float32)
    for first in range(0, len(values), BLOCK):
        rows = values[first : first + BLOCK]
        length = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        length[length == 0] = np.nan
        cosine[first : first + BLOCK] = np.clip(rows @ target / length, -1, 1)
    return provenance.carry(pd.Series(cosine, index=data.index, name="cosine"), data)


def most_similar(
    data: gpd.GeoDataFrame,
    key: object,
    n: int = 10,
    *,
    beyond_m: float | None = None,
    key_col: str = "TOID",
) -> gpd.GeoDataFrame:
    """Return the buildings whose embeddings are most like that of one, most similar first.

    All buildings are compared, so that the answer is exact. A neighbour often lies in the same pixel and is
    similar for no other reason; `beyond_m` looks farther off.

    Parameters
    ----------
    data : geopandas.GeoDataFrame
        One row a building, with geometry, `key_col` and the columns ``A00`` … ``A63``.
    key : object
        The building's value in `key_col`.
    n : int, default 10
        How many to return; fewer where there are fewer with an embedding.
    beyond_m : float, optional
        Leave out buildings nearer than this, in metres; by default only the building itself.
    key_col : str, default "TOID"
        The column that identifies a building.

    Returns
    -------
    geopandas.GeoDataFrame
        `key_col`, ``cosine`` (float32), ``distance_m`` (float64, metres as the crow flies), the other columns
        of `data` except the embedding, and the geometry; index and CRS of `data`. Equals are in the order of
        `data`.

    Raises
    ------
    ValueError
        If the building is not there, is there twice or has no embedding; if a column, the geometry or the
        CRS is missing; if no building is far enough off.

    Examples
    --------
    >>> bands = {band: [0.0] * 3 for band in BANDS} | {"A00": [1.0, 1.0, 0.6], "A01": [0.0, 0.0, 0.8]}
    >>> where = gpd.points_from_xy([0, 5, 900], [0, 0, 0], crs="EPSG:27700")
    >>> data = gpd.GeoDataFrame({"TOID": ["a", "b", "c"], **bands}, geometry=where)
    >>> most_similar(data, "a", 1)[["TOID", "cosine", "distance_m"]].values.tolist()
    [['b', 1.0, 5.0]]
    >>> most_similar(data, "a", 1, beyond_m=100)["TOID"].tolist()
    ['c']
    """
    require_columns(data, [key_col])
    if not isinstance(n, Integral) or isinstance(n, bool) or n < 1:
        raise ValueError(f"n={n!r}: ask for a whole number of buildings, 1 or more.")
    if beyond_m is not None and not (isinstance(beyond_m, Real) and beyond_m >= 0):
        raise ValueError(f"beyond_m={beyond_m!r}: expected metres, 0 or more, or None.")
    itself = _position(data, key, key_col)
    crs = metric_crs(data)
    try:
        cosine = cosine_to(data, data.iloc[itself]).to_numpy()
    except ValueError as error:
        raise ValueError(f"Building {key!r} cannot be compared: {error}") from None
    order = np.argsort(-cosine, kind="stable")
    order = order[np.isfinite(cosine[order]) & (order != itself)]
    nearest, distance = _first_beyond(data.geometry, itself, order, n, beyond_m or 0, crs)
    if not len(nearest):
        raise ValueError(
            f"No other building with an embedding is at least {beyond_m or 0:g} m from {key!r}; the farthest "
            f"is {distance.max(initial=0):,.0f} m off. Choose a smaller beyond_m."
        )
    geometry = data.active_geometry_name
    others = [c for c in data.columns if c not in {key_col, geometry, "cosine", "distance_m", *BANDS}]
    found = data.iloc[nearest][[key_col, *others, geometry]].copy()
    found.insert(1, "cosine", cosine[nearest])
    found.insert(2, "distance_m", distance)
    return provenance.carry(found, data)


def _first_beyond(
    places: gpd.GeoSeries, itself: int, order: np.ndarray, n: int, beyond_m: float, crs: object
) -> tuple[np.ndarray, np.ndarray]:
    """Return the first `n` of `order` that are far enough off, and how far; all distances if none is."""
    home = centre_coordinates(places.iloc[[itself]], crs).to_numpy()
    numbers, distances, tried = [], [], []
    # Most often the first batch holds them all; placing every building would take most of the time.
    for first in range(0, len(order), BATCH):
        batch = order[first : first + BATCH]
        distance = np.hypot(*(centre_coordinates(places.iloc[batch], crs).to_numpy() - home).T)
        far = distance >= beyond_m
        numbers.append(batch[far])
        distances.append(distance[far])
        tried.append(distance)
        if sum(map(len, numbers)) >= n:
            break
    if not any(map(len, numbers)):
        return np.empty(0, int), np.concatenate([[], *tried])
    return np.concatenate(numbers)[:n], np.concatenate(distances)[:n]


def _position(data: pd.DataFrame, key: object, key_col: str) -> int:
    found = np.flatnonzero((data[key_col] == key).fillna(False).to_numpy(dtype=bool))
    if len(found) == 1:
        return int(found[0])
    if len(found):
        raise ValueError(f"{key_col} {key!r} is there {len(found)} times: which is meant? Keep one row each.")
    examples = ", ".join(map(repr, data[key_col].head(2)))
    raise ValueError(f"No building has the {key_col} {key!r}; those of the table look like {examples}.")


def _direction(profile: pd.Series) -> np.ndarray:
    if not isinstance(profile, pd.Series):
        raise ValueError(f"A profile is a Series with the index A00 … A63, not a {type(profile).__name__}.")
    missing = [band for band in BANDS if band not in profile.index]
    if missing:
        raise ValueError(
            f"The profile lacks {len(missing)} bands, the first {missing[0]}; it needs A00 … A63."
        )
    values = pd.to_numeric(profile[list(BANDS)]).to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isfinite(values).all() or not values.any():
        raise ValueError("the embedding to compare with has missing values or is all zeros.")
    return unit(values).astype(np.float32)


def _truths(data: pd.DataFrame, mask: object) -> np.ndarray:
    if mask is None:
        return np.ones(len(data), dtype=bool)
    if isinstance(mask, pd.Series):
        if len(mask) != len(data) or not mask.index.equals(data.index):
            raise ValueError(
                f"mask has {len(mask):,} rows with another index than the {len(data):,} of data. Make it "
                "from the same table, for example data['CONSTRUCTION_AGE_BAND'] < '1930-1949'."
            )
        mask = mask.fillna(False).to_numpy()
    mask = np.asarray(mask)
    if mask.shape != (len(data),) or mask.dtype != bool:
        raise ValueError(
            f"mask is {mask.dtype} of shape {mask.shape}: expected True or False for each of "
            f"{len(data):,} rows."
        )
    return mask

"""Numbers sorted into classes for a map: by quantiles, equal intervals or natural breaks."""

from __future__ import annotations

import itertools

import geopandas as gpd
import mapclassify
import numpy as np
import pandas as pd

from tools import provenance
from tools.tables import require_columns

SCHEMES = ("quantile", "equal", "natural")
MOST_FOR_NATURAL = 10_000


def classify_for_mapping(
    gdf: gpd.GeoDataFrame,
    col: str,
    scheme: str = "quantile",
    k: int = 10,
    label_fmt: str = "{lo:.2f}–{hi:.2f}",
    min_unique_to_bin: int = 10,
) -> tuple[gpd.GeoDataFrame, str, bool]:
    """Sort the numbers of one column into classes that a map can colour.

    Parameters
    ----------
    gdf : geopandas.GeoDataFrame
        The table; it is not changed.
    col : str
        A column of numbers. Names, and numbers with at most `min_unique_to_bin` different values (deciles,
        say), are classes already and stay as they are.
    scheme : {"quantile", "equal", "natural"}
        Classes with equally many rows; equally wide classes; or Fisher and Jenks's natural breaks, which make
        values within a class as alike as possible [1]_.
    k : int
        How many classes; fewer where the values have too many ties for that many.
    label_fmt : str
        How a class is written, from its edges ``lo`` and ``hi``. Where two classes would read the same, the
        edges are written with more digits.
    min_unique_to_bin : int
        Columns with no more different values than this are not binned.

    Returns
    -------
    gdf : geopandas.GeoDataFrame
        A copy, with the ordered column ``<col>__<scheme>_k<k>`` where there was something to bin.
    mapped_col : str
        The column to draw.
    categorical : bool
        Whether that column holds classes, which is so for each scheme; ``focus_categorical`` of a web map.

    Raises
    ------
    ValueError
        For an unknown column or scheme, fewer than two classes, or a column without values.

    References
    ----------
    .. [1] Fisher, W. D. (1958), "On grouping for maximum homogeneity", Journal of the American Statistical
       Association 53(284), 789-798.

    Examples
    --------
    >>> table = gpd.GeoDataFrame({"x": range(100)}, geometry=[None] * 100)
    >>> whole = "{lo:.0f}–{hi:.0f}"
    >>> table, column, _ = classify_for_mapping(table, "x", scheme="equal", k=4, label_fmt=whole)
    >>> table[column].cat.categories.tolist()
    ['0–25', '25–50', '50–74', '74–99']
    """
    require_columns(gdf, [col])
    if scheme not in SCHEMES:
        raise ValueError(f"There is no scheme {scheme!r}; expected one of {', '.join(SCHEMES)}.")
    if k < 2:
        raise ValueError(f"k is {k}; a map needs at least 2 classes to compare.")
    values = gdf[col]
    if values.notna().sum() == 0:
        raise ValueError(f"Column {col!r} has no values to classify: every row is missing.")
    number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if not number or values.nunique() <= min_unique_to_bin:
        return provenance.carry(gdf.copy(), gdf), col, True
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    finite = np.isfinite(numbers)
    bounds = _upper_bounds(numbers[finite], scheme, k)
    place = np.full(len(numbers), -1)
    place[finite] = np.minimum(np.searchsorted(bounds, numbers[finite], side="left"), len(bounds) - 1)
    edges = np.concatenate([[numbers[finite].min()], bounds])
    labels = _labels(edges, label_fmt)
    mapped_col = f"{col}__{scheme}_k{k}"
    classes = pd.Categorical.from_codes(place, categories=labels, ordered=True)
    classified = gdf.assign(**{mapped_col: pd.Series(classes, index=gdf.index)})
    return provenance.carry(classified, gdf), mapped_col, True


def _upper_bounds(numbers: np.ndarray, scheme: str, k: int) -> np.ndarray:
    if scheme == "equal":
        return np.linspace(numbers.min(), numbers.max(), k + 1)[1:]
    if scheme == "quantile":
        return np.unique(np.quantile(numbers, np.linspace(0, 1, k + 1)[1:]))
    # The exact method takes time with the square of n; evenly spaced ranks keep the distribution's shape.
    if len(numbers) > MOST_FOR_NATURAL:
        numbers = np.quantile(numbers, np.linspace(0, 1, MOST_FOR_NATURAL))
    return np.unique(mapclassify.FisherJenks(numbers, k=min(k, len(np.unique(numbers)))).bins)


def _labels(edges: np.ndarray, label_fmt: str) -> list[str]:
    pairs = list(itertools.pairwise(edges))
    candidates = [[label_fmt.format(lo=lo, hi=hi) for lo, hi in pairs]]
    candidates += [[f"{lo:.{digits}g}–{hi:.{digits}g}" for lo, hi in pairs] for digits in range(3, 18)]
    return next(labels for labels in candidates if len(set(labels)) == len(labels))

"""Figures of areas and of their distances: what part one of a lesson draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from tools.maps import palette
from tools.maps.colours import colour_classes
from tools.maps.parts import literal, scale_bar, swatch
from tools.maps.style import headline, in_course_style, sign
from tools.tables import require_columns

WORDS_OF_FEATURES = 46


@in_course_style
def plot_simple_map(
    gdf: gpd.GeoDataFrame,
    cluster_col: str = "cluster",
    title: str | None = None,
    figsize: tuple[float, float] = (8, 8),
    legend: bool = True,
    cmap: str = "course",
) -> Axes:
    """Draw areas coloured by class, with a legend that counts them.

    Parameters
    ----------
    gdf : geopandas.GeoDataFrame
        Polygons; with a CRS the map also has a scale bar.
    cluster_col : str
        The column of classes.
    title : str, optional
        By default, the name of the column.
    figsize : (float, float)
        Width and greatest height in inches; the figure is no higher than the areas need.
    legend : bool
        Whether to draw the legend.
    cmap : str
        A colour map's name.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        For an unknown column, a column without values, or too many classes.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> areas = gpd.GeoDataFrame({"cluster": [0, 1]}, geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)])
    >>> plot_simple_map(areas).get_title(loc="left")
    'Areas by cluster'
    """
    require_columns(gdf, [cluster_col])
    colouring = colour_classes(gdf[cluster_col], cmap)
    # Metres, where the CRS allows: then the picture has true proportions and the scale bar is right.
    shapes = gdf.geometry.to_crs(gdf.estimate_utm_crs()) if gdf.crs is not None else gdf.geometry
    left, bottom, right, top = shapes.total_bounds
    needed = (figsize[0] - (1.7 if legend else 0)) * (top - bottom) / (right - left) + 1.1
    figure, axes = plt.subplots(figsize=(figsize[0], min(figsize[1], needed)))
    shapes.plot(
        ax=axes,
        color=colouring.row_colours(palette.MISSING),
        edgecolor="white",
        linewidth=0.15,
        aspect="equal",
    )
    headline(axes, title or f"Areas by {cluster_col}")
    axes.set_axis_off()
    if gdf.crs is not None:
        scale_bar(axes)
    if legend:
        counted = zip(colouring.labels, colouring.counts, colouring.colours, strict=True)
        handles = [swatch(f"{label}  ({count:,})", colour) for label, count, colour in counted]
        if (colouring.codes < 0).any():
            handles.append(swatch(f"no data  ({(colouring.codes < 0).sum():,})", palette.MISSING))
        axes.legend(handles=handles, title=f"{cluster_col} (areas)", loc="upper left", bbox_to_anchor=(1, 1))
        axes.get_legend().set_alignment("left")
    sign(figure, gdf)
    return axes


@in_course_style
def plot_embedding_distances(
    df: pd.DataFrame,
    distance_col: str = "distance",
    label_col: str = "LSOA21NM",
    title: str | None = None,
    figsize: tuple[float, float] = (9, 4),
) -> Axes:
    """Draw how far each area lies from where it is compared with, nearest first.

    Parameters
    ----------
    df : pandas.DataFrame
        One row an area, as `closest_lsoas_to_cluster` returns it.
    distance_col : str
        Distances in embedding space, without a unit.
    label_col : str
        Names of the areas.
    title : str, optional
        By default, says what is drawn.
    figsize : (float, float)
        Width and height in inches; it grows when there are more names than fit.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        For an unknown column or an empty table.

    Examples
    --------
    >>> table = pd.DataFrame({"LSOA21NM": ["Camden 001A", "Brent 002B"], "distance": [0.2, 0.1]})
    >>> [label.get_text() for label in plot_embedding_distances(table).get_yticklabels()]
    ['Brent 002B', 'Camden 001A']
    """
    require_columns(df, [distance_col, label_col])
    if df.empty:
        raise ValueError("The table has no rows: there are no distances to draw.")
    nearest = df[[label_col, distance_col]].sort_values(distance_col, kind="stable")
    height = max(figsize[1], 1.2 + 0.3 * len(nearest))
    figure, axes = plt.subplots(figsize=(figsize[0], height))
    rows = np.arange(len(nearest))
    distances = nearest[distance_col].to_numpy(dtype=float)
    axes.hlines(rows, 0, distances, color=palette.SEQUENTIAL[2], linewidth=3)
    axes.plot(distances, rows, "o", color=palette.LIGHT["accent"], markersize=9)
    for row, distance in zip(rows, distances, strict=True):
        axes.annotate(f"{distance:.3g}", (distance, row), (10, 0), textcoords="offset points", va="center")
    axes.set_yticks(rows, [literal(name) for name in nearest[label_col]])
    axes.set_ylim(len(nearest) - 0.4, -0.6)
    axes.set_xlim(0, distances.max() * 1.12 or 1)
    axes.set_xlabel("Distance in embedding space")
    headline(axes, title or "How far each area lies from the centre")
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    sign(figure, df)
    return axes


@in_course_style
def plot_feature_importance(
    importances: pd.Series | pd.DataFrame | Mapping[str, float],
    top_n: int = 15,
    title: str | None = None,
    figsize: tuple[float, float] = (6, 5),
) -> Axes:
    """Draw the most important features of a forest, most important first.

    Parameters
    ----------
    importances : pandas.Series, pandas.DataFrame or mapping
        Importance by feature name; of a table, the first column of names (or its index) and of numbers.
    top_n : int
        How many to show.
    title : str, optional
        By default, says what is drawn.
    figsize : (float, float)
        Width and height in inches.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If there is nothing to show.

    Examples
    --------
    >>> axes = plot_feature_importance({"A00_mean": 0.7, "A01_mean": 0.3}, top_n=1)
    >>> [label.get_text() for label in axes.get_yticklabels()]
    ['A00_mean']
    """
    ranked = as_ranking(importances, top_n)
    figure, axes = plt.subplots(figsize=figsize)
    draw_ranking(axes, ranked)
    axes.set_xlabel("Importance (share of impurity removed)")
    headline(axes, title or f"The {len(ranked)} most important features")
    sign(figure, importances)
    return axes


def as_ranking(scores: Any, top_n: int) -> pd.Series:
    """Return the `top_n` largest scores by feature name, largest first.

    Parameters
    ----------
    scores : pandas.Series, pandas.DataFrame or mapping
        Scores by feature.
    top_n : int
        How many to keep.

    Returns
    -------
    pandas.Series

    Raises
    ------
    ValueError
        If nothing is left, or `top_n` is below 1.

    Examples
    --------
    >>> as_ranking({"a": 1.0, "b": 2.0}, 2).index.tolist()
    ['b', 'a']
    """
    if isinstance(scores, pd.DataFrame):
        names = scores.select_dtypes(exclude="number")
        numbers = scores.select_dtypes("number")
        if numbers.empty:
            raise ValueError(
                "The table of scores has no numeric column; expected one row a feature with its score."
            )
        index = pd.Index(names.iloc[:, 0]) if names.shape[1] else scores.index
        scores = pd.Series(numbers.iloc[:, 0].to_numpy(), index=index)
    ranked = (
        pd.Series(scores, dtype=float)
        .dropna()
        .sort_values(ascending=False, kind="stable")
        .head(max(top_n, 0))
    )
    if ranked.empty:
        raise ValueError(f"There are no scores to show (top_n={top_n}); expected at least one feature.")
    return ranked


def draw_ranking(axes: Axes, ranked: pd.Series) -> None:
    """Draw scores as bars, embedding bands in the accent and other features in ink's neighbour.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    ranked : pandas.Series
        Scores by feature, largest first.

    Examples
    --------
    >>> draw_ranking(plt.subplots()[1], pd.Series({"A00_mean": 2.0, "Density": 1.0}))
    """
    embedding = ranked.index.astype(str).str.fullmatch(r"A\d\d(_.+)?")
    colours = np.where(embedding, palette.CATEGORICAL[1], palette.CATEGORICAL[0])
    rows = np.arange(len(ranked))
    axes.barh(rows, ranked.to_numpy(), color=colours, height=0.66)
    axes.set_yticks(rows, [_short(name) for name in ranked.index])
    axes.set_ylim(len(ranked) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    if embedding.any() and not embedding.all():
        kinds = [swatch("embedding", palette.CATEGORICAL[1]), swatch("other", palette.CATEGORICAL[0])]
        axes.legend(handles=kinds, loc="lower right")


def _short(name: object) -> str:
    text = str(name)
    return literal(text if len(text) <= WORDS_OF_FEATURES else text[: WORDS_OF_FEATURES - 1].rstrip() + "…")

"""Figures of embeddings from all over the world: which dimensions hold the place, and the view of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from tools.maps import palette
from tools.maps.colours import class_palette
from tools.maps.parts import literal, swatch
from tools.maps.style import headline, in_course_style, sign
from tools.tables import require_columns

CONTINENTS: dict[str, str] = {
    "Africa": palette.MARKS[4],
    "Asia": palette.MARKS[0],
    "Europe": palette.MARKS[2],
    "North America": palette.MARKS[1],
    "South America": palette.MARKS[5],
    "Oceania": palette.MARKS[3],
    "Antarctica": palette.MARKS[7],
}
"""The colour of each continent, in all figures of the world."""

MOST_DOTS = 50_000


def continent_colours(continents: pd.Series) -> dict[Any, str]:
    """Return the colours of continents, in the order of `CONTINENTS`.

    Parameters
    ----------
    continents : pandas.Series of str
        Of rows; only those that occur get a colour. Other names than those of `CONTINENTS` are taken as
        classes without an order.

    Returns
    -------
    dict of str to str
        ``#rrggbb`` by name.

    Examples
    --------
    >>> list(continent_colours(pd.Series(["Europe", "Africa", "Europe"])))
    ['Africa', 'Europe']
    """
    found = set(continents.dropna())
    if found <= set(CONTINENTS):
        return {name: colour for name, colour in CONTINENTS.items() if name in found}
    return class_palette(sorted(found))


@in_course_style
def plot_world_view(
    layout: pd.DataFrame | ArrayLike,
    tiles: pd.DataFrame,
    *,
    by: str = "continent",
    colours: Mapping[Any, str] | None = None,
    most: int = MOST_DOTS,
    title: str | None = None,
    figsize: tuple[float, float] = (8, 6.4),
    source: Any = None,
) -> Axes:
    """Draw a view of tiles in the plane, where near means alike, coloured by continent.

    Parameters
    ----------
    layout : pandas.DataFrame with x and y, or array of float, shape (n, 2)
        Where each tile lies in the view, as `world_layout` returns it.
    tiles : pandas.DataFrame, n rows
        The tiles in the same order.
    by : str
        The column to colour by; any with up to nine values.
    colours : mapping, optional
        ``#rrggbb`` by value; by default those of continents, or of classes.
    most : int
        Dots to draw, at most; of more tiles some are drawn by lot.
    title : str, optional
        By default, says what is drawn.
    figsize : (float, float)
        Width and height in inches.
    source : object, optional
        Whose provenance is written under the figure; by default that of both tables.

    Returns
    -------
    matplotlib.axes.Axes
        Without axes: in such a view only who is near whom means something.

    Raises
    ------
    ValueError
        If the two have different numbers of rows, or a column is missing.

    Examples
    --------
    >>> tiles = pd.DataFrame({"continent": ["Asia", "Europe", "Asia"]})
    >>> axes = plot_world_view(np.eye(3)[:, :2], tiles)
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['Asia  (2)', 'Europe  (1)']
    """
    place = plane_of(layout, len(tiles))
    require_columns(tiles, [by])
    values = tiles[by].reset_index(drop=True)
    colours = dict(colours) if colours is not None else continent_colours(values)
    order = np.random.default_rng(0).permutation(len(place))[:most]
    painted = values.iloc[order].map(colours).fillna(palette.MISSING).to_numpy()
    figure, axes = plt.subplots(figsize=figsize)
    size = float(np.clip(14_000 / max(len(order), 1), 1.5, 30))
    # Drawn in an order drawn by lot, so that no continent lies on top of the others.
    axes.scatter(*place[order].T, c=painted, s=size, alpha=0.8, linewidths=0, rasterized=True)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_axis_off()
    counts = values.value_counts()
    handles = [swatch(f"{name}  ({counts.get(name, 0):,})", colour) for name, colour in colours.items()]
    axes.legend(handles=handles, title=f"{literal(by)} (tiles)", loc="upper left", bbox_to_anchor=(1, 1),
                alignment="left")  # fmt: skip
    drawn = f"; {most:,} of {len(place):,} drawn, by lot" if len(place) > most else ""
    headline(axes, title or f"Tiles by {by}: near means alike, far means little{drawn}")
    sign(figure, *([layout, tiles] if source is None else [source]))
    return axes


@in_course_style
def plot_location_dimensions(
    bias: pd.DataFrame,
    *,
    truth: ArrayLike | None = None,
    title: str | None = None,
    figsize: tuple[float, float] = (8, 5.2),
    source: Any = None,
) -> Axes:
    """Draw which dimensions hold where a tile is rather than how it looks.

    Parameters
    ----------
    bias : pandas.DataFrame
        A row a dimension with ``coherence``, ``rank_correlation`` and ``location_bound``, as `location_bias`
        returns it. Its ``attrs`` may hold the thresholds on either, by the column's name with ``_threshold``.
    truth : array of bool, optional
        Whether each dimension was made to hold the place, where that is known: those are ringed.
    title : str, optional
        By default says how many dimensions are location-bound.
    figsize : (float, float)
        Width and height in inches.
    source : object, optional
        Whose provenance is written under the figure; by default that of `bias`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If a column is missing, or `truth` has another number of dimensions.

    Examples
    --------
    >>> bias = pd.DataFrame({"coherence": [0.2, 0.9], "rank_correlation": [0.0, 0.4],
    ...                      "location_bound": [False, True]})
    >>> plot_location_dimensions(bias).get_title(loc="left")
    '1 of 2 dimensions (50 %) hold where a tile is'
    """
    require_columns(bias, ["coherence", "rank_correlation", "location_bound"])
    bound = bias["location_bound"].to_numpy(bool)
    figure, axes = plt.subplots(figsize=figsize)
    looks = (
        (~bound, palette.LIGHT["muted"], 0.4, "kept"),
        (bound, palette.CATEGORICAL[7], 0.85, "location-bound"),
    )
    for rows, colour, alpha, name in looks:
        axes.scatter(bias["coherence"][rows], bias["rank_correlation"][rows], s=26, color=colour, alpha=alpha,
                     linewidths=0, label=f"{name}  ({rows.sum():,})")  # fmt: skip
    if truth is not None:
        planted = np.asarray(truth, dtype=bool)
        if planted.shape != bound.shape:
            raise ValueError(f"The truth speaks of {planted.size} dimensions, the table of {bound.size}.")
        axes.scatter(bias["coherence"][planted], bias["rank_correlation"][planted], s=74, facecolors="none",
                     edgecolors=palette.LIGHT["ink"], linewidths=0.9,
                     label=f"made to hold the place  ({planted.sum():,})")  # fmt: skip
    _thresholds(axes, bias)
    axes.set_xlabel("coherence: share of a patch's variance that its whole tile shares")
    axes.set_ylabel("rank correlation of difference with distance")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), title="dimensions", alignment="left")
    share = f"{bound.sum():,} of {bound.size:,} dimensions ({100 * bound.mean():.0f} %) hold where a tile is"
    headline(axes, title or share)
    sign(figure, bias if source is None else source)
    return axes


def _thresholds(axes: Axes, bias: pd.DataFrame) -> None:
    line = {"color": palette.LIGHT["ink"], "linewidth": 1.2, "linestyle": (0, (4, 3))}
    words = {"textcoords": "offset points", "fontsize": 10}
    across, upwards = (bias.attrs.get(f"{name}_threshold") for name in ("coherence", "rank_correlation"))
    if across is not None:
        axes.axvline(across, **line)
        axes.annotate(
            f"{across:.3g}", (across, 1), (4, -4), xycoords=("data", "axes fraction"), va="top", **words
        )
    if upwards is not None:
        axes.axhline(upwards, **line)
        side = ("axes fraction", "data")
        axes.annotate(f"{upwards:.3g}", (0, upwards), (4, 4), xycoords=side, **words)


def plane_of(layout: pd.DataFrame | ArrayLike, rows: int) -> np.ndarray:
    """Return where tiles lie in a view, checked.

    Parameters
    ----------
    layout : pandas.DataFrame with x and y, or array of float, shape (n, 2)
        A row a tile.
    rows : int
        How many tiles there are.

    Returns
    -------
    numpy.ndarray of float, shape (n, 2)

    Raises
    ------
    ValueError
        If there are other than `rows` places in the plane, or some are not finite.

    Examples
    --------
    >>> plane_of(pd.DataFrame({"x": [1.0], "y": [2.0]}), 1).tolist()
    [[1.0, 2.0]]
    """
    if isinstance(layout, pd.DataFrame):
        require_columns(layout, ["x", "y"])
        layout = layout[["x", "y"]]
    place = np.asarray(layout, dtype=float)
    if place.shape != (rows, 2):
        raise ValueError(f"The view has the shape {place.shape}; expected ({rows}, 2), one row a tile.")
    if not np.isfinite(place).all():
        raise ValueError("The view has coordinates that are not finite; make it of tiles with vectors only.")
    return place

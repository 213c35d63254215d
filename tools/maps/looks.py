"""Figures of how well tiles find their like: by method, by number of neighbours, and over how many cities."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator, PercentFormatter
from numpy.typing import ArrayLike

from tools.maps import palette
from tools.maps.parts import literal
from tools.maps.style import headline, in_course_style, sign
from tools.tables import require_columns

LARGEST = 130.0
"""Points² of the dot for the most frequent value of a row."""
FAR_APART = 0.048
"""Shares of an axis's height between two labels at the ends of lines."""


@in_course_style
def plot_aggregations(
    shares: pd.DataFrame,
    *,
    method: str = "method",
    share: str = "share",
    kind: str | None = None,
    title: str | None = None,
    label: str = "Share of a tile's ten nearest that have its form",
    figsize: tuple[float, float] | None = None,
    source: Any = None,
) -> Axes:
    """Draw how often each way of making one vector of a tile's patches finds tiles of the same form.

    Parameters
    ----------
    shares : pandas.DataFrame
        A row for each tile and method.
    method, share : str
        The columns that hold the method, and what share of a tile's nearest neighbours are like it, 0 to 1.
    kind : str, optional
        A column that tells tiles apart, such as those of one form from mixed ones: each kind has dots of its
        own.
    title, label : str, optional
        The title, and what the axis shows.
    figsize : (float, float), optional
        Width and height in inches; by default as high as the rows need.
    source : object, optional
        Whose provenance is written under the figure; by default that of `shares`.

    Returns
    -------
    matplotlib.axes.Axes
        A dot's area grows with the number of tiles of that value, an upright line is the mean; the best mean
        of each kind is printed bold. Methods stand in the order of their first rows.

    Raises
    ------
    ValueError
        If a column is missing, there are no rows, or a share is none from 0 to 1.

    Examples
    --------
    >>> table = pd.DataFrame({"method": ["mean", "mean", "max"], "share": [0.9, 0.7, 0.4]})
    >>> [text.get_text() for text in plot_aggregations(table).texts]
    ['0.80', '0.40']
    """
    require_columns(shares, [method, share, *([kind] if kind else [])])
    values = shares[share].to_numpy(float)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"The column {share!r} must hold shares from 0 to 1 and no gaps.")
    methods = list(dict.fromkeys(shares[method]))
    kinds = list(dict.fromkeys(shares[kind])) if kind else [None]
    figure, axes = plt.subplots(figsize=figsize or (8, 1.9 + 0.42 * len(methods) * len(kinds)))
    step = 1 / (len(kinds) + 0.35)
    for number, name in enumerate(kinds):
        rows = shares if kind is None else shares[shares[kind] == name]
        means = rows.groupby(method, sort=False)[share].mean()
        colour = palette.CATEGORICAL[(0, 1, 3, 5)[number % 4]]
        for place, which in enumerate(methods):
            found = rows.loc[rows[method] == which, share]
            if found.empty:
                continue
            at, counts = np.unique(found.to_numpy(float).round(3), return_counts=True)
            y = place + (number - (len(kinds) - 1) / 2) * step
            size = LARGEST * counts / counts.max()
            axes.scatter(at, np.full(len(at), y), s=size, color=colour, alpha=0.55, linewidths=0)
            mean = means[which]
            axes.plot([mean, mean], [y - 0.36 * step, y + 0.36 * step], color=colour, linewidth=3)
            best = np.isclose(mean, means.max())
            axes.annotate(f"{mean:.2f}", (1.0, y), (14, 0), xycoords=("axes fraction", "data"),
                          textcoords="offset points", va="center", color=colour, fontsize=10.5,
                          fontweight="bold" if best and len(methods) > 1 else "normal")  # fmt: skip
        if name is not None:
            words = literal(f"{name}  ({rows.groupby(method).size().max():,})")
            axes.scatter([], [], s=90, color=colour, label=words)
    axes.set_yticks(range(len(methods)), [literal(name) for name in methods])
    axes.set_ylim(len(methods) - 0.45, -0.55)
    axes.set_xlim(-0.03, 1.03)
    axes.set_xlabel(f"{label}; the line and the number are the mean")
    axes.grid(axis="y", visible=False)
    for edge in range(1, len(methods)):
        axes.axhline(edge - 0.5, color=palette.LIGHT["line"], linewidth=0.8)
    if kind:
        axes.legend(title=literal(kind), loc="upper left", bbox_to_anchor=(1.12, 1),
                    alignment="left")  # fmt: skip
    headline(axes, title or "How often a tile's nearest are of its form, by method")
    sign(figure, shares if source is None else source)
    return axes


@in_course_style
def plot_precision_at_k(
    table: pd.DataFrame,
    *,
    by: str = "method",
    k: str = "k",
    precision: str = "precision",
    style: str | None = None,
    chance: float | None = None,
    title: str | None = None,
    figsize: tuple[float, float] = (8, 4.6),
    source: Any = None,
) -> Axes:
    """Draw what share of the k nearest are right, for growing k, a line for each method.

    Parameters
    ----------
    table : pandas.DataFrame
        A row for each line and k.
    by, k, precision : str
        The columns that hold the line's name, the number of neighbours and the share of them that are right.
    style : str, optional
        A column by which lines are solid or dashed, such as before and after a filter.
    chance : float, optional
        What neighbours drawn by lot would reach.
    title : str, optional
        By default, says what is drawn.
    figsize : (float, float)
        Width and height in inches.
    source : object, optional
        Whose provenance is written under the figure; by default that of `table`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If a column is missing or empty, or there are more lines than colours.

    Examples
    --------
    >>> table = pd.DataFrame({"method": "mean", "k": [1, 5, 10], "precision": [0.9, 0.8, 0.7]})
    >>> plot_precision_at_k(table, chance=0.125).get_xlabel()
    'k, the number of nearest tiles'
    """
    require_columns(table, [by, k, precision, *([style] if style else [])])
    names = list(dict.fromkeys(table[by]))
    looks = list(dict.fromkeys(table[style])) if style else [None]
    if not names or len(names) > len(palette.MARKS) or len(looks) > 3:
        raise ValueError(
            f"There are {len(names)} lines and {len(looks)} styles; expected from one to nine lines, and at "
            "most three styles."
        )
    figure, axes = plt.subplots(figsize=figsize)
    ends = []
    for number, name in enumerate(names):
        colour = palette.MARKS[number]
        for look, dashes in zip(looks, ("-", (0, (4, 2)), (0, (1, 1.5))), strict=False):
            rows = table[(table[by] == name) & (table[style] == look if style else True)].sort_values(k)
            if rows.empty:
                continue
            axes.plot(rows[k], rows[precision], marker="o", markersize=5, linestyle=dashes, color=colour)
            if look == looks[0]:
                ends.append((float(rows[precision].iloc[-1]), literal(name), colour))
    ticks = sorted(table[k].unique())
    if min(ticks) > 0 and max(ticks) > 10 * min(ticks):
        axes.set_xscale("log")  # else the first few, which matter most, share a corner
        axes.xaxis.set_minor_locator(NullLocator())
    if chance is not None:
        axes.axhline(chance, color=palette.LIGHT["muted"], linewidth=1.2, linestyle=(0, (1, 2)))
        axes.annotate("by lot", (min(ticks), chance), (0, 4), textcoords="offset points", fontsize=10,
                      color=palette.LIGHT["muted"])  # fmt: skip
    _names_at_ends(axes, ends)
    if style:
        for look, dashes in zip(looks, ("-", (0, (4, 2)), (0, (1, 1.5))), strict=False):
            axes.plot([], [], linestyle=dashes, color=palette.LIGHT["ink"], label=literal(look))
        axes.legend(loc="best", handlelength=3)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    shown = ticks if len(ticks) <= 12 else ticks[:: len(ticks) // 10]
    axes.set_xticks(shown, [f"{tick:g}" for tick in shown])
    axes.set_xlabel("k, the number of nearest tiles")
    axes.set_ylabel("of the k nearest are of its form")
    headline(axes, title or "Precision at k: how many of the nearest are right")
    sign(figure, table if source is None else source)
    return axes


@in_course_style
def plot_neighbour_cities(
    before: ArrayLike,
    after: ArrayLike,
    *,
    labels: Sequence[str] = ("all dimensions", "without those that hold the place"),
    most: int | None = None,
    title: str | None = None,
    figsize: tuple[float, float] = (8, 4.4),
    source: Any = None,
) -> Axes:
    """Draw over how many cities the nearest neighbours of tiles are spread, before and after a filter.

    Parameters
    ----------
    before, after : array of int, shape (n,)
        For each tile, how many cities its nearest neighbours lie in, as `groups_reached` counts them.
    labels : (str, str)
        What the two are.
    most : int, optional
        The number of neighbours, which is the most that can be reached; by default the largest count.
    title : str, optional
        By default, says what is drawn.
    figsize : (float, float)
        Width and height in inches.
    source : object, optional
        Whose provenance is written under the figure; by default that of the counts.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If counts are missing, or not whole numbers from 1 to `most`.

    Examples
    --------
    >>> axes = plot_neighbour_cities([1, 1, 2], [3, 4, 4], most=10)
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['all dimensions: 1.3 cities on average', 'without those that hold the place: 3.7 cities on average']
    """
    both = [np.asarray(counts) for counts in (before, after)]
    most = int(max(counts.max() for counts in both if counts.size) if most is None else most)
    for name, counts in zip(labels, both, strict=True):
        if not counts.size or counts.min() < 1 or counts.max() > most or (counts % 1 != 0).any():
            raise ValueError(f"{name}: expected a whole number of cities from 1 to {most} for each tile.")
    figure, axes = plt.subplots(figsize=figsize)
    numbers = np.arange(1, most + 1)
    colours = palette.LIGHT["note"], palette.LIGHT["accent"]
    tallest = 0.0
    for side, name, counts, colour in zip((-1, 1), labels, both, colours, strict=True):
        share = np.bincount(counts.astype(int), minlength=most + 1)[1:] / counts.size
        tallest = max(tallest, share.max())
        words = textwrap.fill(f"{name}: {counts.mean():.1f} cities on average", 60)
        axes.bar(numbers + side * 0.2, share, 0.38, color=colour, alpha=0.85, label=literal(words))
    axes.legend(loc="lower left", bbox_to_anchor=(-0.01, 1.0), borderaxespad=0.2)
    axes.set_ylim(0, tallest * 1.06)
    axes.set_xticks(numbers)
    axes.grid(axis="x", visible=False)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel(f"cities among a tile's {most} nearest")
    axes.set_ylabel("of tiles")
    figure.suptitle(literal(title or "Nearest neighbours come from more cities"), x=0.01, ha="left",
                    fontsize=14, fontweight="bold")  # fmt: skip
    sign(figure, *([before, after] if source is None else [source]))
    return axes


def _names_at_ends(axes: Axes, ends: list[tuple[float, str, str]]) -> None:
    """Write lines' names where they end, as near to it as the names above and below let."""
    low, high = axes.get_ylim()
    apart = FAR_APART * (high - low)
    in_order = sorted(ends)
    heights = np.array([value for value, _, _ in in_order])
    for _ in range(200):
        gaps = np.diff(heights)
        close = np.flatnonzero(gaps < apart - 1e-9)
        if not len(close):
            break
        for pair in close:
            push = (apart - (heights[pair + 1] - heights[pair])) / 2
            heights[pair] -= push
            heights[pair + 1] += push
    for height, (value, name, colour) in zip(heights, in_order, strict=True):
        moved = (height - value) / (high - low) * axes.bbox.height * 72 / axes.figure.dpi
        axes.annotate(name, (1, value), (8, moved), xycoords=("axes fraction", "data"), color=colour,
                      textcoords="offset points", va="center", fontsize=10.5)  # fmt: skip

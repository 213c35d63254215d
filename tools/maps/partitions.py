"""Figures about clustering itself: points cut in several ways, and what a method costs as data grow."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from tools.maps import palette
from tools.maps.parts import literal
from tools.maps.style import headline, in_course_style


@in_course_style
def plot_partitions(
    points: np.ndarray, partitions: Mapping[str, np.ndarray], *, title: str | None = None
) -> Axes:
    """Draw the same points several times, coloured as several methods cut them.

    Parameters
    ----------
    points : array of float, shape (n_points, 2)
        Where they lie.
    partitions : mapping of str to array of int, shape (n_points,)
        What to write over each, and the cluster of each point.
    title : str, optional
        Over all of them.

    Returns
    -------
    matplotlib.axes.Axes
        The first; all are in ``figure.axes``.

    Raises
    ------
    ValueError
        If points are not in the plane, or a partition has another number of them.

    Examples
    --------
    >>> points = np.array([[0.0, 0.0], [1.0, 0.0], [5.0, 5.0]])
    >>> len(plot_partitions(points, {"one way": [0, 0, 1], "another": [0, 1, 1]}).figure.axes)
    2
    """
    points = np.asarray(points, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"Expected points of shape (n, 2), got {points.shape}.")
    figure, grid = plt.subplots(
        1, len(partitions), figsize=(3.9 * len(partitions), 4.3), sharex=True, sharey=True, squeeze=False
    )
    for axes, (name, labels) in zip(grid.flat, partitions.items(), strict=True):
        labels = np.asarray(labels)
        if labels.shape != points.shape[:1]:
            raise ValueError(f"{name} labels {labels.size} points, but there are {len(points)}.")
        colours = np.array(palette.MARKS)[labels % len(palette.MARKS)]
        axes.scatter(*points.T, c=colours, s=9, linewidths=0)
        axes.set_title(literal(name), loc="left", fontsize=11.5)
        axes.set_aspect("equal")
        axes.set_axis_off()
    if title:
        figure.suptitle(literal(title), x=0.01, ha="left", fontweight="bold")
    return grid[0, 0]


@in_course_style
def plot_growth(
    times: pd.DataFrame,
    *,
    size: str = "pixels",
    seconds: str = "seconds",
    title: str | None = None,
    figsize: tuple[float, float] = (7, 4.4),
) -> Axes:
    """Draw time against size on two logarithmic axes, with a line of strict proportion through the last.

    Parameters
    ----------
    times : pandas.DataFrame
        One row a run.
    size, seconds : str
        The columns that hold how much was worked on, and for how long.
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
        If there are fewer than two runs, or a number is not above 0.

    Examples
    --------
    >>> axes = plot_growth(pd.DataFrame({"pixels": [1e5, 1e6], "seconds": [0.3, 2.5]}))
    >>> axes.get_xscale(), axes.get_yscale()
    ('log', 'log')
    """
    table = times.sort_values(size)
    x, y = table[size].to_numpy(float), table[seconds].to_numpy(float)
    if len(table) < 2 or not (np.all(x > 0) and np.all(y > 0)):
        raise ValueError("A line of growth needs two runs or more, with sizes and seconds above 0.")
    _, axes = plt.subplots(figsize=figsize)
    axes.plot(x, y[-1] * x / x[-1], "--", color=palette.LIGHT["muted"], linewidth=1.2, label="in proportion")
    axes.plot(x, y, "o-", color=palette.LIGHT["accent"], linewidth=2, label="measured")
    for place, took in zip(x, y, strict=True):
        words = f"{took:.2g} s" if took < 100 else f"{took:.0f} s"
        axes.annotate(words, (place, took), (-6, 7), textcoords="offset points", ha="right", fontsize=9.5)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel(size)
    axes.set_ylabel(seconds)
    axes.legend(loc="lower right")
    headline(axes, title or "Time against size, both axes logarithmic")
    return axes

"""Figures that say how far to believe a map of change: a place's years, the noise, the curve of a test."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from tools.maps import palette
from tools.maps.style import headline, in_course_style, sign


@in_course_style
def plot_year_matrix(
    similarity: pd.DataFrame, *, title: str | None = None, figsize: tuple[float, float] = (6.2, 5.2)
) -> Axes:
    """Draw how alike a place's years are: each year against each.

    Parameters
    ----------
    similarity : pandas.DataFrame of float, shape (years, years)
        Cosines, as `tools.change.similarity_matrix` returns them; NaN where a year has no data.
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
        If the table is not square, or empty.

    Examples
    --------
    >>> plot_year_matrix(pd.DataFrame([[1.0, 0.8], [0.8, 1.0]], [2017, 2024], [2017, 2024])).get_xlabel()
    'year'
    """
    if similarity.empty or similarity.shape[0] != similarity.shape[1]:
        raise ValueError(f"Give a square table, each year against each; this one is {similarity.shape}.")
    values = similarity.to_numpy(float)
    figure, axes = plt.subplots(figsize=figsize)
    low = min(np.nanmin(values), 0.9)
    drawn = axes.imshow(values, cmap="course_sequential", vmin=low, vmax=1.0)
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            ink = "white" if value > (low + 1) / 2 else palette.LIGHT["ink"]
            axes.annotate(f"{value:.2f}", (column, row), ha="center", va="center", color=ink, fontsize=9.5)
    axes.set_xticks(range(len(values)), list(similarity.columns))
    axes.set_yticks(range(len(values)), list(similarity.index))
    axes.set(xlabel="year", ylabel="year")
    axes.grid(visible=False)
    figure.colorbar(drawn, ax=axes, shrink=0.8, label="cosine similarity")
    headline(axes, title or "Each year against each")
    sign(figure, similarity)
    return axes


@in_course_style
def plot_noise_floor(
    change: Any,
    floor: Any,
    threshold: float,
    *,
    years_apart: int | None = None,
    title: str | None = None,
    figsize: tuple[float, float] = (8, 4.2),
) -> Axes:
    """Draw the distribution of change, of all pixels and of noise alone, and where a threshold cuts them.

    Parameters
    ----------
    change : xarray.DataArray or array of float
        A map of change, 1 − cosine; NaN is left out.
    floor : tools.change.NoiseFloor
        Its ``exceedance`` says how often noise alone lies above a change.
    threshold : float
        To be drawn.
    years_apart : int, optional
        Which of the floor's distributions; by default the map's own span.
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
        If the map holds no number.

    Examples
    --------
    >>> from tools.change import noise_floor
    >>> values = np.random.default_rng(0).gamma(9, 0.004, (40, 40))
    >>> where = {"y": 400.0 - 10 * np.arange(40), "x": 500_000.0 + 10 * np.arange(40)}
    >>> import rioxarray, xarray as xr
    >>> change = xr.DataArray(values, where, ("y", "x")).rio.write_crs("EPSG:32633")
    >>> axes = plot_noise_floor(change, noise_floor({(2017, 2024): change}), 0.08, years_apart=7)
    >>> axes.get_xlabel()
    'change (1 − cosine)'
    """
    values = np.asarray(change, float).ravel()
    values = values[np.isfinite(values)]
    if not len(values):
        raise ValueError("The map holds no number: every pixel is without data.")
    span = getattr(change, "attrs", {})
    if years_apart is None:
        years_apart = int(span["year_to"]) - int(span["year_from"])
    figure, axes = plt.subplots(figsize=figsize)
    right = max(np.quantile(values, 0.999), threshold * 1.2)
    edges = np.linspace(0, right, 140)
    axes.hist(values, edges, density=True, color=palette.SEQUENTIAL[2], label="all pixels")
    rates = floor.exceedance(edges, years_apart)["false_positive_rate"].to_numpy()
    unchanged = 1 - floor.share_beyond(years_apart)
    middles = (edges[1:] + edges[:-1]) / 2
    axes.plot(
        middles,
        -np.diff(rates) / np.diff(edges) * unchanged,
        color=palette.LIGHT["note"],
        label="noise alone",
    )
    axes.axvline(threshold, color=palette.LIGHT["ink"], linestyle="--")
    axes.annotate(f"threshold {threshold:.3f}", (threshold, 0.95), (6, 0), xycoords=("data", "axes fraction"),
                  textcoords="offset points", va="top")  # fmt: skip
    axes.set(xlabel="change (1 − cosine)", ylabel="share of pixels (density)", xlim=(0, right))
    axes.legend()
    headline(axes, title or "How much of the change is noise")
    sign(figure, change)
    return axes


@in_course_style
def plot_roc(
    tests: dict[str, Any],
    *,
    log: bool = False,
    title: str | None = None,
    figsize: tuple[float, float] = (6.2, 4.8),
) -> Axes:
    """Draw how well change tells places that changed from places that did not, threshold by threshold.

    Parameters
    ----------
    tests : dict of str to tools.change.scoring.Roc
        Names and what `tools.change.roc` returned.
    log : bool
        Whether false alarms are drawn on a logarithmic scale, where change is rare and only the far left of
        the curve is of use.
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
        If there is nothing to draw.

    Examples
    --------
    >>> from tools.change import roc
    >>> axes = plot_roc({"map": roc([0.1, 0.3, 0.2], [0, 1, 0])})
    >>> axes.get_legend().get_texts()[0].get_text()
    'map: 1.000'
    """
    if not tests:
        raise ValueError("Give at least one test to draw.")
    figure, axes = plt.subplots(figsize=figsize)
    for name, test in tests.items():
        curve = test.curve
        axes.plot(curve["false_positive_rate"], curve["true_positive_rate"], label=f"{name}: {test.auc:.3f}")
    shares = np.geomspace(1e-5, 1) if log else np.array([0, 1])
    axes.plot(shares, shares, color=palette.LIGHT["muted"], linestyle=":", label="a coin: 0.500")
    axes.set(xlabel="false alarms (share of the unchanged)", ylabel="found (share of the changed)")
    if log:
        axes.set(xscale="log", xlim=(1e-5, 1))
    axes.legend(title="area under the curve", loc="lower right")
    headline(axes, title or "Found against false alarms")
    sign(figure, *[test.curve for test in tests.values()])
    return axes

"""Figures that look into one model: what it confuses, and what moved its predictions."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from tools.maps import palette
from tools.maps.colours import colour_map, label_of
from tools.maps.figures import as_ranking, draw_ranking
from tools.maps.style import headline, in_course_style, sign


@in_course_style
def plot_confusion(
    confusion: pd.DataFrame | np.ndarray,
    title: str | None = None,
    figsize: tuple[float, float] = (7, 6.2),
    cmap: str = "course_sequential",
) -> Axes:
    """Draw which classes a model takes for which: each row says where the areas of one true class went.

    Parameters
    ----------
    confusion : pandas.DataFrame or numpy.ndarray, shape (classes, classes)
        Counts, true classes in rows, predicted ones in columns.
    title : str, optional
        By default, says what is drawn.
    figsize : (float, float)
        Width and height in inches.
    cmap : str
        A colour map's name.

    Returns
    -------
    matplotlib.axes.Axes
        Cells are shares of a row in per cent; the frames mark the right answers.

    Raises
    ------
    ValueError
        If the table is not square or has no counts.

    Examples
    --------
    >>> axes = plot_confusion(pd.DataFrame([[8, 2], [1, 9]]))
    >>> [text.get_text() for text in axes.texts]
    ['80', '20', '10', '90']
    """
    table = pd.DataFrame(confusion)
    counts = table.to_numpy(dtype=float)
    if counts.shape[0] != counts.shape[1] or not counts.sum() > 0:
        raise ValueError(
            "A confusion table has one row and one column a class and holds counts; this one has the shape "
            f"{counts.shape} and {counts.sum():g} counts."
        )
    totals = counts.sum(axis=1, keepdims=True)
    shares = 100 * np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    figure, axes = plt.subplots(figsize=figsize)
    image = axes.imshow(shares, cmap=colour_map(cmap), vmin=0)
    for (row, column), share in np.ndenumerate(shares):
        ink = "white" if image.norm(share) > 0.5 else palette.LIGHT["ink"]
        axes.text(column, row, f"{share:.0f}", ha="center", va="center", fontsize=9.5, color=ink)
    for i in range(len(shares)):
        frame = {"fill": False, "edgecolor": palette.LIGHT["ink"], "linewidth": 1.2}
        axes.add_patch(plt.Rectangle((i - 0.5, i - 0.5), 1, 1, **frame))
    names = [label_of(c) for c in table.columns]
    slanted = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if max(map(len, names)) > 5 else {}
    axes.set_xticks(range(len(shares)), names, **slanted)
    axes.set_yticks(range(len(shares)), [label_of(c) for c in table.index])
    axes.set_xlabel("Predicted class")
    axes.set_ylabel("True class")
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    headline(axes, title or "Where each class's areas were put (% of its row)")
    sign(figure, confusion)
    return axes


@in_course_style
def plot_shap(
    explanation: Any,
    top_n: int = 15,
    title: str | None = None,
    figsize: tuple[float, float] | None = None,
) -> Axes:
    """Draw what moved a forest's predictions: how far each feature, and which way.

    Parameters
    ----------
    explanation : Explanation, pandas.Series or mapping
        From `explain_forest`; or only the mean absolute value by feature, which gives the bars alone.
    top_n : int
        How many features, from the one that moves most.
    title : str, optional
        By default, says what is drawn.
    figsize : (float, float), optional
        Width and height in inches; by default as high as the features need.

    Returns
    -------
    matplotlib.axes.Axes
        Those of the mean absolute value, on the left. On the right (the second of ``figure.axes``) there is a
        dot an area, placed by how many classes up or down the feature moved it, coloured by the feature's
        value.

    Raises
    ------
    ValueError
        If there is nothing to show.

    Examples
    --------
    >>> plot_shap({"A00_mean": 0.02, "Density": 0.01}).get_xlabel()
    'Mean |SHAP value| (probability)'
    """
    ranked = as_ranking(getattr(explanation, "importances", explanation), top_n)
    moved = getattr(explanation, "expected_class", None)
    height = 1.6 + 0.3 * len(ranked)
    panels = 1 if moved is None else 2
    figure, axes = plt.subplots(
        1, panels, figsize=figsize or (5.5 * panels - 1, height), sharey=True, squeeze=False
    )
    bars = axes[0, 0]
    draw_ranking(bars, ranked)
    bars.set_xlabel("Mean |SHAP value| (probability)")
    headline(bars, title or "What moved the predictions")
    sign(figure, explanation)
    if moved is not None:
        _swarm(axes[0, 1], moved[ranked.index], explanation.features[ranked.index])
    return bars


def _swarm(axes: Axes, moved: pd.DataFrame, values: pd.DataFrame) -> None:
    ranks = values.rank(pct=True)
    spread = np.random.default_rng(0).uniform(-0.3, 0.3, len(moved))
    for row, feature in enumerate(moved.columns):
        dots = axes.scatter(
            moved[feature], row + spread, c=ranks[feature], cmap="viridis", vmin=0, vmax=1, s=13
        )
    axes.axvline(0, color=palette.LIGHT["muted"], linewidth=1)
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("Moved the expected class by (classes)")
    axes.set_title("And which way")
    bar = axes.figure.colorbar(dots, ax=axes, pad=0.02, aspect=40)
    bar.set_ticks([0.03, 0.97], labels=["low", "high"])
    bar.set_label("the feature's value")
    bar.outline.set_visible(False)

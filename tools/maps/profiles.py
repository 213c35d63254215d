"""Figures that help to choose and to read a typology: how many classes, and who lives in them."""

from __future__ import annotations

import textwrap
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.patches import Patch, Rectangle

from tools.maps import palette
from tools.maps.colours import class_palette, colour_map, label_of
from tools.maps.parts import literal
from tools.maps.style import headline, in_course_style, sign

REACH = 2.0
"""Doublings at which the colours of propensities end: a quarter and four times the average."""


@in_course_style
def plot_clustergram(
    gram: Any,
    *,
    chosen: int | None = None,
    pca_weighted: bool = True,
    title: str | None = None,
    figsize: tuple[float, float] = (9, 5.4),
    source: Any = None,
) -> Axes:
    """Draw how rows part into more and more classes, one column of dots for each number of classes.

    Parameters
    ----------
    gram : clustergram.Clustergram
        Fitted, or built from centres.
    chosen : int, optional
        A number of classes to mark.
    pca_weighted : bool
        Place a class by its centre's mean weighted by the loadings of the first principal component, which
        spreads classes apart where the plain mean of many columns would not [1]_.
    title : str, optional
        By default, says what is drawn.
    figsize : (float, float)
        Width and height in inches.
    source : object, optional
        The table that was clustered, whose provenance is written under the figure; by default that of `gram`
        or of its data.

    Returns
    -------
    matplotlib.axes.Axes
        A dot's area is the share of rows in its class, a line's width the share that goes from one class to
        another.

    Raises
    ------
    ValueError
        If `chosen` is not among the numbers of classes, or the weighting needs data that `gram` lacks.

    References
    ----------
    .. [1] Schonlau, M. (2002), "The clustergram: a graph for visualizing hierarchical and nonhierarchical
       cluster analyses", The Stata Journal 2(4), 391-402; Fleischmann, M. (2023), "Clustergram:
       visualization and diagnostics for cluster analysis", Journal of Open Source Software 8(89), 5240.

    Examples
    --------
    >>> from clustergram import Clustergram
    >>> centres = {1: np.array([[1.0]]), 2: np.array([[0.5], [2.0]]), 3: np.array([[0.0], [1.0], [2.0]])}
    >>> labels = pd.DataFrame({1: [0, 0, 0], 2: [0, 0, 1], 3: [0, 1, 2]})
    >>> axes = plot_clustergram(Clustergram.from_centers(centres, labels), pca_weighted=False)
    >>> axes.get_xlabel()
    'Number of classes (k)'
    """
    numbers = [int(k) for k in gram.k_range]
    if chosen is not None and chosen not in numbers:
        raise ValueError(
            f"chosen={chosen}, but this clustergram has from {min(numbers)} to {max(numbers)} classes."
        )
    data = getattr(gram, "data", None)
    if pca_weighted and data is None:
        raise ValueError(
            "This clustergram was built without data, which the weighting by a principal component needs: "
            "pass data= to Clustergram.from_centers, or draw it with pca_weighted=False."
        )
    figure, axes = plt.subplots(figsize=figsize)
    gram.plot(
        ax=axes,
        size=1.3,
        linewidth=1.1,
        cluster_style={"color": palette.LIGHT["accent"], "edgecolor": "white", "linewidth": 1},
        line_style={"color": palette.SEQUENTIAL[3], "alpha": 0.55},
        pca_weighted=pca_weighted,
        pca_kwargs={"random_state": 0},  # the package's own default is one dictionary for all calls
    )
    if chosen is not None:
        axes.axvspan(chosen - 0.3, chosen + 0.3, color=palette.LIGHT["accent_soft"], zorder=0)
        axes.annotate(
            f"k = {chosen}",
            (chosen, 1),
            (0, -4),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            va="top",
            color=palette.LIGHT["accent"],
        )
    axes.set_xticks(numbers)
    axes.set_xlim(min(numbers) - 0.5, max(numbers) + 0.5)
    axes.margins(y=0.09)
    axes.set_xlabel("Number of classes (k)")
    how = ", weighted by the first principal component" if pca_weighted else ""
    axes.set_ylabel(textwrap.fill(f"Mean of a class's centre{how}", 34))
    axes.grid(axis="x", visible=False)
    headline(axes, title or "How the rows part as there are more classes")
    sign(figure, *([gram, data] if source is None else [source]))
    return axes


@in_course_style
def plot_propensity(
    propensity: Any,
    *,
    title: str | None = None,
    figsize: tuple[float, float] | None = None,
    colours: dict[Any, str] | None = None,
    source: Any = None,
) -> Axes:
    """Draw how over- or under-represented each category is in each class: 100 is the average.

    Parameters
    ----------
    propensity : object
        With the tables `index` (100 × the category's share in the class / its share overall), `counts` and
        `flagged` (whether the cell is too small to be read), classes in rows, categories in columns; as
        `tools.typology.propensity` returns it.
    title : str, optional
        By default, says what is drawn.
    figsize : (float, float), optional
        Width and height in inches; by default as much as the cells need.
    colours : dict, optional
        ``#rrggbb`` by class, shown beside its name; by default those of `class_palette`.
    source : object, optional
        What was counted, whose provenance is written under the figure; by default that of `propensity` or
        of its tables.

    Returns
    -------
    matplotlib.axes.Axes
        Each cell holds its index and, below it, how many rows it stands on. Colours are even on a scale of
        doublings: 200 is as far from 100 as 50, and beyond 25 and 400 they no longer change. Hatched cells
        are flagged as too small.

    Raises
    ------
    ValueError
        If the three tables are missing, empty, or do not have the same rows and columns.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> index = pd.DataFrame([[150.0, 50.0]], index=["A"], columns=["Flat", "House"])
    >>> counts = pd.DataFrame([[30, 4]], index=["A"], columns=["Flat", "House"])
    >>> axes = plot_propensity(SimpleNamespace(index=index, counts=counts, flagged=counts < 10))
    >>> [text.get_text() for text in axes.texts]
    ['150', '(30)', '50', '(4)']
    """
    index, counts, flagged = _tables(propensity)
    rows, columns = index.shape
    figure, axes = plt.subplots(figsize=figsize or (max(6.0, 2.7 + 1.02 * columns), 2.1 + 0.62 * rows))
    ramp, norm = colour_map("course_diverging"), Normalize(-REACH, REACH)
    for (row, column), value in np.ndenumerate(index.to_numpy(dtype=float)):
        small = bool(flagged.iat[row, column])
        with np.errstate(divide="ignore"):
            place = float(norm(np.clip(np.log2(value / 100), -REACH, REACH)))
        face = palette.LIGHT["surface"] if small or np.isnan(value) else ramp(place)
        hatch = {"hatch": "////", "edgecolor": palette.LIGHT["line"]} if small else {"edgecolor": "white"}
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=face, linewidth=1.5, **hatch))
        dark = not small and not np.isnan(value) and abs(place - 0.5) > 0.3
        ink = "white" if dark else palette.LIGHT["muted" if small else "ink"]
        middle = {"ha": "center", "va": "center", "color": ink}
        said = "–" if np.isnan(value) else f"{value:.0f}"
        weight = "normal" if small else "bold"
        axes.text(column, row - 0.13, said, fontsize=11, fontweight=weight, **middle)
        axes.text(column, row + 0.24, f"({counts.iat[row, column]:,.0f})", fontsize=8.5, **middle)
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_xticks(range(columns), [literal(textwrap.fill(label_of(c), 13)) for c in index.columns])
    axes.set_yticks(range(rows), [literal(label_of(c)) for c in index.index])
    axes.xaxis.tick_top()
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    _swatches_beside(axes, index.index, colours)
    _key(axes, ramp, bool(flagged.to_numpy().any()))
    column = getattr(propensity, "column", None)
    headline(axes, title or f"{column or 'Categories'} by class: 100 is the average")
    sign(figure, *([propensity, index, counts] if source is None else [source]))
    return axes


def _tables(propensity: Any) -> list[pd.DataFrame]:
    tables = [getattr(propensity, name, None) for name in ("index", "counts", "flagged")]
    if not all(isinstance(table, pd.DataFrame) for table in tables):
        raise ValueError(
            f"A {type(propensity).__name__} is not a propensity: expected an object with the tables index, "
            "counts and flagged, such as tools.typology.propensity returns."
        )
    index, counts, flagged = tables
    if index.empty:
        raise ValueError("The table of propensities has no cells: there is nothing to draw.")
    for name, table in (("counts", counts), ("flagged", flagged)):
        if not (set(table.index) >= set(index.index) and set(table.columns) >= set(index.columns)):
            raise ValueError(f"The tables index and {name} do not have the same classes and categories.")
    return [index, *(t.loc[index.index, index.columns] for t in (counts, flagged))]


def _swatches_beside(axes: Axes, classes: pd.Index, colours: dict[Any, str] | None) -> None:
    colours = colours or class_palette(classes)
    for row, name in enumerate(classes):
        colour = colours.get(name, palette.MISSING)
        square = Rectangle((-0.018, row - 0.3), 0.012, 0.6, transform=axes.get_yaxis_transform(),
                           facecolor=colour, clip_on=False)  # fmt: skip
        axes.add_patch(square)
    axes.tick_params(axis="y", pad=14)


def _key(axes: Axes, ramp: Any, any_small: bool) -> None:
    scale = ScalarMappable(Normalize(-REACH, REACH), ramp)
    bar = axes.figure.colorbar(scale, ax=axes, pad=0.02, aspect=18, shrink=0.95)
    bar.set_ticks([-2, -1, 0, 1, 2], labels=["≤ 25", "50", "100", "200", "≥ 400"])
    bar.set_label("Propensity index (count in brackets)")
    bar.outline.set_visible(False)
    if any_small:
        small = Patch(facecolor=palette.LIGHT["surface"], edgecolor=palette.LIGHT["muted"], hatch="////")
        axes.legend([small], ["too few rows to read"], loc="upper left", bbox_to_anchor=(0, 0), frameon=False)

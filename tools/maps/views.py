"""A view of many dimensions as an interactive scatter plot: a dot a row, named under the pointer."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tools import provenance
from tools.maps import palette
from tools.maps.colours import class_palette, label_of
from tools.maps.style import plotly_template

MOST_DOTS = 20_000
HEIGHT = 620
NO_CLASS = "no class"


def plot_embedding_view(
    view: pd.DataFrame | np.ndarray,
    classes: Sequence[Any] | pd.Series,
    *,
    hover: Sequence[Any] | pd.Series | None = None,
    title: str | None = None,
    colours: dict[Any, str] | None = None,
    most: int = MOST_DOTS,
    seed: int = 42,
    source: Any = None,
) -> Any:
    """Draw a two-dimensional view, such as UMAP makes, as dots that tell what they are under the pointer.

    Parameters
    ----------
    view : pandas.DataFrame or numpy.ndarray, shape (n, 2)
        Where each row lies.
    classes : sequence, shape (n,)
        The class of each row; rows without one are drawn in grey, below the others.
    hover : sequence, shape (n,), optional
        What names a row, such as its TOID, shown under the pointer.
    title : str, optional
        By default, says what is drawn.
    colours : dict, optional
        ``#rrggbb`` by class; by default those of `class_palette`.
    most : int
        How many dots to draw at most: beyond that, this many rows are drawn by lot, and the figure says so.
        The legend counts all rows.
    seed : int
        Of that lot.
    source : object, optional
        What the view was made from, whose provenance is written under the figure; by default that of `view`,
        `classes` and `hover`.

    Returns
    -------
    plotly.graph_objects.Figure
        Drawn by WebGL. A press on a class in the legend hides it, a double press leaves it alone.

    Raises
    ------
    ValueError
        If the shapes do not fit, there is nothing to draw, or `most` is below 1.

    Notes
    -----
    Axes have no numbers: in a view of UMAP only who is near whom means something, not where or how far.

    Examples
    --------
    >>> figure = plot_embedding_view(np.eye(2), ["B", "A"], hover=["osgb1", "osgb2"])
    >>> [trace.name for trace in figure.data]
    ['A  (1)', 'B  (1)']
    """
    place, values = np.asarray(view, dtype=float), pd.Series(classes).reset_index(drop=True)
    texts = None if hover is None else np.array([html.escape(str(text)) for text in hover], dtype=object)
    _check(place, values, texts, most)
    colours = colours or class_palette(_in_order(values))
    drawn = np.flatnonzero(np.isfinite(place).all(axis=1))
    if not len(drawn):
        raise ValueError("No row of the view has finite coordinates: there is nothing to draw.")
    of_all = len(drawn)
    if of_all > most:
        drawn = np.sort(np.random.default_rng(seed).choice(drawn, most, replace=False))
    of_how_many = f" of {of_all:,}" if len(drawn) < of_all else ""
    said = f"{len(drawn):,} rows{of_how_many} drawn{', chosen by lot' if of_how_many else ''}."
    marked = provenance.carry(pd.DataFrame(), *([view, classes, hover] if source is None else [source]))
    figure = scatter(
        place[drawn],
        values.iloc[drawn],
        colours,
        values.value_counts(dropna=False).to_dict(),
        texts=None if texts is None else texts[drawn],
        foot=f"{said} {provenance.footnote(marked)}".strip(),
        synthetic=provenance.is_synthetic(marked),
    )
    title = title or "The view by class: near means alike, far means little"
    return figure.update_layout(title_text=html.escape(title), legend_title_text="class (rows)")


def scatter(
    place: np.ndarray,
    values: pd.Series,
    colours: Mapping[Any, str],
    counts: Mapping[Any, int],
    *,
    texts: np.ndarray | None,
    foot: str,
    synthetic: bool,
    ratio: float = 1.0,
) -> Any:
    """Return a figure with a dot a row, drawn by WebGL, without axes.

    Parameters
    ----------
    place : numpy.ndarray of float, shape (n, 2)
        Across and up.
    values : pandas.Series, shape (n,)
        Classes; rows without one are grey and lie below.
    colours : mapping
        ``#rrggbb`` by class.
    counts : mapping
        How many rows of each class the legend tells.
    texts : numpy.ndarray of str, shape (n,), optional
        What to say under the pointer, as HTML.
    foot : str
        The line below the figure.
    synthetic : bool
        Whether that line is set off by colour.
    ratio : float
        How much longer a unit upwards is drawn than a unit across.

    Returns
    -------
    plotly.graph_objects.Figure

    Examples
    --------
    >>> one = pd.Series(["A"])
    >>> drawn = scatter(np.eye(2)[:1], one, {"A": "#000000"}, {"A": 1}, texts=None, foot="", synthetic=False)
    >>> drawn.data[0].name
    'A  (1)'
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    missing = values.isna().to_numpy()
    without = sum(count for name, count in counts.items() if pd.isna(name))
    groups = [(NO_CLASS, missing, palette.MISSING, without)] if missing.any() else []
    groups += [
        (
            html.escape(label_of(name)),
            (values == name).to_numpy(dtype=bool, na_value=False),
            colour,
            counts[name],
        )
        for name, colour in colours.items()
        if counts.get(name)
    ]
    size = float(np.clip(420 / np.sqrt(len(place)), 2.5, 9))
    for words, rows, colour, count in groups:
        figure.add_scattergl(
            # four bytes a number: finer than any screen, and half the page
            x=place[rows, 0].astype(np.float32),
            y=place[rows, 1].astype(np.float32),
            mode="markers",
            name=f"{words}  ({count:,})",
            marker={"size": size, "color": colour, "opacity": 0.75, "line": {"width": 0}},
            text=None if texts is None else texts[rows],
            hovertemplate=f"{'' if texts is None else '<b>%{text}</b><br>'}class {words}<extra></extra>",
            legendrank=1001 if words == NO_CLASS else None,
        )
    _dress(figure, textwrap.wrap(foot, 115), palette.LIGHT["note" if synthetic else "muted"], ratio)
    return figure


def _check(place: np.ndarray, values: pd.Series, texts: np.ndarray | None, most: int) -> None:
    if place.ndim != 2 or place.shape[1] != 2:
        raise ValueError(
            f"The view has the shape {place.shape}; expected two columns, (n, 2), as umap_view returns it."
        )
    for name, given in (("classes", values), ("hover", texts)):
        if given is not None and len(given) != len(place):
            raise ValueError(f"There are {len(place):,} rows in the view, but {len(given):,} in {name}.")
    if most < 1:
        raise ValueError(f"most={most}; expected at least 1 dot.")


def _in_order(values: pd.Series) -> list[Any]:
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.remove_unused_categories().cat.categories.tolist()
    return sorted(values.dropna().unique().tolist())


def _dress(figure: Any, foot: list[str], colour: str, ratio: float) -> None:
    # the axes of a view have no meaning, so nothing may be read from them
    axis = {"visible": False, "showgrid": False, "zeroline": False}
    figure.update_layout(
        template=plotly_template(),
        height=HEIGHT,
        margin={"l": 16, "r": 16, "b": 24 + 18 * len(foot)},
        xaxis=axis,
        yaxis=axis | {"scaleanchor": "x", "scaleratio": ratio},
        # above the dots, where it takes no width from them on a phone
        legend={"itemsizing": "constant", "orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        title={"y": 0.985, "yanchor": "top", "yref": "container"},
        hoverdistance=12,
        dragmode="pan",
    )
    figure.add_annotation(
        text="<br>".join(html.escape(line) for line in foot),
        font={"size": 12, "color": colour},
        **{"x": 0, "y": 0, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "top"},
        **{"yshift": -10, "showarrow": False, "align": "left"},
    )

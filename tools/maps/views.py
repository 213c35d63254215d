"""A view of many dimensions as an interactive scatter plot: a dot a row, named under the pointer."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
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
    import plotly.graph_objects as go

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
    figure = go.Figure()
    groups = [(None, values.isna(), palette.MISSING)] if values.isna().any() else []
    groups += [(name, values == name, colours[name]) for name in colours if (values == name).any()]
    size = float(np.clip(420 / np.sqrt(len(drawn)), 2.5, 9))
    for name, rows, colour in groups:
        chosen = drawn[rows.to_numpy()[drawn]]
        words = NO_CLASS if name is None else html.escape(label_of(name))
        figure.add_scattergl(
            # four bytes a number: finer than any screen, and half the page
            x=place[chosen, 0].astype(np.float32),
            y=place[chosen, 1].astype(np.float32),
            mode="markers",
            name=f"{words}  ({int(rows.sum()):,})",
            marker={"size": size, "color": colour, "opacity": 0.75, "line": {"width": 0}},
            text=None if texts is None else texts[chosen],
            hovertemplate=f"{'' if texts is None else '<b>%{text}</b><br>'}class {words}<extra></extra>",
            legendrank=1001 if name is None else None,
        )
    of_how_many = f" of {of_all:,}" if len(drawn) < of_all else ""
    said = f"{len(drawn):,} rows{of_how_many} drawn{', chosen by lot' if of_how_many else ''}"
    marked = provenance.carry(pd.DataFrame(), *([view, classes, hover] if source is None else [source]))
    _dress(figure, title or "The view by class: near means alike, far means little", said, marked)
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


def _dress(figure: Any, title: str, said: str, marked: pd.DataFrame) -> None:
    foot = textwrap.wrap(f"{said}. {provenance.footnote(marked)}".strip(), 115)
    role = "note" if provenance.is_synthetic(marked) else "muted"
    # beside each other these axes have no meaning, so nothing may be read from them
    axis = {"visible": False, "showgrid": False, "zeroline": False}
    figure.update_layout(
        template=plotly_template(),
        title_text=html.escape(title),
        height=HEIGHT,
        margin={"l": 16, "r": 16, "b": 24 + 18 * len(foot)},
        xaxis=axis,
        yaxis=axis | {"scaleanchor": "x", "scaleratio": 1},
        legend={"title": {"text": "class (rows)"}, "itemsizing": "constant"},
        hoverdistance=12,
        dragmode="pan",
    )
    figure.add_annotation(
        text="<br>".join(html.escape(line) for line in foot),
        font={"size": 12, "color": palette.LIGHT[role]},
        **{"x": 0, "y": 0, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "top"},
        **{"yshift": -10, "showarrow": False, "align": "left"},
    )

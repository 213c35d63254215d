"""One look for every figure: the matplotlib style, the colour maps and the plotly template of the course."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.transforms import blended_transform_factory

from tools import provenance
from tools.maps import palette

STYLE_SHEET = Path(__file__).with_name("course.mplstyle")
FOOT_SIZE = 8.5
TITLE_SIZE = 14
EDGE = 0.01

P = ParamSpec("P")
R = TypeVar("R")


def use_course_style() -> None:
    """Draw everything from here on in the course's style, your own figures included.

    The functions of `tools.maps` draw in it whether or not this was called; call it once at the top of a
    notebook so that figures made by hand match.

    Examples
    --------
    >>> use_course_style()
    >>> mpl.rcParams["axes.titlelocation"]
    'left'
    """
    import plotly.io

    mpl.style.use(STYLE_SHEET)
    plotly_template()
    plotly.io.templates.default = "course"


def in_course_style(draw: Callable[P, R]) -> Callable[P, R]:
    """Make a function draw in the course's style and leave the reader's own settings alone.

    Parameters
    ----------
    draw : callable
        A function that makes a figure.

    Returns
    -------
    callable
        The same function, in style.

    Examples
    --------
    >>> before = mpl.rcParams["axes.grid"]
    >>> in_course_style(lambda: mpl.rcParams["axes.grid"])(), mpl.rcParams["axes.grid"] == before
    (True, True)
    """

    @functools.wraps(draw)
    def styled(*args: P.args, **kwargs: P.kwargs) -> R:
        ours = mpl.rc_params_from_file(STYLE_SHEET, use_default_template=False)
        # Not rc_context: it would also put back what loading a notebook's backend sets, and from the second
        # figure on nothing would be shown.
        theirs = {key: mpl.rcParams[key] for key in ours}
        mpl.rcParams.update(ours)
        try:
            return draw(*args, **kwargs)
        finally:
            mpl.rcParams.update(theirs)

    return styled


def headline(axes: Axes, text: str) -> None:
    """Title a figure from its left edge, above its labels too, in as many lines as it needs.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The axes that carry the title; ``axes.get_title(loc="left")`` returns it.
    text : str
        What the figure shows; a dollar sign is a dollar sign.

    Examples
    --------
    >>> figure = Figure()
    >>> headline(figure.subplots(), "Areas by cluster")
    >>> figure.axes[0].get_title(loc="left")
    'Areas by cluster'
    """
    figure = axes.figure
    wrapped = textwrap.fill(text, int(figure.get_figwidth() * 72 / (TITLE_SIZE * 0.68)))
    title = axes.set_title(wrapped.replace("$", r"\$"), loc="left")
    across_figure = blended_transform_factory(figure.transFigure, axes.transAxes)
    title.set_transform(across_figure + axes.titleOffsetTrans)
    title.set_x(EDGE)


def sign(figure: Figure, *sources: Any) -> None:
    """Write under a figure what must be said of its data: the licence's notice, or that it is synthetic.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure to sign; nothing is written when there is nothing to say.
    *sources : object
        What was drawn; their provenance is read from ``attrs``.

    Examples
    --------
    >>> import pandas as pd
    >>> figure = Figure()
    >>> data = provenance.mark(pd.DataFrame(), provenance.Provenance("x", "sample", "X", "Synthetic sample"))
    >>> sign(figure, data)
    >>> figure.get_supxlabel()
    'Synthetic sample'
    """
    import pandas as pd

    marked = provenance.carry(pd.DataFrame(), *sources)
    notice = provenance.footnote(marked)
    if not notice:
        return
    width = int(figure.get_figwidth() * 72 / (FOOT_SIZE * 0.53))
    colour = palette.LIGHT["note" if provenance.is_synthetic(marked) else "muted"]
    figure.supxlabel(textwrap.fill(notice, width), x=EDGE, ha="left", fontsize=FOOT_SIZE, color=colour)


def plotly_template() -> Any:
    """Register the plotly template ``course`` and return it.

    Returns
    -------
    plotly.graph_objects.layout.Template

    Examples
    --------
    >>> plotly_template().layout.colorway[0]
    '#332288'
    """
    import plotly.graph_objects as go
    import plotly.io

    ink, muted, line = (palette.LIGHT[role] for role in ("ink", "muted", "line"))
    stops = [[i / (len(palette.SEQUENTIAL) - 1), c] for i, c in enumerate(palette.SEQUENTIAL)]
    diverging = [[i / (len(palette.DIVERGING) - 1), c] for i, c in enumerate(palette.DIVERGING)]
    axis = {
        "gridcolor": "#e9edef",
        "linecolor": line,
        "zerolinecolor": line,
        "title": {"font": {"color": muted, "size": 14}},
        "automargin": True,
    }
    template = go.layout.Template(
        layout={
            "font": {
                "family": "Inter, 'Source Sans 3', 'Segoe UI', Arial, sans-serif",
                "size": 14,
                "color": ink,
            },
            "title": {"x": 0.0, "xref": "paper", "xanchor": "left", "font": {"size": 18, "weight": 700}},
            "colorway": list(palette.CATEGORICAL),
            "colorscale": {"sequential": stops, "sequentialminus": stops[::-1], "diverging": diverging},
            "paper_bgcolor": palette.LIGHT["paper"],
            "plot_bgcolor": palette.LIGHT["paper"],
            "xaxis": axis,
            "yaxis": axis,
            "legend": {"title": {"font": {"color": muted, "size": 14}}},
            "hoverlabel": {"bgcolor": palette.LIGHT["paper"], "bordercolor": line, "font": {"color": ink}},
            "margin": {"l": 60, "r": 24, "t": 64, "b": 56},
        }
    )
    plotly.io.templates["course"] = template
    return template


def _register_colour_maps() -> None:
    ramps = {
        "course_sequential": palette.SEQUENTIAL,
        "course_dots": palette.SEQUENTIAL[2:],  # the first two are lost on white where there is no border
        "course_diverging": palette.DIVERGING,
    }
    made = [LinearSegmentedColormap.from_list(name, stops) for name, stops in ramps.items()]
    for cmap in [ListedColormap(palette.CATEGORICAL, name="course"), *made, *(m.reversed() for m in made)]:
        mpl.colormaps.register(cmap, force=True)


_register_colour_maps()

"""How models compare, by how they are tested: one figure, on paper or under the pointer."""

from __future__ import annotations

import html
import textwrap
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from tools import provenance
from tools.maps import palette
from tools.maps.style import headline, in_course_style, plotly_template, sign
from tools.modelling.summaries import summarise
from tools.tables import require_columns

MEASURES = {
    "accuracy": "Accuracy (share of areas with the right class)",
    "mae": "Mean absolute error (classes)",
    "quadratic_kappa": "Quadratic weighted kappa",
}
BETTER = {"accuracy": "more is better", "mae": "less is better", "quadratic_kappa": "more is better"}
MARKERS = "osD^vP"


@in_course_style
def plot_model_comparison(
    scores: pd.DataFrame,
    measure: str = "accuracy",
    title: str | None = None,
    figsize: tuple[float, float] | None = None,
    interactive: bool = False,
) -> Any:
    """Draw how well each model does under each way of splitting, with its uncertainty over folds.

    Parameters
    ----------
    scores : pandas.DataFrame
        From `compare_models` (one row a fold, which are drawn too), or from `summarise`.
    measure : {"accuracy", "mae", "quadratic_kappa"}
        What to draw.
    title : str, optional
        By default, says what is drawn.
    figsize : (float, float), optional
        Width and height in inches; by default as high as the models need.
    interactive : bool
        Return a plotly figure, whose points tell their numbers under the pointer.

    Returns
    -------
    matplotlib.axes.Axes or plotly.graph_objects.Figure
        Points are means over folds; bars reach one standard error, corrected for folds that share training
        rows (see `summarise`), to either side.

    Raises
    ------
    ValueError
        For an unknown measure or missing columns.

    Examples
    --------
    >>> rows = [("random", "census", 0.25, 0.01), ("borough", "census", 0.2, 0.02)]
    >>> summary = pd.DataFrame(rows, columns=["scheme", "model", "accuracy", "accuracy_se"])
    >>> plot_model_comparison(summary).get_xlabel()
    'Accuracy (share of areas with the right class): more is better'
    """
    if measure not in MEASURES:
        raise ValueError(
            f"measure={measure!r} is not known; expected one of {', '.join(map(repr, MEASURES))}."
        )
    folds = scores if "fold" in scores.columns else None
    summary = scores if folds is None else summarise(scores)
    require_columns(summary, ["scheme", "model", measure, f"{measure}_se"])
    rows = _rows(summary)
    title = title or "How well each model does, by how it is tested"
    label = f"{MEASURES[measure]}: {BETTER[measure]}"
    if interactive:
        return _interactive_comparison(summary, rows, measure, title, label)
    models = list(dict.fromkeys(summary["model"]))
    figure, axes = plt.subplots(figsize=figsize or (8, 1.7 + len(rows) * 0.24 + len(models) * 0.2))
    for number, (scheme, group) in enumerate(summary.groupby("scheme", sort=False)):
        colour, marker = _scheme_look(number)
        at = [rows[scheme, model] for model in group["model"]]
        if folds is not None:
            own = folds[folds["scheme"] == scheme]
            axes.plot(
                own[measure],
                [rows[scheme, m] for m in own["model"]],
                "|",
                color=colour,
                alpha=0.45,
                markersize=9,
            )
        axes.errorbar(group[measure], at, xerr=group[f"{measure}_se"], fmt=marker, color=colour, elinewidth=2,
                      markersize=8, markeredgecolor="white", label=scheme)  # fmt: skip
    centres = [np.mean([row for (_, m), row in rows.items() if m == model]) for model in models]
    axes.set_yticks(centres, models)
    for edge in np.add(centres[:-1], centres[1:]) / 2:
        axes.axhline(edge, color=palette.LIGHT["line"], linewidth=0.8)
    axes.set_ylim(max(rows.values()) + 0.8, -0.8)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(label)
    headline(axes, title)
    axes.legend(title="Tested on", loc="upper left", bbox_to_anchor=(1, 1), alignment="left")
    sign(figure, scores)
    return axes


def _rows(summary: pd.DataFrame) -> dict[tuple[Any, Any], float]:
    """A row for each scheme and model: models from top to bottom, their schemes close together."""
    schemes = list(dict.fromkeys(summary["scheme"]))
    models = list(dict.fromkeys(summary["model"]))
    return {(s, m): i * (len(schemes) + 0.9) + j for i, m in enumerate(models) for j, s in enumerate(schemes)}


def _scheme_look(number: int) -> tuple[str, str]:
    colours = (
        palette.CATEGORICAL[0],
        palette.CATEGORICAL[1],
        palette.CATEGORICAL[3],
        *palette.CATEGORICAL[5:],
    )
    return colours[number % len(colours)], MARKERS[number % len(MARKERS)]


def _interactive_comparison(summary: pd.DataFrame, rows: dict, measure: str, title: str, label: str) -> Any:
    import plotly.graph_objects as go

    symbols = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross")
    figure = go.Figure()
    for number, (scheme, group) in enumerate(summary.groupby("scheme", sort=False)):
        colour, _ = _scheme_look(number)
        figure.add_scatter(
            x=group[measure].tolist(),
            y=[rows[scheme, model] for model in group["model"]],
            error_x={"type": "data", "array": group[f"{measure}_se"].tolist(), "thickness": 2, "width": 0},
            mode="markers",
            name=str(scheme),
            marker={"size": 11, "color": colour, "symbol": symbols[number % len(symbols)]},
            customdata=list(zip(group["model"].astype(str), group[f"{measure}_se"], strict=True)),
            hovertemplate="%{customdata[0]}<br>%{x:.3f} ± %{customdata[1]:.3f}",
        )
    models = list(dict.fromkeys(summary["model"]))
    centres = [float(np.mean([row for (_, m), row in rows.items() if m == model])) for model in models]
    notice = html.escape(provenance.footnote(summary))
    if notice:
        role = "note" if provenance.is_synthetic(summary) else "muted"
        figure.add_annotation(
            text="<br>".join(textwrap.wrap(notice, 110)),
            font={"size": 12, "color": palette.LIGHT[role]},
            **{"x": 0, "y": 0, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "top"},
            **{"yshift": -58, "showarrow": False, "align": "left"},
        )
    figure.update_layout(
        template=plotly_template(),
        title_text=title,
        height=170 + 30 * len(rows),
        margin={"b": 110 if notice else 64},
        legend={"title": {"text": "Tested on"}},
        xaxis={"title": {"text": label}},
        yaxis={
            "tickvals": centres,
            "ticktext": [str(m) for m in models],
            "autorange": "reversed",
            "showgrid": False,
            "zeroline": False,
        },
    )
    return figure

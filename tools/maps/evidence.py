"""Figures to judge models by: scores over folds, confusions, and what moved the predictions."""

from __future__ import annotations

import html
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from tools.maps import palette
from tools.maps.colours import colour_map, label_of
from tools.maps.figures import as_ranking, draw_ranking
from tools.maps.style import in_course_style, plotly_template, sign
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
    axes.set_title(title)
    axes.legend(title="Tested on", loc="upper left", bbox_to_anchor=(1, 1), alignment="left")
    sign(figure, scores)
    return axes


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
    axes.set_xticks(range(len(shares)), [label_of(c) for c in table.columns])
    axes.set_yticks(range(len(shares)), [label_of(c) for c in table.index])
    axes.set_xlabel("Predicted class")
    axes.set_ylabel("True class")
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set_title(title or "Where each class's areas were put (% of its row)")
    sign(figure, confusion)
    return axes


@in_course_style
def plot_shap(
    explanation: Any,
    top_n: int = 15,
    title: str | None = None,
    figsize: tuple[float, float] | None = None,
) -> Axes | np.ndarray:
    """Draw what moved a forest's predictions: how far each feature, and which way.

    Parameters
    ----------
    explanation : Explanation, pandas.Series or mapping
        From `explain_forest`; or only mean |SHAP| by feature, which gives the bars alone.
    top_n : int
        How many features, from the one that moves most.
    title : str, optional
        By default, says what is drawn.
    figsize : (float, float), optional
        Width and height in inches; by default as high as the features need.

    Returns
    -------
    matplotlib.axes.Axes, or array of two
        Left: mean |SHAP|. Right: a dot an area, placed by how many classes up or down the feature moved it,
        coloured by the feature's own value.

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
    bars.set_title(title or "What moved the predictions")
    sign(figure, explanation)
    if moved is None:
        return bars
    _swarm(axes[0, 1], moved[ranked.index], explanation.features[ranked.index])
    return axes[0]


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

    from tools import provenance

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
    figure.update_layout(
        template=plotly_template(),
        title_text=title,
        height=170 + 30 * len(rows),
        legend={"title": {"text": "Tested on"}},
        xaxis={"title": {"text": f"{label}<br><sup>{notice}</sup>" if notice else label}},
        yaxis={
            "tickvals": centres,
            "ticktext": [str(m) for m in models],
            "autorange": "reversed",
            "showgrid": False,
        },
    )
    return figure

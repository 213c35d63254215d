"""An interactive map of many buildings: by Kepler, and by plotly where Kepler cannot be."""

from __future__ import annotations

import html
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from tools import provenance
from tools.maps import kepler
from tools.maps import palette as course
from tools.maps.classes import classify_for_mapping
from tools.maps.colours import Colouring, class_palette, colour_classes, label_of
from tools.tables import require_columns

MOST_POINTS = 50_000
MISSING = "no data"
PUBLISHING = "COURSE_MAPS"
"""Set to ``frames`` by `course run`: maps are then stored for publishing, and no widget is started."""


@dataclass(frozen=True)
class BuildingMap:
    """A map of points: shown by a notebook, or published by `course run`.

    Parameters
    ----------
    table : pandas.DataFrame
        ``lon``, ``lat`` (degrees), the column of classes and those under the pointer.
    column : str
        The column of classes, text.
    colours : dict of str to str
        ``#rrggbb`` by class, in the legend's order.
    tooltips : tuple of str
        Columns under the pointer.
    title, notice : str
        What the map shows, and what must be said of its data.
    synthetic : bool
        Whether the data were made up.
    counts : dict of str to int
        Rows of each class, those that are not drawn included.
    height : int
        In pixels.

    Examples
    --------
    >>> table = pd.DataFrame({"lon": [-3.0], "lat": [53.4], "cluster": ["A"]})
    >>> BuildingMap(table, "cluster", {"A": "#332288"}, ("cluster",), "One", "", False, {"A": 1})
    <BuildingMap: One>
    """

    table: pd.DataFrame
    column: str
    colours: dict[str, str]
    tooltips: tuple[str, ...]
    title: str
    notice: str
    synthetic: bool
    counts: dict[str, int]
    height: int = 620

    @cached_property
    def config(self) -> dict[str, Any]:
        """Kepler's settings."""
        radius = float(np.clip(round(300 / np.sqrt(len(self.table)), 1), 1.5, 8))
        return kepler.settings(self.table, self.column, self.colours, self.tooltips, radius=radius)

    @property
    def legend(self) -> list[tuple[str, str, int]]:
        """Name, colour and count of each class."""
        return [(name, colour, self.counts[name]) for name, colour in self.colours.items()]

    @property
    def spec(self) -> dict[str, Any]:
        """All that a page needs, ready for JSON."""
        from keplergl.serializers import serialize_dataframe

        return {
            "title": self.title,
            "notice": self.notice,
            "synthetic": self.synthetic,
            "legend": self.legend,
            "height": self.height,
            "config": self.config,
            "data": {kepler.DATA: serialize_dataframe(self.table, kepler.DATA, use_arrow=True)},
        }

    def widget(self) -> Any:
        """Return the live Kepler map, with its legend above and its notice below.

        Returns
        -------
        ipywidgets.VBox
            For JupyterLab, Jupyter Notebook and what else runs widgets.
        """
        from ipywidgets import HTML, VBox

        live = kepler.live(self.table, self.config, self.height)
        head = f"<b>{html.escape(self.title)}</b>{kepler.legend(self.legend)}"
        return VBox([HTML(head), live, HTML(kepler.foot(self.notice, self.synthetic))])

    def figure(self) -> Any:
        """Return the same map as a plotly figure: lighter, and drawn by every notebook program.

        Returns
        -------
        plotly.graph_objects.Figure
        """
        from tools.maps.views import scatter

        place = self.table[["lon", "lat"]].to_numpy(dtype=float)
        named = [name for name in self.tooltips if name != self.column]
        lines = [self.table[name].astype(str).map(html.escape).tolist() for name in named]
        drawn = scatter(
            place,
            self.table[self.column],
            self.colours,
            self.counts,
            texts=np.array(["<br>".join(words) for words in zip(*lines, strict=True)]) if lines else None,
            foot=self.notice,
            synthetic=self.synthetic,
            ratio=float(1 / np.cos(np.radians(place[:, 1].mean()))),
        )
        return drawn.update_layout(title_text=html.escape(self.title), legend_title_text=self.column)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, Any]:
        if os.environ.get(PUBLISHING) == "frames":
            return {kepler.MIME: self.spec, "text/plain": repr(self)}
        # Both show plotly figures by themselves; Colab runs such widgets only after a switch, VS Code fetches
        # their programs from public addresses.
        if "google.colab" in sys.modules or "VSCODE_PID" in os.environ:
            return self.figure()._repr_mimebundle_(include, exclude)
        return self.widget()._repr_mimebundle_(include=include, exclude=exclude)

    def __repr__(self) -> str:
        return f"<BuildingMap: {self.title}>"


def map_buildings(
    gdf: gpd.GeoDataFrame,
    color_by: str = "cluster",
    *,
    palette: Mapping[Any, str] | None = None,
    tooltip_cols: Sequence[str] = ("TOID",),
    title: str | None = None,
    scheme: str = "quantile",
    k: int = 7,
    most: int = MOST_POINTS,
    seed: int = 42,
    height: int = 620,
) -> BuildingMap:
    """Show buildings on an interactive map, coloured by a column, named under the pointer.

    Parameters
    ----------
    gdf : geopandas.GeoDataFrame
        Points with a CRS.
    color_by : str
        Classes, or numbers, which are sorted into `k` classes.
    palette : mapping, optional
        ``#rrggbb`` by class; by default those of `class_palette`, or a ramp where classes have an order.
    tooltip_cols : sequence of str
        Columns under the pointer; `color_by` is added.
    title : str, optional
        What the map shows, for its heading and for screen readers; by default how many buildings, by what.
    scheme : {"quantile", "equal", "natural"}
        How numbers are sorted, see `classify_for_mapping`.
    k : int
        How many classes of numbers.
    most : int
        How many points to draw at most: beyond that, this many are chosen by lot, and the map says so. The
        legend counts all.
    seed : int
        Of that lot.
    height : int
        In pixels.

    Returns
    -------
    BuildingMap
        In JupyterLab, Kepler's widget; in the book, a page of its own that needs no network; in Colab and in
        VS Code, a plotly figure. No base map is asked for until the reader picks one, in the panel behind
        the arrow at the upper left.

    Raises
    ------
    ValueError
        For unknown columns, geometries that are not points, a missing CRS, or nothing to draw.

    Examples
    --------
    >>> points = gpd.points_from_xy([-3.0, -2.9], [53.4, 53.5])
    >>> table = gpd.GeoDataFrame({"TOID": ["a", "b"], "cluster": ["A", "B"]}, geometry=points, crs=4326)
    >>> map_buildings(table)
    <BuildingMap: 2 buildings by cluster>
    """
    require_columns(gdf, [color_by, *tooltip_cols])
    _check_points(gdf, most)
    there = gdf[~(gdf.geometry.isna() | gdf.geometry.is_empty)]
    if there.empty:
        raise ValueError("The table has no building with a geometry: there is nothing to draw.")
    classified, column, _ = classify_for_mapping(there, color_by, scheme, k, label_fmt="{lo:.2f} to {hi:.2f}")
    ordered = isinstance(classified[column].dtype, pd.CategoricalDtype) and classified[column].cat.ordered
    colouring = _colours(classified[column], palette, ordered)
    names = np.array([*colouring.labels, MISSING], dtype=object)[colouring.codes]
    drawn = np.arange(len(there))
    if len(there) > most:
        drawn = np.sort(np.random.default_rng(seed).choice(len(there), most, replace=False))
    place = there.geometry.iloc[drawn].to_crs("EPSG:4326")
    shown = {name: there[name].iloc[drawn].map(label_of).astype(object) for name in tooltip_cols}
    label = color_by if column == color_by else f"{color_by} (class)"
    table = pd.DataFrame(
        {
            **{name: values.to_numpy() for name, values in shown.items()},
            label: pd.Categorical(names[drawn], categories=list(dict.fromkeys(names.tolist()))),
            # a hundred-thousandth of a degree is a metre, and most digits beyond it are noise in the file
            "lon": place.x.to_numpy().round(6).astype(np.float32),
            "lat": place.y.to_numpy().round(6),
        }
    )
    colours = dict(zip(colouring.labels, colouring.colours, strict=True))
    counts = dict(zip(colouring.labels, colouring.counts, strict=True))
    if (colouring.codes < 0).any():
        colours[MISSING], counts[MISSING] = course.MISSING, int((colouring.codes < 0).sum())
    few = f"{most:,} of {len(there):,} buildings drawn, chosen by lot. " if len(drawn) < len(there) else ""
    return BuildingMap(
        table,
        label,
        colours,
        tuple(dict.fromkeys([*tooltip_cols, label])),
        title or f"{len(there):,} buildings by {color_by}",
        (few + provenance.footnote(gdf)).strip(),
        provenance.is_synthetic(gdf),
        counts,
        height,
    )


def _check_points(gdf: gpd.GeoDataFrame, most: int) -> None:
    if gdf.crs is None:
        raise ValueError(
            "The buildings have no coordinate reference system, so nobody can say where on Earth they are. "
            'If their coordinates are longitude and latitude, write: gdf = gdf.set_crs("EPSG:4326").'
        )
    kinds = set(gdf.geom_type.dropna()) - {"Point"}
    if kinds:
        raise ValueError(
            f"This map draws points, and the table holds {', '.join(sorted(kinds))}. For a point inside each "
            "footprint write: gdf = gdf.set_geometry(gdf.representative_point())."
        )
    if most < 1:
        raise ValueError(f"most={most}; expected at least 1 building.")


def _colours(values: pd.Series, palette: Mapping[Any, str] | None, ordered: bool) -> Colouring:
    if ordered and palette is None:
        return colour_classes(values, "course_dots")
    in_order = values.cat.categories if isinstance(values.dtype, pd.CategoricalDtype) else None
    names = sorted(values.dropna().unique()) if in_order is None else in_order
    return colour_classes(values, colours=palette or class_palette(names))

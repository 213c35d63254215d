"""Web maps of areas: one variable, the areas nearest to a cluster's centre, or two variables side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import geopandas as gpd

from tools.clustering import closest_lsoas_to_cluster
from tools.maps import content
from tools.maps.classes import classify_for_mapping
from tools.maps.colours import colour_classes
from tools.maps.geometry import drawable
from tools.maps.points import parse_reference_points
from tools.maps.webmap import WebMap
from tools.tables import require_columns

Points = str | Iterable[tuple[str, float, float]] | None

ONE_MAP = "600px"
TWO_MAPS = (
    "clamp(520px, calc(960px - 40vw), 780px)"  # taller on a phone, where one map stands above the other
)


def make_webmap_general(
    focus_gdf: gpd.GeoDataFrame,
    focus_col: str | None = None,
    focus_name: str = "Focus",
    focus_tooltip_cols: Sequence[str] = (),
    focus_categorical: bool = True,
    focus_legend: bool = True,
    focus_cmap: str = "course",
    focus_style_kwds: dict[str, Any] | None = None,
    context_gdf: gpd.GeoDataFrame | None = None,
    context_name: str = "Context",
    context_style_kwds: dict[str, Any] | None = None,
    pois: Points = None,
    layer_control_collapsed: bool = True,
    fit_to: str | None = "focus",
    zoom_start: float = 10,
    title: str | None = None,
) -> WebMap:
    """Draw areas on an interactive map: pointing names an area, a click opens its card.

    Parameters
    ----------
    focus_gdf : geopandas.GeoDataFrame
        Polygons with a CRS.
    focus_col : str, optional
        The column to colour by; without it all areas have one colour.
    focus_name : str
        What the areas are called in the legend and the layer list.
    focus_tooltip_cols : sequence of str
        Columns on an area's card. The first that holds names is its heading.
    focus_categorical : bool
        Whether `focus_col` holds classes, or numbers to be coloured along a ramp.
    focus_legend : bool
        Whether to show the legend. Pressing a class in it leaves only that class in colour.
    focus_cmap : str
        A colour map's name; ``course`` is safe for colour-blind readers. For a ramp, ``course`` means
        ``course_sequential``.
    focus_style_kwds : dict, optional
        ``weight``, ``color`` and ``opacity`` of borders; ``fillOpacity`` where a basemap lies below (without
        one, areas have the legend's own colours).
    context_gdf : geopandas.GeoDataFrame, optional
        Polygons to draw, in quiet grey, below the others.
    context_name : str
        What they are called in the layer list.
    context_style_kwds : dict, optional
        ``weight``, ``color``, ``opacity``, ``fillColor``, ``fillOpacity``.
    pois : str or iterable of (name, latitude, longitude), optional
        Reference points, as `parse_reference_points` reads them.
    layer_control_collapsed : bool
        Whether the layer list starts closed; on a phone it always does.
    fit_to : {"focus", "context", "pois"} or None
        What to show at first; None shows the middle of the areas at `zoom_start`.
    zoom_start : float
        Zoom level for ``fit_to=None``.
    title : str, optional
        What the map shows, for its heading and for screen readers; made from the names by default.

    Returns
    -------
    WebMap

    Raises
    ------
    ValueError
        For unknown columns, a missing CRS, nothing to draw, a faulty reference point or an unknown style.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> boxes = [box(0, 51, 1, 52), box(1, 51, 2, 52)]
    >>> areas = gpd.GeoDataFrame({"cluster": [0, 1]}, geometry=boxes, crs="EPSG:4326")
    >>> make_webmap_general(areas, "cluster", focus_name="Areas")
    <WebMap: Areas: 2 areas by cluster>
    """
    focus = drawable(focus_gdf, "focus_gdf")
    require_columns(focus, [*([focus_col] if focus_col else []), *focus_tooltip_cols])
    points = parse_reference_points(pois)
    colouring = content.colouring(focus, focus_col, focus_categorical, focus_cmap)
    columns = content.Columns(focus, focus_tooltip_cols)
    view = columns.view(focus_name, colouring, focus_col, legend=focus_legend)
    page = content.page(
        focus,
        columns,
        [view],
        name=focus_name,
        points=points,
        style=focus_style_kwds,
        layers_open=not layer_control_collapsed,
        context=None if context_gdf is None else drawable(context_gdf, "context_gdf"),
        context_name=context_name,
        context_style=context_style_kwds,
        fit_to=fit_to,
        zoom=zoom_start,
    )
    return WebMap(page, title or _title(focus, focus_name, focus_col), ONE_MAP)


def map_closest_lsoas(
    gdf: gpd.GeoDataFrame,
    cluster_number: int,
    n_closest: int = 5,
    context_gdf: gpd.GeoDataFrame | None = None,
    cluster_col: str = "cluster",
    tooltip_cols: Sequence[str] = ("LSOA21CD", "LSOA21NM"),
    fill_opacity: float = 0.6,
    weight: float = 2.0,
    edge_color: str = "black",
    pois: Points = None,
    among: str = "cluster",
    title: str | None = None,
) -> tuple[WebMap, gpd.GeoDataFrame]:
    """Find the areas nearest to a cluster's centre in embedding space, and show where they are.

    Parameters
    ----------
    gdf : geopandas.GeoDataFrame
        Clustered areas with embedding columns and a CRS.
    cluster_number : int
        The label of the cluster.
    n_closest : int
        How many areas.
    context_gdf : geopandas.GeoDataFrame, optional
        What to draw in grey below them; by default all areas of `gdf`.
    cluster_col : str
        The column of labels.
    tooltip_cols : sequence of str
        Columns that identify an area; the distance is added.
    fill_opacity : float
        0 to 1, where a basemap lies below.
    weight : float
        Width of the borders in pixels.
    edge_color : str
        Colour of the borders.
    pois : str or iterable of (name, latitude, longitude), optional
        Reference points, as `parse_reference_points` reads them.
    among : {"cluster", "rest", "all"}
        Look inside the cluster, for its most typical areas; among the rest, for those that almost belong to
        it; or everywhere.
    title : str, optional
        What the map shows; by default says how many areas, of which cluster and among which.

    Returns
    -------
    map : WebMap
    closest : geopandas.GeoDataFrame
        As `closest_lsoas_to_cluster` returns them, nearest first.

    Raises
    ------
    ValueError
        As `closest_lsoas_to_cluster` and `make_webmap_general` do.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> table = {"name": ["a", "b", "c"], "A00_mean": [0.0, 0.2, 0.9], "cluster": [0, 0, 1]}
    >>> areas = gpd.GeoDataFrame(table, geometry=[box(x, 51, x + 1, 52) for x in range(3)], crs="EPSG:4326")
    >>> map_closest_lsoas(areas, 0, 2, tooltip_cols=["name"])[0]
    <WebMap: The 2 areas inside cluster 0 nearest to its centre>
    """
    closest = closest_lsoas_to_cluster(
        gdf, cluster_number, n_closest, cluster_col=cluster_col, id_cols=tuple(tooltip_cols), among=among
    )
    if title is None:
        places = {"cluster": "inside", "rest": "outside", "all": "inside and outside"}[among]
        which = f"The {n_closest} areas" if n_closest > 1 else "The area"
        title = f"{which} {places} cluster {cluster_number} nearest to its centre"
    shown = make_webmap_general(
        closest,
        focus_col="distance",
        focus_name="Distance to the centre",
        focus_tooltip_cols=(*tooltip_cols, cluster_col),
        focus_categorical=False,
        focus_cmap="course_sequential_r",
        focus_style_kwds={"fillOpacity": fill_opacity, "weight": weight, "color": edge_color},
        context_gdf=gdf if context_gdf is None else context_gdf,
        context_name="All areas" if context_gdf is None else "Context",
        pois=pois,
        fit_to="context",
        title=title,
    )
    return shown, closest


def show_two_maps_side_by_side(
    gdf: gpd.GeoDataFrame,
    left_var: str,
    right_var: str,
    tooltip_cols: Sequence[str] = (),
    scheme: str = "quantile",
    k: int = 10,
    min_unique_to_bin: int = 10,
    cmap_left: str = "YlOrRd_r",
    cmap_right: str = "viridis",
    pois: Points = None,
    zoom_start: float | None = None,
    title: str | None = None,
) -> WebMap:
    """Show two variables of the same areas on two maps that move, point and choose together.

    Parameters
    ----------
    gdf : geopandas.GeoDataFrame
        Polygons with a CRS.
    left_var, right_var : str
        Columns to compare.
    tooltip_cols : sequence of str
        Columns on an area's card, beside the two variables.
    scheme : {"quantile", "equal", "natural"}
        How numbers are sorted into classes, see `classify_for_mapping`.
    k : int
        How many classes.
    min_unique_to_bin : int
        Columns with no more different values than this are classes already.
    cmap_left, cmap_right : str
        Colour maps.
    pois : str or iterable of (name, latitude, longitude), optional
        Reference points, as `parse_reference_points` reads them.
    zoom_start : float, optional
        Zoom level around the middle of the areas; by default all areas are in view.
    title : str, optional
        What the maps show; made from the variables and the scheme by default.

    Returns
    -------
    WebMap
        Both maps in one frame, with one copy of the geometry.

    Raises
    ------
    ValueError
        As `classify_for_mapping` and `make_webmap_general` do.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> boxes = [box(x, 51, x + 1, 52) for x in range(4)]
    >>> areas = gpd.GeoDataFrame({"a": [1, 2, 3, 4], "b": [4, 3, 2, 1]}, geometry=boxes, crs="EPSG:4326")
    >>> show_two_maps_side_by_side(areas, "a", "b", k=2)
    <WebMap: a beside b>
    """
    focus = drawable(gdf, "gdf")
    require_columns(focus, [left_var, right_var, *tooltip_cols])
    columns = content.Columns(focus, tooltip_cols)
    views, binned = [], []
    for variable, cmap in ((left_var, cmap_left), (right_var, cmap_right)):
        classified, mapped, _ = classify_for_mapping(
            focus, variable, scheme, k, min_unique_to_bin=min_unique_to_bin
        )
        views.append(columns.view(variable, colour_classes(classified[mapped], cmap), variable))
        binned.append(mapped != variable)
    page = content.page(
        focus,
        columns,
        views,
        name="Areas",
        points=parse_reference_points(pois),
        fit_to="focus" if zoom_start is None else None,
        zoom=zoom_start,
    )
    how = f" ({_SCHEME_WORDS[scheme]})" if any(binned) else ""
    return WebMap(page, title or f"{left_var} beside {right_var}{how}", TWO_MAPS)


_SCHEME_WORDS = {"quantile": "quantiles", "equal": "equal intervals", "natural": "natural breaks"}


def _title(focus: gpd.GeoDataFrame, name: str, column: str | None) -> str:
    areas = f"{len(focus):,} {'area' if len(focus) == 1 else 'areas'}"
    return f"{name}: {areas} by {column}" if column else f"{name}: {areas}"

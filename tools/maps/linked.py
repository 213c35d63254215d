"""Two rasters of one place side by side, moved, zoomed and read off together."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import rioxarray  # noqa: F401  (gives arrays their .rio)
import xarray as xr
from matplotlib.colors import to_hex

from tools import provenance
from tools.maps import palette
from tools.maps.pages import WEB, Page, filled, page_colours, page_script, script_json
from tools.maps.parts import class_key

MOST_PIXELS = 300
_NO_CLASS = 255
_RAMP = [f"#{level:02x}{level:02x}{level:02x}" for level in np.linspace(0, 255, 128).astype(int)]
"""Greys, as photographs have them: no colour that a key of classes could be mistaken for."""


@dataclass(frozen=True, repr=False)
class Linked(Page):
    """Two linked pictures: shown by a notebook, or saved as a page.

    Parameters
    ----------
    script : str
        JavaScript by Bokeh that draws the pictures.
    places : (str, str)
        HTML of the elements that it draws into.
    titles : (str, str)
        What to write over each.
    keys : (str, str)
        HTML: what the colours of each mean.
    reading : dict
        How to write the values of each picture, for ``linked.js``.
    title : str
        The page's heading, and the frame's text for screen readers.
    notice : str
        What must be said of the data.
    aspect : float
        Width of a picture over its height.

    Examples
    --------
    >>> "<h1>A &amp; B</h1>" in Linked("", ("", ""), ("a", "b"), ("", ""), {}, "A & B", "", 1.0).html
    True
    """

    script: str
    places: tuple[str, str]
    titles: tuple[str, str]
    keys: tuple[str, str]
    reading: dict[str, Any]
    title: str
    notice: str
    aspect: float

    @property
    def height(self) -> str:
        """The frame's height, in CSS: enough for two pictures beside each other in the book's column."""
        return f"{min(round(380 / self.aspect) + 180, 760)}px"

    @cached_property
    def html(self) -> str:
        """The whole page, with Bokeh's program in it."""
        name, library = bokeh_library()
        parts = {
            "title": html.escape(self.title),
            "left_title": html.escape(self.titles[0]),
            "right_title": html.escape(self.titles[1]),
            "left": self.places[0],
            "right": self.places[1],
            "left_key": self.keys[0],
            "right_key": self.keys[1],
            "aspect": f"{self.aspect:.5f}",
            "notice": html.escape(self.notice),
            "css": page_colours() + (WEB / "linked.css").read_text("utf-8"),
            "library_name": html.escape(name),
            "library": library.read_text("utf-8"),
            "reading": script_json(self.reading),
            # Within a script element "</" could end it; within a JavaScript string "<\/" is the same.
            "drawing": self.script.replace("</", "<\\/"),
            "script": page_script("theme.js", "linked.js"),
        }
        return filled("linked.html", parts)


def plot_linked(
    left: xr.DataArray,
    right: xr.DataArray,
    *,
    titles: Sequence[str] = ("left", "right"),
    categorical: bool | Sequence[bool] | None = None,
    names: Sequence[str] | None = None,
    colours: Sequence[str] | None = None,
    title: str | None = None,
) -> Linked:
    """Draw two rasters of one place side by side, by hvPlot, linked: what moves one moves the other.

    Dragging moves both, buttons, keys and the wheel with Ctrl zoom both, and the place under the pointer is
    marked in both, with both values written out.

    Parameters
    ----------
    left, right : xarray.DataArray, dims (y, x)
        Measurements, or classes from 0; below 0, or NaN, is no class. Both in one CRS, and overlapping.
        Measurements of one name, such as one band at two dates, share one scale of colours.
    titles : (str, str), optional
        What to write over each.
    categorical : bool or (bool, bool), optional
        Whether values are classes; by default where they are integers or booleans.
    names : sequence of str, optional
        Of the classes, for the key; by default their numbers.
    colours : sequence of str, optional
        Of the classes, ``#rrggbb``; by default those of the course for pixels.
    title : str, optional
        By default made from the titles.

    Returns
    -------
    Linked
        Pictures of more than 300 pixels along a side are thinned, and say so.

    Raises
    ------
    ValueError
        If a raster is no raster, holds nothing, or more classes than there are names or colours, or the two
        lie in different CRS or apart.

    Examples
    --------
    >>> raster = xr.DataArray(np.arange(12.0).reshape(3, 4), dims=("y", "x"), name="height")
    >>> plot_linked(raster, raster > 5, titles=("height", "high"), names=["no", "yes"])
    <Linked: height and high>
    """
    rasters, titles = (left, right), tuple(map(str, titles))
    for raster in rasters:
        if set(raster.dims) != {"y", "x"}:
            raise ValueError(f"A raster with dims (y, x) is needed; this has {raster.dims}: take one band.")
    if left.rio.crs != right.rio.crs:
        raise ValueError(f"Bring both onto one grid first: one is in {left.rio.crs}, one in {right.rio.crs}.")
    kinds = _kinds(rasters, categorical)
    shown = [_thinned(raster.transpose("y", "x")) for raster in rasters]
    if not _overlap(*shown):
        raise ValueError("The two rasters lie apart: no place is in both.")
    classes = _Classes.of([part for part, kind in zip(shown, kinds, strict=True) if kind], names, colours)
    limits = _limits(shown, kinds)
    pictures = [
        _picture(side, _coded(part, len(classes.names)), classes.colours, (-0.5, len(classes.names) - 0.5))
        if kind
        else _picture(side, part.astype("float32"), _RAMP, limit)
        for side, part, kind, limit in zip(("left", "right"), shown, kinds, limits, strict=True)
    ]
    script, places, aspect = _drawn(*pictures)
    reading = {
        "names": classes.names,
        "categorical": list(kinds),
        "noClass": _NO_CLASS,
        "inMetres": bool(left.rio.crs and left.rio.crs.is_projected),
    }
    keys = [
        classes.key(part) if kind else _scale(limit, part.name)
        for part, kind, limit in zip(shown, kinds, limits, strict=True)
    ]
    notes = [provenance.footnote(provenance.carry(xr.DataArray(0), left, right)), _said(rasters, shown)]
    return Linked(
        script,
        places,
        titles,
        tuple(keys),
        reading,
        title or f"{titles[0]} and {titles[1]}",
        " ".join(filter(None, notes)),
        aspect,
    )


def bokeh_library() -> tuple[str, Path]:
    """Return the name and place of the program that draws in the browser: it comes with Bokeh's package.

    Returns
    -------
    tuple of str and pathlib.Path

    Examples
    --------
    >>> bokeh_library()[1].is_file()
    True
    """
    import bokeh

    path = Path(bokeh.__file__).parent / "server" / "static" / "js" / "bokeh.min.js"
    return f"bokeh-{bokeh.__version__}.min.js", path


@dataclass(frozen=True)
class _Classes:
    names: list[str]
    colours: list[str]

    @classmethod
    def of(
        cls, parts: Sequence[xr.DataArray], names: Sequence[str] | None, colours: Sequence[str] | None
    ) -> _Classes:
        highest = max((int(_numbers(part).max(initial=-1)) for part in parts), default=0)
        if parts and highest < 0:
            raise ValueError("There is no class in the rasters: classes are numbered from 0.")
        names, colours = class_key("rasters", highest, names, colours)
        return cls(names[: len(colours)], [to_hex(colour) for colour in colours[: len(names)]])

    def key(self, part: xr.DataArray) -> str:
        there = [number for number in np.unique(_numbers(part)) if number >= 0]
        entries = (
            f'<li><i style="background:{self.colours[number]}"></i>{html.escape(self.names[number])}</li>'
            for number in there
        )
        return f"<ul>{''.join(entries)}</ul>"


def _kinds(rasters: Sequence[xr.DataArray], categorical: bool | Sequence[bool] | None) -> tuple[bool, bool]:
    if categorical is None:
        return tuple(raster.dtype.kind in "biu" for raster in rasters)
    if isinstance(categorical, bool):
        return categorical, categorical
    first, second = categorical
    return bool(first), bool(second)


def _thinned(raster: xr.DataArray) -> xr.DataArray:
    """Every n-th pixel, read, with coordinates that rise along y and x, as a raster's axes."""
    step = max(1, -(-max(raster.shape) // MOST_PIXELS))
    part = raster[::step, ::step]
    missing = {
        axis: np.arange(part.sizes[axis], dtype=float) for axis in part.dims if axis not in part.coords
    }
    part = part.assign_coords(missing).sortby(["y", "x"]).reset_coords(drop=True).compute()
    return part.rename(raster.name or "value")


def _overlap(one: xr.DataArray, other: xr.DataArray) -> bool:
    return all(one[axis][0] <= other[axis][-1] and other[axis][0] <= one[axis][-1] for axis in ("y", "x"))


def _numbers(part: xr.DataArray) -> np.ndarray:
    return np.nan_to_num(part.to_numpy().astype(float), nan=-1).astype(np.int64)


def _coded(part: xr.DataArray, n_classes: int) -> xr.DataArray:
    numbers = _numbers(part)
    return part.copy(data=np.where(numbers < 0, _NO_CLASS, np.minimum(numbers, n_classes)).astype(np.uint8))


def _limits(parts: Sequence[xr.DataArray], kinds: Sequence[bool]) -> list[tuple[float, float]]:
    """What the ends of the colours stand for: one pair for measurements of one name."""
    found = []
    for part, kind in zip(parts, kinds, strict=True):
        if not np.isfinite(part.to_numpy().astype(float)).any():
            raise ValueError(f"There is nothing to draw: all pixels of '{part.name}' are without data.")
        alike = [p for p, k in zip(parts, kinds, strict=True) if k == kind and p.name == part.name]
        values = np.concatenate([np.ravel(p.to_numpy()).astype(float) for p in alike])
        low, high = np.percentile(values[np.isfinite(values)], [2, 98])
        found.append((float(low), float(high if high > low else low + 1)))
    return found


def _picture(side: str, part: xr.DataArray, colours: Sequence[str], limits: tuple[float, float]) -> Any:
    # Not `import hvplot.xarray`: in a notebook that prints scripts, which fetch Bokeh from another host.
    import holoviews.plotting.bokeh  # noqa: F401  (makes HoloViews draw by Bokeh)
    from hvplot import hvPlot

    # Of one name, the two would share their colours as they share their axes.
    return hvPlot(part.rename(side)).image(
        x="x", y="y", cmap=list(colours), clim=limits, colorbar=False, hover=False, xaxis=None, yaxis=None,
        title="", width=400, height=400,
    )  # fmt: skip


def _drawn(left: Any, right: Any) -> tuple[str, tuple[str, str], float]:
    """Bokeh's script and elements for two pictures, and how wide they are for their height."""
    import holoviews
    from bokeh.embed import components
    from bokeh.models import PanTool, WheelZoomTool

    layout = (left + right).opts(shared_axes=True, toolbar=None)
    figures = [child[0] for child in holoviews.renderer("bokeh").get_plot(layout).state.children]
    for figure in figures:
        move, zoom = PanTool(), WheelZoomTool(modifiers={"ctrl": True})
        figure.tools = [move, zoom]
        figure.toolbar.update(active_drag=move, active_scroll=zoom, logo=None, active_inspect=None)
        figure.update(
            sizing_mode="stretch_both", toolbar_location=None, outline_line_color=None, min_border_left=0,
            min_border_right=0, min_border_top=0, min_border_bottom=0,
            background_fill_color=palette.LIGHT["surface"], border_fill_color=None,
        )  # fmt: skip
        figure.grid.visible = False
        # Classes have as many colours as there are: what lies above is no class.
        figure.renderers[0].glyph.color_mapper.high_color = (
            "rgba(0,0,0,0)" if figure.renderers[0].data_source.data["image"][0].dtype == np.uint8 else None
        )
    across, down = figures[0].x_range, figures[0].y_range
    aspect = (across.end - across.start) / (down.end - down.start)
    script, places = components(figures, wrap_script=False, wrap_plot_info=True)
    return script, tuple(places), aspect


def _scale(limits: tuple[float, float], name: object) -> str:
    low, high = (f"{limit:.3g}" for limit in limits)
    ramp = ", ".join(_RAMP[::16] + _RAMP[-1:])
    return (
        f'<p class="scale">{low}<i style="background:linear-gradient(90deg, {ramp})"></i>{high} '
        f"{html.escape(str(name))}</p>"
    )


def _said(rasters: Sequence[xr.DataArray], shown: Sequence[xr.DataArray]) -> str:
    steps = {-(-max(raster.shape) // MOST_PIXELS) for raster in rasters}
    coarsest = max(steps)
    return f"Thinned for the page: one pixel in {coarsest} along each side." if coarsest > 1 else ""

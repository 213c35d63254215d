"""Two pictures of one place in one frame, with a handle that uncovers the one beneath the other."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any

import numpy as np
import xarray as xr
from PIL import Image

from tools import provenance
from tools.maps.pages import WEB, Page, filled, page_colours, page_script

MOST_PIXELS = 1_100


@dataclass(frozen=True, repr=False)
class Swipe(Page):
    """Two pictures and a handle: shown by a notebook, or saved as a page.

    Parameters
    ----------
    pictures : (bytes, bytes)
        PNG files of one size: the left one, and the right one beneath it.
    labels : (str, str)
        What each shows.
    title : str
        The page's heading, and the frame's text for screen readers.
    notice : str
        What must be said of the data.
    shape : (int, int)
        Height and width of the pictures in pixels.
    height : str
        The frame's height, in CSS.

    Examples
    --------
    >>> shown = Swipe((b"", b""), ("2017", "2024"), "Before & after", "", (10, 20))
    >>> "<h1>Before &amp; after</h1>" in shown.html
    True
    """

    pictures: tuple[bytes, bytes]
    labels: tuple[str, str]
    title: str
    notice: str
    shape: tuple[int, int]
    height: str = "680px"

    @cached_property
    def html(self) -> str:
        """The whole page."""
        sources = [base64.b64encode(picture).decode("ascii") for picture in self.pictures]
        parts = {
            "title": html.escape(self.title),
            "left": html.escape(self.labels[0]),
            "right": html.escape(self.labels[1]),
            "notice": html.escape(self.notice),
            "before": f"data:image/png;base64,{sources[0]}",
            "after": f"data:image/png;base64,{sources[1]}",
            "height": str(self.shape[0]),
            "width": str(self.shape[1]),
            "css": page_colours() + (WEB / "swipe.css").read_text("utf-8"),
            "script": page_script("theme.js", "swipe.js"),
        }
        return filled("swipe.html", parts)


def map_swipe(
    before: xr.DataArray,
    after: xr.DataArray,
    *,
    labels: Sequence[str] = ("before", "after"),
    title: str | None = None,
) -> Swipe:
    """Lay two pictures of one place over each other, with a handle to wipe between them.

    Parameters
    ----------
    before, after : xarray.DataArray of uint8, dims (y, x, rgb)
        As `tools.maps.composite` returns them: red, green, blue and opacity, on one grid.
    labels : (str, str)
        What is on the left of the handle, and on the right.
    title : str, optional
        By default made from the labels.

    Returns
    -------
    Swipe
        The handle is a slider: it can be dragged, tapped and moved by the arrow keys.

    Raises
    ------
    ValueError
        If the pictures differ in shape, or are no pictures.

    Examples
    --------
    >>> picture = xr.DataArray(np.zeros((4, 6, 4), "uint8"), dims=("y", "x", "rgb"))
    >>> map_swipe(picture, picture, labels=("2017", "2024"))
    <Swipe: 2017 and 2024>
    """
    if before.shape != after.shape or before.ndim != 3 or before.shape[2] not in (3, 4):
        raise ValueError(
            f"Two pictures of one shape (y, x, rgb) are needed; these are {before.shape} and {after.shape}."
        )
    step = max(1, -(-max(before.shape[:2]) // MOST_PIXELS))
    shown = [picture[::step, ::step] for picture in (before, after)]
    marked = provenance.carry(xr.DataArray(0), before, after)
    left, right = (str(label) for label in labels)
    return Swipe(
        tuple(_png(picture) for picture in shown),
        (left, right),
        title or f"{left} and {right}",
        provenance.footnote(marked) or "",
        shown[0].shape[:2],
    )


def _png(picture: Any) -> bytes:
    values = np.ascontiguousarray(picture, dtype=np.uint8)
    file = BytesIO()
    Image.fromarray(values).save(file, format="PNG", optimize=True)
    return file.getvalue()

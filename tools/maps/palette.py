"""The course's colours, written down once: figures, web maps and the book's pages all take them from here.

Colours are ``#rrggbb`` strings. `LIGHT` and `DARK` dress pages and map controls; every text colour in them
reads at 4.5:1 or better on `paper` and on `surface`. `CATEGORICAL` is Paul Tol's *muted* scheme, put in an
order whose first few are furthest apart to every kind of sight; `SEQUENTIAL` and `DIVERGING` are stops of
colour ramps, light to dark and brown to teal. `tests/maps/test_palette.py` simulates three kinds of colour
blindness on all of them.

References
----------
.. [1] Tol, P. (2021), *Colour Schemes*, SRON/EPS/TN/09-002, issue 3.2.

Examples
--------
>>> LIGHT["accent"], DARK["accent"]
('#0b6b66', '#6fd0c4')
"""

from __future__ import annotations

LIGHT: dict[str, str] = {
    "paper": "#ffffff",  # the page
    "surface": "#f6f8f7",  # cards, code cells, table heads
    "line": "#d6dde1",  # hairlines and borders
    "ink": "#1f2a37",  # text
    "muted": "#55616e",  # captions, footnotes, axis labels
    "accent": "#0b6b66",  # links, the selected thing
    "accent_strong": "#084f4b",  # a link under the pointer
    "accent_soft": "#e2f1ef",  # tinted backgrounds
    "note": "#8a4a00",  # "synthetic sample" and warnings
    "note_soft": "#fdf1de",
}
"""Page colours on a light ground."""

DARK: dict[str, str] = {
    "paper": "#12181f",
    "surface": "#1b242d",
    "line": "#35424e",
    "ink": "#e6ebf0",
    "muted": "#a6b3bf",
    "accent": "#6fd0c4",
    "accent_strong": "#a3e4dc",
    "accent_soft": "#17352f",
    "note": "#f2b766",
    "note_soft": "#3a2a12",
}
"""The same roles on a dark ground."""

CATEGORICAL: tuple[str, ...] = (
    "#332288",  # indigo
    "#44aa99",  # teal
    "#ddcc77",  # sand
    "#aa4499",  # purple
    "#88ccee",  # cyan
    "#117733",  # green
    "#999933",  # olive
    "#882255",  # wine
    "#cc6677",  # rose
)
"""Nine colours for classes without an order."""

MARKS: tuple[str, ...] = (
    "#332288",  # indigo
    "#44aa99",  # teal
    "#aa4499",  # purple
    "#999933",  # olive
    "#117733",  # green
    "#cc6677",  # rose
    "#882255",  # wine
    "#88ccee",  # cyan
    "#ddcc77",  # sand
)
"""The same nine for dots and pixels, which have no border: first those that a single dot shows on white."""

SEQUENTIAL: tuple[str, ...] = (
    "#edf6f2",
    "#cbe6de",
    "#9dd1c7",
    "#66b5ae",
    "#37958f",
    "#17736f",
    "#0a5354",
    "#0a3640",
)
"""Stops from little to much."""

DIVERGING: tuple[str, ...] = (
    "#6b3f0f",
    "#a9712f",
    "#d6b27a",
    "#f0e4cc",
    "#f4f5f3",
    "#cbe6e1",
    "#79bdb5",
    "#2a8780",
    "#08524e",
)
"""Stops from below to above a middle."""

MISSING = "#c9ced3"
"""Areas without a value."""

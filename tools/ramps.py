"""Colours that a figure and an exported file share, so that neither can drift from the other."""

from __future__ import annotations

PUBLISHED = ("#000000", "#0000ff", "#00ffff", "#ffff00", "#ff0000")
"""Black, blue, cyan, yellow, red: the colours in which change in Berlin was first shown, from 0 to 0.5."""

"""What changed between two years: the change itself, where and when it happened, and how far to believe it.

Names are loaded when they are first used, so that a lesson does not wait for what it does not ask.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "between": ("change_between", "change_gaps", "change_of"),
    "comparing": ("Agreement", "agreement", "optical_change", "optical_difference"),
    "kernel": ("change_kernel",),
    "statistics": ("change_statistics",),
    "export": ("export_change", "palette_colours", "qgis_style"),
    "hotspots": ("find_hotspots",),
    "noise": ("NoiseFloor", "noise_floor"),
    "relative": ("relative_change", "usual_change"),
    "place": ("similarity_matrix", "trajectory"),
    "scoring": ("areas_mask", "change_at", "roc", "score_hotspots"),
    "turning": ("change_year",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it offers {', '.join(__all__)}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return __all__

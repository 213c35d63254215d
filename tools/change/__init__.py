"""What changed between two years: the change itself, where and when it happened, and how far to believe it.

Names are loaded when they are first used, so that a lesson does not wait for what it does not ask.
"""

from tools.doors import lazy

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

__getattr__, __dir__, __all__ = lazy(__name__, _HOMES)

"""Water by spectral clustering: millions of pixels by Nyström, and clusters told by their spectra.

Names are loaded when they are first used: who opens a scene by its bands does not wait for the estimator.
"""

from tools.doors import lazy

_HOMES = {
    "bands": ("BANDS", "match_bands"),
    "contest": ("compare_partitions",),
    "cut": ("least_normalised_cut", "normalised_cut"),
    "estimator": ("NystromSpectralClustering",),
    "growth": ("cluster_scene", "fit_times", "growth_table"),
    "loss": ("LostArea", "MaskAgreement", "lost_area", "mask_agreement"),
    "matching": ("match_labels", "relabel"),
    "pixels": ("standardise", "to_image", "to_samples"),
    "polygons": ("water_fates",),
    "regridding": ("grid_around", "regrid"),
    "water": (
        "class_spectra",
        "index_mask",
        "otsu_threshold",
        "water_class",
        "water_index",
        "water_mask",
    ),
}

__getattr__, __dir__, __all__ = lazy(__name__, _HOMES)

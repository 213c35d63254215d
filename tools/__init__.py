"""The helper package behind *Places as Vectors: satellite embeddings in practice*.

Lessons import from here: ``from tools import kmeans_clustering, run_rf_classifier``. A name is looked up in
its room only when it is asked for, so that ``import tools`` costs nothing.
"""

from importlib import import_module

_HOMES = {
    "tables": ["filter_table", "get_embedding_cols", "join_tables"],
    "clustering": ["closest_lsoas_to_cluster", "kmeans_clustering", "show_cluster_labels"],
    "kmeans": ["kmeans_many_starts", "name_clusters"],
    "projection": ["class_separation", "umap_view", "view_trustworthiness"],
    "typology": [
        "AGE_BANDS",
        "cluster_summary",
        "clustergram_of",
        "cosine_to",
        "export_buildings",
        "mean_profile",
        "most_similar",
        "propensities",
        "recode_characteristics",
        "recoding_counts",
    ],
    "modelling": [
        "blocked_folds",
        "boosting_classifier",
        "classification_report_table",
        "compare_models",
        "comparison_table",
        "describe_folds",
        "explain_forest",
        "grouped_folds",
        "paired_differences",
        "random_folds",
        "run_rf_classifier",
        "summarise",
    ],
    "maps": [
        "class_palette",
        "classify_for_mapping",
        "composite",
        "make_webmap_general",
        "map_buildings",
        "map_closest_lsoas",
        "map_swipe",
        "parse_reference_points",
        "plot_change",
        "plot_change_panels",
        "plot_change_years",
        "plot_class_raster",
        "plot_clustergram",
        "plot_composites",
        "plot_confusion",
        "plot_embedding_distances",
        "plot_embedding_view",
        "plot_feature_importance",
        "plot_maps_beside",
        "plot_model_comparison",
        "plot_noise_floor",
        "plot_points_map",
        "plot_propensity",
        "plot_roc",
        "plot_shap",
        "plot_simple_map",
        "plot_year_matrix",
        "show_two_maps_side_by_side",
        "use_course_style",
    ],
    "change": [
        "agreement",
        "areas_mask",
        "change_between",
        "change_statistics",
        "change_year",
        "export_change",
        "find_hotspots",
        "noise_floor",
        "optical_change",
        "relative_change",
        "roc",
        "score_hotspots",
        "similarity_matrix",
    ],
    "extraction": [
        "available_years",
        "classify_region",
        "consolidate",
        "extract_embeddings",
        "pixel_count",
        "sample_pixels",
    ],
}
_HOME_OF = {name: room for room, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str):
    if name in _HOME_OF:
        return getattr(import_module(f"tools.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'tools' has no attribute {name!r}; it offers {', '.join(__all__)}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]

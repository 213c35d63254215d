"""Every picture that the course draws: static figures, interactive charts and web maps in one style.

Names are loaded when they are first used, so that a page that only wants the palette does not wait for
matplotlib and geopandas.
"""

from tools.doors import lazy

_HOMES = {
    "buildings": ("BuildingMap", "map_buildings"),
    "change": ("plot_noise_floor", "plot_roc", "plot_year_matrix"),
    "classes": ("classify_for_mapping",),
    "colours": ("class_palette",),
    "comparison": ("plot_model_comparison",),
    "composites": ("composite", "plot_composites"),
    "evidence": ("plot_confusion", "plot_shap"),
    "fields": ("plot_change", "plot_change_panels", "plot_change_years", "plot_maps_beside"),
    "figures": ("plot_embedding_distances", "plot_feature_importance", "plot_simple_map"),
    "ground": ("plot_class_raster", "plot_points_map"),
    "lookalikes": ("LookAlikes", "map_look_alikes"),
    "looks": ("plot_aggregations", "plot_neighbour_cities", "plot_precision_at_k"),
    "linked": ("plot_linked",),
    "partitions": ("plot_growth", "plot_partitions"),
    "patches": ("PatchColours", "patch_colours"),
    "points": ("ReferencePoint", "parse_reference_points"),
    "profiles": ("plot_clustergram", "plot_propensity"),
    "scenes": ("plot_classes_beside", "plot_scenes", "plot_spectra"),
    "style": ("use_course_style",),
    "swipe": ("map_swipe",),
    "tiles": ("plot_patch_map", "plot_tile_bands"),
    "views": ("plot_embedding_view",),
    "webmap": ("WebMap",),
    "webmaps": ("make_webmap_general", "map_closest_lsoas", "show_two_maps_side_by_side"),
    "world": ("plot_location_dimensions", "plot_world_view"),
}

__getattr__, __dir__, __all__ = lazy(__name__, _HOMES)

"""Places that look alike: cities and their tiles, pictures without clouds, vectors, and what is near to what.

Names are loaded when they are first used, so that a lesson does not wait for what it does not ask.
"""

from tools.doors import lazy

_HOMES = {
    "aggregation": ("METHODS", "aggregate", "contrasted", "patch_spread", "summaries"),
    "dominant": ("dominant_cluster",),
    "embedding": ("PatchSource", "embed_tiles"),
    "layout": ("world_layout",),
    "location": ("LocationUndecidedError", "location_bias", "without_location"),
    "rank_correlation": ("rank_correlations",),
    "judging": (
        *("chance_precision", "groups_reached", "hits_at_k", "precision_at_k", "precision_table"),
        *("recall_at_k", "same_group_share"),
    ),
    "retrieval": ("exact_neighbours",),
    "cities": ("choose_cities",),
    "pipeline": ("Pipeline",),
    "store": ("SCHEMA", "read_vectors"),
    "worlds": ("World", "open_world"),
    "encoder": ("TerraMindEncoder", "load_encoder"),
    "patches": ("EncodedPatches",),
    "weights": ("WeightsError", "encoder_available"),
    "imagery": ("compose_tiles", "read_composite"),
    "index": ("Hit", "TileIndex", "TileIndexError", "build_index", "open_index", "restore"),
}

__getattr__, __dir__, __all__ = lazy(__name__, _HOMES)

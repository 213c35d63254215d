"""What is nearest to what among very many tiles: one interface, three places to keep the vectors.

Qdrant Edge runs inside this process and needs nothing else; a Qdrant server serves many; plain NumPy compares
with every tile and is what the others are held against.

Names are loaded when they are first used, so that a lesson does not wait for what it does not ask.
"""

from tools.doors import lazy

_HOMES = {
    "opening": ("build_index", "default_place", "open_index"),
    "snapshots": ("restore",),
    "interface": ("Health", "Hit", "TileIndex"),
    "errors": (
        "IndexDamagedError",
        "IndexExistsError",
        "IndexGoneError",
        "IndexLockedError",
        "NoIndexError",
        "NoMethodError",
        "TileIndexError",
        "UnknownTileError",
        "WrongVectorError",
    ),
}

__getattr__, __dir__, __all__ = lazy(__name__, _HOMES)

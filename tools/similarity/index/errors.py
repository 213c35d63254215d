"""What can go wrong with an index of tiles: a name for each, so that callers can tell them apart."""

from __future__ import annotations


class TileIndexError(Exception):
    """Something is wrong with an index of tiles, or with what was asked of it."""


class NoIndexError(TileIndexError):
    """There is no index where one was looked for."""


class IndexExistsError(TileIndexError):
    """There is an index with other content already."""


class IndexLockedError(TileIndexError):
    """Another process, or another part of this one, holds the index's folder."""


class IndexDamagedError(TileIndexError):
    """The index's files, or a server's collections, are not what was written."""


class IndexGoneError(TileIndexError):
    """The index was closed, or its server does not answer, or not in time, or refuses."""


class NoMethodError(TileIndexError, LookupError):
    """The index holds no vectors under that method's name."""


class UnknownTileError(TileIndexError, LookupError):
    """The index has no such tile."""


class WrongVectorError(TileIndexError, ValueError):
    """A vector has another length than those of the index, or no direction."""

"""What all routes share: the data that the holder opened, what was prepared of them, and the settings."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from tools.explorer.models import Method, Methods
from tools.explorer.payloads import layout, locations
from tools.explorer.prepared import Prepared
from tools.explorer.settings import Settings
from tools.explorer.table import Table
from tools.similarity.index import TileIndexError

if TYPE_CHECKING:
    from tools.explorer.holding import Holder
    from tools.similarity.index import TileIndex

USUAL = "dominant"
"""The method that is asked by where nobody chose: the one that the tiles are laid out by."""

PACK = "application/octet-stream"

_WORDS = {
    "mean": ("Mean", "The mean of all patches of a tile."),
    "median": ("Median", "The median of all patches, number by number: a few odd patches do not move it."),
    "dominant": (
        "Commonest kind",
        "Patches of a tile are parted in three kinds; this is the mean of the largest: what most of it is.",
    ),
    "contrastive": ("Contrast", "The mean less the mean of the whole world: what sets a tile apart."),
}


class State:
    """What an application was made with.

    Parameters
    ----------
    settings : Settings
        How it runs.
    holder : tools.explorer.holding.Holder
        Opened data and index.
    """

    def __init__(self, settings: Settings, holder: Holder) -> None:
        self.settings, self.holder = settings, holder
        self.began = time.monotonic()
        self.table = Table(holder.tiles)
        self.locations = Prepared(locations(holder.tiles), PACK)
        self.umap = Prepared(layout(holder.tiles, holder.layout), PACK)
        self.statistics = Prepared(self.table.statistics().model_dump_json().encode(), "application/json")
        self._methods: Methods | None = None

    async def methods(self, *, anew: bool = False) -> Methods:
        """Return the methods, as the index said when it last could.

        Parameters
        ----------
        anew : bool, optional
            Ask the index again, though it was asked before.

        Returns
        -------
        Methods

        Raises
        ------
        TileIndexError
            If the index cannot be asked, and never could.
        """
        if self._methods is None or anew:
            try:
                self._methods = described(await self.holder.search(_held))
            except TileIndexError:
                # What it holds is known from before; whether it answers is for /health to say.
                if self._methods is None:
                    raise
        return self._methods


def _held(index: TileIndex) -> dict[str, tuple[int, int]]:
    """Tiles and dimensions of each method."""
    return {method: (index.count(method), index.dimension(method)) for method in index.methods()}


def described(held: dict[str, tuple[int, int]]) -> Methods:
    """Put methods into words.

    Parameters
    ----------
    held : dict
        Tiles and dimensions by the name of each method that there are vectors for.

    Returns
    -------
    Methods
        Those, and the course's others as not available.

    Examples
    --------
    >>> described({"mean": (24, 707)}).default
    'mean'
    """
    words = _WORDS | {name: (name, "Vectors of the index's own.") for name in held if name not in _WORDS}
    methods = [
        Method(
            name=name,
            title=title,
            describes=describes,
            available=name in held,
            tiles=held.get(name, (0, 0))[0],
            dimensions=held.get(name, (0, 0))[1],
        )
        for name, (title, describes) in words.items()
    ]
    usual = USUAL if USUAL in held else next(method.name for method in methods if method.available)
    return Methods(default=usual, methods=methods)


async def _state(request: Request) -> State:  # not async, it would be sent to a thread
    return request.app.state.explorer


Shared = Annotated[State, Depends(_state)]
"""For a route's parameter: the application's state."""

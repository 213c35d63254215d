"""Patches of tiles from their pictures: what the invented world computes, an encoder sees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tools.similarity.encoder import TerraMindEncoder
from tools.similarity.imagery import read_composite


class EncodedPatches:
    """The vectors of patches, encoded from the pictures in a folder when they are asked for.

    Parameters
    ----------
    folder : path
        As `tools.similarity.compose_tiles` fills it.
    encoder : TerraMindEncoder
        Of `tools.similarity.load_encoder`.
    batch_size : int, optional
        Tiles at once.
    """

    def __init__(self, folder: Path | str, encoder: TerraMindEncoder, *, batch_size: int = 8):
        self.folder, self.encoder, self.batch_size = Path(folder), encoder, batch_size

    def patches(self, tiles: pd.DataFrame) -> NDArray[np.float32]:
        """Return the vectors of all patches of tiles.

        Parameters
        ----------
        tiles : pandas.DataFrame
            With ``tile_id``.

        Returns
        -------
        array of float32, shape (n_tiles, 196, 768)

        Raises
        ------
        FileNotFoundError
            If a tile has no picture.
        """
        chips = np.stack([read_composite(self.folder, tile_id).to_numpy() for tile_id in tiles["tile_id"]])
        return self.encoder.encode(chips, batch_size=self.batch_size)

    def describe(self) -> dict[str, Any]:
        """Return what tells these vectors from others, as JSON holds it."""
        return self.encoder.describe()

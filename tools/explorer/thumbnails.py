"""Small pictures of tiles: from above where there are pictures, else their patches in colours."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from rasterio.errors import RasterioIOError

from tools.maps.composites import stretched
from tools.maps.patches import patch_colours
from tools.similarity import PatchSource
from tools.similarity.imagery import read_composite

SIDE = 112
"""Pixels across a picture from above: half of a tile's."""

OF_PATCHES = (
    "The small pictures are not photographs: each square is a patch, and patches that the model describes "
    "alike have like colours, in all tiles. What is left out of a search gives no colour."
)
OF_COMPOSITES = (
    "The small pictures are what the model was given, without clouds, in the colours that an eye sees."
)
_KEPT = 4_096
_LEARNED_FROM = 48  # tiles, spread over all
_SEEN = ("B04", "B03", "B02")
_STRETCH = (200, 2_800)  # of reflectance times 10,000: cities are bright, and clouds are not there


class PictureDamagedError(Exception):
    """A tile's picture is there, and cannot be read."""


class Thumbnails:
    """Pictures of tiles by their numbers; made when they are asked for, and the last few thousand kept.

    Parameters
    ----------
    paint : callable, optional
        Given a tile's number, returns its picture (uint8, height × width × 3), or None where there is none.
        Without it there are no pictures at all.
    note : str
        What they show, for a reader.

    Examples
    --------
    >>> pictures = Thumbnails(lambda tile_id: np.zeros((14, 14, 3), np.uint8) if tile_id == 7 else None)
    >>> pictures.available, pictures.png(7)[:4], pictures.png(8)
    (True, b'\\x89PNG', None)
    """

    def __init__(
        self, paint: Callable[[int], NDArray[np.uint8] | None] | None = None, note: str = ""
    ) -> None:
        self.available = paint is not None
        self.note = note
        self._paint = paint
        self._kept = lru_cache(_KEPT)(self._made)

    def png(self, tile_id: int) -> bytes | None:
        """Return a tile's picture.

        Parameters
        ----------
        tile_id : int
            Its number.

        Returns
        -------
        bytes or None
            A PNG; None where there is none.
        """
        return self._kept(tile_id)

    def pixels(self, tile_id: int) -> NDArray[np.uint8] | None:
        """Return a tile's picture as numbers.

        Parameters
        ----------
        tile_id : int
            Its number.

        Returns
        -------
        array of uint8, shape (height, width, 3), or None
        """
        return self._paint(tile_id) if self._paint else None

    def _made(self, tile_id: int) -> bytes | None:
        picture = self.pixels(tile_id)
        if picture is None:
            return None
        written = io.BytesIO()
        Image.fromarray(picture).save(written, "PNG", optimize=True)
        return written.getvalue()


def of_patches(
    tiles: pd.DataFrame, source: PatchSource, looks: NDArray[np.bool_] | None = None
) -> Thumbnails:
    """Return pictures with a pixel a patch, whose colours can be compared between tiles.

    Colours of all dimensions would tell first where a tile lies: look-alikes would not look alike.

    Parameters
    ----------
    tiles : pandas.DataFrame
        A row a tile, as `tools.similarity.World` has them.
    source : tools.similarity.PatchSource
        Where their patches come from.
    looks : array of bool, shape (n_dimensions,), optional
        Dimensions that a search counts; by default all.

    Returns
    -------
    Thumbnails
    """
    rows = {tile_id: row for row, tile_id in enumerate(tiles["tile_id"].tolist())}
    lock = threading.Lock()  # a source need not bear several threads at once

    spread = np.linspace(0, len(tiles) - 1, min(_LEARNED_FROM, len(tiles))).astype(int)
    counted = slice(None) if looks is None else np.flatnonzero(looks)
    colours = patch_colours(source.patches(tiles.iloc[spread])[..., counted])

    def paint(tile_id: int) -> NDArray[np.uint8] | None:
        row = rows.get(tile_id)
        if row is None:
            return None
        with lock:
            return colours.paint(source.patches(tiles.iloc[[row]])[..., counted])[0]

    return Thumbnails(paint, OF_PATCHES)


def of_composites(folder: Path) -> Thumbnails:
    """Return pictures from above, of the cloud-free pictures in a folder.

    Parameters
    ----------
    folder : pathlib.Path
        As given to `tools.similarity.compose_tiles`.

    Returns
    -------
    Thumbnails
        A tile without a picture there has none here.
    """

    def paint(tile_id: int) -> NDArray[np.uint8] | None:
        try:
            picture = read_composite(folder, tile_id)
        except FileNotFoundError:
            return None
        except RasterioIOError as error:
            raise PictureDamagedError(
                f"the picture of tile {tile_id} in {folder} cannot be read ({error}): delete it and run "
                "`course similarity imagery` again"
            ) from error
        step = max(1, picture.sizes["x"] // SIDE)
        bands = picture.sel(band=list(_SEEN))[:, ::step, ::step].transpose("y", "x", "band")
        values = bands.where(bands != bands.rio.nodata).to_numpy()
        return np.rint(stretched(values, _STRETCH)[..., :3] * 255).astype(np.uint8)

    return Thumbnails(paint, OF_COMPOSITES)

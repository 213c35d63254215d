"""Where the tiles of a data set of pixels lie, and which there are."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tools.sources import cache
from tools.sources.entries import DataSet
from tools.sources.errors import DataError

if TYPE_CHECKING:
    import geopandas as gpd


class Mosaic(NamedTuple):
    """Tiles of embeddings: the folder or URL of ``…/v1/annual`` that they lie under, and their index."""

    root: str | Path
    index: gpd.GeoDataFrame


def located(data_set: DataSet, road: str, index: Path) -> Mosaic:
    """Return the tiles of a data set, as `tools.alphaearth` takes them.

    Parameters
    ----------
    data_set : DataSet
        Of kind cube.
    road : str
        The origin that its index came by.
    index : pathlib.Path
        The index on this machine.

    Returns
    -------
    Mosaic
        The root is the index's own folder where all of it is on this machine, else where it is published.

    Raises
    ------
    DataError
        If the index cannot be read.

    Examples
    --------
    >>> from tools.sources import find
    >>> located(find("london-alphaearth"), "sample", Path("no/index.parquet"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    tools.sources.errors.DataError: the index no/index.parquet cannot be read (...
    """
    published = cache.mirrored(data_set, "") or str(data_set.origin(road).options["root"])
    root = index.parent if road == "sample" else published
    changed = index.stat().st_mtime_ns if index.is_file() else 0
    return Mosaic(root, _index(index, changed))


@lru_cache(maxsize=2)
def _index(path: Path, _changed: int) -> gpd.GeoDataFrame:
    from tools.alphaearth.layout import read_index

    try:
        return read_index(path.parent)
    except (ValueError, OSError) as error:
        raise DataError(
            f"the index {path} cannot be read ({error}); delete it, so that it is fetched again"
        ) from error

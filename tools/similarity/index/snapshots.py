"""A whole index in one file, whatever kind it came from, for whatever kind it goes to."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from tools.files import appearing
from tools.similarity.index.content import PAYLOAD, Content, checked_content
from tools.similarity.index.errors import IndexDamagedError, NoIndexError
from tools.similarity.index.opening import put

_VECTORS = "vectors_"


def write_snapshot(path: Path, contents: Iterable[Content]) -> Path:
    """Write contents, one method after another; `TileIndex.snapshot` says the rest."""
    with appearing(path) as unfinished, zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
        first: Content | None = None
        for content in contents:
            if first is None:
                first = content
                for name, column in content.places.columns().items():
                    _save(archive, name, column)
            elif not np.array_equal(content.places.tile_id, first.places.tile_id):
                raise IndexDamagedError(
                    f"{content.method} and {first.method} are not of the same tiles: build the index again"
                )
            _save(archive, _VECTORS + content.method, content.vectors)
    return path


def restore(path: Path | str, where: str | Path | None = None, *, replace: bool = False) -> None:
    """Make an index from a snapshot.

    Parameters
    ----------
    path : pathlib.Path or str
        What `TileIndex.snapshot` wrote, from an index of any kind.
    where : str, pathlib.Path or None, optional
        Where to, as for `build_index`.
    replace : bool, optional
        Replace an index that holds something else.

    Raises
    ------
    NoIndexError
        If there is no such file.
    IndexDamagedError
        If it is cut short, its bytes are not what was written, or it is no snapshot.
    IndexExistsError, IndexLockedError, IndexGoneError
        As for `build_index`.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from tools.similarity.index import build_index, open_index
    >>> tiles = pd.DataFrame({"tile_id": [7, 8], "city_id": 1, "country_code": "FR", "continent": "Europe"})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     build_index(f"exact:{folder}/first", tiles, {"mean": np.eye(2)})
    ...     with open_index(f"exact:{folder}/first") as index:
    ...         file = index.snapshot(f"{folder}/snapshot.npz")
    ...     restore(file, f"exact:{folder}/second")
    ...     with open_index(f"exact:{folder}/second") as index:
    ...         index.count("mean")
    2
    """
    path = Path(path)
    try:
        # Every member's checksum is compared as it is read.
        with np.load(path, allow_pickle=False) as archive:
            columns = {name: archive[name] for name in ("tile_id", *PAYLOAD)}
            names = [name for name in archive.files if name.startswith(_VECTORS)]
            vectors = {name.removeprefix(_VECTORS): archive[name] for name in names}
    except FileNotFoundError:
        raise NoIndexError(f"there is no snapshot {path}: write one with index.snapshot(path)") from None
    except (OSError, ValueError, EOFError, KeyError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise IndexDamagedError(f"{path} is no whole snapshot ({error}): take another copy of it") from error
    import pandas as pd

    put(where, checked_content(pd.DataFrame(columns), vectors), replace=replace)


def _save(archive: zipfile.ZipFile, name: str, array: np.ndarray) -> None:
    # With a date of its own, the same content would make other bytes each time.
    member = zipfile.ZipInfo(f"{name}.npy")
    with archive.open(member, "w", force_zip64=True) as file:
        np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)

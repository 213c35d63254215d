"""The sample: made once on this machine, recorded in a manifest, and made again when it no longer fits."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from tools import places
from tools.sources.checksums import digest
from tools.sources.disk import make_folder, room_for
from tools.sources.entries import DataSet
from tools.sources.errors import DataError
from tools.sources.lock import only_one
from tools.sources.progress import teller

SEED = 42
ROOM = {"full": 1_500_000_000}
"""Bytes that a size takes; 200 MB where nothing is said."""
MANIFEST = "manifest.json"


def folder_of(data_set: DataSet, size: str | None = None) -> Path:
    """Return the folder that holds the sample of a data set's place.

    Parameters
    ----------
    data_set : DataSet
        The data set.
    size : str, optional
        One of its sizes, where it has any; each has a folder of its own.

    Returns
    -------
    pathlib.Path

    Examples
    --------
    >>> from tools.sources import find
    >>> folder_of(find("london-lsoa")).parts[-2:]
    ('sample', 'london')
    """
    name = str(data_set.origin("sample").options["place"])
    chosen = data_set.size(size)
    return places.cache_dir() / "sample" / (f"{name}-{chosen}" if chosen else name)


def ensure(data_set: DataSet, *, size: str | None = None, progress: bool | None = None) -> list[Path]:
    """Return the sample's files of a data set, making its place first where that is needed.

    Whole places are made: the files of one place belong together. A place is made in a folder of its own,
    which takes the right name only when it is complete.

    Parameters
    ----------
    data_set : DataSet
        The data set.
    size : str, optional
        One of its sizes.
    progress : bool, optional
        Whether to say that the sample is being made; by default where standard error is a terminal.

    Returns
    -------
    list of pathlib.Path

    Raises
    ------
    DataError
        If the sample cannot be written, or the generator does not make what the catalogue lists.

    Examples
    --------
    >>> from tools.sources import find
    >>> ensure(find("london-socioeconomic"))  # doctest: +SKIP
    [PosixPath('…/sample/london/london-socioeconomic.csv')]
    """
    from tools import sample

    origin, folder, size = data_set.origin("sample"), folder_of(data_set, size), data_set.size(size)
    place = str(origin.options["place"])
    version = sample.generator_version(place)
    if _fits(folder, version) is not None:
        return [folder / file.name for file in origin.files]
    make_folder(folder.parent)
    with only_one(folder):
        if _fits(folder, version) is None:
            _make(place, folder, size, version, progress)
    absent = [file.name for file in origin.files if not (folder / file.name).is_file()]
    if absent:
        raise DataError(
            f"the sample generator did not make {', '.join(absent)}, which data/catalog.yml lists for "
            f"'{data_set.name}'; correct the catalogue or tools/sample"
        )
    return [folder / file.name for file in origin.files]


def states(data_set: DataSet, *, size: str | None = None) -> dict[Path, str]:
    """Tell for each of a data set's sample files whether it is there and as it was made, reading all of it.

    Parameters
    ----------
    data_set : DataSet
        The data set.
    size : str, optional
        One of its sizes.

    Returns
    -------
    dict of pathlib.Path to {"ok", "missing", "changed"}
        A cube's files include its tiles.

    Examples
    --------
    >>> from tools.sources import find
    >>> set(states(find("london-socioeconomic")).values()) <= {"ok", "missing", "changed"}
    True
    """
    folder = folder_of(data_set, size)
    made = (_manifest(folder) or {}).get("files", {})
    found = {}
    for name in _belonging(data_set, made):
        path = folder / name
        if not path.is_file():
            found[path] = "missing"
        else:
            found[path] = "ok" if made.get(name, {}).get("sha256") == digest(path) else "changed"
    return found


def _belonging(data_set: DataSet, made: Mapping[str, object]) -> list[str]:
    listed = [file.name for file in data_set.origin("sample").files]
    root = data_set.origin("sample").options.get("root")
    below = [name for name in made if root and name.startswith(f"{root}/") and name not in listed]
    return [*listed, *sorted(below)]


def _make(place: str, folder: Path, size: str | None, version: str, progress: bool | None) -> None:
    from tools import sample

    for remains in folder.parent.glob(f".{folder.name}.making-*"):
        shutil.rmtree(remains)
    making = folder.with_name(f".{folder.name}.making-{os.getpid()}")
    what = f"the sample of {place}" + (f", size {size}" if size else "")
    try:
        room = room_for(making, ROOM.get(size or "", 200_000_000), label=what)
        with room, teller(f"Making {what}, once", progress) as tell:
            sample.make(place, making, seed=SEED, progress=tell, **({"size": size} if size else {}))
            _write_manifest(making, place, version)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(making, folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _write_manifest(folder: Path, place: str, version: str) -> None:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = {}
    for path in paths:
        stat = path.stat()
        record = {"sha256": digest(path), "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
        files[path.relative_to(folder).as_posix()] = record
    manifest = {"place": place, "seed": SEED, "generator": version, "files": files}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1))


def _manifest(folder: Path) -> dict | None:
    try:
        return json.loads((folder / MANIFEST).read_text())
    except FileNotFoundError:
        return None
    except ValueError:  # a damaged manifest vouches for nothing, so the sample is made again
        return None


def _fits(folder: Path, version: str) -> dict | None:
    """Return the manifest if the folder holds what this generator makes; sizes and times stand for bytes."""
    manifest = _manifest(folder)
    if not manifest or manifest.get("generator") != version or manifest.get("seed") != SEED:
        return None
    for name, record in manifest["files"].items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != record["size"]:
            return None
        touched = path.stat().st_mtime_ns != record["mtime_ns"]
        if touched and digest(path) != record["sha256"]:
            return None
    return manifest

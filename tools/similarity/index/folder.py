"""An index in a folder: parts that are whole or not there, a list of them, and a lock.

::

    index.json           which parts there are; it is written last, and all at once
    mean-0123456789abcdef/
        part.json        of what, and the size and SHA-256 of every file of the part
        …                the vectors, as the kind of index keeps them
    .lock                held by the one process that may write, or that has the vectors open for itself
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from tools.files import appearing
from tools.locks import acquire
from tools.similarity.index.content import Content
from tools.similarity.index.errors import IndexDamagedError, IndexExistsError, IndexLockedError, NoIndexError

LIST, PART = "index.json", "part.json"
FORMAT = 1
_OURS = re.compile(r"[a-z][a-z0-9_]*-[0-9a-f]{16}|\..*\.part")


@dataclass(frozen=True)
class Part:
    """The vectors of one method, as they lie in a folder of their own.

    Parameters
    ----------
    method : str
        Its name.
    fingerprint : str
        Of the content.
    dimension, count : int
        Numbers of a vector, and how many vectors.
    files : dict of str to (int, str)
        Size and SHA-256 of every file, by its path within the part.
    """

    method: str
    fingerprint: str
    dimension: int
    count: int
    files: dict[str, tuple[int, str]]

    @property
    def name(self) -> str:
        """The part's folder."""
        return f"{self.method}-{self.fingerprint}"


class FolderLock:
    """The lock of an index's folder, which ends with the process that holds it.

    Parameters
    ----------
    folder : pathlib.Path
        The index's folder; it exists.

    Raises
    ------
    IndexLockedError
        If it is held, by this process or by another.
    """

    def __init__(self, folder: Path) -> None:
        self._file: IO[str] = (folder / ".lock").open("a+", encoding="utf-8")
        if not acquire(self._file.fileno()):
            holder = _holder(self._file)
            self._file.close()
            who = "this process" if holder == os.getpid() else f"process {holder}" if holder else "a process"
            raise IndexLockedError(
                f"the index in {folder} is held by {who}: close it there (index.close()), or run a Qdrant "
                "server and set COURSE_QDRANT_URL, since one process at a time can use the embedded index"
            )
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def close(self) -> None:
        """Let go."""
        self._file.close()

    def __enter__(self) -> FolderLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_parts(folder: Path, kind: str) -> dict[str, Part]:
    """Read which vectors a folder holds.

    Parameters
    ----------
    folder : pathlib.Path
        The index's folder.
    kind : {"edge", "exact"}
        Which kind of index it should be.

    Returns
    -------
    dict of str to Part
        By method.

    Raises
    ------
    NoIndexError
        If there is none, or it is of another kind.
    IndexDamagedError
        If what describes it cannot be read.
    """
    found = kind_of(folder)
    if found != kind:
        raise NoIndexError(f"the index in {folder} is of the kind {found!r}: open it as '{found}:{folder}'")
    return {part.method: part for part in (_read_part(folder / name) for name in _read_list(folder)["parts"])}


def kind_of(folder: Path) -> str:
    """Return which kind of index is in a folder; raise `NoIndexError` where there is none."""
    return str(_read_list(folder)["kind"])


def faults(folder: Path, parts: Mapping[str, Part], *, thorough: bool = False) -> list[str]:
    """Return what is wrong with the files of some parts.

    Parameters
    ----------
    folder : pathlib.Path
        The index's folder.
    parts : mapping of str to Part
        By method.
    thorough : bool, optional
        Compare their bytes too, and not their sizes alone.

    Returns
    -------
    list of str
        A sentence a file; empty where nothing is wrong.
    """
    wrong = []
    for part in parts.values():
        for name, (size, digest) in part.files.items():
            path = folder / part.name / name
            there = path.stat().st_size if path.is_file() else None
            if there is None:
                wrong.append(f"{path} is missing")
            elif there != size:
                wrong.append(f"{path} has {there:,} bytes instead of {size:,}")
            elif thorough and _digest(path) != digest:
                wrong.append(f"{path} holds other bytes than were written")
    return wrong


def damaged(folder: Path, wrong: list[str]) -> IndexDamagedError:
    """Return the error that says what is wrong, and what to do."""
    more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    return IndexDamagedError(
        f"the index in {folder} is damaged: {wrong[0]}{more}. Delete the folder and build it again "
        "(build_index, or restore from a snapshot)"
    )


def write_folder(
    folder: Path,
    kind: str,
    contents: list[Content],
    write_part: Callable[[Content, Path], None],
    *,
    replace: bool,
    left_out: frozenset[str] = frozenset(),
) -> None:
    """Make a folder hold some content, and nothing else; leave it alone where it does.

    Parameters
    ----------
    folder : pathlib.Path
        Where. It is made where it is not there.
    kind : {"edge", "exact"}
        Which kind of index.
    contents : list of Content
        What.
    write_part : callable
        Given a content and an empty folder, writes the one into the other.
    replace : bool
        Whether an index with other content may be replaced.
    left_out : frozenset of str, optional
        Files that change when they are only read, and are not watched for damage.

    Raises
    ------
    IndexExistsError
        If the folder holds an index of another kind or other content, and `replace` is False.
    IndexLockedError
        If it is in use.
    IndexDamagedError
        If what is there cannot be read, and `replace` is False.

    Notes
    -----
    Readers see the old index or the new one. A part is written under another name and gets its own when it is
    whole, so a process that is killed leaves whole parts, which the next one takes as they are.
    """
    wanted = {content.method: f"{content.method}-{content.fingerprint}" for content in contents}
    if _serves(folder, kind, wanted, replace):
        return
    folder.mkdir(parents=True, exist_ok=True)
    with FolderLock(folder):
        for content in contents:
            home = folder / wanted[content.method]
            if not _whole(home):
                _write_part(home, content, write_part, left_out)
        with appearing(folder / LIST) as unfinished:
            listed = {"format": FORMAT, "kind": kind, "parts": sorted(wanted.values())}
            unfinished.write_text(json.dumps(listed, indent=1) + "\n", "utf-8")
        for path in folder.iterdir():
            if path.is_dir() and _OURS.fullmatch(path.name) and path.name not in wanted.values():
                shutil.rmtree(path)


def _serves(folder: Path, kind: str, wanted: Mapping[str, str], replace: bool) -> bool:
    """Whether the folder holds just what is wanted; raise where it holds something else that must stay."""
    try:
        found = kind_of(folder)
        parts = read_parts(folder, found)
    except NoIndexError:
        return False
    except IndexDamagedError:
        if replace:
            return False
        raise
    same = found == kind and {method: part.name for method, part in parts.items()} == wanted
    if not same and not replace:
        raise IndexExistsError(
            f"{folder} holds another index ({found}: {', '.join(sorted(parts))}): pass replace=True to "
            "replace it, or choose another place"
        )
    return same and not faults(folder, parts)


def _write_part(
    home: Path, content: Content, write_part: Callable[[Content, Path], None], left_out: frozenset[str]
) -> None:
    unfinished = home.with_name(f".{home.name}.part")
    for old in (unfinished, home):
        if old.exists():
            shutil.rmtree(old)
    unfinished.mkdir()
    write_part(content, unfinished)
    paths = sorted(path for path in unfinished.rglob("*") if path.is_file() and path.name not in left_out)
    files = {path.relative_to(unfinished).as_posix(): (path.stat().st_size, _digest(path)) for path in paths}
    count, dimension = content.vectors.shape
    part = Part(content.method, content.fingerprint, dimension, count, files)
    with appearing(unfinished / PART) as description:
        description.write_text(json.dumps(asdict(part), indent=1) + "\n", "utf-8")
    unfinished.rename(home)


def _whole(home: Path) -> bool:
    """Whether a part was written to its end, and is what it was."""
    if not home.is_dir():
        return False
    try:
        part = _read_part(home)
    except IndexDamagedError:
        return False
    return part.name == home.name and not faults(home.parent, {part.method: part})


def _read_list(folder: Path) -> dict:
    try:
        listed = json.loads((folder / LIST).read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise NoIndexError(
            f"there is no index in {folder}: build one with build_index, restore one from a snapshot, or run "
            "`course similarity index`"
        ) from None
    except (ValueError, OSError) as error:
        raise damaged(folder, [f"{LIST} cannot be read ({error})"]) from error
    if not isinstance(listed, dict) or not {"format", "kind", "parts"} <= listed.keys():
        raise damaged(folder, [f"{LIST} is no list of an index's parts"])
    if listed["format"] != FORMAT:
        raise damaged(folder, [f"its format is {listed['format']!r}, and this version reads {FORMAT}"])
    return listed


def _read_part(home: Path) -> Part:
    try:
        fields = json.loads((home / PART).read_text("utf-8"))
        fields["files"] = {name: (int(size), str(digest)) for name, (size, digest) in fields["files"].items()}
        return Part(**fields)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise damaged(home.parent, [f"{home.name}/{PART} cannot be read ({error})"]) from error


def _holder(file: IO[str]) -> int | None:
    try:
        file.seek(0)
        return int(file.read())
    except (OSError, ValueError):  # where a locked file may not be read, or its holder has not signed yet
        return None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

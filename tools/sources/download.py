"""A published file, whole and verified or not at all: resumed, retried, checked, and renamed into place."""

from __future__ import annotations

import os
from pathlib import Path

import requests

from tools.sources.checksums import Checksum
from tools.sources.disk import make_folder, room_for
from tools.sources.errors import DataError
from tools.sources.http import Patience, TryAgainError, answer, persist
from tools.sources.lock import only_one
from tools.sources.progress import Meter, meter

_CHUNK = 1 << 18


def fetch(
    url: str,
    target: Path,
    *,
    checksum: Checksum | None = None,
    size: int | None = None,
    progress: bool | None = None,
    patience: Patience | None = None,
) -> Path:
    """Bring a file to `target`, unless it is there already and is what it should be.

    The bytes go into ``<target>.part``, which a later call takes up where this one was broken off; only when
    the whole is verified and on the disk does it take its name. Several processes may ask for the same file
    at once: one fetches it, the others wait and find it there.

    Parameters
    ----------
    url : str
        ``http(s)://…``, or the path of a file in a mirror folder.
    target : pathlib.Path
        Where it goes.
    checksum : Checksum, optional
        What the bytes must be. Without it only the length that the server announces is checked, and a
        broken-off download of an earlier run is not taken up, because nothing could prove the join.
    size : int, optional
        Exact size in bytes.
    progress : bool, optional
        Whether to show a progress bar; by default where standard error is a terminal.
    patience : Patience, optional
        How hard to try.

    Returns
    -------
    pathlib.Path
        `target`.

    Raises
    ------
    DataError
        If the file cannot be had: no network, not there, not the right bytes, no room on the disk.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     source = Path(folder) / "mirror.csv"
    ...     _ = source.write_text("code,value\\n")
    ...     fetch(str(source), Path(folder) / "cache" / "demo.csv", size=11).read_text()
    'code,value\\n'
    """
    patience = patience or Patience()
    make_folder(target.parent)
    with only_one(target):
        if target.exists() and is_right(target, checksum, size):
            return target
        part = target.with_name(target.name + ".part")
        if checksum is None:
            part.unlink(missing_ok=True)
        with room_for(part, size), meter(target.name, size, progress) as shown:
            _bring(url, part, checksum, size, patience, shown)
            _settle(part, target)
    return target


def is_right(path: Path, checksum: Checksum | None, size: int | None) -> bool:
    """Tell whether an existing file is what the catalogue promises.

    Parameters
    ----------
    path : pathlib.Path
        An existing file.
    checksum : Checksum or None
        What its bytes must be; None says nothing about them.
    size : int or None
        Exact size in bytes; None says nothing about it.

    Returns
    -------
    bool
        False also where neither is known: nothing then proves that the file is right.

    Examples
    --------
    >>> is_right(Path(__file__), None, None)
    False
    """
    if checksum is None and size is None:
        return False
    if size is not None and path.stat().st_size != size:
        return False
    return checksum is None or checksum.matches(path)


def _bring(
    url: str, part: Path, checksum: Checksum | None, size: int | None, patience: Patience, shown: Meter
) -> None:
    """Fill `part` until it verifies; a whole that is wrong gets one fresh start."""
    for fresh_start in (False, True):
        if "://" in url:
            _Transfer(url, part, checksum, size, patience, shown).run()
        else:
            _copy(Path(url), part, shown)
        problem = _mismatch(part, checksum, size)
        if problem is None:
            return
        page = _looks_like_a_page(part)
        part.unlink()
        if fresh_start or "://" not in url:
            hint = (
                "it is a web page: log in to the network in a browser first, then try again"
                if page
                else "the copy there is damaged or another version; try again later, or use another mirror"
            )
            raise DataError(f"{part.stem} from {url} is not the file that was meant: {problem}; {hint}")


class _Transfer:
    """One file over HTTP, by as many answers as it takes."""

    def __init__(self, url, part, checksum, size, patience, shown):
        self.url, self.part, self.patience, self.shown = url, part, patience, shown
        self.checksum, self.size = checksum, size
        self.version: str | None = None
        self.ranges = True

    def run(self) -> None:
        what = f"{self.part.stem} ({self.url})"
        persist(self._attempt, what, self.patience, self._have)

    def _have(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _attempt(self) -> None:
        have = self._have() if self.ranges else 0
        if have and self._is_whole(have):
            return
        headers = {"Range": f"bytes={have}-"} if have else {}
        if have and self.version:
            headers["If-Range"] = self.version
        with answer(self.url, self.patience, headers=headers, accept=(200, 206, 416)) as response:
            if response.status_code == 416 or not _continues(response, have):
                # Our piece does not fit what the server has now; the next try starts from nothing.
                self.part.unlink(missing_ok=True)
                raise TryAgainError("the server could not continue the part that had arrived", wait=0.0)
            self._remember(response)
            self._write(response, have if response.status_code == 206 else 0)

    def _is_whole(self, have: int) -> bool:
        # A server may announce a wrong length: the pinned bytes count, not what it said.
        return self.checksum is not None and (self.size in (None, have)) and self.checksum.matches(self.part)

    def _remember(self, response: requests.Response) -> None:
        etag = response.headers.get("ETag", "")
        strong = etag if etag and not etag.startswith("W/") else None
        self.version = strong or response.headers.get("Last-Modified")
        # Without a promise about the bytes, only the server's own mark of the version allows a join.
        self.ranges = self.checksum is not None or self.version is not None

    def _write(self, response: requests.Response, start: int) -> None:
        length = response.headers.get("Content-Length", "")
        announced = start + int(length) if length.isdigit() else self.size
        self.shown.update(start, announced)
        with open(self.part, "r+b" if start else "wb") as file:
            file.seek(start)
            # Bytes as they come: reading in larger pieces would lose what came before a break.
            while chunk := response.raw.read1(_CHUNK, decode_content=True):
                file.write(chunk)
                self.shown.update(file.tell(), announced)
            reached = file.tell()
        encoded = response.headers.get("Content-Encoding", "identity") != "identity"
        if announced is not None and reached < announced and not encoded:
            raise TryAgainError(f"the connection broke off after {reached:,} of {announced:,} bytes")
        if self.size is not None and reached < self.size:
            raise TryAgainError(f"the server sent {reached:,} of {self.size:,} bytes")


def _continues(response: requests.Response, have: int) -> bool:
    if response.status_code != 206:
        return True
    return have > 0 and response.headers.get("Content-Range", "").startswith(f"bytes {have}-")


def _copy(source: Path, part: Path, shown: Meter) -> None:
    try:
        with open(source, "rb") as original, open(part, "wb") as copy:
            whole = source.stat().st_size
            while chunk := original.read(_CHUNK):
                copy.write(chunk)
                shown.update(copy.tell(), whole)
    except PermissionError as error:
        raise DataError(f"the mirror's file {source} may not be read; ask its owner to allow it") from error
    except (FileNotFoundError, IsADirectoryError):
        raise DataError(
            f"the mirror has no file {source}; put it there, or unset COURSE_MIRROR to use the public address"
        ) from None


def _mismatch(part: Path, checksum: Checksum | None, size: int | None) -> str | None:
    found = part.stat().st_size
    if size is not None and found != size:
        return f"it has {found:,} bytes, expected {size:,}"
    if checksum is not None and not checksum.matches(part):
        return f"its checksum is not {checksum}"
    if checksum is None and _looks_like_a_page(part):
        return "no data"
    return None


def _looks_like_a_page(part: Path) -> bool:
    with open(part, "rb") as file:
        return file.read(256).lstrip().lower().startswith((b"<!doctype html", b"<html"))


def _settle(part: Path, target: Path) -> None:
    with open(part, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(part, target)
    if os.name == "posix":
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

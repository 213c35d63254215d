"""Is a file the file that was meant? SHA-256, or the id that git gives a file's content."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

_LENGTHS = {"sha256": 64, "git_blob": 40}
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Checksum:
    """A promise about a file's bytes.

    Parameters
    ----------
    kind : {"sha256", "git_blob"}
        SHA-256 of the bytes, or the id that git gives to a file of these bytes, by which a file can be
        pinned when only its commit is known.
    digest : str
        In hexadecimal: 64 digits or 40.

    Raises
    ------
    ValueError
        If `kind` is unknown or `digest` is not a digest of that kind.

    Notes
    -----
    A git blob id is ``sha1("blob " + size + NUL + bytes)``.

    Examples
    --------
    >>> Checksum("git_blob", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391").kind
    'git_blob'
    """

    kind: str
    digest: str

    def __post_init__(self):
        if self.kind not in _LENGTHS:
            raise ValueError(f"unknown checksum '{self.kind}': it must be one of {', '.join(_LENGTHS)}")
        if not re.fullmatch(rf"[0-9a-f]{{{_LENGTHS[self.kind]}}}", self.digest):
            raise ValueError(
                f"'{self.digest}' is no {self.kind}: expected {_LENGTHS[self.kind]} digits 0-9a-f"
            )

    def matches(self, path: Path) -> bool:
        """Tell whether the file at `path` has these bytes.

        Parameters
        ----------
        path : pathlib.Path
            An existing file.

        Returns
        -------
        bool

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     empty = Path(folder) / "empty"
        ...     empty.touch()
        ...     Checksum("git_blob", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391").matches(empty)
        True
        """
        return digest(path, self.kind) == self.digest

    def __str__(self):
        return f"{self.kind} {self.digest[:12]}…"


def digest(path: Path, kind: str = "sha256") -> str:
    """Return the digest of a file.

    Parameters
    ----------
    path : pathlib.Path
        An existing file.
    kind : {"sha256", "git_blob"}
        See `Checksum`.

    Returns
    -------
    str
        Hexadecimal digits.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     empty = Path(folder) / "empty"
    ...     empty.touch()
    ...     digest(empty, "git_blob")
    'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'
    """
    with open(path, "rb") as file:
        if kind == "sha256":
            return hashlib.file_digest(file, "sha256").hexdigest()
        hasher = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
        while chunk := file.read(_CHUNK):
            hasher.update(chunk)
        return hasher.hexdigest()

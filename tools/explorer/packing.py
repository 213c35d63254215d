"""Packs: named arrays of numbers in one file, as a browser reads them without parsing.

A pack begins with ``EMB1``, then the length of its header as uint32, then the header: JSON with ``about``,
whatever is to be said, and ``arrays``, the name, dtype and length of each. The arrays follow in that order,
each from a multiple of 8 bytes on. Numbers are little-endian, as browsers' are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = b"EMB1"
DTYPES = ("uint8", "uint16", "uint32", "int8", "float32")
"""What arrays may hold: those that JavaScript has typed arrays for, and no more than are needed."""

_ALIGNED = 8
_LENGTH = np.dtype("<u4")
_START = len(MAGIC) + _LENGTH.itemsize


class PackError(ValueError):
    """Bytes that are no pack, or a pack that is cut off."""


def pack(about: Mapping[str, Any], arrays: Mapping[str, NDArray]) -> bytes:
    """Put arrays into one file.

    Parameters
    ----------
    about : mapping
        Anything that JSON holds.
    arrays : mapping of str to numpy.ndarray, one-dimensional
        By name, of one of `DTYPES`.

    Returns
    -------
    bytes
        The same for the same content.

    Raises
    ------
    ValueError
        If an array has another dtype, more than one dimension, or `about` holds a number that JSON does not
        know.

    Examples
    --------
    >>> packed = pack({"version": 1}, {"row": np.array([3, 4], np.uint8)})
    >>> packed[:4], len(packed) % 8
    (b'EMB1', 0)
    """
    entries, parts = [], []
    for name, array in arrays.items():
        array = np.asarray(array)
        if array.ndim != 1 or array.dtype.name not in DTYPES:
            raise ValueError(
                f"array {name!r} has dtype {array.dtype} and shape {array.shape}: expected one dimension of "
                f"{', '.join(DTYPES)}"
            )
        entries.append({"name": name, "dtype": array.dtype.name, "length": array.size})
        body = array.astype(array.dtype.newbyteorder("<")).tobytes()
        parts.append(body + bytes(-len(body) % _ALIGNED))
    header = json.dumps({"about": dict(about), "arrays": entries}, ensure_ascii=False, allow_nan=False,
                        separators=(",", ":")).encode()  # fmt: skip
    header += b" " * (-(_START + len(header)) % _ALIGNED)
    return b"".join([MAGIC, np.array(len(header), _LENGTH).tobytes(), header, *parts])


def unpack(packed: bytes) -> tuple[dict[str, Any], dict[str, NDArray]]:
    """Take a pack apart.

    Parameters
    ----------
    packed : bytes
        As `pack` made it.

    Returns
    -------
    about : dict
        What was said.
    arrays : dict of str to numpy.ndarray
        By name; they cannot be written to.

    Raises
    ------
    PackError
        If the bytes are no pack, or not the whole of one.

    Examples
    --------
    >>> about, arrays = unpack(pack({"version": 1}, {"row": np.array([3, 4], np.uint8)}))
    >>> about, arrays["row"].tolist()
    ({'version': 1}, [3, 4])
    """
    if packed[: len(MAGIC)] != MAGIC:
        raise PackError(f"this is no pack: it begins with {bytes(packed[:4])!r}, and a pack with {MAGIC!r}")
    if len(packed) < _START:
        raise PackError(f"the pack is cut off: {len(packed)} bytes of it are there")
    end = _START + int(np.frombuffer(packed, _LENGTH, 1, len(MAGIC))[0])
    if end > len(packed):
        raise PackError(f"the pack is cut off: its header ends at byte {end:,}, the file at {len(packed):,}")
    try:
        header = json.loads(packed[_START:end])
    except ValueError as error:
        raise PackError(f"the header of the pack is not JSON: {error}") from error
    arrays: dict[str, NDArray] = {}
    at = end
    for entry in header["arrays"]:
        if entry["dtype"] not in DTYPES:
            raise PackError(f"array {entry['name']!r} is of {entry['dtype']}, which packs do not hold")
        dtype = np.dtype(entry["dtype"]).newbyteorder("<")
        if at + entry["length"] * dtype.itemsize > len(packed):
            raise PackError(f"the pack is cut off: it ends at byte {len(packed):,}, within {entry['name']!r}")
        arrays[entry["name"]] = np.frombuffer(packed, dtype, entry["length"], at)
        at += entry["length"] * dtype.itemsize
        at += -at % _ALIGNED
    return header["about"], arrays

"""Answers that are made once and sent many times: packed, tagged, and not sent again to who has them."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping

from starlette.responses import Response

_WORTH = 0.95  # what gzip does not make smaller than this share is sent as it is


class Prepared:
    """A body with its tags, plain and gzipped.

    Parameters
    ----------
    body : bytes
        What is sent.
    media_type : str
        What it is.
    cache : str, optional
        Of ``Cache-Control``; by default a browser keeps it, and asks each time whether it is still good.
    packed : bool, optional
        Whether to try gzip on it; not for pictures.

    Examples
    --------
    >>> page = Prepared(b"a" * 1000, "text/plain")
    >>> answer = page.answer({"accept-encoding": "gzip"})
    >>> answer.headers["content-encoding"], len(answer.body) < 100
    ('gzip', True)
    >>> page.answer({"accept-encoding": "gzip", "if-none-match": answer.headers["etag"]}).status_code
    304
    """

    def __init__(self, body: bytes, media_type: str, *, cache: str = "no-cache", packed: bool = True) -> None:
        self.body, self.media_type, self.cache = body, media_type, cache
        small = gzip.compress(body, 9, mtime=0) if packed else body
        self._gzipped = small if len(small) < _WORTH * len(body) else None
        self._tag = hashlib.sha256(body).hexdigest()[:32]

    def answer(self, headers: Mapping[str, str]) -> Response:
        """Return the answer to a request.

        Parameters
        ----------
        headers : mapping of str to str
            Of the request, in small letters: ``Accept-Encoding`` and ``If-None-Match`` count.

        Returns
        -------
        starlette.responses.Response
            The body, or 304 without one where the client has it.
        """
        small = self._gzipped is not None and takes_gzip(headers.get("accept-encoding", ""))
        # A strong tag stands for bytes: so what is packed has another.
        tag = f'"{self._tag}-gzip"' if small else f'"{self._tag}"'
        said = {"ETag": tag, "Cache-Control": self.cache}
        if self._gzipped is not None:
            said["Vary"] = "Accept-Encoding"
        if _has(headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=said)
        if small:
            return Response(self._gzipped, headers={**said, "Content-Encoding": "gzip"},
                            media_type=self.media_type)  # fmt: skip
        return Response(self.body, headers=said, media_type=self.media_type)


def takes_gzip(accepted: str) -> bool:
    """Return whether a client takes gzip.

    Parameters
    ----------
    accepted : str
        Its ``Accept-Encoding``.

    Returns
    -------
    bool

    Examples
    --------
    >>> takes_gzip("br, gzip;q=0.8"), takes_gzip("gzip;q=0"), takes_gzip(""), takes_gzip("*")
    (True, False, False, True)
    """
    weights = {}
    for part in accepted.lower().split(","):
        coding, _, rest = part.partition(";")
        weights[coding.strip()] = _weight(rest)
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weight(said: str) -> float:
    name, _, value = said.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def _has(said: str, tag: str) -> bool:
    tags = {part.strip().removeprefix("W/") for part in said.split(",")}
    return tag in tags or "*" in tags

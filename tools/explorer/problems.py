"""What went wrong, as RFC 9457's problem+json: one table from errors to answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from tools.explorer.holding import BusyError
from tools.explorer.thumbnails import PictureDamagedError
from tools.similarity.index import (
    IndexDamagedError,
    IndexGoneError,
    IndexLockedError,
    NoIndexError,
    NoMethodError,
    TileIndexError,
    UnknownTileError,
)

MEDIA_TYPE = "application/problem+json"
_URN = "urn:problem-type:course-explorer:"
_SHOWN = 60  # letters of what was sent that are said back


class Problem(BaseModel):
    """Why a request has no other answer."""

    type: str = Field(description="The kind of problem; about:blank where the status says all.")
    title: str = Field(description="The kind in words.")
    status: int = Field(ge=400, le=599, description="The answer's status.")
    detail: str = Field(description="What was wrong, what was expected, and what to do.")
    instance: str = Field(description="The path that was asked for.")


class UnknownPlaceError(LookupError):
    """There is no such country, continent or city among the tiles."""


class NoThumbnailError(LookupError):
    """There is no picture of a tile."""


class OtherTilesError(Exception):
    """The index holds tiles that the table of tiles does not."""


@dataclass(frozen=True)
class Kind:
    """A kind of problem.

    Parameters
    ----------
    status : int
        Of the answer.
    word : str
        The end of its type.
    title : str
        In words.
    retry_after : int or None
        Seconds after which to try again, where that may help.
    """

    status: int
    word: str
    title: str
    retry_after: int | None = None


INVALID = Kind(422, "invalid-request", "A part of the request is not as it should be")
TOO_MANY = Kind(429, "too-many-requests", "Too many requests from one place")
WRONG_HOST = Kind(400, "wrong-host", "The server does not go by that name")
TOO_LONG = Kind(414, "address-too-long", "The address is too long")

KINDS: Mapping[type[Exception], Kind] = {
    UnknownTileError: Kind(404, "unknown-tile", "There is no such tile"),
    UnknownPlaceError: Kind(404, "unknown-place", "There is no such place"),
    NoMethodError: Kind(404, "unknown-method", "There is no such method"),
    PictureDamagedError: Kind(503, "damaged-picture", "The picture of this tile is damaged", 60),
    NoThumbnailError: Kind(404, "no-thumbnail", "There is no picture of this tile"),
    NoIndexError: Kind(503, "no-index", "There is no index to search", 10),
    IndexLockedError: Kind(503, "index-locked", "The index is in use elsewhere", 10),
    IndexDamagedError: Kind(503, "index-damaged", "The index is damaged", 10),
    IndexGoneError: Kind(503, "index-gone", "The index does not answer", 5),
    OtherTilesError: Kind(503, "other-tiles", "The index is of other tiles", 10),
    BusyError: Kind(503, "busy", "Too many searches at once", 1),
    TileIndexError: Kind(503, "index-trouble", "The index cannot be searched", 10),
}
"""The one table: what each error is answered with. Of a class and its base, the class decides."""


def problem(
    scope: Scope, kind: Kind | int, detail: str, *, retry_after: int | None = None, headers: Any = None
) -> Response:
    """Return the answer that says what went wrong.

    Parameters
    ----------
    scope : mapping
        Of the request, as ASGI has it.
    kind : Kind or int
        The kind of problem, or a status that says all.
    detail : str
        What was wrong, what was expected, and what to do.
    retry_after : int, optional
        Seconds after which to try again; by default the kind's.
    headers : mapping of str to str, optional
        More headers.

    Returns
    -------
    starlette.responses.Response

    Examples
    --------
    >>> answer = problem({"path": "/nowhere"}, 404, "there is no page at this address")
    >>> answer.status_code, json.loads(answer.body)["title"]
    (404, 'Not Found')
    """
    if isinstance(kind, int):
        status, type_, title = kind, "about:blank", HTTPStatus(kind).phrase
    else:
        status, type_, title = kind.status, _URN + kind.word, kind.title
        retry_after = retry_after or kind.retry_after
    said = {
        "type": type_,
        "title": title,
        "status": status,
        "detail": detail,
        "instance": quote(scope.get("path", ""), errors="replace")[:500],
    }
    headers = {"Cache-Control": "no-store", **(headers or {})}
    if retry_after:
        headers["Retry-After"] = str(retry_after)
    # What a client sent may hold halves of surrogate pairs, which no UTF-8 can say: so ASCII.
    return Response(json.dumps(said).encode("ascii"), status, headers, MEDIA_TYPE)


def kind_of(error: Exception) -> Kind | None:
    """Return what an error is answered with; None for one that nobody foresaw.

    Parameters
    ----------
    error : Exception
        What was raised.

    Returns
    -------
    Kind or None

    Examples
    --------
    >>> kind_of(IndexGoneError("it is closed")).status
    503
    """
    return next((KINDS[cls] for cls in type(error).__mro__ if cls in KINDS), None)


def answer_problems(app: FastAPI) -> None:
    """Make an application answer every foreseen error by the table.

    Parameters
    ----------
    app : fastapi.FastAPI
        Changed in place.
    """
    for cls in KINDS:
        app.add_exception_handler(cls, _foreseen)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI should say of a route's problems; those that any route can have are among them.

    Parameters
    ----------
    *statuses : int
        Of the route itself.

    Returns
    -------
    dict
        For ``responses=`` of a route.

    Examples
    --------
    >>> sorted(documented(404))
    [400, 404, 405, 414, 429]
    """
    said = {}
    for status in sorted({400, 405, 414, 429, *statuses}):
        said[status] = {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        if status in (429, 503):
            said[status]["headers"] = {
                "Retry-After": {
                    "description": "Seconds to wait.",
                    "required": True,
                    "schema": {"type": "integer", "minimum": 1},
                }
            }
    return said


async def _foreseen(request: Request, error: Exception) -> Response:
    kind = kind_of(error)
    if kind is None:
        raise error
    return problem(request.scope, kind, str(error), retry_after=getattr(error, "retry_after", None))


async def _plain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = {404: "there is nothing at this address; /api/v1/openapi.json lists what there is"}
    detail = said.get(error.status_code, str(error.detail))
    return problem(request.scope, error.status_code, detail, headers=error.headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first: dict[str, Mapping[str, Any]] = {}
    for fault in error.errors():  # where a value may be of several types, there is a fault for each
        first.setdefault(_name(fault), fault)
    return problem(request.scope, INVALID, "; ".join(map(_in_words, first.values())))


def _in_words(fault: Mapping[str, Any]) -> str:
    """One fault that Pydantic found: ``'limit': input should be less than or equal to 100, and is '101'``."""
    where = _name(fault)
    what = str(fault["msg"]).removeprefix("Value error, ").rstrip(".")
    if fault["type"] == "extra_forbidden":
        return f"there is no parameter {_shown(where)}"
    given = f", and is {_shown(fault['input'])}" if "input" in fault else ""
    return f"{_shown(where)}: {what[:1].lower()}{what[1:]}{given}"


def _name(fault: Mapping[str, Any]) -> str:
    """Of the parameter: a fault's place is first where it was sent, then its name."""
    return str((*fault["loc"][:2], "request")[min(1, len(fault["loc"]))])


def _shown(value: Any) -> str:
    word = ascii(value)
    return word if len(word) <= _SHOWN else f"{word[:_SHOWN]}…"

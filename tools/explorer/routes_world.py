"""Routes about the whole: what runs, whether it is well, and what a page needs to draw all tiles."""

from __future__ import annotations

import time
from functools import cache
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from tools import provenance
from tools.explorer.basemaps import basemap
from tools.explorer.land import land_geojson
from tools.explorer.models import MOST_RESULTS, Config, Health, IndexPlace, Methods, Statistics, Status
from tools.explorer.prepared import Prepared
from tools.explorer.problems import documented
from tools.explorer.state import PACK, USUAL, Shared
from tools.similarity.index import TileIndexError

router = APIRouter(tags=["world"])

PAGE_SIZE = 24
"""Look-alikes that a page shows at first."""

_PACKED = {PACK: {"schema": {"type": "string", "format": "binary"}}}
_GEOJSON = {"application/geo+json": {"schema": {"type": "object"}}}


def kept(what: str, content: dict[str, Any] | None = None) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI should say of a route whose answers a client may keep.

    Parameters
    ----------
    what : str
        The answer is.
    content : dict, optional
        Its schema by media type, where that is no model.

    Returns
    -------
    dict
        For ``responses=`` of a route.
    """
    tag = {"ETag": {"description": "Of these bytes.", "required": True, "schema": {"type": "string"}}}
    whole: dict[str, Any] = {"description": what, "headers": tag}
    if content:
        whole["content"] = content
    return {**documented(), 200: whole, 304: {"description": "What the client has is still good.",
                                              "headers": tag}}  # fmt: skip


@router.get("/status", response_model=Status, responses=documented(), summary="What runs here")
async def status(shared: Shared) -> Status:
    """Say what runs here, since when, and on which data."""
    mark = provenance.of(shared.holder.tiles)
    table = shared.table
    return Status(
        name="places-as-vectors",
        version=version("places-as-vectors"),
        synthetic=bool(mark and mark.synthetic),
        notice=mark.notice if mark else "",
        tiles=len(table),
        cities=len(table.cities),
        countries=len(table.countries),
        index=IndexPlace(kind=shared.holder.kind, where=shared.holder.where),
        uptime_seconds=round(time.monotonic() - shared.began, 3),
    )


@router.get(
    "/health",
    response_model=Health,
    responses={**documented(503), 503: {"model": Health, "description": "A part does not work."}},
    summary="Whether each part works",
)
async def health(shared: Shared) -> Response:
    """Ask each part whether it works now."""
    parts = await shared.holder.health()
    said = Health(ok=all(part.ok for part in parts), parts=parts)
    headers = {} if said.ok else {"Retry-After": "10"}
    return JSONResponse(said.model_dump(), 200 if said.ok else 503, headers)


@router.get("/config", response_model=Config, responses=documented(), summary="What a page needs at first")
async def config(shared: Shared) -> Config:
    """Say what a page needs to know before it asks for more."""
    try:
        usual = (await shared.methods()).default
    except TileIndexError:  # the views work without an index, and /health says what is wrong
        usual = USUAL
    return Config(
        title=shared.settings.title,
        default_method=usual,
        page_size=PAGE_SIZE,
        most_results=MOST_RESULTS,
        basemap=basemap(shared.settings),
        can_filter_search=True,
        has_thumbnails=shared.holder.thumbnails.available,
        thumbnail_note=shared.holder.thumbnails.note,
    )


@router.get("/methods", response_model=Methods, responses=documented(503), summary="Ways to compare tiles")
async def methods(shared: Shared) -> Methods:
    """List the ways to compare tiles, and which of them the index has vectors for."""
    return await shared.methods(anew=True)


@router.get("/locations", responses=kept("A pack of all tiles' places.", _PACKED), response_class=Response)
async def locations(request: Request, shared: Shared) -> Response:
    """Send where all tiles are, in one pack (tools.explorer.packing)."""
    return shared.locations.answer(request.headers)


@router.get("/umap", responses=kept("A pack of the two-dimensional view.", _PACKED), response_class=Response)
async def umap(request: Request, shared: Shared) -> Response:
    """Send where all tiles lie in the view in which near means alike, in one pack."""
    return shared.umap.answer(request.headers)


@router.get("/land", responses=kept("Outlines of the land.", _GEOJSON), response_class=Response)
async def land(request: Request) -> Response:
    """Send the outlines of the land, which need no other server."""
    return _land().answer(request.headers)


@router.get("/statistics", response_model=Statistics, responses=kept("Figures of all tiles."))
async def statistics(request: Request, shared: Shared) -> Response:
    """Say how many tiles there are where."""
    return shared.statistics.answer(request.headers)


@cache
def _land() -> Prepared:
    return Prepared(land_geojson(), "application/geo+json")

"""Routes about one tile: what it is, what looks like it, and its picture."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from tools.explorer.models import DEEPEST, Asked, Id, Similar, Tile
from tools.explorer.prepared import Prepared
from tools.explorer.problems import NoThumbnailError, documented
from tools.explorer.routes_world import kept
from tools.explorer.state import Shared

router = APIRouter(prefix="/tiles/{tile_id}", tags=["tiles"])

TileId = Annotated[Id, Path(description="The tile's number.")]

_PICTURE = {"image/png": {"schema": {"type": "string", "format": "binary"}}}
_KEPT_PICTURES = "private, max-age=600"


async def _asked(request: Request) -> Asked:
    """Take the question from the address, each part once: of two, nobody knows which is meant.

    FastAPI would do it, with as many calls as all the rest of an answer takes.
    """
    parts = request.query_params
    times = Counter(name for name, _ in parts.multi_items())
    faults: list[Any] = [
        {"type": "repeated", "loc": ("query", name), "msg": f"given {count} times, and may be once"}
        for name, count in times.items()
        if count > 1
    ]
    if not faults:
        try:
            return Asked.model_validate(dict(parts))
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False)
            faults = [{**fault, "loc": ("query", *fault["loc"])} for fault in found]
    raise RequestValidationError(faults)


def _described() -> dict[str, Any]:
    """Say in OpenAPI what a question can hold."""
    parts = Asked.model_json_schema()["properties"]
    return {
        "parameters": [
            {"name": name, "in": "query", "required": False, "schema": schema}
            for name, schema in parts.items()
        ]
    }


@router.get("", response_model=Tile, responses=documented(404, 422), summary="What is known of a tile")
async def tile(tile_id: TileId, request: Request, shared: Shared) -> Tile:
    """Say where a tile is, exactly, and what is known of it."""
    shared.table.known(tile_id)
    picture = f"{request.scope['path']}/thumbnail" if shared.holder.thumbnails.available else None
    return shared.table.tile(tile_id, picture)


@router.get(
    "/similar",
    response_model=Similar,
    responses=documented(404, 422, 503),
    openapi_extra=_described(),
    summary="What looks like a tile",
)
async def similar(tile_id: TileId, asked: Annotated[Asked, Depends(_asked)], shared: Shared) -> Response:
    """Search the tiles whose vectors point most nearly where this one's does."""
    shared.table.known(tile_id)
    only = shared.table.kept_to(asked.continent, asked.country, asked.city)
    method = asked.method or (await shared.methods()).default
    hits = await shared.holder.search(
        lambda index: index.similar(
            tile_id,
            method=method,
            limit=asked.limit + 1,  # one more, to know whether there are more
            offset=asked.offset,
            other_cities_only=asked.other_cities_only,
            per_city=asked.per_city,
            min_score=asked.min_score,
            only=only or None,
        )
    )
    page = hits[: asked.limit]
    end = asked.offset + len(page)
    more = len(hits) > asked.limit and end <= DEEPEST
    said: dict[str, Any] = {
        "tile_id": tile_id,
        "method": method,
        "hits": [shared.table.hit(hit.tile_id, round(hit.score, 6)) for hit in page],
        "pagination": {
            "offset": asked.offset,
            "limit": asked.limit,
            "returned": len(page),
            "more": more,
            "next_offset": end if more else None,
        },
    }
    # Made without a model's checks, which take longer than the search; the tests hold it to the model.
    return Response(to_json(said), media_type="application/json")


@router.get(
    "/thumbnail",
    responses={**kept("The picture.", _PICTURE), **documented(404, 422, 503)},
    response_class=Response,
    summary="A tile's picture",
)
async def thumbnail(tile_id: TileId, request: Request, shared: Shared) -> Response:
    """Send a small picture of a tile."""
    shared.table.known(tile_id)
    picture = await run_in_threadpool(shared.holder.thumbnails.png, tile_id)
    if picture is None:
        raise NoThumbnailError(f"there is no picture of tile {tile_id} in these data")
    return Prepared(picture, "image/png", cache=_KEPT_PICTURES, packed=False).answer(request.headers)

"""The application: routes behind what stands before them, over one holder of data."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from tools.explorer import routes_tiles, routes_world
from tools.explorer.limits import RateLimits
from tools.explorer.pages import BUILT, Pages
from tools.explorer.problems import Problem, answer_problems
from tools.explorer.security import (
    OnlyReading,
    SecurityHeaders,
    Unforeseen,
    content_policy,
    picture_sites,
)
from tools.explorer.settings import Settings
from tools.explorer.state import State

if TYPE_CHECKING:
    from tools.explorer.holding import Holder

API = "/api/v1"


def create_app(settings: Settings, holder: Holder, *, built: Path = BUILT) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    settings : Settings
        How it runs.
    holder : tools.explorer.holding.Holder
        Data and index, opened; whoever opened it closes it.
    built : pathlib.Path, optional
        Folder with the front end that is served at ``/``.

    Returns
    -------
    fastapi.FastAPI
        For any ASGI server. It keeps nothing between requests but what the rate limits count.

    Raises
    ------
    ValueError
        If the tiles and their layout do not belong together.
    """
    app = FastAPI(
        title="Places that look alike",
        version=version("places-as-vectors"),
        description="Tiles of cities, and what looks like them elsewhere. All is for reading only.",
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.explorer = State(settings, holder)
    answer_problems(app)
    for routes in (routes_tiles, routes_world):  # what is asked most is found first
        app.include_router(routes.router, prefix=API)
    app.mount("/", Pages(built))
    _describe_problems(app)

    # What is added last, a request meets first.
    app.add_middleware(RateLimits, settings=settings)
    app.add_middleware(OnlyReading, hosts=settings.hosts)
    app.add_middleware(Unforeseen)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=("GET", "HEAD"),
            expose_headers=("ETag", "Retry-After"),
        )
    policy = content_policy(picture_sites(settings), settings.frame_ancestors)
    app.add_middleware(SecurityHeaders, policy=policy)
    if settings.trusted_proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies))
    return app


def _describe_problems(app: FastAPI) -> None:
    """Put the model of problems where the routes' descriptions look for it, and leave FastAPI's own out."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        schema = made()
        models = schema["components"]["schemas"]
        models["Problem"] = Problem.model_json_schema()
        for unused in ("HTTPValidationError", "ValidationError"):
            models.pop(unused, None)
        return schema

    app.openapi = openapi  # type: ignore[method-assign]

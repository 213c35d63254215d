"""How often one client may ask, counted by the `limits` library, dear questions apart from cheap ones."""

from __future__ import annotations

import time
from ipaddress import IPv6Address, ip_address, ip_network

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.types import ASGIApp, Receive, Scope, Send

from tools.explorer.problems import TOO_MANY, problem
from tools.explorer.settings import Settings


class RateLimits:
    """Answers 429, with the seconds to wait, where one client asks too often.

    Parameters
    ----------
    app : ASGI application
        What is asked.
    settings : Settings
        With the rates: of look-alikes, of thumbnails, and of all else together.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        rates = {
            "similar": settings.similar_rate,
            "thumbnail": settings.thumbnail_rate,
            "other": settings.other_rate,
        }
        self._rates: dict[str, RateLimitItem | None] = {
            what: parse(rate) if rate else None for what, rate in rates.items()
        }
        self._counter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count a request, and answer it or pass it on."""
        if scope["type"] == "http":
            what = group(scope["path"])
            rate = self._rates[what]
            if rate is not None:
                client = whose(scope)
                if not await self._counter.hit(rate, what, client):
                    answer = problem(
                        scope,
                        TOO_MANY,
                        f"at most {rate.amount} in {rate.get_expiry()} s: wait as long as Retry-After says",
                        retry_after=await self._wait(rate, what, client),
                    )
                    await answer(scope, receive, send)
                    return
        await self.app(scope, receive, send)

    async def _wait(self, rate: RateLimitItem, what: str, client: str) -> int:
        free_at = (await self._counter.get_window_stats(rate, what, client)).reset_time
        return max(1, int(free_at - time.time()) + 1)


def group(path: str) -> str:
    """Return which rate a path counts towards.

    Parameters
    ----------
    path : str
        Of the request.

    Returns
    -------
    {"similar", "thumbnail", "other"}

    Examples
    --------
    >>> group("/api/v1/tiles/900000010000/similar"), group("/index.html")
    ('similar', 'other')
    """
    last = path.rpartition("/")[2]
    return last if last in ("similar", "thumbnail") else "other"


def whose(scope: Scope) -> str:
    """Return whose request it is: an address, or of IPv6 the network of 64 bits that one household has.

    Parameters
    ----------
    scope : mapping
        Of the request, as ASGI has it, after trusted proxies' headers were taken up.

    Returns
    -------
    str

    Examples
    --------
    >>> whose({"client": ("2001:db8::1", 1234)}), whose({"client": ("::ffff:192.0.2.1", 1)})
    ('2001:db8::/64', '192.0.2.1')
    """
    host = (scope.get("client") or ("unknown",))[0]
    try:
        address = ip_address(host)
    except ValueError:  # a socket of Unix, or a proxy that tells no address
        return "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ip_network((int(address), 64), strict=False))
    return str(address)

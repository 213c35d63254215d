"""What can be set about the explorer: one class, read from the environment, and checked before it starts."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self

from limits import parse as parse_rate
from pydantic import AliasChoices, AnyHttpUrl, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
"""Names that a browser on this machine calls it by."""

_SOURCE = re.compile(
    r"https?://(\*\.)?[A-Za-z0-9.-]+(:(\d{1,5}|\*))?|https?://\[[0-9a-fA-F:]+\](:(\d{1,5}|\*))?"
)
_HOST = re.compile(r"(\*\.)?[A-Za-z0-9_.-]+|\[[0-9a-fA-F:]+\]|\*")

Names = Annotated[tuple[str, ...], NoDecode]
"""Several names; in the environment they stand in one variable, parted by commas."""


class Settings(BaseSettings):
    """How the explorer runs. Each field can be set as ``COURSE_EXPLORER_`` and its name in capitals.

    Parameters
    ----------
    host, port : str, int
        Where it listens: on loopback, unless told otherwise.
    index : str or None
        As for `tools.similarity.open_index`: a folder, or the address of a Qdrant server. None for that of
        the world's folder, or of ``COURSE_QDRANT_URL`` where it is set.
    world : pathlib.Path or None
        The folder that `tools.similarity.Pipeline` filled; None for the sample's.
    title : str
        Stands over the help.
    basemap : {"auto", "sentinel-2", "mapbox", "none"}
        The satellite picture that a reader can switch on; "auto" is Mapbox's where there is a token.
    mapbox_token : str or None
        Public token of Mapbox, also read from ``COURSE_MAPBOX_TOKEN``. Every reader's browser gets to see it.
    similar_rate, thumbnail_rate, other_rate : str
        How often one client may ask, such as "600/minute"; empty for no limit. The first is for look-alikes.
    allowed_origins : tuple of str
        Other sites whose scripts may read the API; none by default.
    allowed_hosts : tuple of str
        Names that the server may be called by, ``*`` for any. By default those of loopback where it listens
        there, so that no site can reach it by a name of its own (DNS rebinding), else any.
    frame_ancestors : tuple of str
        Sites that may show the explorer in a frame beside itself; by default those on this machine, as the
        book is when it is read there.
    trusted_proxies : tuple of str
        Addresses or networks whose ``X-Forwarded-For`` is believed.
    search_seconds : float
        A search that takes longer is answered 503.
    concurrent_searches : int
        So many run at a time.
    waiting_searches : int
        So many more may wait; what comes beyond is answered 503.
    idle_seconds : int
        A connection without a request is closed after so long.
    request_seconds : float
        A request must have come in whole after so long.
    connections : int
        At most so many at once.

    Raises
    ------
    pydantic.ValidationError
        If a value makes no sense; it names the field.

    Examples
    --------
    >>> Settings(port=0, allowed_origins="https://a.example, https://b.example").allowed_origins
    ('https://a.example', 'https://b.example')
    >>> Settings(host="0.0.0.0").hosts
    ('*',)
    """

    model_config = SettingsConfigDict(
        env_prefix="COURSE_EXPLORER_",
        frozen=True,
        extra="forbid",
        env_ignore_empty=True,
        hide_input_in_errors=True,  # a token may be among it
    )

    host: str = "127.0.0.1"
    port: int = Field(8765, ge=0, le=65_535)
    index: str | None = None
    world: Path | None = None
    title: str = "Places that look alike"
    basemap: Literal["auto", "sentinel-2", "mapbox", "none"] = "auto"
    mapbox_token: SecretStr | None = Field(
        None, validation_alias=AliasChoices("mapbox_token", "COURSE_MAPBOX_TOKEN")
    )
    similar_rate: str = "600/minute"
    thumbnail_rate: str = "6000/minute"
    other_rate: str = "1200/minute"
    allowed_origins: Names = ()
    allowed_hosts: Names = ()
    frame_ancestors: Names = ("http://127.0.0.1:*", "http://localhost:*")
    trusted_proxies: Names = ()
    search_seconds: float = Field(5.0, gt=0, le=120)
    concurrent_searches: int = Field(4, ge=1, le=256)
    waiting_searches: int = Field(256, ge=0, le=100_000)
    idle_seconds: int = Field(15, ge=1, le=600)
    request_seconds: float = Field(10.0, gt=0, le=600)
    connections: int = Field(512, ge=1, le=100_000)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names that the server answers to; ``*`` is any."""
        if self.allowed_hosts:
            return self.allowed_hosts
        return LOOPBACK_NAMES if self.on_loopback else ("*",)

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @field_validator("allowed_origins", "allowed_hosts", "frame_ancestors", "trusted_proxies", mode="before")
    @classmethod
    def _parted(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("frame_ancestors")
    @classmethod
    def _sources(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _each(value, _SOURCE, "a site such as https://book.example.org or http://localhost:*")

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _each(value, _HOST, "a host's name without a port, such as explorer.example.org, or *")

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            address = AnyHttpUrl(origin)
            if "*" in origin or address.path not in (None, "/") or address.query or origin.endswith("/"):
                raise ValueError(
                    f"{origin!r}: expected an origin without a path, as https://book.example.org"
                )
        return value

    @field_validator("similar_rate", "thumbnail_rate", "other_rate")
    @classmethod
    def _rate(cls, value: str) -> str:
        if value:
            try:
                parse_rate(value)
            except ValueError:
                raise ValueError(f"{value!r}: expected a rate such as 600/minute, or nothing") from None
        return value

    @field_validator("mapbox_token")
    @classmethod
    def _public(cls, value: SecretStr | None) -> SecretStr | None:
        word = value.get_secret_value().strip() if value else ""
        if not word:
            return None
        if not re.fullmatch(r"pk\.[A-Za-z0-9._-]+", word):
            raise ValueError(
                "a public token of Mapbox begins with 'pk.'; every reader's browser sees it, so a secret "
                "one ('sk.') must not stand here"
            )
        return SecretStr(word)

    @model_validator(mode="after")
    def _with_token(self) -> Self:
        if self.basemap == "mapbox" and self.mapbox_token is None:
            raise ValueError(
                "basemap='mapbox' needs a token: set COURSE_MAPBOX_TOKEN to a public one ('pk.…')"
            )
        return self


def _each(values: tuple[str, ...], shape: re.Pattern[str], expected: str) -> tuple[str, ...]:
    wrong = [value for value in values if not shape.fullmatch(value)]
    if wrong:
        raise ValueError(f"{wrong[0]!r}: expected {expected}")
    return values

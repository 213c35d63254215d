"""Keeping project ids, tokens and keys out of everything that may be saved: errors, logs, notebooks."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

HIDDEN = "***"

_SHORTEST = 6  # the shortest id that a project may have; less would blank out words
_VARIABLES = ("COURSE_EE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_QUOTA_PROJECT")
_STORED = Path("~/.config/earthengine/credentials")
_NAMES_IN_STORE = ("project", "refresh_token", "client_secret", "access_token", "token")
_OF_CREDENTIALS = ("token", "refresh_token", "client_secret", "quota_project_id", "project_id")
_OF_ACCOUNT = ("service_account_email", "signer_email")
# Libraries that write addresses, and so the project's id, into their logs: each retry is a warning.
_LOGGERS = (
    "googleapiclient.http",
    "googleapiclient.discovery",
    "googleapiclient.model",
    "google.auth.transport.requests",
    "google.auth._default",
    "google_auth_httplib2",
    "urllib3.connectionpool",
    "ee",
)
# A project may be called by a plain word, which stands inside others; but not after a sign in an address.
_WORD = (r"(?:(?<![A-Za-z])|(?<=%[0-9A-F]{2}))", r"(?![A-Za-z])")
_SHAPES = (
    # Keys and tokens, by the shapes that Google gives them.
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    re.compile(r"\bya29\.[\w.-]+"),
    re.compile(r"\b1//[\w-]{10,}"),
    re.compile(r"\bAIza[\w-]{20,}"),
    re.compile(r"\bGOCSPX-[\w-]+"),
    re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"),
    re.compile(r"(?<=Bearer )[^\s\"']+"),
    # Accounts, which name their project.
    re.compile(r"\b[\w.+-]+@[\w-]+(\.[\w-]+)*\.gserviceaccount\.com\b"),
    # Projects, by where they stand.
    re.compile(r"(?<=\bprojects/)[^/\s\"'?&]+"),
    re.compile(r"(?<=[?&]project=)[^&\s\"']+"),
    re.compile(r"(?<=[?&]key=)[^&\s\"']+"),
    re.compile(r"(?<=_token=)[^&\s\"']+"),
    re.compile(r"(?<=use project )[^\s\"']*[^\s\"'.,;:]"),
    re.compile(r"(?<=in project )[^\s\"']*\d[^\s\"'.,;:]*"),
    re.compile(r"(?<=\bproject )['\"]?([a-z][a-z0-9-]*[-0-9][a-z0-9-]*|\d{5,})"),
)


def scrub(text: str, *, by_shape: bool = True) -> str:
    """Blank out every project id, token, key and account name in a text.

    What the signed-in client, the environment and the client's stored settings hold is blanked wherever it
    stands; besides, whatever has the shape of a token or stands where a project's id does.

    Parameters
    ----------
    text : str
        An error's message, a line of a log, the output of a notebook.
    by_shape : bool
        Whether to blank what only looks like a secret. In a whole page of somebody else's text that is too
        much.

    Returns
    -------
    str
        With ``***`` in the place of each.

    Examples
    --------
    >>> scrub("POST https://earthengine.googleapis.com/v1/projects/our-class/table:computeFeatures")
    'POST https://earthengine.googleapis.com/v1/projects/***/table:computeFeatures'
    >>> scrub("Caller does not have required permission to use project our-class.")
    'Caller does not have required permission to use project ***.'
    """
    # Shapes first: an account's address is one as long as its project still stands in it.
    for shape in _SHAPES if by_shape else ():
        text = shape.sub(HIDDEN, text)
    # The longest first: one secret may be part of another.
    for secret in sorted(set(_known()), key=len, reverse=True):
        text = re.sub(re.escape(secret).join(_WORD if secret.isalpha() else ("", "")), HIDDEN, text)
    return text


def scrub_logs() -> None:
    """Let nothing through the logs of Google's client libraries that `scrub` would blank out; once is enough.

    Examples
    --------
    >>> scrub_logs()
    """
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(known, _Scrubbed) for known in logger.filters):
            logger.addFilter(_Scrubbed())


class _Scrubbed(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = scrub(record.getMessage()), ()
        if record.exc_info:
            # A formatter would print the chain of exceptions, addresses and all.
            record.msg += f" ({scrub(str(record.exc_info[1]))})"
            record.exc_info, record.exc_text = None, None
        return True


def _known() -> Iterator[str]:
    for secret in (*_from_environment(), *_from_client(), *_from_store()):
        if isinstance(secret, str) and len(secret.strip()) >= _SHORTEST:
            yield secret.strip()


def _from_environment() -> list[object]:
    return [os.environ.get(name) for name in _VARIABLES]


def _from_client() -> list[object]:
    # Where the client was never imported, it holds nothing; and importing it takes a second.
    if "ee" not in sys.modules:
        return []
    import ee

    state = ee.data._get_state()
    credentials = state.credentials
    of_credentials = [getattr(credentials, name, None) for name in (*_OF_CREDENTIALS, *_OF_ACCOUNT)]
    project = state.cloud_api_user_project
    own = project if project != ee.data.DEFAULT_CLOUD_API_USER_PROJECT else None
    return [own, state.cloud_api_key, *of_credentials]


def _from_store() -> list[object]:
    try:
        stored = json.loads(_STORED.expanduser().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []  # nothing is stored, or nothing that the client could read either
    return [stored.get(name) for name in _NAMES_IN_STORE] if isinstance(stored, dict) else []

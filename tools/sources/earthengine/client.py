"""Signing in to Earth Engine, with the reader's own account or a service account."""

from __future__ import annotations

import os
from pathlib import Path

from tools.sources.earthengine.asking import MOST_THREADS
from tools.sources.earthengine.remedies import explain
from tools.sources.earthengine.scrubbing import scrub_logs
from tools.sources.errors import DataError

HIGH_VOLUME = "https://earthengine-highvolume.googleapis.com"
# The server gives up on a question after five minutes; a silence that is longer is a dead connection.
_SILENCE_MS = 330_000


def initialise(
    project: str | None = None,
    *,
    service_account: str | None = None,
    key_file: str | Path | None = None,
) -> None:
    """Sign in to Earth Engine, once; a client that is already signed in is left as it is.

    Parameters
    ----------
    project : str, optional
        Id of a Google Cloud project; by default ``COURSE_EE_PROJECT``, else what ``earthengine set_project``
        has stored, else what the credentials name. In a notebook leave it out: what stands in a cell is
        saved.
    service_account : str, optional
        Address of a service account, which signs in by a key and needs no browser. A JSON key names its
        account itself.
    key_file : str or pathlib.Path, optional
        Its key, as a ``.json`` or ``.pem`` file.

    Raises
    ------
    DataError
        If signing in fails; the message says what to do about it, and names neither project nor account.

    Notes
    -----
    Requests go to the endpoint for many small requests. From here on, the logs of Google's libraries are
    scrubbed of project ids and tokens.

    Examples
    --------
    >>> initialise()  # doctest: +SKIP
    """
    import ee

    scrub_logs()
    if ee.data.is_initialized():
        return
    chosen = project or os.environ.get("COURSE_EE_PROJECT", "").strip() or None
    credentials = "persistent"
    if service_account or key_file:
        credentials = _by_key(service_account, key_file)
    try:
        ee.Initialize(credentials, project=chosen, url=HIGH_VOLUME)
        ee.data.setDeadline(_SILENCE_MS)
    except Exception as error:
        # The client, its HTTP library and Google's credentials each have errors of their own here.
        ee.Reset()
        raise explain(error) from None
    _widen()


def _widen() -> None:
    """Let all threads keep a connection open: the client has ten, and warns of each that it has to close."""
    import ee
    from requests.adapters import HTTPAdapter

    session = ee.data._get_state().requests_session
    session.mount(HIGH_VOLUME, HTTPAdapter(pool_maxsize=MOST_THREADS))


def _by_key(account: str | None, key_file: str | Path | None):
    import ee

    if not key_file:
        raise DataError(
            "a service account signs in by its key: pass key_file=, the .json file that it came in"
        )
    path = Path(key_file).expanduser()
    if not path.is_file():
        raise DataError(f"there is no key file {path.name} in that folder; check key_file=")
    if path.suffix.lower() == ".pem" and not account:
        raise DataError("a .pem key does not say whose it is: pass service_account= too")
    try:
        return ee.ServiceAccountCredentials(account, str(path))
    except Exception:
        # Whatever a parser says about a key may quote it.
        raise DataError(
            f"{path.name} is no key of a service account; at console.cloud.google.com, under IAM, make a new "
            "key of the kind JSON and keep the file out of the course's folder"
        ) from None

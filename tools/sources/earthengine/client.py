"""Signing in to Earth Engine, one year's embeddings as an image, and errors in plain words."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tools.embeddings import BANDS
from tools.sources.errors import DataError

if TYPE_CHECKING:
    import ee

COLLECTION = "GOOGLE/SATELLITE_EMBEDDING/V1/ANNUAL"
FIRST_YEAR = 2017
HIGH_VOLUME = "https://earthengine-highvolume.googleapis.com"

_REMEDIES = [
    (
        ("no project found", "project is required", "did you mean to specify a project"),
        "Earth Engine needs a Google Cloud project: set COURSE_EE_PROJECT to its id",
    ),
    (
        ("has not been used in project", "it is disabled"),
        "the Earth Engine API is off in this project: at console.cloud.google.com choose the project, enable "
        "'Google Earth Engine API', and wait a few minutes",
    ),
    (
        ("not signed up", "not registered"),
        "this project is not registered for Earth Engine: register it (free for teaching) at "
        "code.earthengine.google.com/register",
    ),
    (
        ("required permission", "permission_denied", "permission denied"),
        "your account may not use this project: ask its owner for the roles 'Service Usage Consumer' and "
        "'Earth Engine Resource Viewer', or use a project of your own",
    ),
    (
        ("authorize access", "earthengine authenticate", "ee.authenticate", "invalid_grant", "credentials"),
        "this machine is not signed in to Earth Engine: run `earthengine authenticate`, then try again",
    ),
    (
        ("quota", "too many"),
        "Earth Engine's quota is used up for now (all who share a project share its quota): wait, or use a "
        "project of your own",
    ),
]
_ELSE = "Earth Engine refused; try again later, or take the same data without an account (COURSE_ORIGIN=open)"


def initialise(project: str | None = None) -> None:
    """Sign in to Earth Engine, once; a client that is already signed in is left as it is.

    Parameters
    ----------
    project : str, optional
        Id of a Google Cloud project; by default ``COURSE_EE_PROJECT``, else what the credentials name.

    Raises
    ------
    DataError
        If signing in fails; the message says what to do about it.

    Examples
    --------
    >>> initialise("my-project")  # doctest: +SKIP
    """
    import ee

    if ee.data.is_initialized():
        return
    chosen = project or os.environ.get("COURSE_EE_PROJECT", "").strip() or None
    try:
        ee.Initialize(project=chosen, url=HIGH_VOLUME)
    except Exception as error:
        # The client, its HTTP library and Google's credentials each have errors of their own here.
        raise explain(error) from error


def explain(error: BaseException) -> DataError:
    """Return an error of the client as one that says what to do; the caller raises it.

    Parameters
    ----------
    error : BaseException
        As the client raised it.

    Returns
    -------
    DataError

    Examples
    --------
    >>> str(explain(ValueError("no project found"))).partition(":")[0]
    'Earth Engine needs a Google Cloud project'
    """
    said = str(error).lower()
    remedy = next((remedy for signs, remedy in _REMEDIES if any(sign in said for sign in signs)), _ELSE)
    return DataError(f"{remedy}. Earth Engine said: {error}")


def annual_mosaic(year: int, region: ee.Geometry | None = None) -> ee.Image:
    """Return one year's embeddings as an image of 64 bands.

    Parameters
    ----------
    year : int
        From 2017.
    region : ee.Geometry, optional
        Only tiles that touch it are used.

    Returns
    -------
    ee.Image
        Bands A00 to A63, of unit length, masked where there are none.

    Raises
    ------
    ValueError
        If there are no embeddings of that year.

    Notes
    -----
    The end of ``filterDate`` is exclusive, so a year ends on the next year's first of January.

    Examples
    --------
    >>> annual_mosaic(2012)
    Traceback (most recent call last):
    ...
    ValueError: there are no embeddings of 2012: the first year is 2017
    """
    import ee

    if year < FIRST_YEAR:
        raise ValueError(f"there are no embeddings of {year}: the first year is {FIRST_YEAR}")
    images = ee.ImageCollection(COLLECTION).filterDate(f"{year}-01-01", f"{year + 1}-01-01")
    if region is not None:
        images = images.filterBounds(region)
    return images.mosaic().select(list(BANDS))

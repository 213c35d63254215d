"""What Earth Engine refuses, in plain words: one line that says what to do, and holds no secret."""

from __future__ import annotations

from tools.sources.earthengine.scrubbing import scrub
from tools.sources.errors import DataError

_REMEDIES = [
    (
        ("no project found", "project is required", "did you mean to specify a project"),
        "Earth Engine needs a Google Cloud project: set COURSE_EE_PROJECT to its id, or store it with "
        "`earthengine set_project`",
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
        "this machine is not signed in to Earth Engine: run `earthengine authenticate` (in a notebook, "
        "`ee.Authenticate()`), then try again",
    ),
    (
        ("client library not initialized", "please initialize"),
        "nobody has signed in yet: call tools.sources.earthengine.initialise() first",
    ),
    (
        ("restricted mode", "compute quota"),
        "this project's hours of computing for the month are used up: use a project of your own, or the same "
        "data without an account (COURSE_ORIGIN=open)",
    ),
    (
        (
            "memory limit",
            "computation timed out",
            "too many pixels",
            "maxpixels",
            "accumulating over",
            "too large",
            "too many elements",
        ),
        "this is too much for one answer: ask for a smaller region, fewer points or a coarser scale, or "
        "export it as a task",
    ),
    (
        ("quota", "too many", "rate limit", "rate exceeded"),
        "Earth Engine's quota is used up for now (all who share a project share its quota): wait, or use a "
        "project of your own",
    ),
    (
        ("did not match any bands", "no bands"),
        "there are no embeddings of that year in this region: ask available_years(region)",
    ),
    (
        ("payload size", "request size"),
        "the request is too large, mostly by the corners of the region: simplify it "
        "(`region.simplify(…)`, in metres), or give its bounds",
    ),
    (
        (
            "connection",
            "timed out",
            "max retries",
            "name resolution",
            "unreachable",
            "network",
            "getaddrinfo",
        ),
        "Earth Engine cannot be reached: check the network, and whether a proxy is in the way",
    ),
]
_ELSE = "Earth Engine refused; try again later, or take the same data without an account (COURSE_ORIGIN=open)"


def explain(error: BaseException) -> DataError:
    """Return an error of the client as one that says what to do, on one line and without a secret.

    Raise it ``from None``: the client's own message names the project, and a traceback that shows the error
    beneath would carry it into a saved notebook.

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
    >>> str(explain(ValueError("No permission to use project our-class"))).rpartition(": ")[2]
    'No permission to use project ***'
    """
    message = " ".join(str(error).split()) or type(error).__name__
    said = message.lower()
    remedy = next((remedy for signs, remedy in _REMEDIES if any(sign in said for sign in signs)), _ELSE)
    return DataError(f"{remedy}. Earth Engine said: {scrub(message)}")

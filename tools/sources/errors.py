"""The one error of this room, and the habit of saying what would have been right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class DataError(Exception):
    """Data could not be found, fetched, verified or read; the message says what to do about it.

    Examples
    --------
    >>> raise DataError("areas.csv has no column 'code'; rename the column that holds the codes")
    Traceback (most recent call last):
    ...
    tools.sources.errors.DataError: areas.csv has no column 'code'; rename the column that holds the codes
    """


def suggest(wrong: str, valid: Iterable[str]) -> str:
    """Return a sentence part that names the nearest valid word and lists them all.

    Parameters
    ----------
    wrong : str
        What was asked for.
    valid : iterable of str
        What could have been asked for.

    Returns
    -------
    str
        ``"did you mean 'x'? Valid: x, y"``, without the question where nothing is near.

    Examples
    --------
    >>> suggest("londn", ["london", "berlin"])
    "did you mean 'london'? Valid: london, berlin"
    >>> suggest("tokyo", ["london", "berlin"])
    'valid: london, berlin'
    """
    choices = list(valid)
    lowered = {choice.lower(): choice for choice in reversed(choices)}
    near = difflib.get_close_matches(wrong.lower(), lowered, n=1)
    listed = ", ".join(choices) or "none"
    return f"did you mean '{lowered[near[0]]}'? Valid: {listed}" if near else f"valid: {listed}"

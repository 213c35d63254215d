"""Pixels are warped in several threads at once, and rasterio's way of keeping quiet is not made for that."""

from __future__ import annotations

import warnings

from rasterio.errors import NotGeoreferencedWarning


def quiet_warps() -> None:
    """Keep rasterio from telling readers that an array in memory lies nowhere.

    For a moment every warp holds its pixels in a dataset that has no place yet. rasterio warns of that, and
    hides its own warning by ``warnings.catch_warnings``, which swaps a list that all threads share: now and
    then one thread's warning slips out while another puts the list back, and stands on a page. So the warning
    is ignored for good where `rasterio.warp` gives it. Files that lack a place are told of as ever, since
    those are opened elsewhere.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as seen:
    ...     warnings.resetwarnings()
    ...     quiet_warps()
    ...     warnings.warn_explicit("no place", NotGeoreferencedWarning, "warp.py", 1, "rasterio.warp")
    ...     warnings.warn_explicit("no place", NotGeoreferencedWarning, "io.py", 1, "rasterio")
    >>> [warning.filename for warning in seen]
    ['io.py']
    """
    warnings.filterwarnings("ignore", category=NotGeoreferencedWarning, module=r"rasterio\.warp$")

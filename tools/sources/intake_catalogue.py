"""The course's scenes as an Intake catalogue, the way in which others publish lists of data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools import places
from tools.sources.errors import DataError, suggest

if TYPE_CHECKING:
    from intake.catalog import Catalog


def open_intake(name: str = "landsat") -> Catalog:
    """Open an Intake catalogue of the course's.

    Parameters
    ----------
    name : {"landsat"}, optional
        Its file in ``data``, without the ending.

    Returns
    -------
    intake.catalog.Catalog
        What `intake.open_catalog` makes of the file. Nothing is fetched, made or read before an entry's
        ``to_dask()`` is called; where from is then said by ``COURSE_ORIGIN``, as for `open`.

    Raises
    ------
    DataError
        If there is no such catalogue.

    Examples
    --------
    >>> list(open_intake("landsat"))
    ['landsat_5_small', 'landsat_8_small', 'landsat_5_full', 'landsat_8_full']
    >>> open_intake("sentinel")
    Traceback (most recent call last):
    ...
    tools.sources.errors.DataError: there is no Intake catalogue 'sentinel' in data/: valid: landsat
    """
    import intake

    folder = places.ROOT / "data"
    # catalog.yml is the course's own list of data sets, not Intake's.
    there = sorted(path.stem for path in folder.glob("*.yml") if path.stem != "catalog")
    if name not in there:
        raise DataError(f"there is no Intake catalogue '{name}' in data/: {suggest(name, there)}")
    return intake.open_catalog((folder / f"{name}.yml").as_posix())

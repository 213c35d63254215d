"""Which scenes there are: one question, put to whatever kind of STAC catalogue there is.

The catalogue may be a public API, one on this machine, or a static ``catalog.json`` on disk: whether it can
search is asked of itself, and what cannot search is read item by item with the same conditions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tools.rasters.grids import Bounds
from tools.sources.errors import DataError
from tools.sources.footprints import boxes_around, footprint_of

if TYPE_CHECKING:
    import pystac
    from shapely.geometry.base import BaseGeometry

COLLECTION = "sentinel-2-l2a"
PATIENCE = {"total": 4, "backoff_factor": 1, "status_forcelist": [429, 500, 502, 503, 504]}
"""How stubbornly a catalogue is asked; see `urllib3.util.Retry`."""

_CLOUD = "eo:cloud_cover"


def find_scenes(
    catalogue: str | Path,
    bounds: Bounds,
    year: int,
    *,
    max_cloud: float = 20.0,
    collection: str = COLLECTION,
) -> list[pystac.Item]:
    """Return the scenes of a year that touch bounds and are clear enough, by date.

    Parameters
    ----------
    catalogue : str or pathlib.Path
        URL of a STAC API, or URL or path of a static ``catalog.json``.
    bounds : (west, south, east, north)
        Degrees.
    year : int
        From its first day to its last.
    max_cloud : float, optional
        Scenes with this cloud cover or more, in per cent, are left out.
    collection : str, optional
        Name of the collection.

    Returns
    -------
    list of pystac.Item

    Raises
    ------
    DataError
        If the catalogue cannot be read or there is no such scene.

    Examples
    --------
    >>> find_scenes("no/catalog.json", (52.5, 13.4, 52.4, 13.5), 2024)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    tools.sources.errors.DataError: bounds are (west, south, east, north) in degrees, each pair ...
    """
    first, last = datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    here, known = _all_scenes(str(catalogue), bounds, first, last, max_cloud, collection)
    clear = [item for item in here if cloud_of(item) < max_cloud]
    if not clear and here:
        raise DataError(
            f"none of the {len(here)} scenes of {year} within {tuple(bounds)} has less than {max_cloud:g} % "
            f"cloud; the clearest has {min(map(cloud_of, here)):.0f} %: raise max_cloud"
        )
    if not clear:
        raise DataError(
            f"no scene of {year} within {tuple(bounds)} in {catalogue}{known}; "
            "try another year, and check that bounds are west, south, east, north"
        )
    return _by_date(clear)


def scenes_between(
    catalogue: str | Path,
    bounds: Bounds,
    first: datetime,
    last: datetime,
    *,
    max_cloud: float = 60.0,
    collection: str = COLLECTION,
) -> list[pystac.Item]:
    """Return the scenes of a span of time that touch bounds and are clear enough, by date.

    Parameters
    ----------
    catalogue : str or pathlib.Path
        URL of a STAC API, or URL or path of a static ``catalog.json``.
    bounds : (west, south, east, north)
        Degrees.
    first, last : datetime.datetime
        Both ends count. With a time zone.
    max_cloud : float, optional
        Scenes with this cloud cover or more, in per cent, are left out.
    collection : str, optional
        Name of the collection.

    Returns
    -------
    list of pystac.Item
        Empty where there is none.

    Raises
    ------
    DataError
        If the catalogue cannot be read.

    Examples
    --------
    >>> now = datetime.now(UTC)
    >>> scenes_between("no/catalog.json", (13, 52, 14, 53), now, now)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    tools.sources.errors.DataError: the STAC catalogue no/catalog.json cannot be read ...
    """
    here, _ = _all_scenes(str(catalogue), bounds, first, last, max_cloud, collection)
    return _by_date(item for item in here if cloud_of(item) < max_cloud)


def scenes_over(
    catalogue: str | Path,
    area: BaseGeometry,
    first: datetime,
    last: datetime,
    *,
    max_cloud: float = 60.0,
    collection: str = COLLECTION,
) -> list[pystac.Item]:
    """Return the scenes of a span of time around an area that may lie on both sides of the 180th meridian.

    Parameters
    ----------
    catalogue : str or pathlib.Path
        URL of a STAC API, or URL or path of a static ``catalog.json``.
    area : shapely geometry
        Degrees, within ±180: what reaches over the meridian comes in parts, as GeoJSON wants it.
    first, last : datetime.datetime
        Both ends count. With a time zone.
    max_cloud : float, optional
        Scenes with this cloud cover or more, in per cent, are left out.
    collection : str, optional
        Name of the collection.

    Returns
    -------
    list of pystac.Item
        Each once, by date. They touch the box around the area, or around its parts on either side.

    Raises
    ------
    DataError
        If the catalogue cannot be read.

    Examples
    --------
    >>> from shapely.geometry import box
    >>> now = datetime.now(UTC)
    >>> scenes_over("no/catalog.json", box(13, 52, 14, 53), now, now)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    tools.sources.errors.DataError: the STAC catalogue no/catalog.json cannot be read ...
    """
    conditions = {"max_cloud": max_cloud, "collection": collection}
    found: dict[str, pystac.Item] = {}
    for bounds in boxes_around(area):
        found |= {item.id: item for item in scenes_between(catalogue, bounds, first, last, **conditions)}
    return _by_date(found.values())


def cloud_of(item: pystac.Item) -> float:
    """Return the cloud cover of a scene.

    Parameters
    ----------
    item : pystac.Item
        The scene.

    Returns
    -------
    float
        Per cent; 100 where the scene does not say.

    Examples
    --------
    >>> import pystac
    >>> cloud_of(pystac.Item("a", None, None, datetime.now(UTC), {"eo:cloud_cover": 7}))
    7.0
    """
    return float(item.properties.get(_CLOUD, 100.0))


def _by_date(items: Iterable[pystac.Item]) -> list[pystac.Item]:
    return sorted(items, key=lambda item: (item.datetime, item.id))


def _all_scenes(
    catalogue: str, bounds: Bounds, first: datetime, last: datetime, max_cloud: float, collection: str
) -> tuple[list[pystac.Item], str]:
    """The scenes, perhaps cloudy ones too, and in words what is known of why there may be none."""
    import pystac
    import pystac_client
    import requests
    from pystac_client.exceptions import APIError

    west, south, east, north = bounds
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise DataError(
            f"bounds are (west, south, east, north) in degrees, each pair rising; got {tuple(bounds)}"
        )
    try:
        root = _root(catalogue)
        if isinstance(root, pystac_client.Client) and root.conforms_to("ITEM_SEARCH"):
            period = "/".join(_instant(end) for end in (first, last))
            # A year over Berlin is some six hundred scenes, most of them cloudy: leave these on the server.
            few = {"query": {_CLOUD: {"lt": max_cloud}}} if root.conforms_to("QUERY") else {}
            search = root.search(collections=[collection], bbox=bounds, datetime=period, limit=100, **few)
            return list(search.items()), f" with less than {max_cloud:g} % cloud" if few else ""
        touching = list(_from_static(root, bounds, collection))
    except (APIError, requests.RequestException, pystac.STACError, OSError, ValueError) as error:
        raise DataError(
            f"the STAC catalogue {catalogue} cannot be read ({type(error).__name__}: {error}); check the "
            "address and the network, or use the sample: origin='sample'"
        ) from error
    years = sorted({item.datetime.year for item in touching})
    known = f"; the years there are: {', '.join(map(str, years)) or 'none'}"
    return [item for item in touching if first <= item.datetime <= last], known


def _instant(moment: datetime) -> str:
    exact = "milliseconds" if moment.microsecond else "seconds"
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=exact) + "Z"


def _root(catalogue: str) -> pystac.Catalog:
    import pystac
    import pystac_client
    from pystac_client.stac_api_io import StacApiIO
    from urllib3.util.retry import Retry

    patience = Retry(**PATIENCE, allowed_methods=None)
    reader = StacApiIO(timeout=60, max_retries=patience)
    # What says that it conforms to something is an API; all else is files that point to each other.
    if "conformsTo" in reader.read_json(catalogue):
        return pystac_client.Client.open(catalogue, stac_io=reader)

    class Files(StacApiIO):
        stac_object_from_dict = pystac.StacIO.stac_object_from_dict

    return pystac.Catalog.from_file(catalogue, stac_io=Files(timeout=60, max_retries=patience))


def _from_static(catalogue: pystac.Catalog, bounds: Bounds, collection: str) -> Iterator[pystac.Item]:
    from shapely.geometry import box

    child = catalogue.get_child(collection)
    if child is None:
        there = ", ".join(each.id for each in catalogue.get_children()) or "none"
        raise ValueError(f"it has no collection '{collection}'; there are: {there}")
    area = box(*bounds)
    for item in child.get_items(recursive=True):
        if footprint_of(item).intersects(area):
            yield item

"""The satellite picture that a reader can put under the map. Nobody is asked for it before."""

from __future__ import annotations

from tools.explorer.models import Basemap
from tools.explorer.settings import Settings

_SENTINEL = Basemap(
    kind="raster",
    title="Sentinel-2 cloudless",
    tiles=["https://tiles.maps.eox.at/wmts/1.0.0/s2cloudless_3857/default/g/{z}/{y}/{x}.jpg"],
    attribution=(
        "Sentinel-2 cloudless 2016 (https://s2maps.eu) by EOX IT Services GmbH, CC BY 4.0; contains modified "
        "Copernicus Sentinel data 2016 & 2017"
    ),
    max_zoom=14,  # a pixel is about as large as Sentinel-2's
)


def basemap(settings: Settings) -> Basemap:
    """Return the satellite picture that these settings mean.

    Parameters
    ----------
    settings : Settings
        With the choice and, for Mapbox's, the token.

    Returns
    -------
    Basemap

    Raises
    ------
    ValueError
        If Mapbox's is chosen without a token.

    Examples
    --------
    >>> basemap(Settings(basemap="sentinel-2")).title
    'Sentinel-2 cloudless'
    """
    choice, token = settings.basemap, settings.mapbox_token
    if choice == "none":
        return Basemap(kind="none")
    if choice == "sentinel-2" or (choice == "auto" and token is None):
        return _SENTINEL
    if token is None:
        raise ValueError("basemap='mapbox' needs a token: set COURSE_MAPBOX_TOKEN to a public one ('pk.…')")
    address = "https://api.mapbox.com/v4/mapbox.satellite/{z}/{x}/{y}@2x.jpg90?access_token="
    return Basemap(
        kind="raster",
        title="Mapbox satellite",
        tiles=[address + token.get_secret_value()],
        attribution="© Mapbox © Maxar",
        max_zoom=19,
    )

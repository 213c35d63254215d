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

    Examples
    --------
    >>> basemap(Settings(basemap="sentinel-2")).title
    'Sentinel-2 cloudless'
    """
    token = settings.mapbox_token
    if settings.basemap == "none":
        return Basemap(kind="none")
    if settings.basemap == "sentinel-2" or token is None:
        return _SENTINEL
    address = "https://api.mapbox.com/v4/mapbox.satellite/{z}/{x}/{y}@2x.jpg90?access_token="
    return Basemap(
        kind="raster",
        title="Mapbox satellite",
        tiles=[address + token.get_secret_value()],
        attribution="© Mapbox © Maxar",
        max_zoom=19,
    )

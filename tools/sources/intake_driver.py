"""How Intake opens a Landsat scene: what `data/landsat.yml` names as its driver."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from intake_xarray.base import IntakeXarraySourceAdapter
from intake_xarray.raster import RasterIOSource

from tools import provenance
from tools.sources.errors import DataError
from tools.sources.landsat import labelled
from tools.sources.listing import find
from tools.sources.opening import get, origin_in_force

if TYPE_CHECKING:
    import xarray as xr

_ABOUT = {"sensor", "date", "scale", "offset", "nodata"}


class LandsatSource(IntakeXarraySourceAdapter):
    """An entry of an Intake catalogue: one Landsat scene, of which every band is a file.

    The pixels are read by the driver for rasters of `intake_xarray`; this one brings the files first, and
    gives the bands their names.

    Parameters
    ----------
    urlpath : str
        The files' names, with ``{band:d}`` where they differ.
    data_set : str
        The name in ``data/catalog.yml`` under which the files are listed.
    chunks : mapping of str to int, optional
        How large blocks are, pixels along ``y`` and ``x``.
    metadata : mapping
        ``sensor`` (``LT05``), ``date``, and what makes reflectance of the files' numbers: ``scale``,
        ``offset`` and ``nodata``.
    **kwargs
        For `xarray.open_dataset`.

    Examples
    --------
    >>> from tools import sources
    >>> sources.open_intake("landsat").landsat_5_small
    <LandsatSource: landsat-5-small>
    """

    name = "landsat"

    def __init__(
        self,
        urlpath: str,
        data_set: str,
        chunks: Mapping[str, int] | None = None,
        metadata: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ):
        missing = _ABOUT - set(metadata or {})
        if missing:
            raise DataError(
                f"the entry for '{data_set}' does not say its {', '.join(sorted(missing))}; "
                "write it under metadata:, as data/landsat.yml does"
            )
        self.urlpath, self.data_set, self.chunks = urlpath, data_set, dict(chunks or {})
        self.metadata, self._options = dict(metadata or {}), kwargs

    def to_dask(self) -> xr.DataArray:
        """Open the scene, bringing its files first where they are not on this machine.

        Returns
        -------
        xarray.DataArray of float32, dims (band, y, x)
            As `tools.sources.open` returns it: lazy reflectance with named bands, its CRS, and its mark.

        Raises
        ------
        DataError
            If the files cannot be had.
        """
        data_set = find(self.data_set)
        road = data_set.origin(origin_in_force())
        files = get(data_set.name, road.name)
        folder = files[0].parent.as_posix()
        if "{" in folder or "}" in folder:
            # Intake reads the bands' numbers out of whole paths, and knows no way to write a plain brace.
            raise DataError(
                f"Intake cannot read from {folder}, whose name holds a brace; set COURSE_CACHE to another "
                f"folder, or use sources.open('{data_set.name}')"
            )
        reader = RasterIOSource(
            [path.as_posix() for path in files],
            path_as_pattern=f"{folder}/{self.urlpath}",
            chunks=self.chunks,
            metadata=self.metadata,
            **self._options,
        )
        image = reader.to_dask()["band_data"]
        about = {key: self.metadata[key] for key in _ABOUT}
        scene = labelled(image, [int(number) for number in image.band], **about)
        return provenance.mark(scene, data_set.provenance(road.name))

    def read(self) -> xr.DataArray:
        """Open the scene and read all of it.

        Returns
        -------
        xarray.DataArray of float32, dims (band, y, x)

        Raises
        ------
        DataError
            If the files cannot be had.
        """
        return self.to_dask().load()

    discover = read
    read_chunked = to_dask

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.data_set}>"

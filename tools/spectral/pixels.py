"""Images as tables of pixels and back, and the scales on which pixels are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from tools import provenance

if TYPE_CHECKING:
    import dask.array as da


def to_samples(image: xr.DataArray) -> xr.DataArray:
    """Reshape an image to samples × features: one row a pixel, row by row of the image, one column a band.

    Parameters
    ----------
    image : xarray.DataArray, dims (band, y, x)
        On NumPy or Dask.

    Returns
    -------
    xarray.DataArray, dims (pixel, band)
        The same numbers, with the bands' coordinates and all attributes; on Dask in blocks of whole rows of
        the image with all bands. Where the pixels lie is not repeated for each of them: `to_image` takes it
        from the image.

    Raises
    ------
    ValueError
        If the image has other dimensions.

    Examples
    --------
    >>> image = xr.DataArray(np.arange(8).reshape(2, 2, 2), dims=("band", "y", "x"))
    >>> to_samples(image).values.tolist()
    [[0, 4], [1, 5], [2, 6], [3, 7]]
    """
    _is_image(image)
    turned = image.transpose("y", "x", "band").data
    if image.chunks is not None:  # a block that ends within a row would be torn apart
        turned = turned.rechunk({1: -1, 2: -1})
    data = turned.reshape(-1, image.sizes["band"])
    coords = {name: coord for name, coord in image.coords.items() if not {"x", "y"} & {*coord.dims}}
    return xr.DataArray(data, coords, ("pixel", "band"), image.name, image.attrs)


def to_image(values: np.ndarray | da.Array | xr.DataArray, like: xr.DataArray) -> xr.DataArray:
    """Put values of pixels back where the pixels lie.

    Parameters
    ----------
    values : array, shape (n_pixels,) or (n_pixels, n_bands)
        One value a pixel, such as its label, or one a pixel and band; in the order of `to_samples`.
    like : xarray.DataArray, dims (band, y, x)
        The image that was reshaped.

    Returns
    -------
    xarray.DataArray, dims (y, x) or (band, y, x)
        With the image's coordinates, CRS and attributes.

    Raises
    ------
    ValueError
        If there are not as many values as pixels, or as many columns as bands.

    Examples
    --------
    >>> image = xr.DataArray(np.arange(8.0).reshape(2, 2, 2), {"x": [5, 15]}, ("band", "y", "x"))
    >>> to_image(to_samples(image), image).identical(image)
    True
    >>> to_image(np.array([0, 0, 1, 1]), image).values.tolist()
    [[0, 0], [1, 1]]
    """
    _is_image(like)
    data = values.data if isinstance(values, xr.DataArray) else values
    n_bands, height, width = like.shape
    allowed = [(height * width,), (height * width, n_bands)]
    if tuple(data.shape) not in allowed:
        raise ValueError(
            f"values of shape {tuple(data.shape)} do not fit an image of {height} × {width} pixels and "
            f"{n_bands} bands: expected {allowed[0]} or {allowed[1]}"
        )
    if data.ndim == 2:
        coords, dims = like.coords, ("y", "x", "band")
        image = xr.DataArray(data.reshape(height, width, n_bands), coords, dims, like.name, like.attrs)
        return image.transpose("band", "y", "x")
    coords = {name: coord for name, coord in like.coords.items() if "band" not in coord.dims}
    image = xr.DataArray(data.reshape(height, width), coords, ("y", "x"), attrs=like.attrs)
    # What said how missing numbers are written speaks of the image's numbers, not of these.
    image.attrs.pop("_FillValue", None)
    return image


def standardise(*scenes: xr.DataArray, over: str = "band") -> tuple[xr.DataArray, ...]:
    """Bring scenes to mean 0 and standard deviation 1, together: what is subtracted is the same for all.

    Parameters
    ----------
    *scenes : xarray.DataArray, dims including ``band``
        One or more, images or samples, with the same bands; NaN is left out of the statistics and stays.
    over : {"band", "all"}, optional
        Each band by its own mean and standard deviation, or all values by one of each: then bright bands
        keep more weight than dark ones.

    Returns
    -------
    tuple of xarray.DataArray
        As many as were given. A band that has one value only becomes 0.

    Raises
    ------
    ValueError
        If `over` is neither, the bands differ, or there is no value at all.

    Examples
    --------
    >>> pixels = xr.DataArray([[1.0, 100.0], [3.0, 300.0]], {"band": ["red", "nir"]}, ("pixel", "band"))
    >>> standardise(pixels)[0].values.tolist()
    [[-1.0, -1.0], [1.0, 1.0]]
    """
    if over not in ("band", "all"):
        raise ValueError(f"over={over!r} is neither 'band' nor 'all'")
    if not scenes:
        raise ValueError("give at least one scene")
    if any(not np.array_equal(scene["band"], scenes[0]["band"]) for scene in scenes):
        raise ValueError("the scenes have different bands: bring them together by `match_bands` first")
    dims = [[dim for dim in scene.dims if over == "all" or dim != "band"] for scene in scenes]
    # Two passes, in double precision: reflectances of half precision add up badly over millions of pixels.
    pairs = list(zip(scenes, dims, strict=True))
    count = sum(scene.notnull().sum(over_dims).compute() for scene, over_dims in pairs)
    if not (count > 0).all():
        raise ValueError("there is nothing to standardise: a band, or all of the scene, has no data")
    mean = sum(scene.sum(over_dims, dtype=float).compute() for scene, over_dims in pairs) / count
    spread = sum(((scene - mean) ** 2).sum(over_dims, dtype=float).compute() for scene, over_dims in pairs)
    deviation = np.sqrt(spread / count)
    deviation = deviation.where(deviation > 0, 1.0)
    return tuple(
        provenance.carry(
            ((scene - mean) / deviation)
            .astype(scene.dtype if scene.dtype.kind == "f" else float)
            .assign_attrs(scene.attrs),
            scene,
        )
        for scene in scenes
    )


def _is_image(image: xr.DataArray) -> None:
    if image.dims != ("band", "y", "x"):
        raise ValueError(f"expected an image (band, y, x), got {image.dims}")

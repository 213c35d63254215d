"""What the catalogue says of a data set, as plain objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.sources.checksums import Checksum
from tools.sources.errors import DataError, suggest
from tools.sources.schema import Schema

ORIGINS = ("sample", "open", "earthengine")
KINDS = ("areas", "table", "cube")
SYNTHETIC = "Synthetic sample: places, codes and values are invented, to practise with. Not real data."


@dataclass(frozen=True)
class SourceFile:
    """One file of a data set, as one origin has it.

    Parameters
    ----------
    name : str
        Its path within the data set's folder.
    url : str or None
        Where it is published; None for a file that is made on this machine.
    checksum : Checksum or None
        What its bytes must be; None where they are not pinned.
    size : int or None
        Exact size in bytes, where it is known.
    about_mb : float or None
        Rough size in megabytes, for information.
    crs_if_projected : str or None
        The CRS to assume when the file names none and its coordinates cannot be degrees.

    Examples
    --------
    >>> SourceFile("a.csv", size=2_500_000).megabytes
    2.5
    """

    name: str
    url: str | None = None
    checksum: Checksum | None = None
    size: int | None = None
    about_mb: float | None = None
    crs_if_projected: str | None = None

    @property
    def megabytes(self) -> float | None:
        """Size in megabytes, None where it is not known."""
        return self.about_mb if self.size is None else self.size / 1e6


@dataclass(frozen=True)
class Origin:
    """One road by which a data set comes.

    Parameters
    ----------
    name : {"sample", "open", "earthengine"}
        The road.
    files : tuple of SourceFile
        The first is the one that is opened.
    options : mapping
        What only this road needs: the sample's place, the root of a mosaic, the boundaries' service.

    Examples
    --------
    >>> Origin("sample", (SourceFile("london-lsoa.geojson"),), {"place": "london"}).files[0].name
    'london-lsoa.geojson'
    """

    name: str
    files: tuple[SourceFile, ...]
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class DataSet:
    """All that the catalogue says of one data set.

    Parameters
    ----------
    name, title, description, coverage : str
        What it is, in words.
    kind : {"areas", "table", "cube"}
        What `tools.sources.open` returns: a GeoDataFrame, a DataFrame, or a DataArray.
    licence, licence_url, citation, notice : str
        Whose it is, and what must be said where it is shown.
    schema : Schema or None
        What its table must look like; None for a cube.
    origins : mapping of str to Origin
        The roads by which it comes. A road that is the same as another appears under both names.

    Examples
    --------
    >>> from tools.sources import catalogue
    >>> catalogue()["london-socioeconomic"].schema.key
    'LSOA21CD'
    """

    name: str
    title: str
    description: str
    coverage: str
    kind: str
    licence: str
    licence_url: str
    citation: str
    notice: str
    schema: Schema | None
    origins: Mapping[str, Origin]

    def origin(self, name: str) -> Origin:
        """Return one road.

        Parameters
        ----------
        name : str
            An origin's name.

        Returns
        -------
        Origin

        Raises
        ------
        DataError
            If the data set does not come by that road.

        Examples
        --------
        >>> from tools.sources import find
        >>> find("london-lsoa").origin("sample").name
        'sample'
        """
        if name not in self.origins:
            raise DataError(
                f"'{self.name}' has no origin '{name}': {suggest(name, self.origins)}. Choose one by the "
                "argument origin= or the environment variable COURSE_ORIGIN"
            )
        return self.origins[name]

    def notice_for(self, origin: str) -> str:
        """Return the text to show beside every picture of this data set.

        Parameters
        ----------
        origin : str
            An origin's name.

        Returns
        -------
        str
            The licence's notice or, for the sample, that it is synthetic.

        Examples
        --------
        >>> from tools.sources import find
        >>> find("london-lsoa").notice_for("sample").partition(":")[0]
        'Synthetic sample'
        """
        return SYNTHETIC if self.origin(origin).name == "sample" else self.notice

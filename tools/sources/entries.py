"""What the catalogue says of a data set, as plain objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.provenance import Provenance
from tools.sources.checksums import Checksum
from tools.sources.errors import DataError, suggest
from tools.sources.schema import Schema

ORIGINS = ("sample", "open", "earthengine")
KINDS = ("areas", "points", "table", "places", "cube", "scenes", "scene")
TABLES = ("areas", "points", "table", "places")
PIXELS = ("cube", "scenes")
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
class Size:
    """How much of a data set to take.

    Parameters
    ----------
    rows : int or None
        About how many rows to keep; None for all.
    of : int or None
        How many rows the whole has. Then the rows are kept whose key's hash is among the lowest
        ``rows / of`` of all hashes, so that tables with the same keys keep the same; without it, just so many
        rows are kept, by the hash of their number.

    Examples
    --------
    >>> Size(rows=20_000, of=642_717).words
    'about 20,000 of 642,717 rows'
    """

    rows: int | None = None
    of: int | None = None

    @property
    def words(self) -> str:
        """How much it is, in words."""
        if self.rows is None:
            return "all rows"
        return f"about {self.rows:,} of {self.of:,} rows" if self.of else f"{self.rows:,} rows"


@dataclass(frozen=True)
class DataSet:
    """All that the catalogue says of one data set.

    Parameters
    ----------
    name, title, description, coverage : str
        What it is, in words.
    kind : {"areas", "points", "table", "places", "cube", "scenes", "scene"}
        What `tools.sources.open` returns: a GeoDataFrame, a DataFrame (of places, one out of two files in
        GeoNames's layout), or a DataArray; of scenes, the medians of years, and of one scene, which is a file
        a band, all of it.
    licence, licence_url, citation, notice : str
        Whose it is, and what must be said where it is shown.
    schema : Schema or None
        What its table must look like; None for pixels.
    origins : mapping of str to Origin
        The roads by which it comes. A road that is the same as another appears under both names.
    sizes : mapping of str to Size
        The sizes in which it comes, the first by default; empty for a data set that is one size only.
    example : str
        Arguments with which pixels may be opened, as they are written in code; empty for a table.

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
    sizes: Mapping[str, Size] = field(default_factory=dict)
    example: str = ""

    def size(self, name: str | None = None) -> str | None:
        """Return the name of the size to use.

        Parameters
        ----------
        name : str, optional
            What was asked for.

        Returns
        -------
        str or None
            None where the data set has no sizes.

        Raises
        ------
        DataError
            If it does not come in that size.

        Examples
        --------
        >>> from tools.sources import find
        >>> find("liverpool-buildings").size(), find("london-lsoa").size()
        ('class', None)
        """
        if name is None:
            return next(iter(self.sizes), None)
        if not self.sizes:
            raise DataError(f"'{self.name}' comes in one size only; leave out size={name!r}")
        if name not in self.sizes:
            raise DataError(f"'{self.name}' has no size '{name}': {suggest(str(name), self.sizes)}")
        return name

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

    def provenance(self, origin: str) -> Provenance:
        """Return the mark that data carry which came by one road.

        Parameters
        ----------
        origin : str
            An origin's name.

        Returns
        -------
        tools.provenance.Provenance

        Examples
        --------
        >>> from tools.sources import find
        >>> find("london-lsoa").provenance("sample").synthetic
        True
        """
        return Provenance(self.name, origin, self.title, self.notice_for(origin))

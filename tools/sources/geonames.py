"""Cities of the world as GeoNames publishes them: a file of places, and one of countries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tools.sources.errors import DataError
from tools.tiling import CONTINENTS

if TYPE_CHECKING:
    import pandas as pd

PLACE_FIELDS = (
    *("geonameid", "name", "asciiname", "alternatenames", "latitude", "longitude"),
    *("feature_class", "feature_code", "country_code", "cc2"),
    *("admin1_code", "admin2_code", "admin3_code", "admin4_code"),
    *("population", "elevation", "dem", "timezone", "modification_date"),
)
"""The columns of ``cities15000.txt``, which has no header [1]_.

.. [1] GeoNames, readme.txt of the export, https://download.geonames.org/export/dump/readme.txt.
"""

COUNTRY_FIELDS = (
    *("iso", "iso3", "iso_numeric", "fips", "country", "capital", "area", "population", "continent", "tld"),
    *("currency_code", "currency_name", "phone", "postal_code_format", "postal_code_regex"),
    *("languages", "geonameid", "neighbours", "equivalent_fips_code"),
)
"""The columns of ``countryInfo.txt``, whose lines of comment begin with ``#``."""


def read_places(places: str | Path, countries: str | Path) -> pd.DataFrame:
    """Read populated places with their countries and continents.

    Parameters
    ----------
    places : str or pathlib.Path
        In the layout of GeoNames's ``cities15000``: ``.txt``, or ``.zip`` with such a file in it.
    countries : str or pathlib.Path
        In the layout of GeoNames's ``countryInfo.txt``.

    Returns
    -------
    pandas.DataFrame
        A row a place, in the file's order: ``city_id`` int64, ``city``, ``country``, ``country_code``,
        ``continent`` (in words), ``population`` int64, ``lon`` and ``lat`` in degrees, ``feature_code`` (what
        kind of place, such as ``PPLC`` for a capital and ``PPLX`` for a part of a city; may be missing).

    Raises
    ------
    DataError
        If a file is missing, is not in its layout, or places lie in countries that the other file has not.

    Examples
    --------
    >>> import tempfile
    >>> place = ["7", "Sampleton", "Sampleton", "", "45.1", "4.9", "P", "PPL", "FR", *[""] * 5, "120000"]
    >>> country = ["FR", "FRA", "250", "FR", "France", "Paris", "547030", "66987244", "EU"]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = Path(folder, "places.txt"), Path(folder, "countries.txt")
    ...     _ = files[0].write_text("\\t".join([*place, *[""] * 4]) + "\\n")
    ...     _ = files[1].write_text("#ISO\\tand so on\\n" + "\\t".join([*country, *[""] * 10]) + "\\n")
    ...     read_places(*files)[["city", "continent", "population"]].to_dict("records")
    [{'city': 'Sampleton', 'continent': 'Europe', 'population': 120000}]
    """
    import pandas as pd

    table = _read(Path(places), PLACE_FIELDS)
    lands = _read(Path(countries), COUNTRY_FIELDS).drop_duplicates("iso").set_index("iso")
    unknown = sorted(set(table["country_code"]) - set(lands.index))
    if unknown:
        raise DataError(
            f"{Path(countries).name} does not have the countries {', '.join(map(repr, unknown[:5]))}, in "
            f"which places of {Path(places).name} lie: take both files from the same day's export"
        )
    country = lands.loc[table["country_code"]]
    continents = country["continent"].map(CONTINENTS)
    if continents.isna().any():
        code = country["continent"][continents.isna()].iloc[0]
        raise DataError(
            f"{Path(countries).name} names a continent {code!r}; expected one of {', '.join(CONTINENTS)}"
        )
    numbers = {
        name: _numbers(table[name], Path(places).name)
        for name in ("geonameid", "population", "longitude", "latitude")
    }
    return pd.DataFrame(
        {
            "city_id": numbers["geonameid"].astype("int64"),
            "city": table["name"],
            "country": country["country"].to_numpy(),
            "country_code": table["country_code"],
            "continent": continents.to_numpy(),
            "population": numbers["population"].astype("int64"),
            "lon": numbers["longitude"].astype(float),
            "lat": numbers["latitude"].astype(float),
            "feature_code": table["feature_code"].where(table["feature_code"] != ""),
        }
    )


def _read(path: Path, fields: tuple[str, ...]) -> pd.DataFrame:
    import csv
    import io
    import zipfile

    import pandas as pd

    if not path.is_file():
        raise DataError(f"there is no file {path.absolute()}; check the path and the folder you are in")
    how = {
        "sep": "\t",
        "header": None,
        "dtype": str,
        "quoting": csv.QUOTE_NONE,  # names have quotation marks in them that close nowhere
        "keep_default_na": False,  # or Namibia and North America, both NA, would be missing
    }
    try:
        if fields is PLACE_FIELDS:
            table = pd.read_csv(path, encoding="utf-8", **how)
        else:
            # Not by pandas's `comment`, which would cut postcodes like AD### off, and all behind them.
            lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
            table = pd.read_csv(io.StringIO("\n".join(lines)), **how)
    except (ValueError, OSError, zipfile.BadZipFile) as error:  # pandas's own errors are of these kinds
        raise DataError(
            f"{path.name} cannot be read as a table of GeoNames: {error}; fetch it again"
        ) from error
    if table.shape[1] != len(fields):
        raise DataError(
            f"{path.name} has {table.shape[1]} columns; GeoNames's layout has {len(fields)}, divided by "
            f"tabs: {', '.join(fields[:5])}, …"
        )
    return table.set_axis(list(fields), axis=1)


def _numbers(column: pd.Series, name: str) -> pd.Series:
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce")
    if numbers.isna().any():
        row = int(numbers.isna().to_numpy().argmax())
        raise DataError(
            f"{name}, line {row + 1}: {column.name} must be a number, not {column.iloc[row]!r}; "
            "fetch it again"
        )
    return numbers

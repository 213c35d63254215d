"""How to cite the course, from the one record that the repository keeps."""

from __future__ import annotations

from typing import Any

import yaml

from tools import places


def how_to_cite() -> str:
    """Return the course's citation as a sentence and as BibTeX, from ``CITATION.cff``.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    FileNotFoundError
        If the record is missing.

    Examples
    --------
    >>> "@software{" in how_to_cite()
    True
    """
    record: dict[str, Any] = yaml.safe_load((places.ROOT / "CITATION.cff").read_text("utf8"))
    authors = [_author(author) for author in record["authors"]]
    address = record.get("url") or record["repository-code"]
    year = str(record.get("date-released", ""))[:4]
    sentence = f"{', '.join(authors)}{f' ({year})' if year else ''}. *{record['title']}*"
    sentence += f" (version {record['version']}). <{address}>"
    fields = {
        "author": " and ".join(f"{{{author}}}" for author in authors),
        "title": f"{{{record['title']}}}",
        "version": str(record["version"]),
        "year": year,
        "url": address,
        "license": _licences(record),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    bibtex = "\n".join(["@software{places_as_vectors,", *lines, "}"])
    return f"> {sentence}\n\n```bibtex\n{bibtex}\n```\n"


def _author(author: dict[str, str]) -> str:
    if "name" in author:
        return author["name"]
    return " ".join(author[part] for part in ("given-names", "family-names") if part in author)


def _licences(record: dict[str, Any]) -> str:
    licence = record.get("license", "")
    return licence if isinstance(licence, str) else ", ".join(licence)

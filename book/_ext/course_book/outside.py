"""Refuse a book whose pages would ask another host for anything when they open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

_LOADS = {
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "image": ("href", "xlink:href"),
    "img": ("src", "srcset"),
    "input": ("src",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "track": ("src",),
    "video": ("src", "poster"),
}
_NAVIGATES = {"alternate", "author", "canonical", "help", "license", "next", "prev", "search"}
_OUTSIDE = re.compile(r"(?:https?:)?//[^\s/]", re.IGNORECASE)
_IN_STYLES = re.compile(r"(?:url\(\s*|@import\s+)[\"']?((?:https?:)?//[^\"')\s]+)", re.IGNORECASE)
_IN_MODULES = re.compile(r"\b(?:from|import)\s*\(?\s*[\"'](https?://[^\"']+)[\"']")


def connect(app: Sphinx) -> None:
    """Look at the pages when all of them are written.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The build.
    """
    app.connect("build-finished", refuse, priority=900)


def refuse(app: Sphinx, exception: Exception | None) -> None:
    """Fail the build if a page would load something from another host.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The build.
    exception : Exception or None
        What has ended the build already.

    Raises
    ------
    ExtensionError
        Naming each page and address.
    """
    if exception is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    found = [
        f"{path.relative_to(out).as_posix()} loads {address}"
        for path in sorted(out.rglob("*"))
        if path.suffix in {".html", ".css"} and "vendor" not in path.relative_to(out).parts
        for address in sorted(set(loaded_from_outside(path.read_text("utf8"), path.suffix)))
    ]
    if found:
        raise ExtensionError(
            "the book must not ask another host for anything when a page opens; add what is missing to "
            "package.json and serve it from the book:\n  " + "\n  ".join(found)
        )


def loaded_from_outside(text: str, suffix: str = ".html") -> Iterator[str]:
    """Yield the addresses on other hosts that a page or style sheet loads by itself.

    Links that a reader follows are not among them, nor are addresses in scripts, which a browser test finds.

    Parameters
    ----------
    text : str
        The page or the style sheet.
    suffix : {".html", ".css"}
        Which of the two.

    Yields
    ------
    str
    """
    if suffix == ".css":
        yield from _IN_STYLES.findall(text)
        return
    page = _Page()
    page.feed(text)
    page.close()
    yield from page.found


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self._inside = tag if tag in {"script", "style"} else self._inside
        names = _LOADS.get(tag, ())
        if tag == "link" and not _NAVIGATES.intersection(attributes.get("rel", "").lower().split()):
            names = ("href",)
        for name in names:
            self.found += [part for part in attributes.get(name, "").split() if _OUTSIDE.match(part)]
        self.found += _IN_STYLES.findall(attributes.get("style", ""))
        if "srcdoc" in attributes:
            self.found += loaded_from_outside(attributes["srcdoc"])

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.found += _IN_STYLES.findall(data)
        elif self._inside == "script":
            self.found += _IN_MODULES.findall(data)

"""The page for addresses that lead nowhere: it names the pages whose address is nearest."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from sphinx.application import Sphinx


def connect(app: Sphinx) -> None:
    """Write the page at the end of the build.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The build.
    """
    app.connect("build-finished", write)


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write ``404.html`` from ``book/404.html`` and the titles of all pages.

    A host shows it at any depth, so its addresses start at the book's root; the page finds out by itself
    whether that is the published one or a local server's.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The build.
    exception : Exception or None
        What has ended the build already.
    """
    if exception is not None or app.builder.format != "html":
        return
    pages = {
        f"{name}.html": app.env.titles[name].astext()
        for name in sorted(app.env.found_docs)
        if name in app.env.titles
    }
    values = {
        "@BASE@": escape(urlsplit(app.config.html_baseurl).path or "/"),
        "@PAGES@": json.dumps(pages, ensure_ascii=False).replace("<", "\\u003c"),
        "@HOME@": f"{app.config.root_doc}.html",
    }
    text = (Path(app.srcdir) / "book" / "404.html").read_text("utf8")
    for mark, value in values.items():
        text = text.replace(mark, value)
    (Path(app.outdir) / "404.html").write_text(text, "utf8")

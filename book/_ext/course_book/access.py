"""Mend in the finished markup what keeps people out: names that toggles lack, table heads without a word."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sphinx.application import Sphinx

_EMPTY_HEAD = re.compile(r"<th(?: [^>]*)?>\s*(?:<p>\s*</p>\s*)?</th>")
_TOGGLE = re.compile(r"<summary>(?=<span class=\"toctree-toggle\")")


def connect(app: Sphinx) -> None:
    """Connect to the writing of each page.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The build.
    """
    app.connect("html-page-context", mend, priority=950)  # after the theme has made its functions


def mend(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Mend one page.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The build.
    page, template : str
        Names of page and template.
    context : dict
        What the template is given; changed in place.
    doctree : docutils.nodes.document or None
        The page.
    """
    if "generate_toctree_html" in context:
        context["generate_toctree_html"] = _with_names(context["generate_toctree_html"])
    if context.get("body"):
        context["body"] = mend_body(context["body"])
    # The button for running code in a page is never shown, and its script declares itself twice.
    for files in ("script_files", "css_files"):
        context[files] = [file for file in context[files] if not _is_thebe(file)]


def mend_body(body: str) -> str:
    """Return a page's markup with what it lacked.

    Parameters
    ----------
    body : str
        HTML.

    Returns
    -------
    str
        The same with tables whose empty corner is no heading, folds named by what they show, and references
        in a role that browsers still know.
    """
    body = _EMPTY_HEAD.sub("<td></td>", body)
    body = body.replace('<summary aria-label="Toggle hidden content">', "<summary>")
    return body.replace('role="doc-biblioentry"', 'role="listitem"')


def _with_names(generate: Callable[..., str]) -> Callable[..., str]:
    def generate_named(*args: Any, **kwargs: Any) -> str:
        return _TOGGLE.sub('<summary aria-label="Pages below this one">', str(generate(*args, **kwargs)))

    return generate_named


def _is_thebe(file: Any) -> bool:
    attributes = getattr(file, "attributes", {})
    return "thebe" in f"{getattr(file, 'filename', file)} {attributes.get('body', '')}".lower()

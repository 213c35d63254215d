"""Pages that stand by themselves: a form of the folder ``web`` filled in, framed, or saved as a file."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.maps import palette

WEB = Path(__file__).with_name("web")


class Page:
    """What a notebook shows in a frame, and what can be saved as a page.

    A class that inherits from it has ``html``, the whole page; ``title``, for the page's heading and for
    screen readers; and ``height``, the frame's height in CSS.
    """

    html: str
    title: str
    height: str

    def save(self, path: str | Path) -> Path:
        """Write the page to a file and return its path.

        Parameters
        ----------
        path : str or pathlib.Path
            Where to; folders are made as needed.

        Returns
        -------
        pathlib.Path
        """
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.html, encoding="utf-8")
        return path

    def _repr_html_(self) -> str:
        return (
            f'<iframe class="course-frame" title="{html.escape(self.title)}" loading="lazy" '
            f'allow="fullscreen" style="width:100%;height:{self.height};border:0" '
            f'srcdoc="{html.escape(self.html)}"></iframe>'
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.title}>"


def filled(form: str, parts: Mapping[str, str]) -> str:
    """Return a form of the folder ``web`` with its marks, ``{{name}}``, replaced.

    Parameters
    ----------
    form : str
        The file's name.
    parts : mapping of str to str
        HTML by mark. A part that looks like a mark itself, such as a name in the data, stays as it is.

    Returns
    -------
    str

    Raises
    ------
    KeyError
        If a mark has no part.

    Examples
    --------
    >>> marks = "title css left right before after height width script".split()
    >>> "<title>{{css}}</title>" in filled("swipe.html", dict.fromkeys(marks, "-") | {
    ...     "title": "{{css}}", "notice": ""})
    True
    """
    first, *rest = (WEB / form).read_text("utf-8").split("{{")
    pieces = (piece.split("}}", 1) for piece in rest)
    return first + "".join(parts[mark] + text for mark, text in pieces)


def script_json(content: Any) -> str:
    """Return data as JSON that may stand in a script element.

    Parameters
    ----------
    content : dict, list, str or number
        What JSON holds; no NaN, which it does not.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If a number is not finite.

    Examples
    --------
    >>> print(script_json({"name": "</script>"}))
    {"name":"\\u003c/script>"}
    """
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # "<" could end the element or open a comment; JSON may write it as an escape.
    return text.replace("<", "\\u003c")


def page_script(*names: str) -> str:
    """Return scripts of the folder ``web`` as one that keeps its names to itself.

    Parameters
    ----------
    *names : str
        Files, in the order in which they need each other.

    Returns
    -------
    str
        JavaScript.

    Examples
    --------
    >>> page_script("theme.js").startswith("(() => {")
    True
    """
    own = "\n".join((WEB / name).read_text("utf-8") for name in names)
    return f'(() => {{\n"use strict";\n{own}\n}})();'


def page_colours(*, dark: bool = True) -> str:
    """Return the course's page colours as CSS variables.

    Parameters
    ----------
    dark : bool, optional
        Whether to add those of a dark page, which hold under ``data-theme="dark"``.

    Returns
    -------
    str
        Rules.

    Examples
    --------
    >>> "--accent: #0b6b66;" in page_colours(), "dark" in page_colours(dark=False)
    (True, False)
    """
    light = _rule(":root", palette.LIGHT)
    if not dark:
        return light
    return light + "@media screen {\n" + _rule('html[data-theme="dark"]', palette.DARK) + "}\n"


def _rule(selector: str, roles: Mapping[str, str]) -> str:
    settings = " ".join(f"--{role.replace('_', '-')}: {colour};" for role, colour in roles.items())
    return f"{selector} {{ {settings} }}\n"

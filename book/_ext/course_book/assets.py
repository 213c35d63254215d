"""Put what the pages load beside them: fonts and MathJax from npm, the course's own style sheets."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

from tools.maps import palette
from tools.places import npm_asset

FONTS = {
    "Source Serif 4": ("source-serif-4", "opsz", "200 900"),
    "Source Sans 3": ("source-sans-3", "wght", "200 900"),
    "Source Code Pro": ("source-code-pro", "wght", "200 900"),
}
"""Family → package, variable axes and range of weights."""

_ICON_SCRIPT = re.compile(
    r"""<script[^>]*fontawesome[^>]*/js/all\.min\.js[^>]*></script>|<link[^>]*fontawesome[^>]*/js/all\.min\.js[^>]*>"""
)
_LATIN = (
    "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,"
    "U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD"
)


def connect(app: Sphinx) -> None:
    """Name the style sheets and copy the assets before any page is written.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The build.
    """
    for name in ("fonts.css", "palette.css", "course.css"):
        app.add_css_file(f"vendor/course/{name}", priority=900)
    app.connect("config-inited", take_frames)
    app.connect("builder-inited", place)
    app.connect("build-finished", drop_second_icons)


def take_frames(app: Sphinx, config: Config) -> None:
    """Publish the lessons' interactive figures where there are any.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The build.
    config : sphinx.config.Config
        Its configuration; changed in place.
    """
    if (Path(app.confdir) / "_extra").is_dir():
        config.html_extra_path = [*config.html_extra_path, "_extra"]


def place(app: Sphinx) -> None:
    """Write and copy everything into ``_static/vendor``, leaving alone what is already the same.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The build; only HTML needs assets.
    """
    if app.builder.format != "html":
        return
    vendor = Path(app.outdir) / "_static" / "vendor"
    own = vendor / "course"
    _write(own / "fonts.css", fonts_css())
    _write(own / "palette.css", palette_css())
    for sheet in (Path(app.srcdir) / "book" / "styles").glob("*.css"):
        _copy(sheet, own / sheet.name)
    for package, axes, _ in FONTS.values():
        for style in ("normal", "italic"):
            name = f"{package}-latin-{axes}-{style}.woff2"
            _copy(_npm(f"@fontsource-variable/{package}/files/{name}"), own / "files" / name)
    _place_mathjax(vendor / "mathjax")


def drop_second_icons(app: Sphinx, exception: Exception | None) -> None:
    """Take out the script that draws icons that the icon font draws already: the heaviest file.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The build.
    exception : Exception or None
        What has ended the build already.
    """
    if exception is not None or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text("utf8")
        lighter = _ICON_SCRIPT.sub("", text)
        if lighter != text:
            page.write_text(lighter, "utf8")


def fonts_css() -> str:
    """Return the ``@font-face`` rules of the book's typefaces, Latin only.

    Returns
    -------
    str
        A style sheet; its addresses are relative to itself.
    """
    rules = [
        f"@font-face{{font-family:'{family}';font-style:{style};font-weight:{weights};font-display:swap;"
        f"src:url(files/{package}-latin-{axes}-{style}.woff2) format('woff2');unicode-range:{_LATIN}}}"
        for family, (package, axes, weights) in FONTS.items()
        for style in ("normal", "italic")
    ]
    return "\n".join(rules) + "\n"


def palette_css() -> str:
    """Return the course's colours as CSS variables, for light pages and for dark ones.

    Returns
    -------
    str
        A style sheet that sets ``--course-ink``, ``--course-accent`` and so on.
    """
    blocks = []
    for selector, colours in (
        ("html", palette.LIGHT),
        ('html[data-theme="dark"]', palette.DARK),
    ):
        lines = [f"  --course-{role.replace('_', '-')}: {colour};" for role, colour in colours.items()]
        blocks.append(selector + " {\n" + "\n".join(lines) + "\n}\n")
    return "".join(blocks)


def _place_mathjax(target: Path) -> None:
    source = _npm("mathjax/es5/tex-chtml.js")
    _copy(source, target / source.name)
    # what tex-chtml.js asks for later: its fonts, rare TeX extensions, the menu and its speech
    for folder in ("output/chtml/fonts", "input/tex/extensions", "ui", "a11y", "sre"):
        for path in (source.parent / folder).rglob("*"):
            if path.is_file():
                _copy(path, target / path.relative_to(source.parent))


def _npm(relative: str) -> Path:
    path = npm_asset(relative)
    if path is None:
        raise ExtensionError(
            f"node_modules/{relative} is missing: the book serves its fonts and scripts itself. "
            "Install them with `course assets`."
        )
    return path


def _copy(source: Path, target: Path) -> None:
    there = target.stat() if target.exists() else None
    here = source.stat()
    if there is None or (there.st_size, there.st_mtime) != (here.st_size, here.st_mtime):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text("utf8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf8")

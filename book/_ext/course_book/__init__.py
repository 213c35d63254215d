"""What this book adds to Jupyter Book: assets of its own, measured lessons, a 404 that helps."""

from __future__ import annotations

from sphinx.application import Sphinx

from . import access, assets, lessons, notfound, outside


def setup(app: Sphinx) -> dict[str, object]:
    """Connect each part to the build.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The build.

    Returns
    -------
    dict
        What Sphinx wants to know of an extension.
    """
    access.connect(app)
    assets.connect(app)
    lessons.connect(app)
    notfound.connect(app)
    outside.connect(app)  # last: it looks at what all others have written
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

"""The parts of the book that are made, not written: lesson list, data cards, reference, measurements."""

from __future__ import annotations

from pathlib import Path

from tools.course import page_api, page_cite, page_data, page_lessons, page_performance


def generate(site: Path) -> list[Path]:
    """Write all generated parts of the book into the staged site.

    A file that already says the same is left alone, so that the build does not read it again; a card of a
    data set that is gone is removed.

    Parameters
    ----------
    site : pathlib.Path
        The staged copy that jupyter-book builds from, with ``book/`` in it.

    Returns
    -------
    list of pathlib.Path
        Every generated file, written now or before.

    Raises
    ------
    tools.sources.DataError
        If the catalogue cannot be read.
    FileNotFoundError
        If ``book/lessons.yml`` or ``CITATION.cff`` is missing.

    Examples
    --------
    >>> import tempfile
    >>> made = generate(Path(tempfile.mkdtemp()))
    >>> sorted(path.name for path in made if path.parent.name == "_generated")[:3]
    ['api.md', 'cite.md', 'datasets.md']
    """
    texts = {
        "_generated/api.md": page_api.reference(),
        "_generated/cite.md": page_cite.how_to_cite(),
        "_generated/datasets.md": page_data.overview(),
        "_generated/lessons.md": page_lessons.cards(),
        "_generated/notices.md": page_data.notices(),
        "_generated/performance.md": page_performance.comparisons(),
        "_generated/times.md": page_lessons.times(),
    } | {f"cards/{name}.md": text for name, text in page_data.cards().items()}
    book = site / "book"
    paths = [_write(book / name, text) for name, text in texts.items()]
    for gone in set((book / "cards").glob("*.md")) - set(paths):
        gone.unlink()
    return paths


def _write(path: Path, text: str) -> Path:
    text = text.rstrip() + "\n"
    if not path.exists() or path.read_text("utf8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf8")
    return path

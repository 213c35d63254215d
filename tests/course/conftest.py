"""A small course of real notebooks in a folder of each test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from tools import places
from tools.course.cli import app
from tools.course.lessons import Course

KERNEL = {"name": "python3", "language": "python", "display_name": "Python 3"}


@pytest.fixture
def course(tmp_path, monkeypatch) -> Course:
    """An empty course, which the command line takes for its own."""
    root = tmp_path / "course"
    (root / "notebooks").mkdir(parents=True)
    (root / "tools").mkdir()
    monkeypatch.setattr(places, "ROOT", root)
    monkeypatch.setattr(places, "BUILD", root / "_build")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("COURSE_ORIGIN", raising=False)
    return Course.here()


@pytest.fixture
def write_lesson(course) -> Callable[..., Path]:
    """Store a notebook of code cells: ``write_lesson("01-first", "n = 1", "print(n)")``.

    The first cell is the parameters cell.
    """

    def write(name: str, *sources: str) -> Path:
        cells = [nbformat.v4.new_markdown_cell(f"# {name}")]
        cells += [nbformat.v4.new_code_cell(source) for source in sources]
        if sources:
            cells[1].metadata["tags"] = ["parameters"]
        for number, cell in enumerate(cells):
            cell["id"] = f"cell-{number}"
        notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
        path = course.notebooks / f"{name}.ipynb"
        nbformat.write(notebook, path)
        return path

    return write


@pytest.fixture
def type_command() -> Callable[..., object]:
    """Type a command line: ``type_command("run", "--force")`` → result with exit_code, stdout, stderr."""
    runner = CliRunner()
    return lambda *words: runner.invoke(app, [str(word) for word in words])

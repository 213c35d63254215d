"""The lessons as stored: what every notebook in `notebooks/` must be, now and later."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from statistics import median

import nbformat
import numpy as np
import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))

OPENING = ["What you will learn", "What you need"]
CLOSING = ["What we found", "Where it breaks", "Exercises", "What next"]

# Code, formulas, addresses and tags.
NOT_PROSE = r"```.*?```|\$\$.*?\$\$|`[^`]*`|\$[^$]*\$|\]\([^)]*\)|<[^>]+>"

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def cells(path: Path, kind: str) -> list[nbformat.NotebookNode]:
    return [cell for cell in read(path).cells if cell.cell_type == kind]


def tags(cell: nbformat.NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def lesson_code(path: Path) -> list[nbformat.NotebookNode]:
    """The code cells that a student reads: all but the one that sets up Colab."""
    return [cell for cell in cells(path, "code") if "colab" not in tags(cell)]


def headings(path: Path) -> list[str]:
    prose = "\n".join(cell.source for cell in cells(path, "markdown"))
    return re.findall(r"^#{1,6} +(.+?) *$", prose, flags=re.MULTILINE)


def draws(cell: nbformat.NotebookNode) -> bool:
    """Whether a code cell leaves a static figure under it, by the names it calls."""
    tree = ast.parse(re.sub(r"^[%!].*$", "", cell.source, flags=re.MULTILINE))
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = [getattr(call, "attr", getattr(call, "id", "")) for call in calls]
    return any(name.startswith("plot_") or name in {"plot", "imshow"} for name in names)


def test_it_is_a_valid_notebook_for_the_python3_kernel(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"


def test_it_is_stored_without_outputs(path):
    for cell in cells(path, "code"):
        assert cell.outputs == []
        assert cell.execution_count is None


def test_it_has_one_parameters_cell_that_only_assigns(path):
    (cell,) = [cell for cell in cells(path, "code") if "parameters" in tags(cell)]
    assert all(isinstance(node, ast.Assign) for node in ast.parse(cell.source).body)
    assert "seed" in cell.source


def test_its_cells_are_short(path):
    lengths = [len(cell.source.splitlines()) for cell in lesson_code(path)]
    assert median(lengths) <= 4
    assert np.percentile(lengths, 90) <= 10
    assert max(lengths) <= 20


def test_imports_come_first(path):
    importing = [
        any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(ast.parse(cell.source)))
        for cell in lesson_code(path)
    ]
    assert importing[0]
    assert importing == sorted(importing, reverse=True), "an import after other code"


def test_machinery_is_in_tools(path):
    for cell in lesson_code(path):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                assert node.end_lineno - node.lineno < 6, f"{node.name} belongs in tools"


def test_it_has_the_shape_of_a_lesson(path):
    found = headings(path)
    opening = [found.index(name) for name in OPENING]
    closing = [found.index(name) for name in CLOSING]
    assert opening + closing == sorted(opening + closing)
    first = cells(path, "markdown")[0].source
    assert first.startswith("# ")
    assert "?" in first, "a lesson opens with a question"


def test_it_says_how_long_teaching_it_takes(path):
    course = read(path).metadata["course"]
    assert course["teaching_minutes"] > 0
    assert course["exercise_minutes"] > 0


def test_every_exercise_has_a_solution_that_is_run_but_hidden(path):
    exercises = [name for name in headings(path) if name.startswith("Exercise ")]
    assert exercises
    current, solved = None, set()
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            named = re.findall(r"^#+ +(Exercise .+?) *$", cell.source, flags=re.MULTILINE)
            current = named[-1] if named else current
        elif "solution" in tags(cell):
            assert "hide-cell" in tags(cell)
            assert cell.metadata["jupyter"]["source_hidden"]
            solved.add(current)
    assert solved == set(exercises)


def test_every_figure_has_its_own_words(path):
    described = []
    for cell in lesson_code(path):
        if draws(cell):
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt) >= 40, f"no alt text on:\n{cell.source}"
            described.append(alt)
    assert len(described) == len(set(described))


def test_the_prose_types_no_number_that_it_could_compute(path):
    """A number in the prose is either computed by a cell or declared, with its source, as a fact."""
    declared = set(read(path).metadata["course"]["facts"])
    for cell in cells(path, "markdown"):
        prose = re.sub(NOT_PROSE, " ", cell.source, flags=re.DOTALL)
        prose = re.sub(r"^#+ .*$|^\d+\. ", " ", prose, flags=re.MULTILINE)
        for number in re.findall(r"(?<![\w.])\d[\d,]*(?:\.\d+)?", prose):
            assert number.rstrip(",") in declared, f"{number!r} is typed in: {cell.source[:120]}"


def test_the_prose_renders_in_jupyter_and_colab_too(path):
    for cell in cells(path, "markdown"):
        assert not re.search(r"^(```\{|:::|\{\w+\}`)", cell.source, flags=re.MULTILINE), cell.source[:120]


def test_on_colab_it_fetches_the_course_from_its_own_repository(path, root):
    (cell,) = [cell for cell in cells(path, "code") if "colab" in tags(cell)]
    repository = re.search(r"url: *(\S+)", (root / "_config.yml").read_text(encoding="utf-8"))
    assert repository
    assert repository.group(1).strip("\"'") in cell.source


def test_a_file_of_ones_own_may_stand_in_for_each_data_set_that_is_a_parameter(path):
    """Opened by a parameter's name, it must be said which data set the reader's file is to be like."""
    (cell,) = [cell for cell in cells(path, "code") if "parameters" in tags(cell)]
    parameters = {target.id for node in ast.parse(cell.source).body for target in node.targets}
    for cell in lesson_code(path):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "sources.open":
                named = isinstance(node.args[0], ast.Name) and node.args[0].id in parameters
                assert not named or "like" in {keyword.arg for keyword in node.keywords}, ast.unparse(node)

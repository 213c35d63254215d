"""The lessons as executed: every one runs from top to bottom on the sample, and shows what it should."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
LESSONS = [path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
EXECUTED = ROOT / "_build" / "executed"

pytestmark = pytest.mark.lesson


@pytest.fixture(scope="module")
def report() -> dict[str, dict]:
    """Every lesson by papermill on sample data, as a person would: `course run`."""
    command = [sys.executable, "-m", "tools.course", "run", "--origin", "sample"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    rows = json.loads((EXECUTED / "report.json").read_text(encoding="utf-8"))["lessons"]
    return {row["lesson"]: row for row in rows}


@pytest.fixture(params=LESSONS)
def executed(request, report) -> nbformat.NotebookNode:
    return nbformat.read(EXECUTED / f"{request.param}.ipynb", as_version=4)


def outputs(notebook: nbformat.NotebookNode):
    """Pairs of a code cell and one of its outputs."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            yield cell, output


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_runs_and_is_measured(lesson, report):
    row = report[lesson]
    assert row["status"] in {"ok", "unchanged"}
    assert row["seconds"] > 0
    assert row["peak_memory_mb"] > 0


def test_nothing_is_left_unrun(executed):
    for cell in executed.cells:
        if cell.cell_type == "code" and cell.source.strip():
            assert cell.execution_count is not None, cell.source


def test_nothing_complains(executed):
    """A warning on the page is a broken thing to a reader."""
    loud = [output.text for _, output in outputs(executed) if output.get("name") == "stderr"]
    assert loud == []


def test_every_figure_is_drawn_and_can_be_heard(executed):
    described = {
        cell.id for cell in executed.cells if cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
    }
    images = {cell.id for cell, output in outputs(executed) if "image/png" in output.get("data", {})}
    frames = {cell.id for cell, output in outputs(executed) if "<iframe" in str(output.get("data", {}))}
    assert images <= described, "a picture without words"
    assert described <= images | frames, "words without a picture"


def test_no_page_shows_what_only_the_interpreter_wants_to_see(executed):
    shown = [output.get("data", {}).get("text/plain", "") for _, output in outputs(executed)]
    assert not [text for text in shown if text.startswith(("<Axes", "[<matplotlib"))]


def test_every_frame_has_a_title_and_a_file_of_its_own(executed):
    for _, output in outputs(executed):
        for frame in re.findall(r"<iframe[^>]*>", output.get("data", {}).get("text/html", "")):
            assert re.search(r'title="[^"]{20,}"', frame), frame
            source = re.search(r'src="([^"]+)"', frame)
            assert source, frame
            assert (EXECUTED / source.group(1)).is_file()


def test_a_page_made_from_the_sample_says_so(executed):
    said = [str(output.get("data", {})) for _, output in outputs(executed)]
    assert any("synthetic" in text.lower() for text in said)

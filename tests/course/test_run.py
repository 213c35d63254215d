"""``course run``: what is executed, what is left alone, and what a failure says."""

import json
import os
import signal
import subprocess
import sys

import nbformat
import pytest

from tools.course import report

pytestmark = pytest.mark.lesson


def rows(course):
    return json.loads(course.report.read_text(encoding="utf-8"))["lessons"]


def printed(course, name):
    notebook = nbformat.read(course.executed / f"{name}.ipynb", as_version=4)
    return [output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", [])]


def test_all_lessons_are_executed_and_reported_in_reading_order(course, write_lesson, type_command):
    write_lesson("02-b", "n = 2", "print(n * 21)")
    write_lesson("01-a", "n = 1", "print(n)", "print(n + 1)")
    result = type_command("run")
    assert result.exit_code == 0, result.output
    assert printed(course, "02-b") == ["42\n"]
    first, second = rows(course)
    assert (first["lesson"], second["lesson"]) == ("01-a", "02-b")
    assert first["status"] == second["status"] == "ok"
    assert (first["cells"], second["cells"]) == (3, 2)
    assert first["seconds"] > 0
    assert first["peak_memory_mb"] > 20, "a kernel alone takes more"
    assert first["error"] is None
    assert len(first["hash"]) == 64
    assert "01-a: ok" in result.stderr


def test_a_run_says_what_it_has_to_say_and_the_kernel_nothing(write_lesson, type_command, capfd):
    write_lesson("01-a", "n = 1", "print(n)")
    result = type_command("run")
    assert capfd.readouterr() == ("", "")
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1


def test_on_a_terminal_a_bar_counts_the_cells(course, write_lesson):
    """In a terminal of its own, since rich asks the real one."""
    import pty

    write_lesson("01-a", "n = 1", "import time; time.sleep(0.5)", "print(n)")
    program = "import pathlib, sys; from tools import places; places.ROOT = pathlib.Path(sys.argv.pop(1))\n"
    program += "places.BUILD = places.ROOT / '_build'; from tools.course.cli import main; main()"
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    command = [sys.executable, "-c", program, str(course.root), "run"]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment) as running:
        os.close(theirs)
        shown = b""
        while piece := _read(ours):
            shown += piece
    os.close(ours)
    assert running.returncode == 0, shown
    assert b"2/4" in shown
    assert b"01-a: ok" in shown


def _read(terminal):
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux's way of saying that nobody is left at the other end
        return b""


def test_peak_memory_counts_what_the_kernel_holds_and_what_it_starts(course, write_lesson, type_command):
    hold = "import sys, subprocess\nchild = 'b = bytearray(150_000_000); import time; time.sleep(1)'"
    write_lesson("01-small", "n = 1")
    write_lesson(
        "02-large", hold, "b = bytearray(150_000_000)", "subprocess.run([sys.executable, '-c', child])"
    )
    assert type_command("run").exit_code == 0
    small, large = rows(course)
    assert large["peak_memory_mb"] - small["peak_memory_mb"] > 290


def test_the_stored_notebook_stays_and_the_executed_one_tells_nothing_of_this_machine(
    course, write_lesson, type_command
):
    path = write_lesson("01-a", "n = 1", "print(n)")
    stored = path.read_bytes()
    assert type_command("run", "-p", "n", "3").exit_code == 0
    assert path.read_bytes() == stored
    text = (course.executed / "01-a.ipynb").read_text(encoding="utf-8")
    assert str(course.root) not in text
    assert '"papermill"' not in text
    before = (course.executed / "01-a.ipynb").read_bytes()
    assert type_command("run", "--force", "-p", "n", "3").exit_code == 0
    assert (course.executed / "01-a.ipynb").read_bytes() == before, "equal results are equal files"


def test_a_lesson_sees_its_parameters_with_the_types_of_its_own(course, write_lesson, type_command):
    write_lesson(
        "01-a",
        "name = 'x'\nk = 1\nratio = 0.5\nflag = False\nnothing = None",
        "print([name, k, ratio, flag])",
    )
    assert type_command("run", "-p", "name", "7", "-p", "k", "7", "-p", "flag", "True").exit_code == 0
    assert printed(course, "01-a") == ["['7', 7, 0.5, True]\n"]
    assert rows(course)[0]["parameters"] == {"name": "7", "k": 7, "flag": True}


def test_an_unknown_parameter_is_refused_before_anything_runs(course, write_lesson, type_command):
    write_lesson("01-a", "n_clusters = 5")
    result = type_command("run", "-p", "clusters", "7")
    assert result.exit_code == 1
    assert "01-a has no parameter 'clusters'; it has: n_clusters" in result.stderr
    assert not course.executed.exists()


def test_a_parameter_without_a_value_is_refused(write_lesson, type_command):
    write_lesson("01-a", "n = 5")
    result = type_command("run", "-p", "n")
    assert result.exit_code == 2
    assert "takes a name and a value" in result.stderr


def test_an_unknown_lesson_is_refused_with_the_near_one(write_lesson, type_command):
    write_lesson("02-london-imd", "n = 5")
    result = type_command("run", "londn")
    assert result.exit_code == 1
    assert "Did you mean" in result.stderr
    assert "Traceback" not in result.output


def test_an_unknown_origin_is_refused(write_lesson, type_command, monkeypatch):
    write_lesson("01-a", "n = 5")
    assert "'moon', which is no origin" in type_command("run", "--origin", "moon").stderr
    monkeypatch.setenv("COURSE_ORIGIN", "mars")
    assert "'mars', which is no origin" in type_command("run").stderr


def test_a_lesson_is_told_the_origin_in_force(course, write_lesson, type_command, monkeypatch):
    write_lesson("01-a", "import os", "print(os.environ['COURSE_ORIGIN'])")
    type_command("run")
    assert printed(course, "01-a") == ["sample\n"]
    monkeypatch.setenv("COURSE_ORIGIN", "earthengine")
    type_command("run")
    assert printed(course, "01-a") == ["earthengine\n"]
    type_command("run", "--origin", "open")
    assert printed(course, "01-a") == ["open\n"]
    assert rows(course)[0]["origin"] == "open"


def test_a_failing_lesson_is_named_with_its_cell_and_the_others_still_run(course, write_lesson, type_command):
    write_lesson("01-a", "n = 0", "# a share of nothing", "share = (\n    1 / n\n)", "print('never')")
    write_lesson("02-b", "n = 1", "print(n)")
    result = type_command("run", "-p", "n", "0")
    assert result.exit_code == 1
    assert "01-a failed in code cell 3, which begins: share = (" in result.stderr
    assert "ZeroDivisionError: division by zero" in result.stderr
    failed, fine = rows(course)
    assert failed["error"] == {
        "cell": 3,
        "line": "share = (",
        "name": "ZeroDivisionError",
        "message": "division by zero",
    }
    assert (failed["status"], fine["status"]) == ("failed", "ok" if fine["status"] == "ok" else "failed")
    assert (
        "never" not in (course.executed / "01-a.ipynb").read_text(encoding="utf-8").split("print('never')")[0]
    )


def test_a_failed_lesson_is_tried_again_although_nothing_changed(
    course, write_lesson, type_command, tmp_path
):
    flag = tmp_path / "flag"
    write_lesson("01-a", "from pathlib import Path", f"print(Path({str(flag)!r}).read_text())")
    assert type_command("run").exit_code == 1
    flag.write_text("now", encoding="utf-8")
    assert type_command("run").exit_code == 0
    assert printed(course, "01-a") == ["now\n"]


def test_a_kernel_that_is_killed_is_a_failure_of_the_cell_that_ran(course, write_lesson, type_command):
    write_lesson(
        "01-a", "import os, signal", f"os.kill(os.getpid(), {int(signal.SIGKILL)})", "print('never')"
    )
    result = type_command("run")
    assert result.exit_code == 1
    error = rows(course)[0]["error"]
    assert (error["cell"], error["line"]) == (2, f"os.kill(os.getpid(), {int(signal.SIGKILL)})")
    assert "memory" in error["message"]


@pytest.fixture
def ran_once(course, write_lesson, type_command):
    """A lesson that has been run, in a course with a package and a lock."""
    (course.root / "tools" / "maps.py").write_text("ONE = 1\n", encoding="utf-8")
    (course.root / "constraints.txt").write_text("numpy==1\n", encoding="utf-8")
    write_lesson("01-a", "n = 1", "print(n)")
    assert type_command("run").exit_code == 0
    return course


def status_after_a_second_run(course, type_command, *words):
    assert type_command("run", *words).exit_code == 0
    return rows(course)[0]["status"]


def test_an_unchanged_lesson_is_not_run_again_and_keeps_its_figures(ran_once, type_command):
    before = rows(ran_once)[0]
    executed = (ran_once.executed / "01-a.ipynb").stat().st_mtime_ns
    result = type_command("run")
    assert "01-a: unchanged" in result.stderr
    after = rows(ran_once)[0]
    assert after == before | {"status": "unchanged"}
    assert (ran_once.executed / "01-a.ipynb").stat().st_mtime_ns == executed
    assert status_after_a_second_run(ran_once, type_command) == "unchanged"


def test_force_runs_what_is_unchanged(ran_once, type_command):
    assert status_after_a_second_run(ran_once, type_command, "--force") == "ok"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tools/maps.py", "ONE = 2\n"),
        ("tools/deep/style.css", "p {}\n"),
        ("constraints.txt", "numpy==2\n"),
        ("data/catalog.yml", "london: {}\n"),
        ("data/landsat.yml", "sources: {}\n"),
        ("_build/executed/01-a.ipynb", "{}"),
    ],
)
def test_a_change_in_what_it_depends_on_runs_it_again(ran_once, type_command, path, text):
    changed = ran_once.root / path
    changed.parent.mkdir(parents=True, exist_ok=True)
    changed.write_text(text, encoding="utf-8")
    assert status_after_a_second_run(ran_once, type_command) == "ok"


@pytest.mark.parametrize("path", ["tools/explorer/web/src/a.ts", "tools/explorer/built/assets/a.js"])
def test_a_change_in_the_explorers_pages_runs_no_lesson(ran_once, type_command, path):
    changed = ran_once.root / path
    changed.parent.mkdir(parents=True)
    changed.write_text("export {};\n", encoding="utf-8")
    assert status_after_a_second_run(ran_once, type_command) == "unchanged"


def test_a_change_in_the_notebook_the_parameters_or_the_origin_runs_it_again(
    ran_once, write_lesson, type_command
):
    assert status_after_a_second_run(ran_once, type_command, "-p", "n", "2") == "ok"
    assert status_after_a_second_run(ran_once, type_command, "-p", "n", "2") == "unchanged"
    assert status_after_a_second_run(ran_once, type_command, "--origin", "open") == "ok"
    write_lesson("01-a", "n = 1", "print(n, n)")
    assert status_after_a_second_run(ran_once, type_command, "--origin", "open") == "ok"


def test_a_change_in_a_readers_own_file_runs_the_lesson_again(course, write_lesson, type_command, tmp_path):
    own = tmp_path / "my-city.csv"
    own.write_text("code\n1\n", encoding="utf-8")
    write_lesson("01-a", f"areas = {str(own)!r}", "import io as sources", "print(sources.open(areas).read())")
    assert type_command("run").exit_code == 0
    assert type_command("run").exit_code == 0
    assert rows(course)[0]["status"] == "unchanged"
    own.write_text("code\n2\n", encoding="utf-8")
    assert status_after_a_second_run(course, type_command) == "ok"


def test_rows_of_other_lessons_stay_and_those_of_lessons_that_are_gone_go(course, write_lesson, type_command):
    write_lesson("01-a", "n = 1")
    gone = write_lesson("02-b", "n = 1")
    assert type_command("run").exit_code == 0
    assert type_command("run", "01", "--force").exit_code == 0
    assert [row["lesson"] for row in rows(course)] == ["01-a", "02-b"]
    os.remove(gone)
    assert type_command("run").exit_code == 0
    assert [row["lesson"] for row in rows(course)] == ["01-a"]


def test_a_torn_report_is_written_anew(ran_once, type_command):
    ran_once.report.write_text('{"lessons": [', encoding="utf-8")
    assert report.read(ran_once.report) == {}
    assert status_after_a_second_run(ran_once, type_command) == "ok"

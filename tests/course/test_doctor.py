"""``course doctor``: every fault is made for real, and must be found and told with a remedy."""

import json
import sys
from functools import partial
from pathlib import Path

import pytest

from tools import sample
from tools.course import checks_machine, checks_python


def findings(type_command):
    result = type_command("doctor", "--json")
    told = json.loads(result.stdout)
    return result.exit_code, told["ok"], {finding["check"]: finding for finding in told["checks"]}


@pytest.fixture
def quick(monkeypatch):
    """Import two libraries instead of all: enough where imports are not the subject."""
    monkeypatch.setattr(checks_python, "_modules", lambda: ["numpy", "pandas"])


def test_a_sound_machine_is_all_well(own_cache, type_command):
    code, ok, checks = findings(type_command)
    assert (code, ok) == (0, True), checks
    expected = "Python, packages, imports, Jupyter kernel, disk, memory, cache, sample data, map, page assets"
    assert list(checks) == expected.split(", ")
    assert "was drawn" in checks["map"]["detail"]


def test_an_unwritable_cache_is_found_and_the_way_out_told(tmp_path, monkeypatch, type_command, quick):
    (tmp_path / "in-the-way").write_text("a file", encoding="utf-8")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "in-the-way" / "cache"))
    code, ok, checks = findings(type_command)
    assert (code, ok) == (1, False)
    assert "in-the-way" in checks["cache"]["detail"]
    assert "COURSE_CACHE" in checks["cache"]["fix"]
    result = type_command("doctor")
    assert result.exit_code == 1
    assert "FAILED  cache" in result.stdout
    assert "to put it right: Set COURSE_CACHE" in result.stdout


def test_a_folder_that_forbids_writing_is_found():
    finding = checks_machine.check_cache(Path("/proc/course-cache"))
    assert not finding.ok
    assert "/proc/course-cache cannot be written" in finding.detail


@pytest.mark.lesson
def test_a_corrupted_sample_file_is_found_and_made_again(own_cache, type_command, quick, monkeypatch):
    # by the generator itself, in its smallest size: what is found and mended is the same
    monkeypatch.setattr(sample, "make", partial(sample.make, size="small"))
    assert type_command("data", "get", "london-socioeconomic").exit_code == 0
    table = next(own_cache.rglob("*socioeconomic*.csv"))
    content = table.read_bytes()
    table.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    code, _, checks = findings(type_command)
    assert code == 1
    assert "london-socioeconomic" in checks["sample data"]["detail"]
    remedy = checks["sample data"]["fix"].partition("course ")[2].split()
    assert type_command("data", "verify", "london-socioeconomic").exit_code == 1
    assert type_command(*remedy).exit_code == 0
    code, _, checks = findings(type_command)
    assert code == 0, {name: check for name, check in checks.items() if not check["ok"]}
    assert table.read_bytes() == content
    assert type_command("data", "verify", "london-socioeconomic").exit_code == 0


def test_an_old_python_is_found():
    finding = checks_python.check_python((3, 10, 4))
    assert not finding.ok
    assert "3.10.4" in finding.detail
    assert "3.11" in finding.fix


def test_a_dependency_that_is_missing_or_too_old_is_named(tmp_path, monkeypatch):
    info = tmp_path / "lonely-1.0.dist-info"
    info.mkdir()
    needs = "Requires-Dist: no-such-library>=1\nRequires-Dist: numpy<1\nRequires-Dist: pandas>=1\n"
    needs += 'Requires-Dist: not-asked-for; extra == "more"\n'
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: lonely\nVersion: 1.0\n{needs}", encoding="utf-8"
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    finding = checks_python.check_packages("lonely")
    assert not finding.ok
    assert "no-such-library is not installed" in finding.detail
    assert "<1 is needed" in finding.detail
    assert "pandas" not in finding.detail
    assert "not-asked-for" not in finding.detail
    assert "constraints.txt" in finding.fix


def test_a_library_that_is_installed_but_broken_is_named(tmp_path, monkeypatch):
    (tmp_path / "broken_library.py").write_text(
        "raise OSError('libGDAL.so: cannot open')\n", encoding="utf-8"
    )
    (tmp_path / "crashing_library.py").write_text("import os; os.abort()\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    broken = checks_python.check_imports(["json", "broken_library", "html"])
    assert (broken.ok, broken.detail) == (False, "broken_library: OSError: libGDAL.so: cannot open")
    crashing = checks_python.check_imports(["json", "crashing_library"])
    assert not crashing.ok
    assert crashing.detail.startswith("crashing_library")


def test_a_kernel_that_runs_another_python_is_found(tmp_path, monkeypatch):
    spec = tmp_path / "kernels" / "python3"
    spec.mkdir(parents=True)
    other = {
        "argv": ["/elsewhere/bin/python", "-m", "ipykernel_launcher"],
        "display_name": "x",
        "language": "python",
    }
    (spec / "kernel.json").write_text(json.dumps(other), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    finding = checks_python.check_kernel()
    assert (finding.ok, "/elsewhere/bin/python" in finding.detail) == (False, True)


def test_too_little_disk_or_memory_is_found(tmp_path):
    assert checks_machine.check_disk(tmp_path / "not" / "yet", needed_gb=0.001).ok
    scarce = checks_machine.check_disk(tmp_path, needed_gb=10**9)
    assert (scarce.ok, "COURSE_CACHE" in scarce.fix) == (False, True)
    assert not checks_machine.check_memory(needed_gb=10**9).ok


def test_a_map_that_comes_out_blank_is_found(monkeypatch):
    from matplotlib.axes import Axes

    monkeypatch.setattr(Axes, "add_collection", lambda self, collection, **_: collection)
    finding = checks_machine.check_map()
    assert not finding.ok
    assert "shows 0 colours" in finding.detail


def test_page_assets_of_another_lock_are_told(tmp_path):
    for name in ("package.json", "package-lock.json"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    assert "course assets" in checks_machine.check_assets(tmp_path).detail

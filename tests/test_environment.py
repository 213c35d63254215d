"""One list of dependencies, one lock, one thin file for conda: they must say the same."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

VENVS_OWN = {"pip", "setuptools"}  # come with Python's venv, in versions of their own
PYTORCHS_OWN = re.compile(r"^(nvidia-|cuda-|triton$)")  # pinned by itself, other on each system


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def locked(root):
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines]
    return {canonicalize_name(name): version for name, version in pairs}


def requirements(project, *extras):
    lines = [
        *project["dependencies"],
        *(line for extra in extras for line in project["optional-dependencies"][extra]),
    ]
    return [Requirement(line) for line in lines]


def closure(roots):
    """All that `roots` bring with them on this machine, as far as it is installed: name → version."""
    found: dict[str, str] = {}
    waiting = list(roots)
    done = set()
    while waiting:
        requirement = waiting.pop()
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key in done:
            continue
        done.add(key)
        try:
            found[key[0]] = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            continue
        for line in metadata.requires(requirement.name) or []:
            child = Requirement(line)
            extras = {"", *requirement.extras}
            if child.marker is None or any(child.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(child)
    return found


def test_the_lock_holds_versions_and_nothing_else(root):
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9][\w.-]*==[0-9][\w.!]*", line)] == []
    names = [canonicalize_name(line.split("==")[0]) for line in lines]
    assert len(names) == len(set(names))
    assert lines == sorted(lines, key=str.lower)


def test_every_dependency_of_every_extra_is_locked_within_its_range(project, locked):
    for requirement in requirements(project, *project["optional-dependencies"]):
        name = canonicalize_name(requirement.name)
        assert name in locked, f"{requirement.name} is not in constraints.txt"
        assert requirement.specifier.contains(locked[name]), f"{requirement} but {locked[name]} is locked"


def test_all_that_the_book_and_the_tests_bring_is_locked(project, locked):
    brought = closure(requirements(project, "book", "test"))
    assert {name for name in brought if not PYTORCHS_OWN.match(name)} - set(locked) - VENVS_OWN == set()


def test_what_is_installed_here_is_what_is_locked(project, locked):
    brought = closure(requirements(project, "book", "test"))
    other = {
        name: (version, locked.get(name))
        for name, version in brought.items()
        if name not in VENVS_OWN and version != locked.get(name)
    }
    assert other == {}, "installed, locked: run `make env`, or write the lock anew"


def test_the_packages_on_the_design_card_are_real_dependencies(project):
    card = "jupyter-book jupyterlab earthengine-api geopandas keplergl plotly scikit-learn umap-learn shap"
    names = {canonicalize_name(r.name) for r in requirements(project, "book")}
    assert {*card.split(), "clustergram", "papermill"} - names == set()


def test_pins_that_keep_behaviour_are_there(locked):
    assert locked["jupyter-book"] == "1.0.4.post1"
    assert locked["sphinx-book-theme"] == "1.1.4"
    assert locked["earthengine-api"].startswith("1.")
    assert "cartopy" not in locked or SpecifierSet("<0.26").contains(locked["cartopy"])


def test_the_conda_file_lists_nothing_of_its_own(root, project):
    conda = yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))
    plain = [line for line in conda["dependencies"] if isinstance(line, str)]
    (pip,) = [line["pip"] for line in conda["dependencies"] if isinstance(line, dict)]
    assert conda["name"] == project["name"]
    assert [re.split(r"[=<>]", line)[0] for line in plain] == ["python", "pip"]
    version = plain[0].partition("=")[2].lstrip("=")
    assert SpecifierSet(project["requires-python"]).contains(version)
    assert pip == ["--constraint constraints.txt", "--editable .[book]"]


def test_everything_that_installs_does_so_from_the_list_under_the_lock(root):
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    readme = (root / "README.md").read_text(encoding="utf-8")
    installs = [line for line in (makefile + readme).splitlines() if "pip install" in line]
    assert len(installs) >= 2
    for line in installs:
        assert re.search(r"\.\[([a-z,]+|\$\(EXTRAS\))\]", line), line
        assert "constraints.txt" in line, line
    assert re.search(r"^EXTRAS \?= book,test$", makefile, re.MULTILINE)


def test_ci_runs_what_a_reader_runs(root):
    workflow = (root / ".github" / "workflows" / "book.yml").read_text(encoding="utf-8")
    steps = yaml.safe_load(workflow)["jobs"]["test"]["steps"]
    assert "bash .ci/run" in [step.get("run") for step in steps]
    script = (root / ".ci" / "run").read_text(encoding="utf-8")
    assert "make test" in script
    assert "COURSE_REQUIRE_BROWSER=1" in script
    assert "EXTRAS=book,test,terramind" in script, "the encoder's tests are skipped without its library"


@pytest.fixture
def make(root, tmp_path):
    """Run make on a copy of the Makefile in an empty folder; nothing of this environment is touched."""
    if shutil.which("make") is None:
        pytest.skip("no make on this machine: the README has three lines for that")
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "package.json", "package-lock.json"):
        shutil.copyfile(root / name, tmp_path / name)
    # As a person would: `make test` may itself have started these tests, and would pass its own flags on.
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return lambda *words: subprocess.run(
        ["make", *words], cwd=tmp_path, env=own, capture_output=True, text=True
    )


def test_make_alone_tells_the_verbs(make):
    told = make().stdout
    verbs = ["book", "test", "lab", "serve", "env", "frontend", "audit", "bench", "clean", "help"]
    assert [verb for verb in verbs if not re.search(rf"make {verb} +\S", told)] == []


def test_make_test_does_all_that_ci_promises_in_this_order(make):
    steps = make("--dry-run", "test").stdout
    wanted = [
        "-m venv",
        "pip install",
        "course assets",
        "ruff check",
        "ruff format --check",
        "course book",
        "pytest",
    ]
    places = [steps.find(step) for step in wanted]
    assert -1 not in places, dict(zip(wanted, places, strict=True))
    assert places == sorted(places)


def test_without_a_python_that_is_new_enough_make_says_what_is_needed(make):
    finished = make("env", "PYTHON=")
    assert finished.returncode != 0
    assert "Python 3.11 or later is needed" in finished.stderr


@pytest.mark.parametrize(("required", "verdict"), [("", "2 skipped"), ("1", "1 failed, 1 skipped")])
def test_in_ci_a_browser_test_that_is_skipped_is_a_failure(root, tmp_path, monkeypatch, required, verdict):
    source = "import pytest\n@pytest.mark.browser\ndef test_page():\n    pytest.skip('no Chromium')\n"
    source += "def test_data():\n    pytest.skip('no data')\n"
    (tmp_path / "test_it.py").write_text(source, encoding="utf-8")
    monkeypatch.setenv("COURSE_REQUIRE_BROWSER", required)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-c", "pyproject.toml"]
    command += ["-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path / "test_it.py")]
    finished = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert verdict in finished.stdout.splitlines()[-1]
    assert "no Chromium" in finished.stdout
    assert finished.returncode == int(bool(required))


def test_licences_and_citation_agree(root, project):
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == project["version"]
    assert citation["license"] == ["MIT", "CC-BY-4.0"]
    assert (root / "LICENSE").read_text(encoding="utf-8").startswith(f"{project['license']} License")
    assert "creativecommons.org/licenses/by/4.0" in (root / "LICENSE-CONTENT").read_text(encoding="utf-8")
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    assert config["repository"]["url"] == citation["repository-code"]

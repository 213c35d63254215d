"""Page assets come from the lock file, by this machine's npm or by the Node that PyPI packages."""

import json

import pytest

from tools.course import assets
from tools.course.lessons import CourseError


@pytest.fixture
def project(tmp_path):
    """A project that needs one package, which lies in a folder beside it: no network is asked."""
    (tmp_path / "leaf").mkdir()
    (tmp_path / "leaf" / "package.json").write_text('{"name": "leaf", "version": "1.0.0"}', encoding="utf-8")
    (tmp_path / "leaf" / "leaf.js").write_text("// leaf\n", encoding="utf-8")
    root = {"name": "pages", "dependencies": {"leaf": "file:leaf"}}
    packages = {
        "": root,
        "leaf": {"version": "1.0.0"},
        "node_modules/leaf": {"resolved": "leaf", "link": True},
    }
    lock = {"name": "pages", "lockfileVersion": 3, "requires": True, "packages": packages}
    (tmp_path / "package.json").write_text(json.dumps(root), encoding="utf-8")
    (tmp_path / "package-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    return tmp_path


def test_assets_are_installed_once_and_again_when_the_lock_changes(project):
    assert not assets.are_current(project)
    assert assets.install(project)
    assert (project / "node_modules" / "leaf" / "leaf.js").is_file()
    assert assets.are_current(project)
    assert not assets.install(project)
    assert assets.install(project, force=True)
    lock = project / "package-lock.json"
    lock.write_text(lock.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert not assets.are_current(project)
    assert assets.install(project)


def test_where_the_machine_has_no_node_the_one_from_pypi_does_it(project, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert assets.install(project)
    assert (project / "node_modules" / "leaf" / "leaf.js").is_file()


def test_a_lock_that_does_not_fit_is_told_in_npms_words_with_a_remedy(project):
    root = {"name": "pages", "dependencies": {"leaf": "file:leaf", "another": "file:another"}}
    (project / "package.json").write_text(json.dumps(root), encoding="utf-8")
    with pytest.raises(CourseError, match=r"(?s)package-lock\.json.*course assets"):
        assets.install(project)
    assert not assets.are_current(project)


def test_a_course_without_page_assets_needs_none(tmp_path):
    assert assets.are_current(tmp_path)
    assert not assets.install(tmp_path)

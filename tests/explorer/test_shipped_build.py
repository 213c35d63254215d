"""What is shipped of the front end is what its source builds, and its own tests pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.course import front_end


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.mark.xdist_group("front end")
def test_what_is_shipped_is_what_the_source_builds(root, tmp_path):
    built, shipped = files(front_end.build(root, tmp_path / "built")), files(root / front_end.BUILT)
    assert sorted(built) == sorted(shipped), "run `course frontend` and commit what it builds"
    changed = [name for name in built if built[name] != shipped[name]]
    assert changed == [], "run `course frontend` and commit what it builds"


@pytest.mark.xdist_group("front end")
def test_the_front_ends_types_style_and_logic_hold(root):
    front_end.check(root)


def test_the_shipped_page_asks_for_nothing_elsewhere_and_holds_no_script_of_its_own(root):
    page = (root / front_end.BUILT / "index.html").read_text(encoding="utf-8")
    assert "://" not in page
    assert page.count("<script") == page.count('<script type="module" crossorigin src="./')
    assert "<style" not in page
    assert " style=" not in page
    assert " on" not in page.lower().replace(" one", "").replace(" only", "")

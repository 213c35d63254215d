"""How the rooms of `tools` stand on each other: a room uses only rooms of lower floors."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[1] / "tools"

FLOORS = {
    "doors": 1,
    "files": 1,
    "embeddings": 1,
    "locks": 1,
    "places": 1,
    "provenance": 1,
    "qgis": 1,
    "ramps": 1,
    "scale": 1,
    "batches": 2,
    "rasters": 2,
    "tables": 2,
    "alphaearth": 3,
    "clustering": 3,
    "kmeans": 3,
    "modelling": 3,
    "projection": 3,
    "tiling": 3,
    "maps": 4,
    "sample": 4,
    "typology": 4,
    "change": 4,
    "spectral": 4,
    "sources": 5,
    "extraction": 6,
    "similarity": 6,
    "explorer": 7,
    "course": 8,
}

FILES = sorted(set(TOOLS.rglob("*.py")) - {TOOLS / "__init__.py"})


def room_of(path: Path) -> str:
    """The room that a file belongs to: its folder under `tools`, or its own name."""
    return path.relative_to(TOOLS).parts[0].removesuffix(".py")


def rooms_used(path: Path) -> set[str]:
    """The rooms whose code a file imports, wherever in the file it does so."""
    package = ("tools", *path.relative_to(TOOLS).parent.parts)
    used = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            stem = ".".join([*base, *([node.module] if node.module else [])])
            modules = [f"{stem}.{alias.name}" for alias in node.names]
        else:
            continue
        parts = [module.split(".") for module in modules]
        used |= {part[1] for part in parts if part[0] == "tools" and len(part) > 1}
    return used & {room_of(file) for file in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(TOOLS)))
def test_every_file_belongs_to_a_room_with_a_floor(path):
    assert room_of(path) in FLOORS


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(TOOLS)))
def test_a_room_uses_only_rooms_of_lower_floors(path):
    room = room_of(path)
    upwards = {used for used in rooms_used(path) - {room} if FLOORS[used] >= FLOORS[room]}
    assert not upwards, f"{room} (floor {FLOORS[room]}) uses {sorted(upwards)}, which stand no lower"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(TOOLS)))
def test_a_file_fits_in_one_reading(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400

"""Which lessons there are: found by their file names, chosen by what people call them."""

from __future__ import annotations

import ast
import difflib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tools import places

_LESSON_FILE = re.compile(r"^(?P<number>\d\d)-(?P<slug>[a-z0-9-]+)\.ipynb$")


class CourseError(Exception):
    """Something that a person can put right; its text says how."""


@dataclass(frozen=True)
class Course:
    """The folders of one course.

    Parameters
    ----------
    root : pathlib.Path
        The folder that holds ``notebooks/``, ``tools/`` and ``data/``.
    build : pathlib.Path
        Where everything that is made goes.

    Examples
    --------
    >>> Course(Path("here"), Path("here/_build")).executed.as_posix()
    'here/_build/executed'
    """

    root: Path
    build: Path

    @classmethod
    def here(cls) -> Course:
        """Return the course that this package belongs to.

        Returns
        -------
        Course

        Examples
        --------
        >>> Course.here().root == places.ROOT
        True
        """
        return cls(places.ROOT, places.BUILD)

    @property
    def notebooks(self) -> Path:
        """Where the lessons are stored."""
        return self.root / "notebooks"

    @property
    def executed(self) -> Path:
        """Where executed lessons, their frames and the report go."""
        return self.build / "executed"

    @property
    def report(self) -> Path:
        """The file that says how each lesson went."""
        return self.executed / "report.json"

    def lessons(self) -> list[Lesson]:
        """Return the lessons in reading order.

        Returns
        -------
        list of Lesson
            One for each ``NN-name.ipynb``; other notebooks are nobody's lesson.

        Examples
        --------
        >>> all(lesson.path.suffix == ".ipynb" for lesson in Course.here().lessons())
        True
        """
        names = sorted(path.name for path in self.notebooks.glob("*.ipynb") if _LESSON_FILE.match(path.name))
        return [Lesson(self.notebooks / name) for name in names]

    def choose(self, wanted: Iterable[str]) -> list[Lesson]:
        """Return the lessons that are meant, in reading order; all when none is named.

        Parameters
        ----------
        wanted : iterable of str
            ``02-london-imd``, ``02``, ``2``, ``london``, a file name or a path.

        Returns
        -------
        list of Lesson

        Raises
        ------
        CourseError
            When there is no lesson at all, or a name fits none or several.

        Examples
        --------
        >>> Course(Path("nowhere"), Path("nowhere")).choose([])
        Traceback (most recent call last):
        tools.course.lessons.CourseError: no lessons in nowhere/notebooks (files like 02-london-imd.ipynb)
        """
        lessons = self.lessons()
        if not lessons:
            folder = self.notebooks.as_posix()
            raise CourseError(f"no lessons in {folder} (files like 02-london-imd.ipynb)")
        wanted = list(wanted)
        chosen = {_one(lessons, name).name for name in wanted}
        return [lesson for lesson in lessons if not wanted or lesson.name in chosen]


@dataclass(frozen=True)
class Lesson:
    """One lesson: a stored notebook, read once.

    Parameters
    ----------
    path : pathlib.Path
        The stored notebook.

    Examples
    --------
    >>> Lesson(Path("notebooks/02-london-imd.ipynb")).name
    '02-london-imd'
    """

    path: Path

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    @cached_property
    def notebook(self) -> dict[str, Any]:
        """The notebook as stored, parsed."""
        try:
            return json.loads(self.path.read_text(encoding="utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise CourseError(f"{self.path} is not a notebook that can be read: {error}") from error

    @property
    def code(self) -> list[str]:
        """The source of each code cell."""
        return [_source(cell) for cell in self.notebook.get("cells", []) if cell["cell_type"] == "code"]

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """What the cell tagged ``parameters`` assigns; a value that is not a literal is None."""
        found: dict[str, Any] = {}
        for cell in self.notebook.get("cells", []):
            if "parameters" in cell.get("metadata", {}).get("tags", []):
                found.update(_assigned(_source(cell)))
        return found

    def data_sets(self, parameters: dict[str, Any]) -> list[str]:
        """Return what the lesson opens: the first argument of each ``sources.open`` and ``sources.get``.

        Parameters
        ----------
        parameters : dict
            Values that replace those of the parameters cell.

        Returns
        -------
        list of str
            Names of data sets, or paths of a reader's own files, in the order of the notebook.

        Examples
        --------
        >>> Lesson(Path("none.ipynb")).data_sets({})
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] No such file or directory: 'none.ipynb'
        """
        values = self.parameters | parameters
        names = [name for source in self.code for name in _opened(source, values)]
        return list(dict.fromkeys(names))


def _one(lessons: list[Lesson], wanted: str) -> Lesson:
    key = Path(wanted).name.removesuffix(".ipynb").lower()
    exact = [
        lesson for lesson in lessons if key in {lesson.name, lesson.name[:2], lesson.name[:2].lstrip("0")}
    ]
    fits = exact or [lesson for lesson in lessons if key and key in lesson.name]
    if len(fits) == 1:
        return fits[0]
    names = [lesson.name for lesson in lessons]
    if fits:
        several = ", ".join(lesson.name for lesson in fits)
        raise CourseError(f"{wanted!r} fits several lessons ({several}): give more of the name")
    near = difflib.get_close_matches(key, names + [name[3:] for name in names], n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise CourseError(f"there is no lesson {wanted!r}.{hint} The lessons are: {', '.join(names)}")


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _parsed(source: str) -> ast.Module:
    # IPython's own lines (%magic, !shell) are not Python; none of them assigns a parameter or opens data
    plain = re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.MULTILINE)
    try:
        return ast.parse(plain)
    except SyntaxError:
        return ast.Module([], [])


def _assigned(source: str) -> Iterator[tuple[str, Any]]:
    for statement in _parsed(source).body:
        if isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign):
            targets, value = [statement.target], statement.value
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Name):
                yield target.id, _literal(value)


def _literal(node: ast.expr | None) -> Any:
    try:
        return ast.literal_eval(node) if node is not None else None
    except ValueError:
        return None


def _opened(source: str, values: dict[str, Any]) -> Iterator[str]:
    for node in ast.walk(_parsed(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        owner = node.func.value
        if node.func.attr in {"open", "get"} and isinstance(owner, ast.Name) and owner.id == "sources":
            first = node.args[0]
            name = values.get(first.id) if isinstance(first, ast.Name) else _literal(first)
            if isinstance(name, str):
                yield name

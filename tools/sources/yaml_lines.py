"""YAML whose every value knows its line, so that a mistake in the catalogue can be pointed at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.sources.errors import DataError, suggest


@dataclass(frozen=True)
class Node:
    """A value of a YAML file with the place where it stands.

    Parameters
    ----------
    value : object
        A plain value, a list of nodes, or a mapping of names to nodes.
    file : str
        The file's name.
    line : int
        From 1.
    path : str
        The keys that lead here, joined by dots.

    Examples
    --------
    >>> Node("London", "catalog.yml", 3, "demo.title").text
    'London'
    """

    value: Any
    file: str
    line: int
    path: str

    def fail(self, problem: str) -> DataError:
        """Return the error that points here; the caller raises it.

        Parameters
        ----------
        problem : str
            What is wrong and what was expected.

        Returns
        -------
        DataError

        Examples
        --------
        >>> str(Node("table", "catalog.yml", 5, "demo.kind").fail("is wrong"))
        'catalog.yml, line 5: demo.kind is wrong'
        """
        return DataError(f"{self.file}, line {self.line}: {self.path or 'the file'} {problem}")

    @property
    def text(self) -> str:
        """The value as text; a `DataError` where it is none."""
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.fail(f"must be text, not {self.plain()!r}")
        return self.value

    @property
    def number(self) -> float:
        """The value as a number; a `DataError` where it is none."""
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            raise self.fail(f"must be a number, not {self.plain()!r}")
        return self.value

    @property
    def flag(self) -> bool:
        """The value as true or false; a `DataError` where it is neither."""
        if not isinstance(self.value, bool):
            raise self.fail(f"must be true or false, not {self.plain()!r}")
        return self.value

    def items(self) -> Iterator[tuple[str, Node]]:
        """Yield names and nodes of a mapping; a `DataError` where it is none."""
        if not isinstance(self.value, dict) or not self.value:
            raise self.fail(f"must be a mapping of names to values, not {self.plain()!r}")
        yield from self.value.items()

    def list(self) -> list[Node]:
        """Return the nodes of a list; a `DataError` where it is none."""
        if not isinstance(self.value, list) or not self.value:
            raise self.fail(f"must be a list, not {self.plain()!r}")
        return self.value

    def one_of(self, valid: Iterable[str]) -> str:
        """Return the value as one of the valid words.

        Parameters
        ----------
        valid : iterable of str
            What it may be.

        Returns
        -------
        str

        Raises
        ------
        DataError
            If it is none of them.

        Examples
        --------
        >>> Node("table", "catalog.yml", 5, "demo.kind").one_of(["areas", "table"])
        'table'
        """
        valid = list(valid)
        if self.value not in valid:
            raise self.fail(f"is {self.plain()!r}: {suggest(str(self.plain()), valid)}")
        return self.value

    def keys(self, required: Iterable[str] = (), optional: Iterable[str] | None = ()) -> dict[str, Node]:
        """Return a mapping's nodes by name.

        Parameters
        ----------
        required : iterable of str
            Names that must be there.
        optional : iterable of str or None
            Names that may be there; None allows any.

        Returns
        -------
        dict of str to Node

        Raises
        ------
        DataError
            If a required name is missing or another is unknown.

        Examples
        --------
        >>> title = Node("London", "catalog.yml", 2, "demo.title")
        >>> list(Node({"title": title}, "catalog.yml", 1, "demo").keys(["title"]))
        ['title']
        """
        found, required = dict(self.items()), list(required)
        for name in required:
            if name not in found:
                raise self.fail(f"lacks the key '{name}'")
        if optional is not None:
            known = [*required, *optional]
            for name, node in found.items():
                if name not in known:
                    raise node.fail(f"is no key that is known here: {suggest(name, known)}")
        return found

    def plain(self) -> Any:
        """Return the value without lines: strings, numbers, lists and dicts only.

        Returns
        -------
        object

        Examples
        --------
        >>> Node([Node("table", "catalog.yml", 5, "demo.kind")], "catalog.yml", 5, "demo").plain()
        ['table']
        """
        if isinstance(self.value, dict):
            return {name: node.plain() for name, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def read(path: Path) -> Node:
    """Read a YAML file.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    Node
        Its root.

    Raises
    ------
    DataError
        If it is no YAML, or names a key twice.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "demo.yml"
    ...     _ = file.write_text("london:\\n  title: London\\n")
    ...     read(file).value["london"].value["title"].line
    2
    """
    try:
        with open(path, encoding="utf-8") as file:
            root = yaml.compose(file, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise DataError(f"{path.name}{where}: no valid YAML: {getattr(error, 'problem', error)}") from error
    if root is None:
        return Node(None, path.name, 1, "")
    return _convert(root, path.name, "")


def _convert(node: yaml.Node, file: str, path: str) -> Node:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        value: Any = {}
        for key, child in node.value:
            name = str(key.value)
            below = f"{path}.{name}".lstrip(".")
            if name in value:
                raise DataError(f"{file}, line {key.start_mark.line + 1}: {below} is there twice; keep one")
            converted = _convert(child, file, below)
            value[name] = Node(converted.value, file, key.start_mark.line + 1, below)
    elif isinstance(node, yaml.SequenceNode):
        value = [_convert(child, file, f"{path}[{place}]") for place, child in enumerate(node.value)]
    else:
        value = yaml.safe_load(yaml.serialize(node))
    return Node(value, file, line, path)

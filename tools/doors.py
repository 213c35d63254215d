"""Front doors that load nothing: a package offers names, and looks each up when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def lazy(
    package: str, homes: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return what a package needs to offer names without importing the modules that define them.

    Parameters
    ----------
    package : str
        The package's ``__name__``.
    homes : mapping of str to sequence of str
        The names to offer, by the module of the package that defines them.

    Returns
    -------
    tuple
        The package's ``__getattr__`` and ``__dir__`` (PEP 562), and its ``__all__``.

    Raises
    ------
    ValueError
        If a name has two homes.

    Examples
    --------
    >>> look_up, names, offered = lazy("tools", {"embeddings": ["BANDS", "unit"]})
    >>> offered, look_up("BANDS")[0]
    (['BANDS', 'unit'], 'A00')
    >>> look_up("bands")
    Traceback (most recent call last):
        ...
    AttributeError: module 'tools' has no attribute 'bands'; it offers BANDS, unit
    """
    home_of: dict[str, str] = {}
    for home, names in homes.items():
        for name in names:
            if name in home_of:
                raise ValueError(f"{package} would offer {name!r} from both {home_of[name]} and {home}")
            home_of[name] = home
    offered = sorted(home_of)

    def look_up(name: str) -> Any:
        if name not in home_of:
            raise AttributeError(
                f"module {package!r} has no attribute {name!r}; it offers {', '.join(offered)}"
            )
        return getattr(import_module(f"{package}.{home_of[name]}"), name)

    return look_up, lambda: offered, offered

"""The reference of `tools`: every public name, room by room, from its own docstring."""

from __future__ import annotations

import inspect
import re
import sys
from importlib import import_module
from types import ModuleType

import tools

_ROOMS = {
    "tools.sources": "Where data come from",
    "tools.extraction": "From a region to embeddings",
    "tools.tables": "Tables",
    "tools.clustering": "Clusters",
    "tools.kmeans": "K-means from very many starts",
    "tools.projection": "Views in two dimensions",
    "tools.typology": "Kinds of building, and who they are",
    "tools.change": "What changed, and when",
    "tools.spectral": "Spectral clustering, and the water it finds",
    "tools.similarity": "Places that look alike",
    "tools.modelling": "Models and how to judge them",
    "tools.maps": "Maps and figures",
    "tools.alphaearth": "AlphaEarth, pixel by pixel",
    "tools.rasters": "Rasters",
    "tools.embeddings": "What an embedding is",
    "tools.provenance": "Marks that travel with data",
    "tools.batches": "Work in batches",
    "tools.scale": "Where work is done",
}


def reference() -> str:
    """Return the reference: a section a room, an entry a public name.

    A name is public if its room lists it in ``__all__`` or, where there is no such list, defines it without
    a leading underscore. Names that ``from tools import …`` offers are marked as such.

    Returns
    -------
    str
        Markdown with autodoc directives.

    Examples
    --------
    >>> "autofunction:: tools.clustering.kmeans_clustering" in reference()
    True
    """
    parts = []
    for room, title in _ROOMS.items():
        module = import_module(room)
        names = public_names(module)
        if not names:
            continue
        offered = [f"`{name}`" for name in names if name in tools.__all__]
        line = f"`from {room} import …`"
        if offered:
            line += f"; `from tools import …` also offers {', '.join(offered)}"
        entries = "\n".join(_entry(module, name) for name in names)
        parts.append(f"## {title}\n\n{line}.\n\n```{{eval-rst}}\n{entries}```\n")
    return "\n".join(parts)


def public_names(module: ModuleType) -> list[str]:
    """Return the functions and classes that a room offers, and the constants that lessons import from it.

    Parameters
    ----------
    module : module
        A room of `tools`.

    Returns
    -------
    list of str
        What lessons import first, then other functions, then classes.

    Examples
    --------
    >>> from tools import clustering
    >>> "kmeans_clustering" in public_names(clustering)
    True
    """
    names = getattr(module, "__all__", None) or sorted(
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", "").startswith(module.__name__)
    )
    documented = [name for name in names if _documented(getattr(module, name)) or _is_constant(module, name)]
    return sorted(
        documented, key=lambda name: (name not in tools.__all__, inspect.isclass(getattr(module, name)))
    )


def _documented(value: object) -> bool:
    return (inspect.isfunction(value) or inspect.isclass(value)) and bool(value.__doc__)


def _is_constant(module: ModuleType, name: str) -> bool:
    return name in tools.__all__ and _home_of_constant(module, name) is not None


def _home_of_constant(module: ModuleType, name: str) -> str | None:
    """The module of a room that assigns a constant: there its docstring stands."""
    value = getattr(module, name)
    if callable(value):
        return None
    inside = [other for key, other in sys.modules.items() if f"{key}.".startswith(f"{module.__name__}.")]
    for other in inside:
        if vars(other).get(name) is value and re.search(
            rf"^{name}\b.*=", inspect.getsource(other), re.MULTILINE
        ):
            return other.__name__
    return None


def _entry(module: ModuleType, name: str) -> str:
    value = getattr(module, name)
    if not callable(value):
        return f".. autodata:: {_home_of_constant(module, name)}.{name}\n"
    if inspect.isclass(value):
        members = "   :members:\n" if not issubclass(value, Exception) else ""
        return f".. autoclass:: {module.__name__}.{name}\n{members}"
    return f".. autofunction:: {module.__name__}.{name}\n"

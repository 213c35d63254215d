"""Checks of this Python: its version, its packages, whether they can be imported, what notebooks run in."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.course.finding import INSTALL, Finding

PACKAGE = "places-as-vectors"

_IMPORTER = """
import importlib, sys
for name in sys.argv[1:]:
    print(name, flush=True)
    importlib.import_module(name)
"""


def check_python(version: tuple[int, ...] = tuple(sys.version_info[:3])) -> Finding:
    """Check that Python is new enough.

    Parameters
    ----------
    version : tuple of int
        Major, minor, micro.

    Returns
    -------
    Finding

    Examples
    --------
    >>> check_python((3, 9, 2)).ok
    False
    """
    found = ".".join(str(part) for part in version)
    fix = "Install Python 3.11 or later from python.org, delete .venv, and make it again."
    ok = version >= (3, 11)
    return Finding("Python", ok, f"{found} ({sys.executable})", "" if ok else fix)


def check_packages(package: str = PACKAGE) -> Finding:
    """Check that each dependency is installed in a version that the course allows.

    Parameters
    ----------
    package : str
        Whose dependencies.

    Returns
    -------
    Finding

    Examples
    --------
    >>> check_packages("no-such-package").ok
    False
    """
    try:
        wrong = list(_unmet(package))
        number = len(list(_required(package)))
    except metadata.PackageNotFoundError:
        return Finding("packages", False, f"{package} is not installed", f"In the course's folder: {INSTALL}")
    if wrong:
        return Finding("packages", False, "; ".join(wrong), f"In the course's folder: {INSTALL}")
    return Finding("packages", True, f"{number} installed, all in the versions that the course allows")


def check_imports(modules: list[str] | None = None) -> Finding:
    """Import the libraries in a fresh Python, which shows what an installed version does not.

    Parameters
    ----------
    modules : list of str, optional
        By default, those of the course's dependencies.

    Returns
    -------
    Finding

    Examples
    --------
    >>> check_imports(["json", "no_such_module"]).detail
    "no_such_module: ModuleNotFoundError: No module named 'no_such_module'"
    """
    modules = modules or _modules()
    finished = subprocess.run(
        [sys.executable, "-c", _IMPORTER, *modules], capture_output=True, text=True, errors="replace"
    )
    if finished.returncode == 0:
        return Finding("imports", True, f"{len(modules)} libraries can be imported")
    culprit = (finished.stdout.split() or ["Python"])[-1]
    reason = (finished.stderr.strip().splitlines() or [f"ended with code {finished.returncode}"])[-1]
    fix = (
        f"Reinstall it: python -m pip install --force-reinstall {culprit}, or delete .venv and make it again."
    )
    return Finding("imports", False, f"{culprit}: {reason}", fix)


def check_kernel(name: str = "python3") -> Finding:
    """Check that notebooks will run in this Python and not in another one.

    Parameters
    ----------
    name : str
        The kernel that lessons name.

    Returns
    -------
    Finding

    Examples
    --------
    >>> check_kernel("no-such-kernel").ok
    False
    """
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    fix = "Register this one: python -m ipykernel install --sys-prefix"
    try:
        program = KernelSpecManager().get_kernel_spec(name).argv[0]
    except NoSuchKernel:
        return Finding("Jupyter kernel", False, f"there is no kernel {name!r}", fix)
    # Jupyter runs a bare "python" as the Python that it runs in itself
    bare = program in {"python", "python3", f"python3.{sys.version_info.minor}"}
    if bare or Path(program).absolute() == Path(sys.executable).absolute():
        return Finding("Jupyter kernel", True, f"{name} runs {sys.executable}")
    return Finding("Jupyter kernel", False, f"{name} runs another Python: {program}", fix)


def _required(package: str) -> Iterator[Requirement]:
    for line in metadata.requires(package) or []:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement


def _unmet(package: str) -> Iterator[str]:
    for requirement in _required(package):
        try:
            installed = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            yield f"{requirement.name} is not installed"
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            yield f"{requirement.name} {installed} is installed, {requirement.specifier} is needed"


def _modules() -> list[str]:
    """One module for each dependency: the one that bears its name, where there is one."""
    provided: dict[str, list[str]] = {}
    for module, owners in metadata.packages_distributions().items():
        for owner in owners:
            if module.isidentifier() and not module.startswith("_"):
                provided.setdefault(canonicalize_name(owner), []).append(module)
    wanted = {canonicalize_name(requirement.name) for requirement in _required(PACKAGE)}
    found = {name: provided[name] for name in sorted(wanted) if name in provided}
    return [name if name in modules else min(modules, key=len) for name, modules in found.items()]

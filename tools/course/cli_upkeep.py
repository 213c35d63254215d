"""The commands of ``course`` for what is installed and shipped with it."""

from __future__ import annotations

from typing import Annotated

import typer

from tools import places
from tools.course.plainly import plainly


def add_to(app: typer.Typer) -> None:
    """Add the commands to the command line.

    Examples
    --------
    >>> app = typer.Typer()
    >>> add_to(app)
    >>> [command.callback.__name__ for command in app.registered_commands]
    ['assets', 'frontend', 'audit']
    """
    for command in (assets, frontend, audit):
        app.command()(command)


def assets(
    force: Annotated[bool, typer.Option("--force", help="Install again what is current.")] = False,
) -> None:
    """Install what the pages load, from the lock file, by npm or the Node that PyPI packages."""
    from tools.course import assets as front_end

    with plainly():
        installed = front_end.install(places.ROOT, force=force)
    print("page assets installed" if installed else "page assets are current")


def frontend(
    check: Annotated[bool, typer.Option("--check", help="Check it as well: types, style, tests.")] = False,
) -> None:
    """Build the explorer's front end, which is shipped, from its source and lock file."""
    from tools.course import front_end

    with plainly():
        if check:
            front_end.check(places.ROOT)
        print(f"built into {front_end.build(places.ROOT)}")


def audit(
    if_reachable: Annotated[
        bool, typer.Option("--if-reachable", help="Let pass, and say so, what cannot be looked up here.")
    ] = False,
) -> None:
    """Look for known holes in what the course installs, by pip-audit and npm audit."""
    from tools.course.audit import audits

    fails = False
    with plainly():
        for found in audits(places.ROOT):
            for hole in found.holes:
                print(f"{found.lock}: {hole}")
            if found.unknown:
                print(f"{found.lock}: not audited: {found.unknown}")
            elif not found.holes:
                print(f"{found.lock}: no known holes")
            fails |= bool(found.holes) or bool(found.unknown and not if_reachable)
    raise typer.Exit(fails)

"""``course explore``: the explorer in one command, whatever has to be made first."""

from __future__ import annotations

import json
import sys
import webbrowser
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tools import places
from tools.course import fingerprint
from tools.course.lessons import CourseError
from tools.course.similarity import run_steps
from tools.explorer.app import create_app
from tools.explorer.holding import Holder, world_of
from tools.explorer.serving import listening, server
from tools.explorer.settings import Settings
from tools.files import appearing
from tools.sample import generator_version
from tools.sample.world_patches import WorldPatches
from tools.similarity.index import IndexLockedError, TileIndexError
from tools.similarity.worlds import world_folder

_STEPS = ("cities", "embed", "bias", "index", "layout")
"""Of `tools.similarity.pipeline.STEPS`; the invented world has patches without pictures."""

_STAMP = "made-by.json"


def explore(*, origin: str, open_browser: bool = False, **asked: Any) -> None:
    """Serve the explorer until it is interrupted; of the sample, make first what is missing.

    Parameters
    ----------
    origin : {"sample", "open", "earthengine"}
        Whose tiles to show where no folder is named.
    open_browser : bool, optional
        Show it in this machine's browser.
    **asked
        Fields of `tools.explorer.settings.Settings`; None for what was not said.

    Raises
    ------
    CourseError
        If a setting makes no sense, the port is taken, or there is no index or it cannot be opened; it says
        what to do.
    DataError
        If there are no tiles.
    """
    settings = _settings({name: value for name, value in asked.items() if value is not None}, origin)
    try:
        opened = listening(settings.host, settings.port)
    except OSError as error:
        raise CourseError(
            f"{settings.host}, port {settings.port}, cannot be used ({error.strerror or error}): choose "
            "another by --port, or see what runs there"
        ) from error
    with opened:
        if origin == "sample" and settings.world is None:
            make_sample(world_folder("sample"))
        with _holder(settings) as holder:
            address = f"http://{_name(settings.host)}:{opened.getsockname()[1]}/"
            running = server(create_app(settings, holder), settings)
            print(f"The explorer is at {address} (Ctrl-C ends it)", flush=True)
            if not settings.on_loopback:
                print("Everyone who can reach this machine can open it.", file=sys.stderr)
            if open_browser:
                webbrowser.open(address)
            running.run(sockets=[opened])


def _settings(asked: dict[str, Any], origin: str) -> Settings:
    if origin != "sample" and "world" not in asked:
        asked["world"] = world_folder("open")
    try:
        return Settings(**asked)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise CourseError(f"the explorer's setting {name}: {first['msg']}") from error


def make_sample(folder: Path) -> None:
    """Make the sample's world, its index and its layout, unless just that world has been made.

    Parameters
    ----------
    folder : pathlib.Path
        `tools.similarity.worlds.world_folder` of the sample.

    Raises
    ------
    CourseError
        If a step cannot be done; the message says what to do.
    """
    makers = fingerprint.of_tree(places.ROOT / "tools" / "similarity")
    made_by = json.dumps([generator_version(), WorldPatches().describe(), makers], sort_keys=True)
    stamp = folder / _STAMP
    if stamp.is_file() and stamp.read_text("utf-8") == made_by:
        return
    print("Making the invented world, this once: about a minute", file=sys.stderr)
    for chosen in ("cities.parquet", "tiles.parquet"):  # by another generator, where they are there
        (folder / chosen).unlink(missing_ok=True)
    run_steps(list(_STEPS), root=folder, origin="sample")
    with appearing(stamp) as part:
        part.write_text(made_by, "utf-8")


def _holder(settings: Settings) -> Holder:
    try:
        return Holder(settings)
    except IndexLockedError as error:
        raise CourseError(f"{error}. Is the explorer running already?") from error
    except (TileIndexError, ValueError) as error:
        raise CourseError(f"the index of {world_of(settings)} cannot be used: {error}") from error


def _name(host: str) -> str:
    if host in ("0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host

"""``course``: what a person types. Each command imports what it needs only when it is called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperCommand

from tools import places
from tools.course import cli_upkeep
from tools.course.plainly import give_up, plainly

if TYPE_CHECKING:
    from tools.course.lessons import Course, Lesson
    from tools.course.report import Row

_HELP = "Places as Vectors: check this machine, get data, run the lessons, build the book."
_OriginOption = Annotated[
    str | None,
    typer.Option("--origin", metavar="sample|open|earthengine", help="Where data come from."),
]
_PolicyOption = Annotated[
    Literal["keep", "drop", "refuse"],
    typer.Option(help="What to do about such points; all are reported."),
]
_JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

app = typer.Typer(help=_HELP, no_args_is_help=True, add_completion=False, rich_markup_mode="rich")
data_app = typer.Typer(
    help="The data sets: which there are, fetching and checking them.", no_args_is_help=True
)
app.add_typer(data_app, name="data")


class _NameAndValue(TyperCommand):
    """A command whose ``-p`` takes a name and a value, as papermill's does."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        folded: list[str] = []
        rest = iter(args)
        for word in rest:
            folded.append(word)
            if word in {"-p", "--parameter"}:
                name, value = next(rest, None), next(rest, None)
                if name is None or value is None or not name.isidentifier():
                    raise typer.BadParameter(
                        "takes a name and a value, such as: -p n_clusters 7", param_hint="-p"
                    )
                folded.append(f"{name}={value}")
        return super().parse_args(ctx, folded)


@app.command()
def doctor(as_json: _JsonOption = False) -> None:
    """Check that this machine can run the course, and say what to do where it cannot."""
    from tools.course import doctor as examination

    results = examination.examine(_course())
    if as_json:
        well = all(result.ok for result in results)
        print(json.dumps({"ok": well, "checks": [result.as_dict() for result in results]}, indent=2))
    else:
        examination.show(results)
    raise typer.Exit(any(not result.ok for result in results))


@data_app.command("list")
def data_list(origin: _OriginOption = None, as_json: _JsonOption = False) -> None:
    """List the data sets, and which of them lie on this machine."""
    from tools.course import data

    with plainly():
        data.show_list(_origin(origin), as_json=as_json)


@data_app.command("get")
def data_get(
    names: Annotated[list[str], typer.Argument(metavar="NAME…")], origin: _OriginOption = None
) -> None:
    """Fetch (or, for the sample, make) data sets, and check them."""
    from tools.course import data

    with plainly():
        data.get(names, _origin(origin))


@data_app.command("verify")
def data_verify(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME…]")] = None, origin: _OriginOption = None
) -> None:
    """Read every byte of the data on this machine and compare it with the catalogue."""
    from tools.course import data

    with plainly():
        sound = data.verify(names or [], _origin(origin))
    raise typer.Exit(not sound)


@data_app.command("where")
def data_where() -> None:
    """Print the folder that data are kept in."""
    print(places.cache_dir())


@app.command(cls=_NameAndValue)
def run(
    lessons: Annotated[
        list[str] | None, typer.Argument(metavar="[LESSON…]", help="All when none is named.")
    ] = None,
    parameters: Annotated[
        list[str] | None,
        typer.Option(
            "-p", "--parameter", metavar="NAME VALUE", help="Replace a value of the parameters cell."
        ),
    ] = None,
    origin: _OriginOption = None,
    force: Annotated[bool, typer.Option("--force", help="Run also what has not changed.")] = False,
) -> None:
    """Execute lessons in reading order; those in which nothing has changed are left as they are."""
    given = [tuple(pair.split("=", 1)) for pair in parameters or []]
    _run(lessons or [], given, origin, force)


@app.command()
def book(origin: _OriginOption = None) -> None:
    """Run the lessons and build the book, with warnings as errors."""
    from rich.console import Console

    from tools.course import book as press

    course = _run([], [], origin, False)
    console = Console()
    with plainly(), console.status("building the book …"):
        built = press.build(course)
    pages = press.html(course)
    console.print("the book is built" if built else "the book is unchanged", style="green")
    print(f"It lies in {pages}\nTo read it: make serve (or: course serve), then open http://127.0.0.1:8000/")


@app.command()
def serve(port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8000) -> None:
    """Show the built book in a browser on this machine."""
    from tools.course import book as press
    from tools.course.serve import server

    with plainly():
        listening = server(press.html(_course()), port)
    with listening as pages:
        print(f"The book is at http://127.0.0.1:{pages.server_address[1]}/ (stop with Ctrl-C)", flush=True)
        try:
            pages.serve_forever()
        except KeyboardInterrupt:
            print()


@app.command()
def extract(
    points: Annotated[
        str,
        typer.Argument(metavar="POINTS", help="A file of points, or a data set: liverpool-points."),
    ],
    year: Annotated[int, typer.Option(help="Of the embeddings.")],
    output: Annotated[Path, typer.Option(help="The table: .parquet, .gpkg, .geojson or .csv.")],
    key: Annotated[str, typer.Option(help="The column that names the points.")] = "TOID",
    folder: Annotated[
        Path | None, typer.Option(help="For finished batches; by default a folder of the cache.")
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="A file of polygons, or a data set, outside which points are odd.")
    ] = None,
    data: Annotated[str, typer.Option(help="The data set of pixels, on files.")] = "liverpool-alphaearth",
    size: Annotated[str | None, typer.Option(help="Of data sets that come in several.")] = None,
    on_duplicate: _PolicyOption = "keep",
    on_empty: _PolicyOption = "keep",
    on_outside: _PolicyOption = "keep",
    on_nodata: _PolicyOption = "keep",
    origin: _OriginOption = None,
) -> None:
    """Extract embeddings at points. Broken off at any moment and called again, it goes on."""
    from tools.course import extract as work

    policies = {"on_duplicate": on_duplicate, "on_empty": on_empty}
    policies |= {"on_outside": on_outside, "on_nodata": on_nodata}
    with plainly():
        work.extract(
            points,
            year,
            output,
            key=key,
            folder=folder,
            region=region,
            data=data,
            size=size,
            origin=_origin(origin),
            **policies,
        )


@app.command()
def similarity(
    steps: Annotated[
        list[str] | None,
        typer.Argument(metavar="[STEP…]", help="cities, imagery, embed, bias, index, layout; or all."),
    ] = None,
    root: Annotated[Path | None, typer.Option(help="The folder to work on; by default in the cache.")] = None,
    limit_cities: Annotated[int | None, typer.Option(help="The most populous so many, for a trial.")] = None,
    until: Annotated[str, typer.Option(help="Last day of scenes.")] = "2024-09-30",
    months: Annotated[int, typer.Option(help="How far back scenes are looked for.")] = 6,
    weights: Annotated[str, typer.Option(help="TerraMind's: hub, or a file.")] = "hub",
    origin: _OriginOption = None,
) -> None:
    """Find look-alikes: from cities to an index. Broken off at any moment and called again, it goes on."""
    with plainly():
        from tools.course import similarity as work

        options = {"limit_cities": limit_cities, "until": until, "months": months, "weights": weights}
        work.run_steps(steps or [], root=root, origin=_origin(origin), **options)


@app.command()
def explore(
    host: Annotated[str | None, typer.Option(help="Where to listen; by default on loopback only.")] = None,
    port: Annotated[int | None, typer.Option(help="8765 by default; 0 takes any that is free.")] = None,
    index: Annotated[
        str | None,
        typer.Option(metavar="PATH|URL", help="A folder, or a Qdrant server; by default the world's own."),
    ] = None,
    world: Annotated[
        Path | None, typer.Option(help="A folder that `course similarity` has filled; else the sample's.")
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Show it in this machine's browser.")] = False,
    origin: _OriginOption = None,
) -> None:
    """Open the explorer: click a neighbourhood, see its look-alikes across the world."""
    with plainly():
        from tools.course import explore as work

        work.explore(
            origin=_origin(origin), host=host, port=port, index=index, world=world, open_browser=open_browser
        )


def _course() -> Course:
    from tools.course.lessons import Course

    return Course.here()


def _origin(asked: str | None) -> str:
    from tools import sources

    return sources.origin_in_force(asked)


def _run(wanted: list[str], given: list[tuple[str, ...]], origin: str | None, force: bool) -> Course:
    from tools.course import run as runner

    course = _course()
    with plainly(), _Progress() as watcher:
        lessons = course.choose(wanted)
        parameters = runner.checked_parameters(lessons, given)
        chosen = _origin(origin)
        rows = runner.run(
            course, lessons, parameters=parameters, origin=chosen, force=force, watcher=watcher.as_watcher()
        )
    bad = [row for row in rows if row.status == "failed"]
    if bad:
        give_up("\n".join(_blame(course, row) for row in bad))
    return course


def _blame(course: Course, row: Row) -> str:
    error = row.error or {}
    if error.get("cell") is None:
        return f"{row.lesson} failed before its first cell: {error.get('name')}: {error.get('message')}"
    return (
        f"{row.lesson} failed in code cell {error['cell']}, which begins: {error['line']}\n"
        f"  {error['name']}: {error['message']}\n"
        f"  Executed so far: {course.executed / row.lesson}.ipynb"
    )


class _Progress:
    """A bar on a terminal, while a lesson's cells run and no longer; elsewhere one line a lesson."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True)
        self._bar: Any = None

    def as_watcher(self) -> Any:
        from tools.course.run import Watcher

        return Watcher(self._starts, self._cell, self._ends)

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _starts(self, lesson: Lesson, cells: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        on_terminal = self._console.is_terminal
        self._bar = Progress(*columns, console=self._console, transient=True, disable=not on_terminal)
        self._bar.add_task(lesson.name, total=cells)
        self._bar.start()

    def _cell(self, lesson: Lesson, done: int) -> None:
        self._bar.update(self._bar.task_ids[0], completed=done)

    def _ends(self, row: Row) -> None:
        self._stop()
        took = f"{row.seconds:.0f} s, {row.peak_memory_mb:.0f} MB" if row.status == "ok" else ""
        self._console.print(f"{row.lesson}: {row.status} {took}".rstrip(), highlight=False)

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


cli_upkeep.add_to(app)  # so that help lists them after what readers need


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()

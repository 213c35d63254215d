"""What a person can put right, said in its own words."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer


@contextmanager
def plainly() -> Iterator[None]:
    """Tell what a person can put right in its own words, without a traceback, and exit 1."""
    from tools.course.lessons import CourseError

    try:
        yield
    except Exception as error:
        # a DataError cannot have been raised unless its module, which is heavy, has been loaded
        errors = sys.modules.get("tools.sources.errors")
        if isinstance(error, CourseError) or (errors and isinstance(error, errors.DataError)):
            give_up(str(error))
        raise


def give_up(message: str) -> NoReturn:
    """Say a message on standard error, and exit 1."""
    print(message, file=sys.stderr)
    raise typer.Exit(1)

"""``python -m tools.course``: the command line where the ``course`` program is not on the path."""

from tools.course.cli import main

main()

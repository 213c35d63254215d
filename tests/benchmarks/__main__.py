"""``python -m tests.benchmarks [NAME…]``: run the named benchmarks, or all of them."""

from __future__ import annotations

import importlib
import pkgutil
import sys

from tests import benchmarks
from tests.benchmarks.harness import describe


def found() -> dict[str, object]:
    """Return every module here that has a ``run``, by name."""
    modules = {
        module.name: importlib.import_module(f"{benchmarks.__name__}.{module.name}")
        for module in pkgutil.iter_modules(benchmarks.__path__)
        if module.name != "__main__"
    }
    return {name: module for name, module in modules.items() if hasattr(module, "run")}


def main(names: list[str]) -> int:
    """Run and print one line a comparison; 2 where a name is unknown, 1 where a target is missed."""
    modules = found()
    unknown = sorted(set(names) - set(modules))
    if unknown:
        print(f"no benchmark named {', '.join(unknown)}; there are: {', '.join(modules)}", file=sys.stderr)
        return 2
    missed = False
    for name in names or modules:
        for comparison in modules[name].run():
            print(describe(comparison), flush=True)
            missed |= not comparison["reached"]
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

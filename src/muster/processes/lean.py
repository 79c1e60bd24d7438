"""What runs for long, without the command line that started it.

typer, and pydantic with which it reads options, take 10 MiB in each process, and nobody needs them once the
options are read. So `muster web` reads its options and becomes `python -m muster.processes.lean muster web
{...}`: the same process with the same files and signals. `muster up` starts its children so at once.
"""

import importlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from muster.config.environment import Misconfigured
from muster.processes.problems import CannotStart

# word -> a function; its parameters are the options, with the command line's own names.
_LONG = {
    "up": "muster.processes.up.up",
    "web": "muster.processes.web.web",
    "worker": "muster.processes.worker.worker",
    "status-server": "muster.processes.status_server.status_server",
}


def command(word: str, **options: Any) -> list[str]:
    """The program and its arguments that run `word` with these options."""
    given = {name: str(value) if isinstance(value, Path) else value for name, value in options.items()}
    told = json.dumps({name: value for name, value in given.items() if value is not None})
    # -P: what lies in the folder where somebody happens to stand is not our code.
    return [sys.executable, "-P", "-m", "muster.processes.lean", "muster", word, told]


def become(word: str, **options: Any) -> NoReturn:
    """Go on as `word` in this process; does not return."""
    sys.stdout.flush()
    sys.stderr.flush()
    arguments = command(word, **options)
    os.execv(arguments[0], arguments)


def load(name: str) -> Any:
    """What a dotted name stands for."""
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def tell_refusals(run: Callable[[], object]) -> None:
    """Run it. What a person can mend is told in one line, with exit code 1."""
    try:
        run()
    except (CannotStart, Misconfigured) as error:
        print(f"muster: {error}", file=sys.stderr)
        sys.exit(1)


def main() -> None:
    """Run what `command` asked for."""
    _, _, word, told = sys.argv
    tell_refusals(lambda: load(_LONG[word])(**json.loads(told)))


if __name__ == "__main__":
    main()

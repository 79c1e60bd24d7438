"""`muster apply` and `muster export` (design section 13)."""

import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from muster.foundation.access.client import ApiProblem, client_of
from muster.foundation.access.terminal import AsJson, print_json

_MARKS = {"create": "+", "change": "~", "leave": " ", "would_delete": "?", "retire": "-"}
_WORDS = {"would_delete": "would delete"}


def apply(
    context: typer.Context,
    file: Annotated[Path, typer.Option("-f", "--file", help="The YAML file; - is standard input.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, change nothing.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Retire what an earlier apply made and the file leaves out.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make the configuration be as a file says: all or nothing; the same file again changes nothing."""
    text = _read(file)
    query = {"dry_run": str(dry_run).lower(), "prune": str(prune).lower()}
    try:
        done = client_of(context).send_text("/configuration/apply", text, "application/yaml", **query)
    except ApiProblem as problem:
        _tell(problem, file)
        raise typer.Exit(problem.exit_code) from None
    if as_json:
        print_json(done)
    else:
        _print(done)


def export(context: typer.Context) -> None:
    """Write the configuration as a file that `muster apply` reads back."""
    sys.stdout.write(client_of(context).get_text("/configuration/export"))


def _read(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except OSError as error:
        raise ApiProblem(f"{file}: {error.strerror}.", exit_code=1) from None
    except UnicodeDecodeError:
        raise ApiProblem(f"{file} is not UTF-8.", exit_code=1) from None


def _tell(problem: ApiProblem, file: Path) -> None:
    """Each finding as `FILE:LINE: reason`, which editors can jump to."""
    for found in problem.errors:
        where = f"{file}:{found.get('line', 1)}"
        path = f" {found['path']}:" if found.get("path") else ""
        print(f"{where}:{path} {found.get('reason', '')}", file=sys.stderr)
    if not problem.errors:
        print(f"muster: {problem}", file=sys.stderr)
    else:
        print("muster: nothing was changed", file=sys.stderr)


def _print(done: Mapping[str, Any]) -> None:
    for step in done["plan"]:
        if step["action"] == "leave":
            continue
        fields = f" ({', '.join(step['fields'])})" if step["fields"] else ""
        action = _WORDS.get(step["action"], step["action"])
        print(f"{_MARKS[step['action']]} {action} {step['section']} {step['handle']}{fields}".rstrip())
    counted = Counter(step["action"] for step in done["plan"])
    told = ", ".join(f"{counted[action]} {_WORDS.get(action, action)}" for action in _MARKS)
    print(f"{'Would be' if done['dry_run'] else 'Done'}: {told}")
    for made in done["integrations"]:
        print(f"integration {made['handle']}: key {made['key']} (shown once)\n  {made['url']}")
    for made in done["heartbeats"]:
        print(f"heartbeat {made['handle']}: ping {made['url']} (shown once)")
    for made in done["webhooks"]:
        print(f"webhook {made['handle']}: secret {made['secret']} (shown once)")

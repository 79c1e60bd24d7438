"""`muster map`: who reacts to what. It reads the program, so it needs neither a server nor a database."""

import json
from typing import Annotated

import typer

from muster.foundation.timeline import lanes
from muster.processes.surroundings import set_up_django


def print_map(as_json: Annotated[bool, typer.Option("--json", help="A list of objects.")] = False) -> None:
    """Print the table of reactions: event kind, group, reaction."""
    set_up_django()
    if as_json:
        rows = [{"event": kind, "group": group, "reaction": name} for kind, group, name in lanes.printed()]
        print(json.dumps(rows))
    else:
        print(lanes.as_text(), end="")

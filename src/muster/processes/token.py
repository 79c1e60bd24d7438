"""`muster token create`: for whoever stands at the machine; it needs the database, not the API."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from django.utils.module_loading import import_string

from muster.core.refusal import Refused
from muster.processes.opening import open_database
from muster.processes.problems import CannotStart
from muster.processes.provision import application_role
from muster.processes.schema import require_tables
from muster.processes.surroundings import enter_as

app = typer.Typer(help="API tokens.", no_args_is_help=True)


@app.callback()
def _words() -> None:
    """API tokens."""


@app.command("create")
def create(
    person: Annotated[str, typer.Option(help="Whose token: a person's handle.")],
    name: Annotated[str, typer.Option(help="What it is for.")] = "command line",
    data: Annotated[
        Path | None, typer.Option(help="Data folder (default: MUSTER_DATABASE_URL, MUSTER_DATA).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object.")] = False,
) -> None:
    """Make an API token of a person and print it: the only time that it is shown."""
    with open_database(data) as url:
        os.environ.setdefault("MUSTER_SECRET_KEY", "x" * 64)  # nothing is signed or sealed here
        enter_as(url, role=application_role(url))
        require_tables("access_person", "access_apitoken")
        token = _make(person, name)
    print(json.dumps({"person": person, "token": token}) if as_json else token)


def _make(person: str, name: str) -> str:
    """The person acts for themselves, so the timeline says whose token it is and that it came from here."""
    queries = "muster.foundation.access.queries"
    told = import_string("muster.foundation.timeline.refusals.told")
    try:
        found = import_string(f"{queries}.person_by_handle")(person)
        arrival = import_string(f"{queries}.arrival_of")(found.pk)
        create_token = import_string("muster.foundation.access.commands.create_token")
        return str(create_token(arrival.actor.id, actor=arrival.actor, at=arrival.at, name=name))
    except Refused as refused:
        raise CannotStart(f"No token for {person}: {told(refused).sentence}") from None

"""`muster timeline`."""

from typing import Annotated

import typer

from muster.foundation.access.client import client_of
from muster.foundation.access.terminal import AsJson, Limit, show_rows


def timeline(
    context: typer.Context,
    incident: Annotated[str, typer.Option(help="Of one incident: INC-42 or 42.")] = "",
    kind: Annotated[str, typer.Option(help="Of one kind, for example alert.opened.")] = "",
    subject: Annotated[str, typer.Option(help="Of one row, for example alert:7.")] = "",
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """What happened, newest first."""
    asked = {"incident": incident, "kind": kind, "subject": subject}
    query = {name: value for name, value in asked.items() if value}
    rows = client_of(context).every("/timeline", limit=limit, **query)
    show_rows(rows, ["seq", "at", "kind", "actor", "subject", "payload"], as_json=as_json)

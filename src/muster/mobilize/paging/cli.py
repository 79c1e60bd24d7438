"""`muster page` and `muster deliveries`."""

from typing import Annotated

import typer

from muster.foundation.access.client import client_of
from muster.foundation.access.terminal import AsJson, Limit, print_json, show_rows


def page(
    context: typer.Context,
    target: Annotated[str, typer.Argument(help="person:ana, schedule:payments-primary, team:payments ...")],
    summary: Annotated[str, typer.Option(help="What for.")],
    incident: Annotated[str, typer.Option(help="For an incident: INC-42.")] = "",
    as_json: AsJson = False,
) -> None:
    """Page anybody by hand."""
    body = {"target": target, "summary": summary, "incident": incident}
    called = client_of(context).post("/pages", body)
    if as_json:
        print_json(called)
    else:
        show_rows(called["pages"], ["id", "person", "about", "sentence"], as_json=False)


def deliveries(
    context: typer.Context,
    alert: Annotated[str, typer.Option(help="About one alert: ALR-7.")] = "",
    state: Annotated[str, typer.Option(help="In one state.")] = "",
    person: Annotated[str, typer.Option(help="To one person: ana.")] = "",
    channel: Annotated[str, typer.Option(help="By one kind of contact: email.")] = "",
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """What became of each message, newest first."""
    named = {"alert": alert, "state": state, "person": person, "channel": channel}
    asked = {name: value for name, value in named.items() if value}
    rows = client_of(context).every("/deliveries", limit=limit, **asked)
    columns = ["id", "person", "channel", "state", "attempts", "created_at", "accepted_at", "sentence"]
    show_rows(rows, columns, as_json=as_json)

"""`muster silence`: what is held back."""

from typing import Annotated

import typer

from muster.foundation.access.client import client_of
from muster.foundation.access.terminal import AsJson, Limit, show_one, show_rows

silence = typer.Typer(help="Silences: alerts that nobody is paged for.", no_args_is_help=True)


@silence.command("list")
def list_silences(
    context: typer.Context,
    active: Annotated[bool, typer.Option("--active", help="Leave out what is over.")] = False,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """All of them, newest first."""
    query = {"active": True} if active else {}
    rows = client_of(context).every("/silences", limit=limit, **query)
    columns = ["id", "state", "matchers", "made_by", "why", "starts_at", "ends_at"]
    show_rows(rows, columns, as_json=as_json)


@silence.command("add")
def add(
    context: typer.Context,
    matchers: Annotated[list[str], typer.Argument(help='What to hold back: severity="warning" ...')],
    why: Annotated[str, typer.Option(help="Whoever looks for the missing page reads it.")],
    lasting: Annotated[str, typer.Option("--for", help="How long: 30m, 2h, 1d.")],
    as_json: AsJson = False,
) -> None:
    """Hold back every alert that all matchers match."""
    body = {"matchers": matchers, "why": why, "for": lasting}
    show_one(client_of(context).post("/silences", body), as_json=as_json)


@silence.command("try")
def try_(
    context: typer.Context,
    matchers: Annotated[list[str], typer.Argument(help='What to hold back: severity="warning" ...')],
    days: Annotated[int, typer.Option(help="Of how many days the alerts are judged.")] = 7,
    as_json: AsJson = False,
) -> None:
    """What it would have held back of the last days' alerts; nothing is saved."""
    told = client_of(context).post("/silences/try", {"matchers": matchers, "days": days})
    if as_json:
        show_one(told, as_json=True)
        return
    print(told["sentence"])
    columns = ["id", "opened_at", "service", "summary", "outcome", "incident"]
    show_rows(told["examples"], columns, as_json=False)


@silence.command("end")
def end(context: typer.Context, silence_id: int, as_json: AsJson = False) -> None:
    """End it now."""
    show_one(client_of(context).post(f"/silences/{silence_id}/end"), as_json=as_json)

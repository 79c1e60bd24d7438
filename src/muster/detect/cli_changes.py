"""`muster change`: what was changed on services."""

from typing import Annotated, Any

import typer

from muster.foundation.access.client import client_of
from muster.foundation.access.terminal import AsJson, Limit, show_one, show_rows

change = typer.Typer(help="Changes: deployments and the like, shown beside trouble.", no_args_is_help=True)

ServiceOption = Annotated[str, typer.Option("--service", help="Only of this service.")]


@change.command("list")
def list_changes(
    context: typer.Context, service: ServiceOption = "", limit: Limit = None, as_json: AsJson = False
) -> None:
    """All of them, the last told first."""
    query = {"service": service} if service else {}
    rows = client_of(context).every("/changes", limit=limit, **query)
    show_rows(rows, ["id", "changed_at", "service", "summary", "integration"], as_json=as_json)


@change.command("note")
def note(
    context: typer.Context,
    service: Annotated[str, typer.Argument(help="The service that was changed.")],
    summary: Annotated[str, typer.Argument(help="What was changed, in one line.")],
    at: Annotated[str, typer.Option(help="When, as in 2026-03-02T21:00:00Z. Now unless said.")] = "",
    source: Annotated[str, typer.Option(help="Where it comes from, such as the pipeline.")] = "",
    url: Annotated[str, typer.Option(help="Where to read more about it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Tell of a change: at the end of a deployment, say."""
    body: dict[str, Any] = {"service": service, "summary": summary, "source": source, "url": url}
    body |= {"changed_at": at} if at else {}
    show_one(client_of(context).post("/changes", body), as_json=as_json)

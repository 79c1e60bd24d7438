"""`muster integration`: who may send signals."""

from typing import Annotated

import typer

from muster.foundation.access.client import client_of
from muster.foundation.access.terminal import AsJson, Limit, show_one, show_rows

integration = typer.Typer(help="Integrations: senders and their keys.", no_args_is_help=True)

Handle = Annotated[str, typer.Argument(help="The integration's handle.")]


@integration.command("list")
def list_integrations(context: typer.Context, limit: Limit = None, as_json: AsJson = False) -> None:
    """All of them, newest first, disconnected ones too."""
    rows = client_of(context).every("/integrations", limit=limit)
    columns = ["handle", "service", "kind", "url", "last_seen_at", "retired_at"]
    show_rows(rows, columns, as_json=as_json)


@integration.command("show")
def show(context: typer.Context, handle: Handle, as_json: AsJson = False) -> None:
    """One of them."""
    show_one(client_of(context).get(f"/integrations/{handle}"), as_json=as_json)


@integration.command("add")
def add(
    context: typer.Context,
    handle: Handle,
    service: Annotated[str, typer.Option(help="Its home service.")],
    kind: Annotated[str, typer.Option(help="What sends: alertmanager, pagerduty, generic ...")],
    as_json: AsJson = False,
) -> None:
    """Connect a sender; its key is shown this once."""
    body = {"handle": handle, "service": service, "kind": kind}
    show_one(client_of(context).post("/integrations", body), as_json=as_json)


@integration.command("rotate")
def rotate(context: typer.Context, handle: Handle, as_json: AsJson = False) -> None:
    """Make a new key, shown this once; the old one works for 24 hours more."""
    show_one(client_of(context).post(f"/integrations/{handle}/rotate"), as_json=as_json)


@integration.command("retire")
def retire(context: typer.Context, handle: Handle) -> None:
    """Disconnect the sender at once."""
    client_of(context).post(f"/integrations/{handle}/retire")


@integration.command("restore")
def restore(context: typer.Context, handle: Handle) -> None:
    """Connect the sender again, with the key it had."""
    client_of(context).post(f"/integrations/{handle}/restore")

"""`muster view`: saved filters of the alert inbox."""

from typing import Annotated, Any

import typer

from muster.foundation.access.client import client_of
from muster.foundation.access.terminal import AsJson, show_one, show_rows

view = typer.Typer(help="Saved views of the alert inbox.", no_args_is_help=True)

ViewId = Annotated[str, typer.Argument(metavar="VIEW", help="VW-7 or 7.")]
State = Annotated[str, typer.Option(help="open, triggered, mine, held or all.")]
Words = Annotated[str, typer.Option(help='As in the search: "service:checkout timeout".')]


@view.command("list")
def list_views(context: typer.Context, as_json: AsJson = False) -> None:
    """Yours, and those of your teams."""
    rows = client_of(context).get("/alert-views")["items"]
    show_rows(rows, ["id", "name", "team", "state", "words", "is_default"], as_json=as_json)


@view.command("save")
def save(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name.")],
    state: State = "open",
    words: Words = "",
    team: Annotated[str, typer.Option(help="For this team (default: for yourself).")] = "",
    default: Annotated[bool, typer.Option("--default", help="The inbox opens with it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Save filters under a name."""
    body = {"name": name, "state": state, "words": words, "team": team or None, "is_default": default}
    show_one(client_of(context).post("/alert-views", body), as_json=as_json)


@view.command("change")
def change(
    context: typer.Context,
    view_id: ViewId,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    state: Annotated[str | None, typer.Option(help="open, triggered, mine, held or all.")] = None,
    words: Annotated[str | None, typer.Option(help="Other words.")] = None,
    default: Annotated[bool | None, typer.Option("--default/--no-default", help="Opens the inbox.")] = None,
    as_json: AsJson = False,
) -> None:
    """Rename it, change its filters, or make it the default."""
    said: dict[str, Any] = {"name": name, "state": state, "words": words, "is_default": default}
    body = {key: value for key, value in said.items() if value is not None}
    show_one(client_of(context).patch(f"/alert-views/{view_id}", body), as_json=as_json)


@view.command("delete")
def delete(context: typer.Context, view_id: ViewId) -> None:
    """Delete it; restore brings it back."""
    client_of(context).post(f"/alert-views/{view_id}/retire")


@view.command("restore")
def restore(context: typer.Context, view_id: ViewId, as_json: AsJson = False) -> None:
    """Bring it back."""
    show_one(client_of(context).post(f"/alert-views/{view_id}/restore"), as_json=as_json)

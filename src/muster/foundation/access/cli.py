"""`muster people`."""

from typing import Annotated

import typer

from muster.foundation.access.client import client_of
from muster.foundation.access.terminal import AsJson, Limit, show_one, show_rows

people = typer.Typer(help="People.", no_args_is_help=True)


@people.command("list")
def list_people(context: typer.Context, limit: Limit = None, as_json: AsJson = False) -> None:
    """Everybody, newest first."""
    rows = client_of(context).every("/people", limit=limit)
    show_rows(rows, ["handle", "name", "role", "timezone", "email", "retired_at"], as_json=as_json)


@people.command("show")
def show_person(
    context: typer.Context, handle: Annotated[str, typer.Argument()], as_json: AsJson = False
) -> None:
    """One person."""
    show_one(client_of(context).get(f"/people/{handle}"), as_json=as_json)


@people.command("invite")
def invite(context: typer.Context, handle: Annotated[str, typer.Argument()], as_json: AsJson = False) -> None:
    """Make a one-time link by which somebody makes their account, or sets a new password."""
    show_one(client_of(context).post(f"/people/{handle}/invitation", {}), as_json=as_json)


@people.command("end")
def end_access(
    context: typer.Context,
    handle: Annotated[str, typer.Argument()],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """End somebody's access, after saying what they leave uncovered."""
    client = client_of(context)
    for sentence in client.get(f"/people/{handle}/leaving")["sentences"]:
        typer.echo(sentence, err=True)
    if not yes:
        typer.confirm(f"End the access of {handle}?", abort=True, err=True)
    show_one(client.post(f"/people/{handle}/end-access", {}), as_json=as_json)


@people.command("restore")
def restore_access(
    context: typer.Context, handle: Annotated[str, typer.Argument()], as_json: AsJson = False
) -> None:
    """Let somebody in again; tokens and grants are given anew."""
    show_one(client_of(context).post(f"/people/{handle}/restore-access", {}), as_json=as_json)

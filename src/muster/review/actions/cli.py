"""`muster actions` and `muster action`."""

from typing import Annotated, Any

import typer

from muster.foundation.access.client import client_of
from muster.foundation.access.terminal import AsJson, Limit, show_one, show_rows

Id = Annotated[str, typer.Argument(help="ACT-7 or 7.")]
Why = Annotated[str, typer.Option(help="The reason.")]
Due = Annotated[str, typer.Option(help="By when, as 2026-12-01T17:00:00Z.")]

_COLUMNS = ["id", "incident", "state", "due_at", "owner", "tag", "title", "ticket"]


def actions(
    context: typer.Context,
    state: Annotated[str, typer.Option(help="open, done or dropped (default: all).")] = "",
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is overdue.")] = False,
    owner: Annotated[str, typer.Option(help="Of one person, by handle.")] = "",
    incident: Annotated[str, typer.Option(help="Of one incident: INC-42.")] = "",
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """Action items, newest first."""
    asked: dict[str, Any] = {"state": state, "owner": owner, "incident": incident}
    asked = {name: value for name, value in asked.items() if value}
    if overdue:
        asked["overdue"] = "true"
    show_rows(client_of(context).every("/actions", limit=limit, **asked), _COLUMNS, as_json=as_json)


action = typer.Typer(help="One action item: add, show, done, drop, reopen.", no_args_is_help=True)


@action.command("add")
def add(
    context: typer.Context,
    incident: Annotated[str, typer.Argument(help="The incident: INC-42 or 42.")],
    title: Annotated[str, typer.Argument(help="What is to be done.")],
    owner: Annotated[str, typer.Option(help="Who sees to it, by handle.")],
    tag: Annotated[str, typer.Option(help="prevention or detection.")] = "prevention",
    due: Due = "",
    ticket: Annotated[str, typer.Option(help="Its number or address in a tracker.")] = "",
    as_json: AsJson = False,
) -> None:
    """Add one to an incident."""
    said: dict[str, Any] = {
        "incident": incident,
        "title": title,
        "owner": owner,
        "tag": tag,
        "ticket": ticket,
    }
    if due:
        said["due_at"] = due
    show_one(client_of(context).post("/actions", said), as_json=as_json)


@action.command("show")
def show(context: typer.Context, item: Id, as_json: AsJson = False) -> None:
    """One of them."""
    show_one(client_of(context).get(f"/actions/{item}"), as_json=as_json)


@action.command("change")
def change(
    context: typer.Context,
    item: Id,
    title: Annotated[str | None, typer.Option(help="What is to be done.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who sees to it, by handle.")] = None,
    due: Due = "",
    ticket: Annotated[str | None, typer.Option(help="Its number or address in a tracker.")] = None,
    why: Annotated[str, typer.Option(help="Why the day moves.")] = "",
    as_json: AsJson = False,
) -> None:
    """Change an open one; moving its day needs a reason."""
    given = {"title": title, "owner": owner, "ticket": ticket, "due_at": due or None}
    said = {name: value for name, value in given.items() if value is not None}
    show_one(client_of(context).patch(f"/actions/{item}", said | {"why": why}), as_json=as_json)


@action.command("done")
def done(context: typer.Context, item: Id, as_json: AsJson = False) -> None:
    """Mark it done."""
    show_one(client_of(context).post(f"/actions/{item}/complete"), as_json=as_json)


@action.command("drop")
def drop(context: typer.Context, item: Id, why: Why, as_json: AsJson = False) -> None:
    """Say that it will not be done, and why."""
    show_one(client_of(context).post(f"/actions/{item}/drop", {"why": why}), as_json=as_json)


@action.command("reopen")
def reopen(context: typer.Context, item: Id, why: Why, as_json: AsJson = False) -> None:
    """Take it up again, and say why."""
    show_one(client_of(context).post(f"/actions/{item}/reopen", {"why": why}), as_json=as_json)

"""`muster cover`, `muster leave` and `muster feed`: what people do about their own on-call."""

from typing import Annotated

import typer

from muster.foundation.access.client import client_of
from muster.foundation.access.terminal import AsJson, Limit, show_one, show_rows

From = Annotated[str, typer.Option("--from", help="From when, with an offset: 2026-11-21T09:00Z.")]
To = Annotated[str, typer.Option("--to", help="Until when, with an offset.")]

cover = typer.Typer(help="Asking a colleague to take your shift.", no_args_is_help=True)
leave = typer.Typer(help="When people are away.", no_args_is_help=True)
feed = typer.Typer(help="Calendar feeds of shifts.", no_args_is_help=True)


@cover.command("list")
def list_covers(
    context: typer.Context,
    is_open: Annotated[bool, typer.Option("--open", help="Leave out what has ended.")] = False,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """All requests, newest first."""
    query = {"open": True} if is_open else {}
    rows = client_of(context).every("/cover-requests", limit=limit, **query)
    show_rows(rows, ["id", "state", "schedule", "asker", "of", "give", "back", "taken_by"], as_json=as_json)


@cover.command("ask")
def ask(
    context: typer.Context,
    schedule: Annotated[str, typer.Argument(help="The schedule's handle.")],
    start: From,
    end: To,
    of: Annotated[str, typer.Option(help="Whom to ask (default: anyone of the rota).")] = "",
    back_from: Annotated[str, typer.Option(help="A swap: you take theirs from here ...")] = "",
    back_to: Annotated[str, typer.Option(help="... to here.")] = "",
    note: Annotated[str, typer.Option(help="Why.")] = "",
    as_json: AsJson = False,
) -> None:
    """Ask for your shift to be taken; nothing changes until somebody agrees."""
    body: dict[str, object] = {"schedule": schedule, "from": start, "to": end, "of": of or None, "note": note}
    if back_from or back_to:
        body["back"] = {"from": back_from, "to": back_to}
    show_one(client_of(context).post("/cover-requests", body), as_json=as_json)


@cover.command("accept")
def accept(context: typer.Context, cover_id: int, as_json: AsJson = False) -> None:
    """Take the shift."""
    show_one(client_of(context).post(f"/cover-requests/{cover_id}/accept"), as_json=as_json)


@cover.command("decline")
def decline(context: typer.Context, cover_id: int, as_json: AsJson = False) -> None:
    """Say that you cannot."""
    show_one(client_of(context).post(f"/cover-requests/{cover_id}/decline"), as_json=as_json)


@cover.command("withdraw")
def withdraw(context: typer.Context, cover_id: int, as_json: AsJson = False) -> None:
    """Ask no longer."""
    show_one(client_of(context).post(f"/cover-requests/{cover_id}/withdraw"), as_json=as_json)


@leave.command("list")
def list_leaves(context: typer.Context, limit: Limit = None, as_json: AsJson = False) -> None:
    """Who is away when, newest first."""
    show_rows(
        client_of(context).every("/leaves", limit=limit), ["id", "person", "from", "to"], as_json=as_json
    )


@leave.command("add")
def add_leave(
    context: typer.Context,
    start: From,
    end: To,
    person: Annotated[str, typer.Option(help="Whose (default: yours).")] = "",
    as_json: AsJson = False,
) -> None:
    """Enter leave."""
    body = {"from": start, "to": end, "person": person}
    show_one(client_of(context).post("/leaves", body), as_json=as_json)


@feed.command("list")
def list_feeds(context: typer.Context, limit: Limit = None, as_json: AsJson = False) -> None:
    """Your feeds, newest first."""
    rows = client_of(context).every("/feeds", limit=limit)
    show_rows(rows, ["id", "of", "added_at", "last_read_at"], as_json=as_json)


@feed.command("add")
def add_feed(
    context: typer.Context,
    of: Annotated[str, typer.Argument(help="me, schedule:HANDLE or team:HANDLE.")] = "me",
    as_json: AsJson = False,
) -> None:
    """Make a feed; its address is a secret, printed this once."""
    show_one(client_of(context).post("/feeds", {"of": of}), as_json=as_json)


@feed.command("revoke")
def revoke(context: typer.Context, feed_id: int) -> None:
    """Make its address worth nothing, at once."""
    client_of(context).delete(f"/feeds/{feed_id}")

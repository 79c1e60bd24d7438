"""`muster oncall` and `muster schedule`."""

from typing import Annotated

import typer

from muster.foundation.access.client import client_of
from muster.foundation.access.terminal import AsJson, Limit, show_one, show_rows

At = Annotated[str, typer.Option(help="When (default: now), as 2026-11-21T09:00:00Z.")]
Handle = Annotated[str, typer.Argument(help="The schedule's handle.")]


def oncall(
    context: typer.Context,
    schedule: Annotated[str, typer.Option(help="Of one schedule (default: of all).")] = "",
    at: At = "",
    as_json: AsJson = False,
) -> None:
    """Who is on call."""
    asked = {name: value for name, value in {"schedule": schedule, "at": at}.items() if value}
    answer = client_of(context).get("/oncall", **asked)
    if schedule:
        show_one(answer, as_json=as_json)
    else:
        show_rows(answer["items"], ["schedule", "people", "until", "sentence"], as_json=as_json)


schedule = typer.Typer(help="Schedules: who is on call when.", no_args_is_help=True)


@schedule.command("list")
def list_schedules(context: typer.Context, limit: Limit = None, as_json: AsJson = False) -> None:
    """All of them, newest first, retired ones too."""
    rows = client_of(context).every("/schedules", limit=limit)
    show_rows(rows, ["handle", "name", "team", "timezone", "on_call", "retired_at"], as_json=as_json)


@schedule.command("show")
def show(context: typer.Context, handle: Handle, as_json: AsJson = False) -> None:
    """One of them."""
    show_one(client_of(context).get(f"/schedules/{handle}"), as_json=as_json)


@schedule.command("shifts")
def shifts(
    context: typer.Context,
    handle: Handle,
    start: Annotated[str, typer.Option("--from", help="From when (default: now).")] = "",
    end: Annotated[str, typer.Option("--to", help="Until when (default: two weeks later).")] = "",
    as_json: AsJson = False,
) -> None:
    """Who is on call when; gaps are shifts of nobody."""
    asked = {name: value for name, value in {"from": start, "to": end}.items() if value}
    answer = client_of(context).get(f"/schedules/{handle}/shifts", **asked)
    show_rows(answer["items"], ["start", "end", "people"], as_json=as_json)


@schedule.command("override")
def override(
    context: typer.Context,
    handle: Handle,
    start: Annotated[str, typer.Option("--from", help="Local to the schedule, or with an offset.")],
    end: Annotated[str, typer.Option("--to", help="Local to the schedule, or with an offset.")],
    person: Annotated[str, typer.Option(help="Who takes it.")],
    kind: Annotated[str, typer.Option(help="cover, add, remove or replace.")] = "cover",
    replaces: Annotated[str, typer.Option(help="Whose place, with --kind replace.")] = "",
    as_json: AsJson = False,
) -> None:
    """Change who has an interval."""
    body = {"from": start, "to": end, "person": person, "kind": kind, "replaces": replaces or None}
    show_one(client_of(context).post(f"/schedules/{handle}/overrides", body), as_json=as_json)


@schedule.command("checks")
def checks(context: typer.Context, handle: Handle, as_json: AsJson = False) -> None:
    """What is good and what is wrong with it, and why."""
    answer = client_of(context).get(f"/schedules/{handle}/checks")
    columns = ["check", "verdict", "sentence", "people", "start", "end"]
    show_rows(answer["findings"], columns, as_json=as_json)


@schedule.command("note")
def note(
    context: typer.Context, handle: Handle, text: Annotated[str, typer.Argument(help="What to know.")]
) -> None:
    """Leave a note for whoever comes on call next."""
    client_of(context).post(f"/schedules/{handle}/notes", {"note": text})

"""`muster heartbeat`: jobs that ought to report."""

from typing import Annotated, Any

import typer

from muster.foundation.access.client import client_of
from muster.foundation.access.terminal import AsJson, Limit, show_one, show_rows

heartbeat = typer.Typer(help="Heartbeats: jobs that ought to report.", no_args_is_help=True)

Handle = Annotated[str, typer.Argument(help="The heartbeat's handle.")]
Schedule = Annotated[str, typer.Option(help="15m, 1h, 1d, or as in cron: '0 3 * * *'.")]


@heartbeat.command("list")
def list_heartbeats(
    context: typer.Context,
    active: Annotated[bool, typer.Option("--active", help="Leave out what is retired.")] = False,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """All of them, newest first."""
    query = {"active": True} if active else {}
    rows = client_of(context).every("/heartbeats", limit=limit, **query)
    columns = ["handle", "service", "state", "schedule", "grace", "last_ping_at", "expected_at"]
    show_rows(rows, columns, as_json=as_json)


@heartbeat.command("show")
def show(context: typer.Context, handle: Handle, as_json: AsJson = False) -> None:
    """One of them."""
    show_one(client_of(context).get(f"/heartbeats/{handle}"), as_json=as_json)


@heartbeat.command("pings")
def pings(context: typer.Context, handle: Handle, as_json: AsJson = False) -> None:
    """What the job said last, newest first."""
    rows = client_of(context).get(f"/heartbeats/{handle}/pings")["items"]
    show_rows(rows, ["at", "kind", "exit_status", "took_s", "body"], as_json=as_json)


@heartbeat.command("add")
def add(
    context: typer.Context,
    handle: Handle,
    service: Annotated[str, typer.Option(help="The service that its alert belongs to.")],
    schedule: Schedule,
    name: Annotated[str, typer.Option(help="What people read; the handle unless said.")] = "",
    grace: Annotated[str, typer.Option(help="How late it may be, and how long a run may take.")] = "5m",
    timezone: Annotated[str, typer.Option(help="By which clock; the organisation's unless said.")] = "",
    severity: Annotated[str, typer.Option(help="Of its alert: critical, error, warning or info.")] = "error",
    as_json: AsJson = False,
) -> None:
    """Expect a job; the address that it has to ping is shown this once."""
    body: dict[str, Any] = {"handle": handle, "name": name or handle, "service": service}
    body |= {"schedule": schedule, "grace": grace, "severity": severity, "timezone": timezone or None}
    show_one(client_of(context).post("/heartbeats", body), as_json=as_json)


@heartbeat.command("change")
def change(
    context: typer.Context,
    handle: Handle,
    service: Annotated[str, typer.Option(help="The service that its alert belongs to.")] = "",
    schedule: Schedule = "",
    name: Annotated[str, typer.Option(help="What people read.")] = "",
    grace: Annotated[str, typer.Option(help="How late it may be, and how long a run may take.")] = "",
    timezone: Annotated[str, typer.Option(help="By which clock.")] = "",
    severity: Annotated[str, typer.Option(help="Of its alert: critical, error, warning or info.")] = "",
    as_json: AsJson = False,
) -> None:
    """Change what is said; another rhythm begins the clock anew."""
    said = {
        "service": service,
        "schedule": schedule,
        "name": name,
        "grace": grace,
        "timezone": timezone,
        "severity": severity,
    }
    body = {field: value for field, value in said.items() if value}
    show_one(client_of(context).patch(f"/heartbeats/{handle}", body), as_json=as_json)


@heartbeat.command("preview")
def preview(
    context: typer.Context,
    schedule: Annotated[str, typer.Argument(help="15m, 1h, 1d, or as in cron: '0 3 * * *'.")],
    timezone: Annotated[str, typer.Option(help="By which clock; the organisation's unless said.")] = "",
    as_json: AsJson = False,
) -> None:
    """What a schedule means, and its next five times."""
    body = {"schedule": schedule, "timezone": timezone or None}
    show_one(client_of(context).post("/heartbeat-previews", body), as_json=as_json)


@heartbeat.command("rotate")
def rotate(context: typer.Context, handle: Handle, as_json: AsJson = False) -> None:
    """Make a new address, shown this once; the old one works for 24 hours more."""
    show_one(client_of(context).post(f"/heartbeats/{handle}/rotate"), as_json=as_json)


@heartbeat.command("pause")
def pause(context: typer.Context, handle: Handle, as_json: AsJson = False) -> None:
    """Expect nothing until it is resumed; an open alert ends."""
    show_one(client_of(context).post(f"/heartbeats/{handle}/pause"), as_json=as_json)


@heartbeat.command("resume")
def resume(context: typer.Context, handle: Handle, as_json: AsJson = False) -> None:
    """Expect it again, counted from now."""
    show_one(client_of(context).post(f"/heartbeats/{handle}/resume"), as_json=as_json)


@heartbeat.command("retire")
def retire(context: typer.Context, handle: Handle) -> None:
    """Expect nothing more, and refuse its address."""
    client_of(context).post(f"/heartbeats/{handle}/retire")


@heartbeat.command("restore")
def restore(context: typer.Context, handle: Handle) -> None:
    """Expect it again, at the address it had."""
    client_of(context).post(f"/heartbeats/{handle}/restore")

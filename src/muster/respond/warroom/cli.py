"""`muster declare | update | claim | handover` and `muster incident`."""

from typing import Annotated, Any

import typer

from muster.foundation.access.client import client_of
from muster.foundation.access.terminal import AsJson, Limit, show_one, show_rows

Id = Annotated[str, typer.Argument(help="INC-42 or 42.")]
Why = Annotated[str, typer.Option(help="The reason, where one is needed.")]

COLUMNS = ["id", "severity", "phase", "title", "commander", "services", "declared_at", "next_update_due_at"]

incident = typer.Typer(help="Incidents.", no_args_is_help=True)


@incident.command("list")
def list_incidents(
    context: typer.Context,
    state: Annotated[str, typer.Option(help="open, resolved or aside (default: all).")] = "",
    severity: Annotated[str, typer.Option(help="SEV1, SEV2 ...")] = "",
    service: Annotated[str, typer.Option(help="Handle of a service.")] = "",
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """Incidents, newest first."""
    asked = {"state": state, "severity": severity, "service": service}
    query = {name: value for name, value in asked.items() if value}
    show_rows(client_of(context).every("/incidents", limit=limit, **query), COLUMNS, as_json=as_json)


@incident.command("show")
def show_incident(context: typer.Context, incident_id: Id, as_json: AsJson = False) -> None:
    """One incident."""
    show_one(client_of(context).get(f"/incidents/{incident_id}"), as_json=as_json)


def declare(
    context: typer.Context,
    title: Annotated[str, typer.Argument(help="What is wrong, in words a customer would use.")],
    service: Annotated[list[str] | None, typer.Option(help="Handle; may be given several times.")] = None,
    severity: Annotated[str, typer.Option(help="SEV1 ...; else impact and scope decide.")] = "",
    impact: Annotated[str, typer.Option(help="complete, degraded or inconvenience.")] = "",
    scope: Annotated[str, typer.Option(help="widespread, limited or minimal.")] = "",
    alert: Annotated[str, typer.Option(help="ALR-7: declares from this alert and takes its group.")] = "",
    summary: Annotated[str, typer.Option(help="What is known.")] = "",
    drill: Annotated[bool, typer.Option("--drill", help="Practice: never counted.")] = False,
    as_json: AsJson = False,
) -> None:
    """Declare an incident. A false alarm costs little; a miss does not."""
    body: dict[str, Any] = {"title": title, "services": service or [], "drill": drill}
    more = {"severity": severity, "impact": impact, "scope": scope, "alert": alert, "summary": summary}
    body |= {name: value for name, value in more.items() if value}
    show_one(client_of(context).post("/incidents", body), as_json=as_json)


def update(
    context: typer.Context,
    incident_id: Id,
    text: Annotated[str, typer.Argument(help="What people should know.")],
    audience: Annotated[str, typer.Option(help="internal, executives or external.")] = "internal",
    status: Annotated[str, typer.Option(help="Investigating, Identified, Monitoring ...")] = "",
    next_at: Annotated[str, typer.Option("--next", help="When they hear next (RFC 3339).")] = "",
    as_json: AsJson = False,
) -> None:
    """Post an update, and say when the next one comes."""
    body: dict[str, Any] = {"text": text, "audience": audience, "status": status}
    if next_at:
        body["next_update_at"] = next_at
    show_one(client_of(context).post(f"/incidents/{incident_id}/updates", body), as_json=as_json)


def claim(context: typer.Context, incident_id: Id, as_json: AsJson = False) -> None:
    """Take command while nobody has it."""
    show_one(client_of(context).post(f"/incidents/{incident_id}/claim"), as_json=as_json)


def handover(
    context: typer.Context,
    incident_id: Id,
    to: Annotated[str, typer.Option(help="Handle of the next commander: offers command to them.")] = "",
    report: Annotated[str, typer.Option(help="The situation report.")] = "",
    take: Annotated[bool, typer.Option("--take", help="Say that you have command.")] = False,
    why: Why = "",
    as_json: AsJson = False,
) -> None:
    """Hand command over (--to), or take it when it was offered to you (--take)."""
    if take == bool(to):
        raise typer.BadParameter("give --to HANDLE or --take")
    client, path = client_of(context), f"/incidents/{incident_id}/handover"
    if take:
        show_one(client.post(f"{path}/take", {"why": why}), as_json=as_json)
    else:
        show_one(client.post(path, {"to": to, "report": report}), as_json=as_json)

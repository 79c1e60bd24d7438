"""`muster noise`: what alerts cost people, what would calm them, and whether it helped."""

from typing import Annotated, Any

import typer

from muster.foundation.access.client import client_of
from muster.foundation.access.terminal import AsJson, print_json, show_one, show_rows

noise = typer.Typer(help="Noisy alerts: what they cost, and what would calm them.", no_args_is_help=True)

Period = Annotated[str, typer.Option(help="30d (default), 2026-q3 or 2026.")]
Team = Annotated[str, typer.Option(help="Of one team, by handle.")]
Service = Annotated[str, typer.Option(help="Of one service, by handle.")]
By = Annotated[str, typer.Option(help="Gathered by rule, key or service.")]
AlertId = Annotated[str, typer.Argument(metavar="ALERT", help="Any alert of the kind: ALR-7.")]
RemedyName = Annotated[
    str, typer.Argument(metavar="REMEDY", help="pause, delay, group, calm, explain, drop or reroute.")
]


def _asked(**given: str) -> dict[str, str]:
    return {name: value for name, value in given.items() if value}


@noise.command("list")
def list_noise(
    context: typer.Context,
    period: Period = "",
    team: Team = "",
    service: Service = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """What fired, and what it cost: what cost most first."""
    asked = _asked(period=period, team=team, service=service, by=by)
    found = client_of(context).get("/noise", **asked)
    if as_json:
        print_json(found)
        return
    rows = [_shown(one) for one in found["items"]]
    columns = ["alert", "title", "service", "fired", "interruptions", "persons", "nights"]
    show_rows(rows, [*columns, "acked, nothing done", "closed by itself", "suggested"], as_json=False)


def _shown(one: dict[str, Any]) -> dict[str, Any]:
    suggested = [f"{said['remedy']}: {said['proposal']} ({said['reason']})" for said in one["suggestions"]]
    return one | {
        "acked, nothing done": f"{one['unacted']} of {one['acknowledged']}",
        "closed by itself": f"{one['by_itself']} of {one['closed']}",
        "suggested": suggested,
    }


@noise.command("export")
def export(
    context: typer.Context, period: Period = "", team: Team = "", service: Service = "", by: By = ""
) -> None:
    """The same as CSV, on standard output."""
    asked = _asked(period=period, team=team, service=service, by=by)
    print(client_of(context).get_text("/noise/export", **asked), end="")


@noise.command("try")
def try_(
    context: typer.Context,
    alert_id: AlertId,
    remedy: RemedyName,
    period: Period = "",
    as_json: AsJson = False,
) -> None:
    """What a suggestion's rule would have done in the period; nothing is saved."""
    told = client_of(context).ask(f"/noise/{alert_id}/{remedy}/try", {}, **_asked(period=period))
    if as_json:
        print_json(told)
        return
    print(f"{told['suggestion']['proposal']}: {told['suggestion']['reason']}.")
    print(told["trial"]["sentence"])
    columns = ["id", "opened_at", "service", "summary", "outcome", "incident"]
    show_rows(told["trial"]["examples"], columns, as_json=False)


@noise.command("take")
def take(
    context: typer.Context,
    alert_id: AlertId,
    remedy: RemedyName,
    period: Period = "",
    as_json: AsJson = False,
) -> None:
    """Make the rule of a suggestion. `muster rule retire HANDLE` takes it back."""
    query = _asked(period=period)
    show_one(client_of(context).post(f"/noise/{alert_id}/{remedy}", {}, **query), as_json=as_json)


@noise.command("effects")
def effects(context: typer.Context, as_json: AsJson = False) -> None:
    """Whether the rules that were made from suggestions helped."""
    found = client_of(context).get("/noise/effects")["items"]
    rows = [
        one | {side: f"{one[side]['counted']} in {one[side]['days']:g} days" for side in ("before", "after")}
        for one in found
    ]
    columns = ["rule", "name", "made_at", "measure", "before", "after", "sentence"]
    show_rows(found if as_json else rows, columns, as_json=as_json)

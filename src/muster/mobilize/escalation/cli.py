"""`muster alert`, `muster ack`, `muster explain` and `muster policy`."""

import sys
from typing import Annotated, Any, cast

import typer

from muster.foundation.access.client import ApiProblem, client_of
from muster.foundation.access.terminal import AsJson, Limit, print_json, show_one, show_rows

AlertId = Annotated[str, typer.Argument(metavar="ALERT", help="ALR-7 or 7.")]
_PATHS = {"ALR": "/alerts", "GRP": "/groups", "PG": "/pages"}
_BRIEF = ("id", "service", "state", "severity", "urgency", "summary", "acknowledged_by", "incident")

alert = typer.Typer(help="Alerts.", no_args_is_help=True)
policy = typer.Typer(help="Escalation policies.", no_args_is_help=True)


@alert.command("list")
def list_alerts(
    context: typer.Context,
    state: Annotated[str, typer.Option(help="triggered, acknowledged or resolved (default: all).")] = "",
    service: Annotated[str, typer.Option(help="Of one service.")] = "",
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """Alerts, newest first."""
    asked = {name: value for name, value in {"state": state, "service": service}.items() if value}
    rows = client_of(context).every("/alerts", limit=limit, **asked)
    show_rows(rows, [*_BRIEF[:6], "count", "opened_at", "acknowledged_by", "incident"], as_json=as_json)


@alert.command("unattended")
def unattended(
    context: typer.Context,
    since: Annotated[str, typer.Option("--from", help="As 2026-11-21T09:00:00Z (a week ago).")] = "",
    until: Annotated[str, typer.Option("--to", help="Until when (now).")] = "",
    as_json: AsJson = False,
) -> None:
    """Alerts that nobody acknowledged, and about which nobody further was asked, in time."""
    asked = {name: value for name, value in {"from": since, "to": until}.items() if value}
    found = client_of(context).get("/unattended", **asked)
    if not as_json:
        print(
            f"{found['attended']} of {found['owed']} alerts were acknowledged or escalated within "
            f"{found['within']} ({found['percent']} %; the Standard wants {found['wanted_percent']} %)."
        )
    rows = found["items"]
    show_rows(rows, ["group", "service", "summary", "state", "due_at", "sentence"], as_json=as_json)


@alert.command("show")
def show_alert(context: typer.Context, alert_id: AlertId, as_json: AsJson = False) -> None:
    """One alert."""
    show_one(client_of(context).get(f"/alerts/{alert_id}"), as_json=as_json)


def _verb(verb: str, about: str) -> None:
    @alert.command(verb, help=about)
    def act(context: typer.Context, alert_id: AlertId, as_json: AsJson = False) -> None:
        _tell(client_of(context).post(f"/alerts/{alert_id}/{verb}"), as_json)


_verb("acknowledge", "Take it: nobody else is paged. The same as muster ack.")
_verb("unacknowledge", "Give it back: it pages from the first step.")
_verb("escalate", "Page the next step now.")


@alert.command("feedback")
def feedback(
    context: typer.Context,
    alert_id: AlertId,
    said: Annotated[
        str, typer.Argument(metavar="WORD", help="useful, noise, duplicate, wrong_target; or none.")
    ],
    service: Annotated[str, typer.Option(help="With wrong_target: where it belongs.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say what it was; each person has one word, and may change it. `none` takes it back."""
    path = f"/alerts/{alert_id}/feedback"
    if said == "none":
        client_of(context).delete(path)
        answer = client_of(context).get(f"/alerts/{alert_id}")
    else:
        answer = client_of(context).post(path, {"said": said, "service": service})
    if as_json:
        print_json(answer)
    else:
        show_rows(answer["feedback"], ["person", "said", "service", "at"], as_json=False)


@alert.command("resolve")
def resolve(
    context: typer.Context,
    alert_id: AlertId,
    note: Annotated[str, typer.Option(help="What helped, for whoever has the same trouble next.")] = "",
    as_json: AsJson = False,
) -> None:
    """Resolve it."""
    _tell(client_of(context).post(f"/alerts/{alert_id}/resolve", {"note": note}), as_json)


@alert.command("similar")
def similar(context: typer.Context, alert_id: AlertId, as_json: AsJson = False) -> None:
    """Past alerts that are like it, and what helped then."""
    rows = client_of(context).get(f"/alerts/{alert_id}/similar")["items"]
    if as_json:
        print_json(rows)
        return
    told = [row | {"notes": [note["text"] for note in row["notes"]]} for row in rows]
    columns = ["id", "why", "summary", "opened_at", "resolved_by", "notes", "incident", "postmortem"]
    show_rows(told, columns, as_json=False)


_OPEN = {"acknowledge": ("triggered",), "unacknowledge": ("acknowledged",)}
_AT_ONCE = 500


@alert.command("all")
def act_on_all(
    context: typer.Context,
    verb: Annotated[str, typer.Argument(help="acknowledge, resolve, unacknowledge or snooze.")],
    service: Annotated[str, typer.Option(help="Only of this service.")] = "",
    lasting: Annotated[str, typer.Option("--for", help="How long to snooze: 30m, 2h.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Do one thing to all groups to which it applies, some hundreds at a time."""
    client, asked = client_of(context), cast(dict[str, Any], {"service": service} if service else {})
    states = _OPEN.get(verb, ("triggered", "acknowledged"))
    ids = [row["id"] for state in states for row in client.every("/groups", state=state, **asked)]
    if not yes:
        typer.confirm(f"{verb.capitalize()} {len(ids)} groups?", abort=True)
    told: dict[str, list[Any]] = {"done": [], "left": []}
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        answer = client.post("/bulk/groups", {"verb": verb, "groups": some, "for": lasting or None})
        told = {name: [*told[name], *answer[name]] for name in told}
        print(f"{start + len(some)} of {len(ids)}", file=sys.stderr)
    if as_json:
        print_json(told)
    else:
        print(f"{len(told['done'])} done.")
        show_rows(told["left"], ["id", "detail"], as_json=False)


@alert.command("snooze")
def snooze(
    context: typer.Context,
    alert_id: AlertId,
    lasting: Annotated[str, typer.Option("--for", help="How long: 30m, 2h.")] = "",
    until: Annotated[str, typer.Option(help="Until when, as 2026-11-21T09:00:00Z.")] = "",
    as_json: AsJson = False,
) -> None:
    """Take it until a time; then it pages again."""
    body = {name: value for name, value in {"for": lasting, "until": until}.items() if value}
    _tell(client_of(context).post(f"/alerts/{alert_id}/snooze", body), as_json)


@alert.command("reassign")
def reassign(
    context: typer.Context,
    alert_id: AlertId,
    to: Annotated[
        str, typer.Argument(metavar="TARGET", help="person:ben, schedule:..., team:..., policy:...")
    ],
    why: Annotated[str, typer.Option(help="Why.")] = "",
    as_json: AsJson = False,
) -> None:
    """Ask somebody else: whoever has it has it no longer."""
    _tell(client_of(context).post(f"/alerts/{alert_id}/reassign", {"to": to, "why": why}), as_json)


def ack(
    context: typer.Context,
    what: Annotated[str, typer.Argument(help="An alert, a group or a page: ALR-7, GRP-7, PG-7.")],
    as_json: AsJson = False,
) -> None:
    """Acknowledge: you have it, and nobody else is paged."""
    kind, dash, _number = what.upper().partition("-")
    path = _PATHS.get(kind) if dash else "/alerts"
    if path is None:
        raise ApiProblem(f"{what} is no alert, group or page. Write it like ALR-7, GRP-7 or PG-7.")
    _tell(client_of(context).post(f"{path}/{what}/acknowledge"), as_json)


def explain(context: typer.Context, alert_id: AlertId, as_json: AsJson = False) -> None:
    """Why did this page me? Why did it not?"""
    told = client_of(context).get(f"/alerts/{alert_id}/explain")
    if as_json:
        print_json(told)
        return
    print(f"{told['alert']}: {told['summary']}")
    for part in ("joined", "escalation"):
        if told[part]:
            print(told[part]["sentence"])
    print()
    show_rows(told["steps"], ["step", "sentence"], as_json=False)
    if told["pages"]:
        print()
        columns = ["id", "person", "step", "started_at", "acknowledged_at", "sentence"]
        show_rows(told["pages"], columns, as_json=False)
    if told["messages"]:
        print()
        show_rows(told["messages"], ["page", "contact", "at", "sentence"], as_json=False)
    if told["posts"]:
        print()
        show_rows(told["posts"], ["webhook", "step", "at", "sentence"], as_json=False)
    if told["plan"]:
        print()
        show_rows(told["plan"], ["at", "round", "step", "sentence"], as_json=False)


@policy.command("list")
def list_policies(context: typer.Context, limit: Limit = None, as_json: AsJson = False) -> None:
    """All of them, newest first, retired ones too."""
    rows = client_of(context).every("/policies", limit=limit)
    show_rows(rows, ["handle", "name", "team", "version", "steps", "repeat", "retired_at"], as_json=as_json)


@policy.command("show")
def show_policy(context: typer.Context, handle: str, as_json: AsJson = False) -> None:
    """One of them."""
    show_one(client_of(context).get(f"/policies/{handle}"), as_json=as_json)


@policy.command("check")
def check(context: typer.Context, handle: str, as_json: AsJson = False) -> None:
    """Where it would let somebody down, and what to change."""
    rows = client_of(context).get(f"/policies/{handle}/findings")["items"]
    show_rows(rows, ["step", "sentence"], as_json=as_json)


@policy.command("plan")
def plan(
    context: typer.Context,
    handle: str,
    at: Annotated[str, typer.Option(help="If it began then (default: now).")] = "",
    urgency: Annotated[str, typer.Option(help="high or low.")] = "high",
    as_json: AsJson = False,
) -> None:
    """What it would do if nobody ever answered: the same function that runs."""
    asked = {name: value for name, value in {"at": at, "urgency": urgency}.items() if value}
    answer = client_of(context).get(f"/policies/{handle}/plan", **asked)
    if as_json:
        print_json(answer)
    else:
        columns = ["at", "round", "step", "targets", "people", "sentence"]
        show_rows(answer["plan"], columns, as_json=False)


def _tell(answer: dict[str, Any], as_json: bool) -> None:
    """The whole answer for programs, what matters now for people."""
    brief = {name: answer[name] for name in _BRIEF if name in answer}
    show_one(answer if as_json else brief or answer, as_json=as_json)

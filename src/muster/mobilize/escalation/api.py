"""What people do to alerts and groups: acknowledge, resolve, snooze, give back, escalate.

An answer of 2xx comes only after the commit: from then on nobody else is paged (design section 7).
"""

from datetime import datetime
from typing import Any, Literal

from ninja import Router
from pydantic import AwareDatetime, Field

from muster.core.lifecycle import Refusal, Verb
from muster.core.permissions import Actor
from muster.core.refusal import Refused
from muster.core.wallclock import parse_duration
from muster.detect.models import Alert
from muster.detect.queries import alert_of
from muster.evaluate.api_alerts import AlertOut, GroupOut, shown, shown_group
from muster.evaluate.queries import group_of, number_of
from muster.foundation.access.http import Body, Shown
from muster.foundation.access.requests import Request
from muster.foundation.timeline.refusals import told
from muster.mobilize.escalation import commands
from muster.mobilize.escalation.queries import group_paged_for

router = Router(tags=["alerts"])


class SnoozeIn(Body):
    """Until when: `until`, or `for` as in `30m` or `2h`."""

    until: AwareDatetime | None = None
    for_: str | None = Field(None, alias="for", max_length=20)


class ResolveIn(Body):
    """What helped, for whoever has the same trouble next."""

    note: str = Field("", max_length=1000)


class GiveBackIn(Body):
    """Why it is given back, if somebody wants to say so."""

    why: str = Field("", max_length=1000)


class ReassignIn(Body):
    """Whom to ask instead: `person:ben`, `schedule:payments-primary`, `team:...`, `policy:...`; and why."""

    to: str = Field(max_length=80)
    why: str = Field("", max_length=1000)


@router.post("/alerts/{alert_id}/acknowledge", response=AlertOut)
def acknowledge(request: Request, alert_id: str) -> dict[str, Any]:
    """Take an alert and its whole group: nobody else is paged. Whoever has it already is named."""
    actor, at = request.arrival.actor, request.arrival.at
    commands.acknowledge_alert(alert_of(actor, alert_id).pk, actor=actor, at=at)
    return _alert(alert_id, actor)


@router.post("/alerts/{alert_id}/resolve", response=AlertOut)
def resolve(request: Request, alert_id: str, given: ResolveIn | None = None) -> dict[str, Any]:
    """Resolve one alert; its group follows when no other is open. `note` says what helped."""
    actor, at = request.arrival.actor, request.arrival.at
    note = given.note if given else ""
    commands.resolve_alert(alert_of(actor, alert_id).pk, actor=actor, at=at, why=note)
    return _alert(alert_id, actor)


@router.post("/alerts/{alert_id}/snooze", response=AlertOut)
def snooze(request: Request, alert_id: str, given: SnoozeIn) -> dict[str, Any]:
    """Take an alert's group until a time; then it pages again."""
    actor, at = request.arrival.actor, request.arrival.at
    commands.snooze_alert(alert_of(actor, alert_id).pk, _until(given, at), actor=actor, at=at)
    return _alert(alert_id, actor)


@router.post("/alerts/{alert_id}/unacknowledge", response=AlertOut)
def unacknowledge(request: Request, alert_id: str, given: GiveBackIn | None = None) -> dict[str, Any]:
    """Give an alert's group back: it pages from the first step."""
    actor, at = request.arrival.actor, request.arrival.at
    group = group_paged_for(alert_of(actor, alert_id))
    commands.unacknowledge_group(group.pk, actor=actor, at=at, why=given.why if given else "")
    return _alert(alert_id, actor)


@router.post("/alerts/{alert_id}/escalate", response=AlertOut)
def escalate(request: Request, alert_id: str) -> dict[str, Any]:
    """Page the next step now."""
    actor, at = request.arrival.actor, request.arrival.at
    group = group_paged_for(alert_of(actor, alert_id))
    commands.escalate_now(group.subject, actor=actor, at=at)
    return _alert(alert_id, actor)


@router.post("/alerts/{alert_id}/reassign", response=AlertOut)
def reassign(request: Request, alert_id: str, given: ReassignIn) -> dict[str, Any]:
    """Ask somebody else about an alert's group: whoever has it has it no longer."""
    actor, at = request.arrival.actor, request.arrival.at
    group = group_paged_for(alert_of(actor, alert_id))
    commands.reassign_group(group.pk, given.to, actor=actor, at=at, why=given.why)
    return _alert(alert_id, actor)


class BulkIn(Body):
    """One act on many groups; `snooze` with `for` or `until`."""

    verb: Literal["acknowledge", "resolve", "unacknowledge", "snooze"]
    groups: list[str] = Field(min_length=1, max_length=commands.AT_ONCE)
    until: AwareDatetime | None = None
    for_: str | None = Field(None, alias="for", max_length=20)


class LeftOut(Shown):
    """A group to which nothing was done, and why."""

    id: str
    code: str
    detail: str


class BulkOut(Shown):
    """The groups to which it was done, and the others."""

    done: list[str]
    left: list[LeftOut]


@router.post("/bulk/groups", response=BulkOut)
def bulk(request: Request, given: BulkIn) -> dict[str, Any]:
    """Do one thing to many groups. What cannot be done to one keeps no other from it."""
    actor, at = request.arrival.actor, request.arrival.at
    verb = Verb(given.verb)
    until = _until(SnoozeIn(until=given.until, **{"for": given.for_}), at) if verb is Verb.SNOOZE else None
    numbers = list(dict.fromkeys(number_of(one, "GRP-") or 0 for one in given.groups))
    found = commands.act_on_groups(numbers, verb, actor=actor, at=at, until=until)
    return {
        "done": [f"GRP-{pk}" for pk in found.done],
        "left": [
            {"id": f"GRP-{pk}", "code": str(refused.reason), "detail": told(refused).sentence}
            for pk, refused in sorted(found.left.items())
        ],
    }


@router.post("/groups/{group_id}/reassign", response=GroupOut)
def reassign_group(request: Request, group_id: str, given: ReassignIn) -> dict[str, Any]:
    """Ask somebody else about a group."""
    actor, at = request.arrival.actor, request.arrival.at
    commands.reassign_group(group_of(actor, group_id).pk, given.to, actor=actor, at=at, why=given.why)
    return shown_group(group_of(actor, group_id), actor)


@router.post("/groups/{group_id}/acknowledge", response=GroupOut)
def acknowledge_group(request: Request, group_id: str) -> dict[str, Any]:
    """Take a group."""
    actor, at = request.arrival.actor, request.arrival.at
    commands.acknowledge_group(group_of(actor, group_id).pk, actor=actor, at=at)
    return shown_group(group_of(actor, group_id), actor)


@router.post("/groups/{group_id}/resolve", response=GroupOut)
def resolve_group(request: Request, group_id: str, given: ResolveIn | None = None) -> dict[str, Any]:
    """Resolve a group and its open alerts."""
    actor, at = request.arrival.actor, request.arrival.at
    note = given.note if given else ""
    commands.resolve_group(group_of(actor, group_id).pk, actor=actor, at=at, why=note)
    return shown_group(group_of(actor, group_id), actor)


@router.post("/groups/{group_id}/snooze", response=GroupOut)
def snooze_group(request: Request, group_id: str, given: SnoozeIn) -> dict[str, Any]:
    """Take a group until a time; then it pages again."""
    actor, at = request.arrival.actor, request.arrival.at
    commands.snooze_group(group_of(actor, group_id).pk, _until(given, at), actor=actor, at=at)
    return shown_group(group_of(actor, group_id), actor)


@router.post("/groups/{group_id}/unacknowledge", response=GroupOut)
def unacknowledge_group(request: Request, group_id: str, given: GiveBackIn | None = None) -> dict[str, Any]:
    """Give a group back: it pages from the first step."""
    actor, at = request.arrival.actor, request.arrival.at
    why = given.why if given else ""
    commands.unacknowledge_group(group_of(actor, group_id).pk, actor=actor, at=at, why=why)
    return shown_group(group_of(actor, group_id), actor)


@router.post("/groups/{group_id}/escalate", response=GroupOut)
def escalate_group(request: Request, group_id: str) -> dict[str, Any]:
    """Page the next step now."""
    actor, at = request.arrival.actor, request.arrival.at
    group = group_of(actor, group_id)
    commands.escalate_now(group.subject, actor=actor, at=at)
    return shown_group(group, actor)


def _alert(alert_id: str, actor: Actor) -> dict[str, Any]:
    row: Alert = alert_of(actor, alert_id)
    return shown(row, actor)


def _until(given: SnoozeIn, at: datetime) -> datetime:
    if given.until is not None:
        return given.until
    try:
        return at + parse_duration(given.for_ or "")
    except (ValueError, OverflowError):
        raise Refused(Refusal.SNOOZE_IN_THE_PAST) from None

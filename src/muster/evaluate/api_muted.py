"""`/muted`: what is muted now, and the calendar of silences and planned work; their ends are moved here."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from ninja import Query, Router
from ninja import Schema as QueryForm
from pydantic import AfterValidator, AwareDatetime, Field

from muster.core.muted_times import sensible
from muster.core.refusal import Refused
from muster.core.wallclock import parse_duration
from muster.evaluate import commands
from muster.evaluate.api_rules import RuleOut
from muster.evaluate.api_silences import SilenceOut, shown_silence
from muster.evaluate.commands.silences import parsed
from muster.evaluate.matching import matching_now
from muster.evaluate.muted import MOST, Muting, muted_now, mutings
from muster.evaluate.queries import rule_of, silence_of
from muster.evaluate.reasons import Evaluate
from muster.evaluate.rule_showing import shown_rule
from muster.foundation.access.http import Body, Shown
from muster.foundation.access.requests import Request

router = Router(tags=["silences"])

Moment = Annotated[AwareDatetime, AfterValidator(sensible)]
"""A moment with its zone, between the years 2000 and 2200."""
WEEK, LONGEST = timedelta(weeks=1), timedelta(days=62)


class MutedQuery(QueryForm):
    """The calendar from `from` (now) until `to` (a week later, 62 days at most)."""

    from_: Moment | None = Field(None, alias="from")
    to: Moment | None = None


class CaughtOut(Shown):
    """How many open alerts, of how many services."""

    alerts: int
    services: int


class MutingOut(Shown):
    """A silence (`key`: its number), or one occurrence of planned work (`key`: the handle of its rule)."""

    kind: str
    key: str
    name: str
    matchers: list[str]
    about: list[str]
    by: str
    why: str
    starts_at: datetime
    ends_at: datetime
    recurs: bool
    planned_end: datetime | None


class MutedOut(MutingOut):
    """In force now. `alerts_now` are held back now, `alerts_since` were since it began, among the newest.

    `caught_when_made` is null for planned work; `worst_incidents` are about services whose
    alerts it holds back, or that planned work names.
    """

    ends_within_the_hour: bool
    alerts_now: int
    alerts_since: int
    services_now: int
    critical: int
    worst_incidents: list[str]
    caught_when_made: CaughtOut | None
    catches_more: bool


class CalendarOut(Shown):
    """What is muted now, what ends first on top, and what mutes anything in that time; not `whole` where so
    much is muted that what ends last was left out."""

    now: list[MutedOut]
    since: datetime
    until: datetime
    calendar: list[MutingOut]
    whole: bool


class EndIn(Body):
    """Until when: `ends_at`, or `for` as in `2h`, from now on."""

    ends_at: Moment | None = None
    for_: str | None = Field(None, alias="for", max_length=20)


class WorkEndIn(Body):
    """Which occurrence (`starts_at`), and when it ends; as it begins: it is left out."""

    starts_at: Moment
    ends_at: Moment


class PreviewIn(Body):
    """Matchers that are not saved."""

    matchers: list[str] = Field(min_length=1, max_length=50)


class PreviewAlert(Shown):
    """An open alert that would be held back."""

    id: str
    summary: str
    service: str
    severity: str
    opened_at: datetime


class PreviewOut(Shown):
    """What is open now and would be held back; not `whole` where more is open than was asked."""

    alerts: int
    services: list[str]
    critical: int
    examples: list[PreviewAlert]
    whole: bool


@router.get("/muted", response=CalendarOut)
def muted(request: Request, asked: Query[MutedQuery]) -> dict[str, Any]:
    """What is muted now, by whom, why and until when, what it holds back, and what comes."""
    actor, at = request.arrival.actor, request.arrival.at
    since = asked.from_ or at
    until = min(asked.to or since + WEEK, since + LONGEST)
    now, comes = muted_now(actor, at), mutings(actor, since, until)
    return {
        "now": [_in_force(one, at) for one in now],
        "since": since,
        "until": until,
        "calendar": [_shown(one) for one in comes.found],
        "whole": comes.whole and len(now) < MOST,
    }


@router.post("/silences/preview", response=PreviewOut)
def preview(request: Request, given: PreviewIn) -> dict[str, Any]:
    """What a silence would hold back of what is open now; nothing is saved."""
    arrival = request.arrival
    found = matching_now(arrival.actor, parsed(given.matchers), arrival.at)
    return {
        "alerts": found.alerts,
        "services": list(found.services),
        "critical": found.critical,
        "examples": list(found.examples),
        "whole": found.whole,
    }


@router.post("/silences/{int:silence_id}/extend", response=SilenceOut)
def extend_silence(request: Request, silence_id: int, given: EndIn) -> dict[str, Any]:
    """Let it end at another time, later or earlier."""
    actor, at = request.arrival.actor, request.arrival.at
    row = silence_of(actor, silence_id)
    return shown_silence(commands.move_silence_end(row.pk, _end(given, at), actor=actor, at=at), at)


@router.post("/silences/{int:silence_id}/restore", response=SilenceOut)
def restore_silence(request: Request, silence_id: int) -> dict[str, Any]:
    """Let a silence that was ended early go on until the end that it had."""
    actor, at = request.arrival.actor, request.arrival.at
    row = silence_of(actor, silence_id)
    return shown_silence(commands.restore_silence(row.pk, actor=actor, at=at), at)


@router.post("/rules/{handle}/work-end", response=RuleOut)
def move_work_end(request: Request, handle: str, given: WorkEndIn) -> dict[str, Any]:
    """Let one occurrence of planned work end at another time; the others stay as they are."""
    actor, at = request.arrival.actor, request.arrival.at
    row = rule_of(actor, handle)
    moved = commands.move_work_end(row.pk, given.starts_at, given.ends_at, actor=actor, at=at)
    return shown_rule(moved, at)


def _end(given: EndIn, at: datetime) -> datetime:
    if given.ends_at is not None:
        return given.ends_at
    try:
        return at + parse_duration(given.for_ or "")
    except (ValueError, OverflowError):
        raise Refused(Evaluate.END_NEEDED) from None


def _shown(one: Muting) -> dict[str, Any]:
    return {
        "kind": "silence" if one.is_silence else "maintenance",
        "key": one.key,
        "name": one.name,
        "matchers": list(one.matchers),
        "about": list(one.where),
        "by": one.who_handle,
        "why": one.why,
        "starts_at": one.start,
        "ends_at": one.end,
        "recurs": one.recurs,
        "planned_end": one.planned_end,
    }


def _in_force(one: Muting, at: datetime) -> dict[str, Any]:
    held, made = one.swallowed, one.when_made
    return _shown(one) | {
        "ends_within_the_hour": one.ends_soon(at),
        "alerts_now": held.now,
        "alerts_since": held.since,
        "services_now": len(held.services),
        "critical": held.critical,
        "worst_incidents": list(held.worst),
        "caught_when_made": {"alerts": made.alerts, "services": made.services} if made else None,
        "catches_more": one.catches_more,
    }

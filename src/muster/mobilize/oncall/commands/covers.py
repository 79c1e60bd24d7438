"""Asking a colleague to take a shift, and their answer: nothing changes without consent (R39; peers 10c)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from muster.core.change import Change
from muster.core.cover import (
    Cover,
    CoverReason,
    CoverState,
    CoverVerb,
    answered,
    as_overrides,
    expires_at,
    wish_reason,
)
from muster.core.permissions import Actor, Right, require
from muster.core.refusal import Refused
from muster.core.rotation import Span
from muster.core.wallclock import format_moment
from muster.foundation.access.models import Person
from muster.foundation.timeline.pen import command, lock, lock_many, record, record_many
from muster.mobilize.oncall.commands.notices import tell
from muster.mobilize.oncall.commands.overrides import write_override
from muster.mobilize.oncall.models import CoverRequest, Schedule
from muster.mobilize.oncall.queries import due_covers, rota_of, shifts
from muster.mobilize.oncall.reasons import OnCall

LONGEST_NOTE_CHARS = 500


@command
def ask_cover(
    schedule_id: int,
    *,
    actor: Actor,
    at: datetime,
    give: Span,
    asked_id: int | None = None,
    back: Span | None = None,
    note: str = "",
) -> CoverRequest:
    """Ask a colleague, or anyone of the rota, to take `give`; with `back` for that interval of theirs.

    Raises:
        Refused: the actor is not on call in `give`, the other not in `back`, an interval is over or
            backwards, nobody of that number, or a note too long.
    """
    require(actor, Right.RESPOND)
    lock(Schedule, schedule_id)
    wish = Cover(int(actor.id or 0), asked_id, give, back)
    if asked_id is not None and not Person.objects.filter(pk=asked_id, retired_at__isnull=True).exists():
        raise Refused(OnCall.NOBODY_TO_ASK)
    if len(note) > LONGEST_NOTE_CHARS:
        raise Refused(OnCall.NOTE_TOO_LONG, {"limit": LONGEST_NOTE_CHARS})
    wrong = _wrong(schedule_id, wish, at)
    if wrong is not None:
        raise Refused(wrong)
    columns = {
        "schedule_id": schedule_id,
        "asker_id": wish.asker,
        "asked_id": asked_id,
        "start": give[0],
        "end": give[1],
        "back_start": back[0] if back else None,
        "back_end": back[1] if back else None,
        "asked_at": at,
        "due_at": expires_at(wish, at),
    }
    facts = {"schedule": schedule_id, "asked_person": asked_id, "start": give[0], "end": give[1]}
    if back:
        facts |= {"back_start": back[0], "back_end": back[1]}
    change = Change("cover_request.asked", columns, facts, {"note": note} if note else {})
    request = record(CoverRequest(), change, actor=actor, at=at)
    _tell(request, "cover_asked", _asked(request), {"note": note}, actor, at)
    return request


def _wrong(schedule_id: int, wish: Cover, at: datetime) -> CoverReason | None:
    spans = [wish.give, *([wish.back] if wish.back else [])]
    if any(end <= start for start, end in spans):
        return CoverReason.BACKWARDS
    theirs = shifts(schedule_id, *wish.back) if wish.back else []
    return wish_reason(wish, shifts(schedule_id, *wish.give), theirs, at)


def _asked(request: CoverRequest) -> list[int]:
    """Who hears of it: the one asked, else everybody of the rota."""
    if request.asked_id is not None:
        return [request.asked_id]
    return [person for person in rota_of(request.schedule_id) if person != request.asker_id]


@command
def answer_cover(request_id: int, verb: CoverVerb, *, actor: Actor, at: datetime) -> CoverRequest:
    """Accept, decline or withdraw a request. Accepted, it becomes overrides in the same commit.

    Raises:
        Refused: it is not this person's to answer, or it has ended.
    """
    require(actor, Right.RESPOND)
    found = CoverRequest.objects.visible_to(actor).filter(pk=request_id).first()
    if found is None:
        raise Refused(OnCall.COVER_NOT_FOUND)
    schedule = lock(Schedule, found.schedule_id)
    request = lock(CoverRequest, request_id)
    wish = request.wish
    state = answered(CoverState(request.state), verb, wish, actor.id)
    if isinstance(state, CoverReason):
        raise Refused(state)
    if state is CoverState.ACCEPTED:
        wrong = _wrong(request.schedule_id, wish, at)
        if wrong is not None:
            raise Refused(wrong)
    columns: dict[str, Any] = {"state": state.value, "answered_at": at, "due_at": None}
    facts: dict[str, Any] = {"schedule": request.schedule_id}
    if state is CoverState.ACCEPTED:
        columns["taken_by_id"] = actor.id
        facts["overrides"] = _written(schedule, wish, int(actor.id or 0), actor, at)
    change = Change(f"cover_request.{state.value}", columns, facts)
    request = record(request, change, actor=actor, at=at)
    hears = _asked(request) if state is CoverState.WITHDRAWN else [request.asker_id]
    _tell(request, f"cover_{state.value}", hears, {"answered_by": actor.id}, actor, at)
    return request


def _written(schedule: Schedule, wish: Cover, taker: int, actor: Actor, at: datetime) -> list[int]:
    made = []
    for override in as_overrides(wish, taker):
        written: dict[str, object] = {
            "from": format_moment(override.from_),
            "to": format_moment(override.to),
            "person": override.person,
            "kind": override.effect.value,
            "replaces": override.replaces,
        }
        made.append(write_override(schedule, written, actor=actor, at=at, made_by="cover").pk)
    return made


@command
def expire_covers(limit: int, *, actor: Actor, at: datetime) -> int:
    """End the requests whose time has run out; the asker hears of it. Returns how many."""
    rows = [row for row in lock_many(CoverRequest, due_covers(limit)) if row.state == CoverState.ASKED]
    changes = [
        Change(
            "cover_request.expired",
            {"state": CoverState.EXPIRED.value, "answered_at": at, "due_at": None},
            {"schedule": row.schedule_id},
        )
        for row in rows
    ]
    record_many(rows, changes, actor=actor, at=at)
    for row in rows:
        _tell(row, "cover_expired", [row.asker_id], {}, actor, at)
    return len(rows)


def _tell(
    request: CoverRequest,
    kind: str,
    people: Iterable[int],
    more: Mapping[str, Any],
    actor: Actor,
    at: datetime,
) -> None:
    facts = {
        "schedule": request.schedule_id,
        "asker": request.asker_id,
        "start": request.start.isoformat(),
        "end": request.end.isoformat(),
    }
    if request.back_start and request.back_end:
        facts |= {"back_start": request.back_start.isoformat(), "back_end": request.back_end.isoformat()}
    tell(people, kind, request.subject, facts | {k: v for k, v in more.items() if v}, actor=actor, at=at)

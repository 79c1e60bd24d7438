"""The gate and every way an incident ends, for programs (design sections 9 and 13)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ninja import Router
from pydantic import Field

from muster.core.gate import GateCheck
from muster.evaluate.models import Incident
from muster.evaluate.queries import incident_of
from muster.foundation.access.http import Body, Shown
from muster.foundation.access.requests import Request
from muster.respond.warroom.api import IncidentOut, WhyIn, answer
from muster.restore import commands, queries
from muster.restore.commands import Resolution, read_checks
from muster.restore.words import CHECK_WORDS, WHY_WORDS

router = Router(tags=["incidents"])


class ResolveIn(WhyIn):
    """What is said at the gate: checks stated now, why open alerts may stay, what customers read."""

    confirm: list[str] = Field(default_factory=list, max_length=20)
    open_alerts_reason: str = Field("", max_length=2000)
    public_words: str = Field("", max_length=20_000)


class MergeIn(WhyIn):
    """The incident that this one is a duplicate of."""

    into: str = Field(max_length=40)


class CheckIn(Body):
    """Whether it holds."""

    holds: bool = True


class CheckOut(Shown):
    """One check of the gate, its answer and why."""

    check: str
    met: bool
    why: str
    words: str
    why_words: str


class ClockOut(Shown):
    """One measure of this incident, in seconds; null while it runs or cannot be known."""

    name: str
    start: datetime | None
    stop: datetime | None
    seconds: float | None
    target_below_seconds: float | None


@router.get("/incidents/{incident_id}/gate", response=list[CheckOut])
def gate(request: Request, incident_id: str) -> list[dict[str, Any]]:
    """How the gate before resolved stands (R7)."""
    return [
        {
            "check": item.name.value,
            "met": item.met,
            "why": item.why.value,
            "words": str(CHECK_WORDS[item.name]),
            "why_words": str(WHY_WORDS[item.why]),
        }
        for item in queries.gate_of(incident_of(request.arrival.actor, incident_id))
    ]


@router.post("/incidents/{incident_id}/gate/{check}", response=list[CheckOut])
def state_check(request: Request, incident_id: str, check: str, given: CheckIn) -> list[dict[str, Any]]:
    """State that a check holds, or take that back."""
    arrival, row = request.arrival, incident_of(request.arrival.actor, incident_id)
    [found] = read_checks([check])
    commands.state_check(row.pk, GateCheck(found), actor=arrival.actor, at=arrival.at, holds=given.holds)
    return gate(request, incident_id)


@router.get("/incidents/{incident_id}/clocks", response=list[ClockOut])
def clocks(request: Request, incident_id: str) -> list[dict[str, Any]]:
    """Time to detect, acknowledge, mitigate and resolve (R58)."""
    found = queries.incident_clocks(incident_of(request.arrival.actor, incident_id))
    return [
        {
            "name": one.name,
            "start": one.start,
            "stop": one.stop,
            "seconds": None if one.length is None else one.length.total_seconds(),
            "target_below_seconds": None if one.target_below is None else one.target_below.total_seconds(),
        }
        for one in found
    ]


@router.post("/incidents/{incident_id}/mitigate", response=IncidentOut)
def mitigate(request: Request, incident_id: str, given: WhyIn) -> dict[str, Any]:
    """State that the impact has stopped."""
    return _ended(commands.mitigate, request, incident_id, why=given.why)


@router.post("/incidents/{incident_id}/resolve", response=IncidentOut)
def resolve(request: Request, incident_id: str, given: ResolveIn) -> dict[str, Any]:
    """Declare it resolved, through the gate; a 409 names in `unmet` what is missing."""
    arrival, row = request.arrival, incident_of(request.arrival.actor, incident_id)
    said = Resolution(read_checks(given.confirm), given.why, given.open_alerts_reason, given.public_words)
    commands.resolve_incident(row.pk, said, actor=arrival.actor, at=arrival.at)
    return answer(request, row.pk)


@router.post("/incidents/{incident_id}/reopen", response=IncidentOut)
def reopen(request: Request, incident_id: str, given: WhyIn) -> dict[str, Any]:
    """Take it back to investigating."""
    return _ended(commands.reopen, request, incident_id, why=given.why)


@router.post("/incidents/{incident_id}/dismiss", response=IncidentOut)
def dismiss(request: Request, incident_id: str, given: WhyIn) -> dict[str, Any]:
    """End it as a false alarm."""
    return _ended(commands.dismiss, request, incident_id, why=given.why)


@router.post("/incidents/{incident_id}/backlog", response=IncidentOut)
def backlog(request: Request, incident_id: str, given: WhyIn) -> dict[str, Any]:
    """End it in the ticket backlog."""
    return _ended(commands.send_to_backlog, request, incident_id, why=given.why)


@router.post("/incidents/{incident_id}/close", response=IncidentOut)
def close(request: Request, incident_id: str, given: WhyIn) -> dict[str, Any]:
    """Close it when its follow-up is done."""
    return _ended(commands.close, request, incident_id, why=given.why)


@router.post("/incidents/{incident_id}/merge", response=IncidentOut)
def merge(request: Request, incident_id: str, given: MergeIn) -> dict[str, Any]:
    """End it as a duplicate of another; what hangs on it goes over."""
    arrival, row = request.arrival, incident_of(request.arrival.actor, incident_id)
    into = incident_of(arrival.actor, given.into)
    commands.merge(row.pk, into.pk, actor=arrival.actor, at=arrival.at, why=given.why)
    return answer(request, row.pk)


def _ended(
    command: Callable[..., Incident], request: Request, incident_id: str, *, why: str
) -> dict[str, Any]:
    arrival, row = request.arrival, incident_of(request.arrival.actor, incident_id)
    command(row.pk, actor=arrival.actor, at=arrival.at, why=why)
    return answer(request, row.pk)

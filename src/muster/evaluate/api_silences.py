"""`/silences`: what is held back, by whom, why and until when."""

from datetime import datetime
from typing import Any

from ninja import Query, Router, Status
from pydantic import AwareDatetime, Field

from muster.core.refusal import Refused
from muster.core.wallclock import parse_duration
from muster.evaluate import commands
from muster.evaluate.api_rules import TrialOut
from muster.evaluate.models import Silence
from muster.evaluate.queries import silence_of, silences
from muster.evaluate.reasons import Evaluate
from muster.evaluate.rulebook import silence_facts
from muster.evaluate.trial import try_silence
from muster.foundation.access.http import Body, Paging, Shown, page_of
from muster.foundation.access.requests import Request

router = Router(tags=["silences"])


class SilenceOut(Shown):
    """A silence; `state` is pending, active or over."""

    id: int
    matchers: list[str]
    why: str
    made_by: str
    starts_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    state: str


class SilencePage(Shown):
    """Newest first."""

    items: list[SilenceOut]
    next: str | None


class SilenceIn(Body):
    """What to hold back: all of the matchers (`severity="warning"`). `ends_at`, or `for` as in `2h`."""

    matchers: list[str] = Field(max_length=50)
    why: str = Field(max_length=1000)
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    for_: str | None = Field(None, alias="for", max_length=20)


class SilenceTried(Body):
    """A silence to try on the alerts of the last days."""

    matchers: list[str] = Field(max_length=50)
    days: int = Field(7, ge=1, le=90)


class SilenceQuery(Paging):
    """`active` leaves out what is over."""

    active: bool = False


@router.get("/silences", response=SilencePage)
def list_silences(request: Request, asked: Query[SilenceQuery]) -> dict[str, Any]:
    """All silences."""
    arrival = request.arrival
    rows = silences(arrival.actor)
    if asked.active:
        rows = rows.filter(ended_at__isnull=True, ends_at__gt=arrival.at)
    return page_of(rows, asked, lambda row: shown_silence(row, arrival.at))


@router.get("/silences/{int:silence_id}", response=SilenceOut)
def silence(request: Request, silence_id: int) -> dict[str, Any]:
    """One silence."""
    return shown_silence(silence_of(request.arrival.actor, silence_id), request.arrival.at)


@router.post("/silences", response={201: SilenceOut})
def create_silence(request: Request, given: SilenceIn) -> Status[dict[str, Any]]:
    """Hold back what matches."""
    arrival = request.arrival
    starts_at = given.starts_at or arrival.at
    row = commands.create_silence(
        given.matchers,
        actor=arrival.actor,
        at=arrival.at,
        starts_at=starts_at,
        ends_at=_end(given, starts_at),
        why=given.why,
    )
    return Status(201, shown_silence(row, arrival.at))


@router.post("/silences/try", response=TrialOut)
def try_a_silence(request: Request, given: SilenceTried) -> dict[str, Any]:
    """What it would have held back of the alerts of the last days; nothing is saved."""
    arrival = request.arrival
    return try_silence(actor=arrival.actor, at=arrival.at, **given.model_dump()).as_json()


@router.post("/silences/{int:silence_id}/end", response=SilenceOut)
def end_silence(request: Request, silence_id: int) -> dict[str, Any]:
    """End it now; what it held back is decided anew."""
    arrival = request.arrival
    row = silence_of(arrival.actor, silence_id)
    return shown_silence(commands.end_silence(row.pk, actor=arrival.actor, at=arrival.at), arrival.at)


def _end(given: SilenceIn, starts_at: datetime) -> datetime:
    if given.ends_at is not None:
        return given.ends_at
    try:
        return starts_at + parse_duration(given.for_ or "")
    except (ValueError, OverflowError):
        raise Refused(Evaluate.END_NEEDED) from None


def shown_silence(row: Silence, at: datetime) -> dict[str, Any]:
    """A silence as the API shows it."""
    facts = silence_facts(row)
    return {
        "id": row.pk,
        "matchers": [str(one) for one in facts.matchers],
        "why": row.why,
        "made_by": row.made_by.handle,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "ended_at": row.ended_at,
        "state": facts.state(at).value,
    }

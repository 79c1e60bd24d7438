"""Previews, checks and notes: what a schedule would say, and what is wrong with it (B9, B11, R42)."""

from datetime import datetime, timedelta
from typing import Any

from ninja import Router, Status
from pydantic import Field

from muster.core.oncall_checks import ClockNote, Finding
from muster.core.permissions import Actor
from muster.foundation.access.http import Body, Shown
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Team
from muster.foundation.catalog.queries import by_handle
from muster.mobilize.oncall import commands, words
from muster.mobilize.oncall.api import LayerIn, ShiftOut, handles_of, layers_of
from muster.mobilize.oncall.models import HandoffNote
from muster.mobilize.oncall.preview import Preview, preview_of, standing
from muster.mobilize.oncall.queries import notes_of, schedule_of, text_of

router = Router(tags=["on call"])

LOOKED_AHEAD = timedelta(days=84)


class PreviewIn(Body):
    """A schedule that is not saved. With `schedule`, as the next version of that one."""

    timezone: str = Field(max_length=100)
    layers: list[LayerIn] = Field(max_length=50)
    team: str | None = Field(None, max_length=100)
    schedule: str | None = Field(None, max_length=100)


class FindingOut(Shown):
    """A check: met, advised (a best practice) or missed (somebody may not be reached), and why."""

    check: str
    verdict: str
    sentence: str
    people: list[str]
    start: datetime | None
    end: datetime | None


class ClockOut(Shown):
    """A change of the clocks within a shift."""

    at: datetime
    timezone: str
    sentence: str
    people: list[str]


class LoadOut(Shown):
    """What somebody carries; hours are elapsed, nights and weekends by their own clock."""

    person: str
    hours: float
    weekend_hours: float
    nights: int


class PreviewOut(Shown):
    """Twelve weeks of shifts (the clocks: a year)."""

    shifts: list[ShiftOut]
    clocks: list[ClockOut]
    loads: list[LoadOut]
    findings: list[FindingOut]


class NoteIn(Body):
    """For whoever comes on call next."""

    note: str = Field(max_length=5_000)


class NoteOut(Shown):
    """A hand-off note."""

    person: str
    at: datetime
    note: str


class NoteList(Shown):
    """The last twenty, newest first."""

    items: list[NoteOut]


@router.post("/schedule-previews", response=PreviewOut)
def preview(request: Request, given: PreviewIn) -> dict[str, Any]:
    """What would happen: nothing is saved."""
    actor, at = request.arrival.actor, request.arrival.at
    row = schedule_of(actor, given.schedule) if given.schedule else None
    team = by_handle(Team, given.team, actor=actor) if given.team else (row.team if row else None)
    spec = commands.checked_spec({"timezone": given.timezone, "layers": layers_of(given.layers)})
    made = preview_of(spec, team, at=at, until=at + LOOKED_AHEAD, schedule_id=row.pk if row else 0)
    return _shown(made, actor)


@router.get("/schedules/{handle}/checks", response=PreviewOut)
def checks(request: Request, handle: str) -> dict[str, Any]:
    """What is good and what is wrong with a schedule as it stands."""
    actor, at = request.arrival.actor, request.arrival.at
    return _shown(standing(schedule_of(actor, handle), at=at, until=at + LOOKED_AHEAD), actor)


@router.get("/schedules/{handle}/notes", response=NoteList)
def list_notes(request: Request, handle: str) -> dict[str, Any]:
    """What was left for those who came after."""
    actor = request.arrival.actor
    return {"items": [_note(row) for row in notes_of(actor, schedule_of(actor, handle))[:20]]}


@router.post("/schedules/{handle}/notes", response={201: NoteOut})
def leave_note(request: Request, handle: str, given: NoteIn) -> Status[dict[str, Any]]:
    """Leave a note for whoever comes on call next."""
    actor, at = request.arrival.actor, request.arrival.at
    row = commands.leave_note(schedule_of(actor, handle).pk, given.note, actor=actor, at=at)
    return Status(201, _note(row))


def _shown(made: Preview, actor: Actor) -> dict[str, Any]:
    people = [person for shift in made.shifts for person in shift.people]
    people += [person for one in made.findings for person in one.people]
    people += [person for note in made.clocks for person in note.shift.people]
    known = handles_of(people, actor)
    return {
        "shifts": [
            {"start": one.start, "end": one.end, "people": [known[int(p)] for p in one.people]}
            for one in made.shifts
        ],
        "clocks": [_clock(note, known) for note in made.clocks],
        "loads": [
            {
                "person": known[int(load.person)],
                "hours": load.time / timedelta(hours=1),
                "weekend_hours": load.weekend / timedelta(hours=1),
                "nights": load.nights,
            }
            for load in made.loads
        ],
        "findings": [_finding(one, known) for one in made.findings],
    }


def _clock(note: ClockNote, known: dict[int, str]) -> dict[str, Any]:
    people = [known[int(person)] for person in note.shift.people]
    sentence = words.clock_sentence(note)
    return {"at": note.at, "timezone": note.timezone, "sentence": sentence, "people": people}


def _finding(one: Finding, known: dict[int, str]) -> dict[str, Any]:
    return {
        "check": one.check.value,
        "verdict": one.verdict.value,
        "sentence": words.finding_sentence(one),
        "people": [known[int(person)] for person in one.people],
        "start": one.shift.start if one.shift else None,
        "end": one.shift.end if one.shift else None,
    }


def _note(row: HandoffNote) -> dict[str, Any]:
    return {"person": row.person.handle, "at": row.at, "note": text_of(row)}

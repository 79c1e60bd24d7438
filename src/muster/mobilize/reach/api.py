"""Codes, test pages, the plan of them, and `/readiness`."""

from datetime import datetime
from functools import partial
from typing import Any

from ninja import Query, Router, Schema, Status
from pydantic import Field

from muster.core.delivery import DeliveryState
from muster.core.permissions import Right, require
from muster.core.proof import ProofAnswer
from muster.core.refusal import Refused
from muster.foundation.access.http import Body, Paging, Shown, page_of
from muster.foundation.access.models import Contact
from muster.foundation.access.queries import contacts_of, person_by_handle
from muster.foundation.access.reasons import NotFound
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Team
from muster.foundation.catalog.queries import by_handle
from muster.foundation.timeline.beats import worker_is_seen
from muster.mobilize.reach import commands
from muster.mobilize.reach.leaving import leaving
from muster.mobilize.reach.leaving_words import left_behind
from muster.mobilize.reach.models import TestPage, TestPlan
from muster.mobilize.reach.queries import Readiness, people_to_report, readiness_of, test_pages, test_plan
from muster.mobilize.reach.words import said, test_note

router = Router(tags=["readiness"])


class CodeSent(Shown):
    """A code is on its way through the contact."""

    contact: str
    expires_at: datetime


class CodeIn(Body):
    """What arrived."""

    code: str = Field(max_length=40)


class Proved(Shown):
    """Pages go there from now on."""

    contact: str
    verified: bool


class TestIn(Body):
    """Which contact to test; all that are proved when it names none."""

    contact: str = Field("", max_length=63)


class TestPageOut(Shown):
    """A test page. `state` is its delivery's, `note` says why it waits or failed; `acknowledged_at` is when
    the person said that it arrived."""

    id: str
    person: str
    contact: str
    channel: str
    page: str
    delivery: str
    state: str
    note: str
    sent_at: datetime
    acknowledged_at: datetime | None


class UncoveredOut(Shown):
    """Shifts of a schedule in which nobody else is on call; `from` and `to` are those of the first."""

    schedule: str
    shifts: int
    hours: int
    from_: datetime = Field(alias="from")
    to: datetime


class LeavingOut(Shown):
    """What somebody leaves: `named_by` are things that name them, `alerts` the open ones that they have."""

    uncovered: list[UncoveredOut]
    named_by: list[str]
    alerts: int
    sentences: list[str]


class TestPagePage(Shown):
    """Newest first."""

    items: list[TestPageOut]
    next: str | None


class Ready(Shown):
    """How well one person can be reached. `lacks` are reasons, `sentences` the same in words, worst first."""

    person: str
    reachable: bool
    ways: list[str]
    proved_at: datetime | None
    lacks: list[str]
    sentences: list[str]


class ReadyPage(Shown):
    """Everybody asked for, by name; complete."""

    items: list[Ready]
    next: str | None


class ReadyQuery(Schema):
    """Of one team, or of everybody."""

    team: str = Field("", max_length=63)


class PlanIn(Body):
    """When everybody gets a test page; the hour is the organisation's, weekday 0 is Monday."""

    on: bool
    weekday: int = Field(ge=0, le=6)
    hour: int = Field(ge=0, le=23)
    every_weeks: int = Field(4, ge=1, le=12)


class PlanOut(Shown):
    """The plan; `due_at` is the next round."""

    on: bool
    weekday: int | None
    hour: int | None
    every_weeks: int | None
    due_at: datetime | None


@router.post("/people/{handle}/contacts/{name}/code", response={202: CodeSent}, tags=["contacts"])
def ask_for_code(request: Request, handle: str, name: str) -> Status[dict[str, Any]]:
    """Have a code sent through a contact of your own."""
    contact = _own(request, handle, name)
    proof = commands.ask_for_code(contact.pk, actor=request.arrival.actor, at=request.arrival.at)
    return Status(202, {"contact": contact.name, "expires_at": proof.expires_at})


@router.post("/people/{handle}/contacts/{name}/prove", response=Proved, tags=["contacts"])
def prove_contact(request: Request, handle: str, name: str, given: CodeIn) -> dict[str, Any]:
    """Give the code that arrived."""
    contact = _own(request, handle, name)
    arrival = request.arrival
    verdict = commands.give_code(contact.pk, given.code, actor=arrival.actor, at=arrival.at)
    if verdict is not ProofAnswer.RIGHT:
        raise Refused(verdict)
    return {"contact": contact.name, "verified": True}


def _own(request: Request, handle: str, name: str) -> Contact:
    """A contact of the caller's; anybody else's is not there, whoever asks (S56)."""
    person = person_by_handle(handle)
    if person.pk == request.arrival.actor.id:
        for row in contacts_of([person.pk])[person.pk]:
            if row.name == name:
                return row
    raise Refused(NotFound.CONTACT)


@router.post("/people/{handle}/test-pages", response={201: list[TestPageOut]})
def send_test_pages(request: Request, handle: str, given: TestIn) -> Status[list[dict[str, Any]]]:
    """Send somebody a test page through one of their contacts, or all of them; yourself, or an admin."""
    arrival, person = request.arrival, person_by_handle(handle)
    contact_id = None
    if given.contact:
        named = [row.pk for row in contacts_of([person.pk])[person.pk] if row.name == given.contact]
        contact_id = named[0] if named else 0
    rows = commands.send_test_pages(person.pk, actor=arrival.actor, at=arrival.at, contact_id=contact_id)
    alive = worker_is_seen()
    return Status(201, [_test(row, alive) for row in rows])


@router.get("/test-pages", response=TestPagePage)
def list_test_pages(request: Request, paging: Query[Paging]) -> dict[str, Any]:
    """Test pages and what became of them."""
    return page_of(test_pages(request.arrival.actor), paging, partial(_test, alive=worker_is_seen()))


@router.get("/readiness", response=ReadyPage)
def readiness(request: Request, asked: Query[ReadyQuery]) -> dict[str, Any]:
    """Who can be reached now, and what is lacking."""
    arrival = request.arrival
    team = by_handle(Team, asked.team) if asked.team else None
    people = people_to_report(arrival.actor, team.pk if team is not None else None)
    return {"items": [_ready(one) for one in readiness_of(people, arrival.at)], "next": None}


@router.get("/test-plan", response=PlanOut)
def show_test_plan(request: Request) -> dict[str, Any]:
    """When everybody gets a test page."""
    return _plan(test_plan())


@router.put("/test-plan", response=PlanOut)
def change_test_plan(request: Request, given: PlanIn) -> dict[str, Any]:
    """Change when everybody gets a test page."""
    arrival = request.arrival
    return _plan(commands.change_plan(actor=arrival.actor, at=arrival.at, **given.model_dump()))


@router.get("/people/{handle}/leaving", response=LeavingOut)
def show_leaving(request: Request, handle: str) -> dict[str, Any]:
    """What would be nobody's if somebody's access ended now, or is since it has; for admins."""
    require(request.arrival.actor, Right.EDIT_PEOPLE)
    left = leaving(person_by_handle(handle), request.arrival.at)
    return {
        "uncovered": [
            {"schedule": one.handle, "shifts": one.count, "hours": one.hours}
            | {"from": one.first.start, "to": one.first.end}
            for one in left.uncovered
        ],
        "named_by": list(left.named_by),
        "alerts": left.alerts,
        "sentences": left_behind(left),
    }


def _test(row: TestPage, alive: bool) -> dict[str, Any]:
    state = DeliveryState(row.delivery.state)
    return {
        "id": f"TEST-{row.pk}",
        "person": row.contact.person.handle,
        "contact": row.contact.name,
        "channel": row.contact.kind,
        "page": row.page.public_id,
        "delivery": row.delivery.public_id,
        "state": state.value,
        "note": test_note(state, row.delivery.reason, worker=alive),
        "sent_at": row.asked_at,
        "acknowledged_at": row.page.acknowledged_at,
    }


def _ready(one: Readiness) -> dict[str, Any]:
    return {
        "person": one.person.handle,
        "reachable": one.reachable,
        "ways": [contact.name for contact in one.contacts if contact.usable],
        "proved_at": one.proved_at,
        "lacks": [finding.lack.value for finding in one.findings],
        "sentences": [said(finding) for finding in one.findings],
    }


def _plan(row: TestPlan | None) -> dict[str, Any]:
    if row is None:
        return {"on": False, "weekday": None, "hour": None, "every_weeks": None, "due_at": None}
    return {
        "on": row.due_at is not None,
        "weekday": row.weekday,
        "hour": row.hour,
        "every_weeks": row.every_weeks,
        "due_at": row.due_at,
    }

"""`/people/{handle}/contact-rules`: how somebody is paged, and their quiet and working hours (R44)."""

from datetime import datetime
from typing import Any

from ninja import Router
from pydantic import Field

from muster.core.permissions import Right, require
from muster.core.urgency import Urgency
from muster.foundation.access.http import Body, Shown
from muster.foundation.access.models import Person
from muster.foundation.access.queries import person_by_handle
from muster.foundation.access.requests import Request
from muster.mobilize.paging import words
from muster.mobilize.paging.commands import change_contact_rules
from muster.mobilize.paging.queries import Reach

router = Router(tags=["contacts"])


class RuleIn(Body):
    """`{after: 5m, use: email}`: the wait after the page began, and the name of a contact."""

    after: str = Field("0s", max_length=20)
    use: str = Field(max_length=63)


class RulesIn(Body):
    """What happens for a page of high and of low urgency."""

    high: list[RuleIn] = Field([], max_length=20)
    low: list[RuleIn] = Field([], max_length=20)


class WindowIn(Body):
    """`{days: [mon, fri], from: "22:00", to: "07:00"}`; one that ends before it starts ends next day."""

    days: list[str] = Field([], max_length=7)
    from_: str = Field("00:00", alias="from", max_length=8)
    to: str = Field("24:00", max_length=8)


class HoursIn(Body):
    """When what can wait reaches somebody: only in `working` hours if there are any, in no `quiet` ones."""

    working: list[WindowIn] = Field([], max_length=14)
    quiet: list[WindowIn] = Field([], max_length=14)


class ContactRulesIn(Body):
    """Each is replaced whole where it is given, and stays as it is where it is not."""

    rules: RulesIn | None = None
    hours: HoursIn | None = None


class ContactRulesOut(Shown):
    """How somebody is paged. Times of `hours` are on the wall of their `timezone`.

    `low_begins_at` is when a page that can wait would begin if it came now; `held` why it would wait, else
    empty, `sentence` the same in words.
    """

    person: str
    timezone: str
    rules: dict[str, Any]
    hours: dict[str, Any]
    low_begins_at: datetime
    held: str
    sentence: str


@router.get("/people/{handle}/contact-rules", response=ContactRulesOut)
def show_contact_rules(request: Request, handle: str) -> dict[str, Any]:
    """How somebody is paged, and their quiet hours; yourself, or an admin."""
    person = person_by_handle(handle)
    require(request.arrival.actor, Right.EDIT_PEOPLE, own=person.pk)
    return _rules(person, request)


@router.put("/people/{handle}/contact-rules", response=ContactRulesOut)
def put_contact_rules(request: Request, handle: str, given: ContactRulesIn) -> dict[str, Any]:
    """Change how somebody is paged, their quiet and working hours; yourself, or an admin."""
    arrival, person = request.arrival, person_by_handle(handle)
    said = given.model_dump(by_alias=True, exclude_none=True)
    changed = change_contact_rules(
        person.pk, actor=arrival.actor, at=arrival.at, rules=said.get("rules"), hours=said.get("hours")
    )
    return _rules(changed, request)


def _rules(person: Person, request: Request) -> dict[str, Any]:
    at = request.arrival.at
    begins = Reach(at).begins(person.pk, Urgency.LOW, at)
    return {
        "person": person.handle,
        "timezone": person.timezone,
        "rules": person.rules,
        "hours": person.hours,
        "low_begins_at": begins.at,
        "held": begins.reason.value if begins.held else "",
        "sentence": words.said(begins.reason),
    }

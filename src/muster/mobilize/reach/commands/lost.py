"""A contact that no longer works: its person is told by another way, and their lead when nothing is left."""

from collections.abc import Iterable
from datetime import datetime

from muster.core.permissions import Actor
from muster.core.ports.contact_form import FailureReason
from muster.foundation.access import contact_kinds
from muster.foundation.access.commands import stop_contact
from muster.foundation.access.models import Grant, Person
from muster.foundation.access.queries import admins, leads_of
from muster.foundation.timeline.pen import command
from muster.mobilize.oncall.commands import tell
from muster.mobilize.paging import words as paging
from muster.mobilize.paging.models import Delivery
from muster.mobilize.reach.leaving import Leaving, Uncovered, leaving
from muster.mobilize.reach.leaving_words import left_behind
from muster.mobilize.reach.queries import last_accepted, readiness_of
from muster.mobilize.reach.unready import Unready
from muster.mobilize.reach.words import rest_of


@command
def note_lost_contact(delivery_id: int, why: str, *, actor: Actor, at: datetime) -> None:
    """A message failed for good. Where that speaks of its contact, its person is told by another way.

    One whose far end is gone is taken out of use; any other is tried with the next page again, since a bounce
    may heal. Told once, until something arrives there again.
    """
    contact = Delivery.objects.select_related("contact__person").get(pk=delivery_id).contact
    form = contact_kinds.form_of(contact.kind)
    if form is None or not form.blames_contact(why) or contact.retired_at is not None:
        return
    if why == FailureReason.GONE:
        stop_contact(contact.pk, why, actor=actor, at=at)
    [readiness] = readiness_of([contact.person], at)
    about = f"contact:{contact.pk}@{last_accepted(contact.pk)}"
    broken = [one.id for one in readiness.contacts if one.failing or not one.usable]
    good = [one.name for one in readiness.contacts if one.id not in broken]
    facts: dict[str, object] = {"contact": contact.name, "why": paging.said(why)}
    facts |= {"lines": [rest_of(good)], "besides": broken}
    tell([contact.person_id], "contact_lost", about, facts, actor=actor, at=at, at_once=True)
    if not readiness.reachable:
        leads, told = leads_of_person(contact.person_id), {"person": contact.person_id}
        tell(leads, "person_unreachable", about, told, actor=actor, at=at, at_once=True)


@command
def tell_of_unreachable(found: Iterable[Unready], *, actor: Actor, at: datetime) -> None:
    """Somebody is on call within a week and nothing reaches them: they and their lead are told (peers 3a).

    Once a week for each schedule.
    """
    for one in found:
        facts = {"schedule": one.schedule, "start": one.start.isoformat(), "person": one.person}
        leads = [lead for lead in leads_of(one.team) if lead != one.person]
        tell(leads or admins(), "unreachable_ahead", one.key, facts, actor=actor, at=at, before=one.start)
        tell([one.person], "unreachable_yourself", one.key, facts, actor=actor, at=at, before=one.start)


@command
def tell_of_leaving(person_id: int, *, actor: Actor, at: datetime) -> None:
    """Somebody's access has ended: the leads of the schedules that count on them hear what is nobody's."""
    person = Person.objects.get(pk=person_id)
    left = leaving(person, at)
    by_lead: dict[int, list[Uncovered]] = {}
    for one in left.uncovered:
        for lead in leads_of(one.team):
            by_lead.setdefault(lead, []).append(one)
    about = f"{person.subject}@{person.last_event_id}"
    for lead, theirs in by_lead.items():
        lines = left_behind(Leaving(tuple(theirs), left.named_by, left.alerts))
        facts = {"person": person_id, "left": person.handle, "lines": lines}
        tell([lead], "person_left", about, facts, actor=actor, at=at, at_once=True)


def leads_of_person(person_id: int) -> list[int]:
    """The leads of the teams of somebody, themselves left out; every admin where that leaves nobody."""
    grants = Grant.objects.filter(person_id=person_id, ended_at__isnull=True, scope__startswith="team:")
    teams = sorted({int(scope.partition(":")[2]) for scope in grants.values_list("scope", flat=True)})
    found = [lead for team in teams for lead in leads_of(team) if lead != person_id]
    return list(dict.fromkeys(found)) or admins()

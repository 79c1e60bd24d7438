"""Reads of proofs, test pages and readiness."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.db.models import Max, QuerySet

from muster.core.delivery import DeliveryState
from muster.core.permissions import Actor, Granted, Right, decide
from muster.core.proof import HOUR, code_of
from muster.core.readiness import ContactFacts, Finding, Test, findings, is_reachable
from muster.foundation.access.models import Contact, Person
from muster.foundation.access.queries import contact_rules, holders
from muster.mobilize.paging.models import Delivery
from muster.mobilize.reach.models import Proof, TestPage, TestPlan


@dataclass(frozen=True, slots=True)
class Readiness:
    """How well one person can be reached."""

    person: Person
    contacts: tuple[ContactFacts, ...]
    findings: tuple[Finding, ...]

    @property
    def reachable(self) -> bool:
        """Whether a page could reach them at all."""
        return is_reachable(self.findings)

    @property
    def proved_at(self) -> datetime | None:
        """When they last showed that something arrived."""
        return max((one.proved_at for one in self.contacts if one.proved_at is not None), default=None)


def code_for(proof: Proof) -> str:
    """The digits of a proof: computed, nowhere kept."""
    return code_of(settings.SECRET_KEY, proof.pk, proof.nonce)


def open_proof(contact_id: int) -> Proof | None:
    """The newest code of a contact that was not given yet (engine side: the caller owns the contact)."""
    found = Proof.objects.filter(contact_id=contact_id).order_by("-id").first()
    return found if found is not None and found.given_at is None else None


def asked_within_hour(contact: Contact, at: datetime) -> tuple[list[datetime], list[datetime]]:
    """When codes were asked for within the hour: of this contact, and of all of its person (engine side)."""
    rows = Proof.objects.filter(contact__person_id=contact.person_id, asked_at__gt=at - HOUR)
    asked = list(rows.values_list("contact_id", "asked_at"))
    return [when for id_, when in asked if id_ == contact.pk], [when for _, when in asked]


def test_plan() -> TestPlan | None:
    """When everybody gets a test page (engine side: it names nobody)."""
    return TestPlan.objects.order_by("id").first()


def test_pages(actor: Actor) -> QuerySet[TestPage]:
    """Test pages, newest first: one's own, and everybody's for who responds or audits."""
    rows = TestPage.objects.visible_to(actor).select_related("contact__person", "page", "delivery")
    if not _sees_others(actor):
        rows = rows.filter(contact__person_id=actor.id or 0)
    return rows.order_by("-id")


def _sees_others(actor: Actor) -> bool:
    answers = (decide(actor, right) for right in (Right.RESPOND, Right.READ_AUDIT))
    return any(isinstance(answer, Granted) for answer in answers)


def people_to_report(actor: Actor, team_id: int | None = None) -> list[Person]:
    """Everybody whose access has not ended, or the members of one team, by name.

    How people are reached is theirs: who neither responds nor audits sees themselves only.
    """
    rows = Person.objects.visible_to(actor).filter(retired_at__isnull=True).order_by("name", "id")
    if not _sees_others(actor):
        rows = rows.filter(pk=actor.id or 0)
    if team_id is not None:
        rows = rows.filter(pk__in=[grant.person_id for grant in holders(f"team:{team_id}")])
    return list(rows)


def readiness_of(people: Sequence[Person], at: datetime) -> list[Readiness]:
    """How well each of these can be reached, in their order; who cannot be comes with the reasons."""
    ids = [person.pk for person in people]
    contacts = _contacts(ids)
    all_ids = [row.pk for rows in contacts.values() for row in rows]
    proved, tests, failing = _proved_at(all_ids), _tests(all_ids), _failing(all_ids)
    told = []
    for person in people:
        facts = tuple(
            _facts(row, proved.get(row.pk), tests.get(row.pk), failing.get(row.pk))
            for row in contacts[person.pk]
        )
        told.append(Readiness(person, facts, findings(facts, contact_rules(person), at)))
    return told


def not_reachable(person_ids: Sequence[int], at: datetime) -> set[int]:
    """Those of these people whom no page would reach (engine side: it names nobody)."""
    rows = Person.objects.filter(pk__in=person_ids).order_by("id")
    return {one.person.pk for one in readiness_of(list(rows), at) if not one.reachable}


def _contacts(person_ids: Sequence[int]) -> Mapping[int, list[Contact]]:
    """The contacts in use, by person, without their sealed values: who asks need not hold the secret."""
    found: dict[int, list[Contact]] = {person_id: [] for person_id in person_ids}
    rows = Contact.objects.filter(person_id__in=person_ids, retired_at__isnull=True).defer("target")
    for row in rows.order_by("position", "id"):
        found[row.person_id].append(row)
    return found


def _facts(
    row: Contact, proved_at: datetime | None, test: Test | None, failed: tuple[datetime, str] | None
) -> ContactFacts:
    usable = row.verified_at is not None
    since = max((when for when in (proved_at, row.verified_at) if when is not None), default=None)
    failing = failed[1] if failed is not None and (since is None or failed[0] >= since) else ""
    return ContactFacts(row.pk, row.kind, row.name, usable, row.stopped, proved_at, test, failing)


def last_accepted(contact_id: int) -> int:
    """The number of the last delivery that a contact took; 0 when it never took one (engine side)."""
    rows = Delivery.objects.filter(contact_id=contact_id, accepted_at__isnull=False)
    return rows.order_by("-claimed_at").values_list("id", flat=True).first() or 0


_NEWEST = """
    SELECT c.id, d.claimed_at, d.reason FROM unnest(%s::bigint[]) AS c(id)
    CROSS JOIN LATERAL (
        SELECT claimed_at, state, reason FROM paging_delivery
        WHERE contact_id = c.id AND claimed_at IS NOT NULL
            AND state IN ('accepted', 'delivered', 'acknowledged', 'failed')
        ORDER BY claimed_at DESC LIMIT 1
    ) d WHERE d.state = 'failed'
"""


def _failing(contact_ids: Sequence[int]) -> Mapping[int, tuple[datetime, str]]:
    """The contacts whose newest message that came to an end failed: when, and why."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [list(contact_ids)])
        return {pk: (when, reason) for pk, when, reason in cursor.fetchall()}


def _proved_at(contact_ids: Sequence[int]) -> Mapping[int, datetime]:
    """When a code or an answered test page last came back through each contact."""
    codes = Proof.objects.filter(contact_id__in=contact_ids, given_at__isnull=False)
    pages = TestPage.objects.filter(contact_id__in=contact_ids, page__acknowledged_at__isnull=False)
    found: dict[int, datetime] = dict(
        codes.values_list("contact_id").annotate(last=Max("given_at")).values_list("contact_id", "last")
    )
    answered = pages.values_list("contact_id").annotate(last=Max("page__acknowledged_at"))
    for contact_id, last in answered.values_list("contact_id", "last"):
        found[contact_id] = max(last, found.get(contact_id, last))
    return found


def _tests(contact_ids: Sequence[int]) -> Mapping[int, Test]:
    """The newest test page of each contact."""
    rows = TestPage.objects.filter(contact_id__in=contact_ids).select_related("page", "delivery")
    newest = rows.order_by("contact_id", "-id").distinct("contact_id")
    return {
        row.contact_id: Test(
            row.asked_at,
            row.page.acknowledged_at,
            row.delivery.reason if row.delivery.state == DeliveryState.FAILED else "",
        )
        for row in newest
    }

"""Reads of calls, pages and deliveries, and how a page would reach a person."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from muster.core.hold import ALWAYS, Beginning, PersonHours, begin_page
from muster.core.paging import ContactMethod, PagePlan, plan_deliveries
from muster.core.permissions import Actor
from muster.core.refusal import Refused
from muster.core.urgency import Urgency
from muster.foundation.access.models import Contact, Person
from muster.foundation.access.queries import contact_rules, person_hours
from muster.foundation.catalog import handles
from muster.foundation.timeline.prepared import prepared_cursor
from muster.mobilize.paging.models import Call, Delivery, Page, Post, Webhook
from muster.mobilize.paging.reasons import Paging


def pages(actor: Actor) -> QuerySet[Page]:
    """The pages this actor may see, newest first."""
    return Page.objects.visible_to(actor).select_related("person").order_by("-id")


def pages_about(actor: Actor, about: str) -> QuerySet[Page]:
    """Who was paged about a group or a call, newest first."""
    return pages(actor).filter(about=about).prefetch_related("deliveries__contact")


def page_of(actor: Actor, public_id: str | int) -> Page:
    """Return a page by `PG-7` or `7`; a signed link sees its own page only. Raises `Refused`."""
    number = str(public_id).upper().removeprefix("PG-")
    if actor.scope is not None and actor.scope != f"page:{number}":
        raise Refused(Paging.PAGE_NOT_FOUND, {"page": str(public_id)})
    found = pages(actor).filter(pk=int(number)).first() if number.isdecimal() else None
    if found is None:
        raise Refused(Paging.PAGE_NOT_FOUND, {"page": str(public_id)})
    return found


def deliveries(actor: Actor) -> QuerySet[Delivery]:
    """The deliveries this actor may see, newest first."""
    return Delivery.objects.visible_to(actor).select_related("page__person", "contact").order_by("-id")


def webhooks(actor: Actor) -> QuerySet[Webhook]:
    """The webhooks that steps may tell, retired ones too, by name."""
    return Webhook.objects.visible_to(actor).order_by("name")


def webhook_of(actor: Actor, handle: str) -> Webhook:
    """Return a webhook by its handle. Raises `Refused`."""
    found = handles.named(Webhook.objects.visible_to(actor), handle)
    if found is None:
        raise Refused(Paging.WEBHOOK_NOT_FOUND, {"handle": handle[:63]})
    return found


def posts_about(actor: Actor, about: str) -> QuerySet[Post]:
    """What webhooks were told about a group or a call, newest first."""
    rows = Post.objects.visible_to(actor).select_related("webhook")
    return rows.filter(about=about).order_by("-id")


def posts_to(actor: Actor, webhook: Webhook) -> QuerySet[Post]:
    """What one webhook was told, newest first."""
    return Post.objects.visible_to(actor).filter(webhook=webhook).order_by("-id")


def call_of(actor: Actor, call_id: int) -> Call | None:
    """A call that the caller may see."""
    rows = Call.objects.visible_to(actor).select_related("incident")
    return rows.filter(pk=call_id).first()


_DUE_KINDS = """
    SELECT k.kind, now() FROM unnest(%s::text[]) AS k(kind)
    WHERE EXISTS (SELECT 1 FROM paging_delivery d
                  WHERE d.kind = k.kind AND d.state IN ('queued', 'retrying') AND d.due_at <= now())
    OR EXISTS (SELECT 1 FROM paging_delivery d
               WHERE d.kind = k.kind AND d.state = 'sending' AND d.lease_until <= now())
"""


def due_kinds(kinds: Iterable[str]) -> list[tuple[str, datetime]]:
    """The kinds of contact by which something is to be sent now, with the database's clock (engine side)."""
    with prepared_cursor() as cursor:
        cursor.execute(_DUE_KINDS, [list(kinds)])
        return [(kind, at) for kind, at in cursor.fetchall()]


_POSTS_DUE = """
    SELECT now()
    WHERE EXISTS (SELECT 1 FROM paging_post WHERE state IN ('queued', 'retrying') AND due_at <= now())
        OR EXISTS (SELECT 1 FROM paging_post WHERE state = 'sending' AND lease_until <= now())
"""


def posts_due() -> datetime | None:
    """The database's clock when a webhook is to be told something now, else None (engine side)."""
    with prepared_cursor() as cursor:
        cursor.execute(_POSTS_DUE)
        found = cursor.fetchone()
    return found[0] if found is not None else None


class Reach:
    """How a page that begins at `at` would reach people, read once for a whole batch (engine side)."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._people: dict[int, Person] = {}
        self._methods: dict[int, list[ContactMethod]] = {}
        self._plans: dict[tuple[int, Urgency], PagePlan] = {}

    def load(self, person_ids: Iterable[int]) -> None:
        """Read these people and their contacts with two queries, unless they are known."""
        new = [id_ for id_ in dict.fromkeys(person_ids) if id_ not in self._methods]
        if not new:
            return
        self._methods |= {id_: [] for id_ in new}
        self._people |= Person.objects.filter(retired_at__isnull=True).in_bulk(new)
        rows = Contact.objects.filter(person_id__in=new, retired_at__isnull=True).order_by("position", "id")
        for id_, pk, kind, name, verified_at in rows.values_list(
            "person_id", "id", "kind", "name", "verified_at"
        ):
            self._methods[id_].append(ContactMethod(pk, kind, name, usable=verified_at is not None))

    def active(self, person_ids: Iterable[int]) -> list[int]:
        """Those whose access has not ended, each once, in this order."""
        wanted = list(dict.fromkeys(person_ids))
        self.load(wanted)
        return [id_ for id_ in wanted if id_ in self._people]

    def plan(self, person_id: int, urgency: Urgency) -> PagePlan:
        """The deliveries of a page to a person; rules that cannot be read count as none: rather too much."""
        found = self._plans.get((person_id, urgency))
        if found is None:
            self.load([person_id])
            person = self._people.get(person_id)
            read = contact_rules(person) if person is not None else {}
            methods = self._methods[person_id] if person is not None else []
            hours = self._hours(person)
            found = plan_deliveries(read, methods, urgency, self._at, hours)
            self._plans[person_id, urgency] = found
        return found

    def begins(self, person_id: int, urgency: Urgency, at: datetime) -> Beginning:
        """When a page that is started at `at`, now or later, begins for somebody: their hours may hold it."""
        self.load([person_id])
        return begin_page(urgency, self._hours(self._people.get(person_id)), at)

    def _hours(self, person: Person | None) -> PersonHours:
        return person_hours(person) if person is not None else ALWAYS

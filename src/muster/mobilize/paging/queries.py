"""Reads of calls, pages and deliveries."""

from django.db.models import QuerySet

from muster.core.permissions import Actor
from muster.core.refusal import Refused
from muster.mobilize.paging.models import Call, Delivery, Page
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


def call_of(actor: Actor, call_id: int) -> Call | None:
    """A call that the caller may see."""
    rows = Call.objects.visible_to(actor).select_related("incident")
    return rows.filter(pk=call_id).first()

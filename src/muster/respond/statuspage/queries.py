"""Reads of status pages: for people who edit them, and the plain data that is published."""

from django.db.models import Prefetch, Q, QuerySet

from muster.core.permissions import Actor
from muster.core.refusal import Refused
from muster.core.status_page import PageRefusal, Visibility
from muster.evaluate.models import Incident
from muster.respond.statuspage.models import Component, PageIncident, PageUpdate, StatusPage

HISTORY = 50
"""As many incidents as Statuspage's JSON gives."""


def pages(actor: Actor, *, with_retired: bool = False) -> QuerySet[StatusPage]:
    """The status pages, by slug."""
    rows = StatusPage.objects.visible_to(actor).select_related("publication").order_by("handle")
    return rows if with_retired else rows.filter(retired_at__isnull=True)


def page_of(actor: Actor, slug: str) -> StatusPage:
    """Return a page by slug.

    Raises:
        Refused: there is none.
    """
    found = pages(actor, with_retired=True).filter(handle=slug).first()
    if found is None:
        raise Refused(PageRefusal.PAGE_NOT_FOUND, {"slug": slug[:80]})
    return found


def components_of(page_id: int) -> list[Component]:
    """The components in use of a page, in order (engine side: publishing reads it; a caller saw it)."""
    rows = Component.objects.select_related("service").filter(page_id=page_id, retired_at__isnull=True)
    return list(rows.order_by("position", "id"))


def incidents_of(page_id: int, limit: int = HISTORY) -> list[PageIncident]:
    """The public incidents of a page with their posts, both newest first.

    Read on the engine side: publishing reads it too, and the caller saw the page.
    """
    posts = Prefetch("updates", PageUpdate.objects.order_by("-posted_at", "-id"))
    rows = PageIncident.objects.filter(page_id=page_id).order_by("-started_at", "-id")
    return list(rows.prefetch_related(posts)[:limit])


def faces_of(actor: Actor, incident_id: int, *, open_only: bool = False) -> list[PageIncident]:
    """Where an incident stands on status pages, with each page and how far its bytes are."""
    posts = Prefetch("updates", PageUpdate.objects.visible_to(actor).order_by("-posted_at", "-id"))
    rows = PageIncident.objects.visible_to(actor).select_related("page__publication")
    rows = rows.filter(incident_id=incident_id).prefetch_related(posts).order_by("id")
    return list(rows.filter(resolved_at__isnull=True) if open_only else rows)


def is_public(incident: Incident) -> bool:
    """Whether customers see this incident, or would look for it: a page shows it or one of its services.

    Read on the engine side: the gate asks, whoever tries it.
    """
    shown = PageIncident.objects.filter(incident=incident).exists()
    return (
        shown
        or Component.objects.filter(
            Q(service_id__in=incident.services),
            retired_at__isnull=True,
            page__retired_at__isnull=True,
            page__visibility=Visibility.PUBLIC,
        ).exists()
    )


def posts_of(incident_id: int) -> list[PageUpdate]:
    """Every post that told of an incident, oldest first (engine side)."""
    rows = PageUpdate.objects.filter(page_incident__incident_id=incident_id)
    return list(rows.order_by("posted_at", "id"))

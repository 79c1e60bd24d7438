"""The plain data of a page as its readers may see it: made from the rows, and nothing else gets through."""

from dataclasses import dataclass
from datetime import datetime

from muster.core.status_page import ComponentState, PageImpact, PageState, Visibility
from muster.core.uptime import uptime
from muster.foundation.timeline.models import Event
from muster.respond.statuspage.models import Component, PageIncident, PageUpdate, StatusPage
from muster.respond.statuspage.queries import components_of, incidents_of
from muster.respond.statuspage.rendering import ComponentView, IncidentView, PageView, PostView


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page to publish; `view` is None where nobody outside may read it (private, retired)."""

    slug: str
    view: PageView | None


def view_of(page_id: int, *, at: datetime, base_url: str) -> Wanted:
    """Return what is to be published of a page as it stands now."""
    page = StatusPage.objects.get(pk=page_id)
    if page.retired_at is not None or page.visibility != Visibility.PUBLIC:
        return Wanted(page.handle, None)
    return Wanted(page.handle, page_view(page, at=at, base_url=base_url))


def page_view(page: StatusPage, *, at: datetime, base_url: str) -> PageView:
    """Return a page's plain data, also of a private one, for people who may see it."""
    return PageView(
        id=page.pk,
        slug=page.handle,
        name=page.name,
        url=f"{base_url}/status/{page.handle}",
        made_at=at,
        components=_components(page, at),
        incidents=tuple(_incident(row) for row in incidents_of(page.pk)),
    )


def _components(page: StatusPage, at: datetime) -> tuple[ComponentView, ...]:
    rows = components_of(page.pk)
    moved: dict[str, list[tuple[datetime, ComponentState]]] = {row.subject: [] for row in rows}
    events = Event.objects.filter(subject__in=moved, kind="component.state_changed").order_by("id")
    for subject, when, payload in events.values_list("subject", "at", "payload"):
        moved[subject].append((when, ComponentState(payload["state"])))
    return tuple(_component(row, moved[row.subject], at) for row in rows)


def _component(row: Component, moved: list[tuple[datetime, ComponentState]], at: datetime) -> ComponentView:
    changes = [(row.created_at, ComponentState.OPERATIONAL), *moved]
    return ComponentView(
        id=row.pk,
        name=row.name,
        description=row.description,
        group=row.group,
        position=row.position,
        state=ComponentState(row.state),
        created_at=row.created_at,
        updated_at=row.state_since,
        uptime=uptime(changes, at=at),
    )


def _incident(row: PageIncident) -> IncidentView:
    posts = tuple(_post(post) for post in row.updates.all())
    touched = dict.fromkeys(pk for post in posts for pk, _, _ in post.changed)
    return IncidentView(
        id=row.pk,
        title=row.title,
        state=PageState(row.state),
        impact=PageImpact(row.impact),
        started_at=row.started_at,
        created_at=row.created_at,
        monitoring_at=row.monitoring_at,
        resolved_at=row.resolved_at,
        posts=posts,
        components=tuple(touched),
    )


def _post(row: PageUpdate) -> PostView:
    changed = tuple((one["component"], one["before"], one["after"]) for one in row.components)
    return PostView(row.pk, PageState(row.state), row.body, row.posted_at, changed)

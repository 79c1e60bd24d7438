"""What customers are told: public incidents and their posts (R19, R38, R45)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from muster.core import status_page as rules
from muster.core.change import Change
from muster.core.permissions import Actor, Right, require
from muster.core.refusal import Refused
from muster.core.status_page import ComponentState, PageImpact, PageRefusal, PageState, PublicIncident
from muster.core.text import clean_text
from muster.evaluate.models import Incident
from muster.foundation.timeline.pen import command, lock, record
from muster.respond.statuspage.commands.pages import move_component
from muster.respond.statuspage.commands.publications import want_publication
from muster.respond.statuspage.models import Component, PageIncident, PageUpdate, StatusPage
from muster.respond.statuspage.queries import faces_of


@dataclass(frozen=True, slots=True)
class Post:
    """What customers read. `components` maps ids of components to their state from now on."""

    body: str
    state: PageState = PageState.INVESTIGATING
    components: Mapping[int, ComponentState] = field(default_factory=dict)
    title: str = ""
    impact: PageImpact | None = None


@command
def publish_on_page(
    page_id: int, post: Post, *, actor: Actor, at: datetime, incident_id: int | None = None
) -> PageUpdate:
    """Open a public incident on a page, or add a post to the one that this incident has there.

    Raises:
        Refused: not theirs to publish, no words, a new one without title, foreign components, a retired page.
    """
    _may_publish(actor, incident_id)
    page = lock(StatusPage, page_id, seen_by=actor)
    if page.retired_at is not None:
        raise Refused(PageRefusal.RETIRED)
    found = None
    if incident_id is not None:
        standing = PageIncident.objects.filter(page_id=page_id, resolved_at__isnull=True)
        found = standing.filter(incident_id=incident_id).first()
    if found is not None:
        return _post(lock(PageIncident, found.pk), post, actor, at)
    return _post(_open(page, post, incident_id, actor, at), post, actor, at)


@command
def post_to(page_incident_id: int, post: Post, *, actor: Actor, at: datetime) -> PageUpdate:
    """Add a post to a public incident. Raises `Refused` as `publish_on_page`, or when it is resolved."""
    found = PageIncident.objects.visible_to(actor).filter(pk=page_incident_id).first()
    if found is None:
        raise Refused(PageRefusal.POST_NOT_FOUND)
    _may_publish(actor, found.incident_id)
    return _post(lock(PageIncident, found.pk), post, actor, at)


@command
def say_on_pages(
    incident_id: int, body: str, status: str, *, actor: Actor, at: datetime
) -> Sequence[PageUpdate]:
    """Put an external update on every page that shows this incident; `status` may name a state.

    The caller has asked whether the actor may.
    """
    posted = []
    for face in faces_of(actor, incident_id, open_only=True):
        word = status.strip().lower()
        state = PageState(word) if word in set(PageState) else PageState(face.state)
        posted.append(_post(lock(PageIncident, face.pk), Post(body, state), actor, at))
    return posted


@command
def resolve_on_page(page_incident_id: int, *, actor: Actor, at: datetime, body: str = "") -> PageUpdate:
    """Say that it is over: what it touched is operational again, unless another incident touches it.

    Raises:
        Refused: not theirs to publish, resolved already, or there is none.
    """
    words = body.strip() or _("This is resolved. Everything works again.")
    return post_to(page_incident_id, Post(words, PageState.RESOLVED), actor=actor, at=at)


@command
def resolve_on_pages(incident_id: int, *, actor: Actor, at: datetime, body: str = "") -> Sequence[PageUpdate]:
    """Resolve an incident wherever pages still show it. The caller has asked whether the actor may."""
    words = body.strip() or _("This is resolved. Everything works again.")
    faces = faces_of(actor, incident_id, open_only=True)
    return [_post(lock(PageIncident, face.pk), Post(words, PageState.RESOLVED), actor, at) for face in faces]


@command
def move_faces(incident_id: int, into: int, *, actor: Actor, at: datetime) -> None:
    """Let the pages that showed a merged incident show the other one; where they do already, end this one."""
    shown = {face.page_id for face in faces_of(actor, into, open_only=True)}
    for face in faces_of(actor, incident_id, open_only=True):
        row = lock(PageIncident, face.pk)
        if row.page_id in shown:
            words = _("We follow this up together with another incident on this page.")
            _post(row, Post(words, PageState.RESOLVED), actor, at)
        else:
            facts = {"before": incident_id, "into": into}
            change = Change("page_incident.moved", {"incident_id": into}, facts)
            record(row, change, actor=actor, at=at, incident=into)


def _may_publish(actor: Actor, incident_id: int | None) -> None:
    if incident_id is not None:
        lock(Incident, incident_id, seen_by=actor)
    require(actor, Right.PUBLISH_STATUS, incident=incident_id, incident_role="communications_lead")


def _open(page: StatusPage, post: Post, incident_id: int | None, actor: Actor, at: datetime) -> PageIncident:
    title = clean_text(post.title).strip()[:200]
    if not title:
        raise Refused(PageRefusal.TITLE_NEEDED)
    columns = {
        "page_id": page.pk,
        "incident_id": incident_id,
        "title": title,
        "state": PageState.INVESTIGATING.value,
        "impact": PageImpact.NONE.value,
        "started_at": at,
        "created_at": at,
        "audience_id": page.audience_id,
    }
    change = Change("page_incident.opened", columns, {"page": page.handle}, {"title": title})
    return record(PageIncident(), change, actor=actor, at=at, incident=incident_id)


def _post(row: PageIncident, post: Post, actor: Actor, at: datetime) -> PageUpdate:
    body = clean_text(post.body).strip()
    if not body:
        raise Refused(PageRefusal.WORDS_NEEDED)
    wanted = dict(post.components)
    if post.state is PageState.RESOLVED:
        wanted = {**dict.fromkeys(_to_mend(row), ComponentState.OPERATIONAL), **wanted}
    impact = post.impact or rules.impact_of(wanted.values())
    standing = PublicIncident(PageState(row.state), PageImpact(row.impact), row.monitoring_at)
    change = rules.post(standing, post.state, impact, at=at)
    moved = _move_components(row.page_id, wanted, actor, at)
    if change is not None:
        record(row, change, actor=actor, at=at, incident=row.incident_id)
    columns = {
        "page_incident_id": row.pk,
        "state": post.state.value,
        "body": body,
        "components": moved,
        "posted_at": at,
        "generation": want_publication(row.page_id, actor=actor, at=at),
        "audience_id": row.audience_id,
    }
    facts = {"page_incident": row.pk, "state": post.state.value, "components": moved}
    posted = Change("page_update.posted", columns, facts, {"body": body})
    return record(PageUpdate(), posted, actor=actor, at=at, incident=row.incident_id)


def _move_components(
    page_id: int, wanted: Mapping[int, ComponentState], actor: Actor, at: datetime
) -> list[dict[str, object]]:
    rows = {
        row.pk: row
        for row in Component.objects.filter(pk__in=wanted, page_id=page_id, retired_at__isnull=True)
    }
    if set(rows) != set(wanted):
        raise Refused(PageRefusal.COMPONENT_NOT_FOUND)
    moved: list[dict[str, object]] = []
    for pk, state in sorted(wanted.items()):
        moved.append({"component": pk, "before": rows[pk].state, "after": state.value})
        move_component(pk, state, actor=actor, at=at)
    return moved


def _touched(page_incident_ids: Sequence[int]) -> set[int]:
    found = PageUpdate.objects.filter(page_incident_id__in=page_incident_ids)
    return {one["component"] for post in found for one in post.components}


def _to_mend(row: PageIncident) -> set[int]:
    others = PageIncident.objects.filter(page_id=row.page_id, resolved_at__isnull=True).exclude(pk=row.pk)
    in_use = Component.objects.filter(page_id=row.page_id, retired_at__isnull=True)
    mine = _touched([row.pk]) - _touched(list(others.values_list("id", flat=True)))
    return mine & set(in_use.values_list("id", flat=True))

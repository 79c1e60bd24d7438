"""`/postmortems` and `/incidents/{id}/postmortem`: read, write section by section, publish (R52 to R55)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from django.db import transaction
from ninja import Query, Router, Status
from pydantic import AwareDatetime

from muster.core.permissions import Actor
from muster.evaluate.queries import incident_of
from muster.foundation.access.http import Body, Paging, Shown, page_of
from muster.foundation.access.models import Person
from muster.foundation.access.queries import person_by_handle
from muster.foundation.access.requests import Request
from muster.respond.warroom.queries import standard_of
from muster.review.actions.queries import action_items_of
from muster.review.postmortem import commands
from muster.review.postmortem.facts import computed
from muster.review.postmortem.models import Postmortem
from muster.review.postmortem.outline import is_written
from muster.review.postmortem.queries import postmortem_of, postmortems, sections_of, versions_of
from muster.review.postmortem.times import times_of

router = Router(tags=["review"])


class ReasonOut(Shown):
    """Why it is due: `severity` or one of the Standard's triggers, and the fact that it rests on."""

    why: str
    fact: str


class Brief(Shown):
    """One postmortem in a list."""

    incident: str
    title: str
    severity: str
    state: str
    author: str | None
    reviewers: list[str]
    reasons: list[ReasonOut]
    cause: str
    drafted_at: datetime
    handed_in_at: datetime | None
    published_at: datetime | None
    meeting_at: datetime | None
    meeting_held_at: datetime | None
    waived_at: datetime | None
    waived_why: str


class SectionOut(Shown):
    """One section: `text` is Markdown; send `version` back when you save. Computed ones have no version."""

    key: str
    title: str
    asks: str
    text: str
    version: int | None
    written: bool


class PostmortemOut(Brief):
    """A whole postmortem, in the Standard's sections and order; `actions` are ids."""

    sections: list[SectionOut]
    actions: list[str]


class PostmortemPage(Shown):
    """Newest first."""

    items: list[Brief]
    next: str | None


class VersionOut(Shown):
    """What a section said once; `text` is null where it was erased."""

    version: int
    at: datetime
    actor: str
    text: str | None


class Filter(Paging):
    """Which postmortems."""

    state: Literal["", "draft", "in_review", "published"] = ""


class SectionIn(Body):
    """A section's new text, and the version that the writer had before them."""

    text: str
    version: int


class Why(Body):
    """The reason, which stays in the timeline."""

    why: str = ""


class Change(Body):
    """What to change; what is absent stays. `reviewers` are handles."""

    reviewers: list[str] | None = None
    cause: str | None = None
    meeting_at: AwareDatetime | None = None


@router.get("/postmortems", response=PostmortemPage)
def listing(request: Request, asked: Query[Filter]) -> dict[str, Any]:
    """The postmortems of incidents that you may see."""
    rows = postmortems(request.arrival.actor)
    if asked.state:
        rows = rows.filter(state=asked.state)
    return page_of(rows, asked, _brief)


@router.get("/incidents/{public_id}/postmortem", response=PostmortemOut)
def one(request: Request, public_id: str) -> dict[str, Any]:
    """The postmortem of an incident."""
    return _whole(postmortem_of(request.arrival.actor, public_id), request.arrival.actor)


@router.post("/incidents/{public_id}/postmortem", response={201: PostmortemOut})
def draft(request: Request, public_id: str) -> Status[dict[str, Any]]:
    """Ask for one where nothing made it due."""
    actor, at = request.arrival.actor, request.arrival.at
    row = commands.draft_postmortem(incident_of(actor, public_id).pk, actor=actor, at=at)
    return Status(201, _whole(row, actor))


@router.patch("/incidents/{public_id}/postmortem", response=PostmortemOut)
def change(request: Request, public_id: str, given: Change) -> dict[str, Any]:
    """Say who reviews it, when the meeting is, or the cause for reports."""
    actor, at = request.arrival.actor, request.arrival.at
    incident = postmortem_of(actor, public_id).incident_id
    with transaction.atomic():
        if given.reviewers is not None:
            people = [person_by_handle(handle).pk for handle in given.reviewers]
            commands.set_reviewers(incident, people, actor=actor, at=at)
        if given.meeting_at is not None:
            commands.plan_meeting(incident, given.meeting_at, actor=actor, at=at)
        if given.cause is not None:
            commands.name_cause(incident, given.cause, actor=actor, at=at)
    return one(request, public_id)


@router.patch("/incidents/{public_id}/postmortem/sections/{key}", response=SectionOut)
def save(request: Request, public_id: str, key: str, given: SectionIn) -> dict[str, Any]:
    """Save one section; 409 with the version that stands when somebody saved meanwhile."""
    actor, at = request.arrival.actor, request.arrival.at
    row = postmortem_of(actor, public_id)
    commands.edit_section(row.incident_id, key, given.text, version=given.version, actor=actor, at=at)
    return next(section for section in _sections(row, actor) if section["key"] == key)


@router.get("/incidents/{public_id}/postmortem/sections/{key}/versions", response=list[VersionOut])
def versions(request: Request, public_id: str, key: str) -> list[dict[str, Any]]:
    """Everything that a section ever said, newest first."""
    actor = request.arrival.actor
    row = postmortem_of(actor, public_id)
    found = [section for section in sections_of(actor, row) if section.key == key]
    return [
        {"version": one.number, "at": one.at, "actor": one.actor, "text": one.body}
        for section in found
        for one in versions_of(actor, section)
    ]


def _verb(word: str, command: Callable[..., Any], *, with_why: bool) -> None:
    """Add the address of one thing that can be done to a postmortem."""

    def act(request: Request, public_id: str) -> dict[str, Any]:
        """Do it."""
        row = postmortem_of(request.arrival.actor, public_id)
        command(row.incident_id, actor=request.arrival.actor, at=request.arrival.at)
        return one(request, public_id)

    def act_because(request: Request, public_id: str, given: Why) -> dict[str, Any]:
        """Do it, for a reason."""
        row = postmortem_of(request.arrival.actor, public_id)
        command(row.incident_id, actor=request.arrival.actor, at=request.arrival.at, why=given.why)
        return one(request, public_id)

    path = f"/incidents/{{public_id}}/postmortem/{word.replace('_', '-')}"
    add = router.post(path, response=PostmortemOut, operation_id=f"{word}_postmortem")
    add(act_because if with_why else act)


_verb("submit", commands.submit_for_review, with_why=False)
_verb("publish", commands.publish_postmortem, with_why=False)
_verb("meeting_held", commands.hold_meeting, with_why=False)
_verb("return", commands.return_postmortem, with_why=True)
_verb("withdraw", commands.withdraw_postmortem, with_why=True)
_verb("waive", commands.waive_postmortem, with_why=True)


def _brief(row: Postmortem) -> dict[str, Any]:
    handles = dict(Person.objects.filter(pk__in=row.reviewers).values_list("id", "handle"))
    return {
        "incident": row.incident.public_id,
        "title": row.incident.title,
        "severity": row.incident.severity,
        "author": row.author.handle if row.author else None,
        "reviewers": [handles[id_] for id_ in row.reviewers if id_ in handles],
        "reasons": row.fired,
        **{name: getattr(row, name) for name in _COLUMNS},
    }


_COLUMNS = (
    *("state", "cause", "drafted_at", "handed_in_at", "published_at", "meeting_at", "meeting_held_at"),
    *("waived_at", "waived_why"),
)


def _whole(row: Postmortem, actor: Actor) -> dict[str, Any]:
    actions = [item.public_id for item in action_items_of(actor, row.incident_id)]
    return _brief(row) | {"sections": _sections(row, actor), "actions": actions}


def _sections(row: Postmortem, actor: Actor) -> list[dict[str, Any]]:
    """Written and computed sections in the Standard's order; action items stand apart."""
    standard = standard_of(row.incident)
    [times] = times_of([row.incident])
    known, guides = computed(row, standard, times), standard.postmortem.section_guides
    written = {section.key: section for section in sections_of(actor, row)}
    found = []
    for key in standard.postmortem.sections:
        section = written.get(key)
        if section is None and key not in known:
            continue
        text = section.body if section is not None else known[key]
        found.append(
            {
                "key": key,
                "title": guides[key].title if key in guides else key,
                "asks": guides[key].asks if key in guides else "",
                "text": text,
                "version": section.version if section is not None else None,
                "written": is_written(text),
            }
        )
    return found

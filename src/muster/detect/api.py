"""`/integrations`: who may send signals, to which service; keys are shown once (design section 13)."""

from datetime import datetime
from typing import Any

from ninja import Query, Router, Status
from pydantic import Field

from muster.core.permissions import Right, require
from muster.detect import commands, source_kinds
from muster.detect.mapping_versions import versions_of
from muster.detect.models import Integration
from muster.detect.queries import integration_of, integrations, recent_payloads, shown_mapping
from muster.detect.source_kinds import Seen
from muster.foundation.access.http import Body, Paging, Shown, page_of
from muster.foundation.access.requests import Request, base_url
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import by_handle

router = Router(tags=["integrations"])


class IntegrationOut(Shown):
    """A sender's way in. In `url`, `<your key>` stands in the place of the key; in `mapping`, a mark
    (`kept:…`) in the place of each secret. A mark that is sent back leaves the secret as it is.
    """

    handle: str
    service: str
    kind: str
    url: str
    last_seen_at: datetime | None
    mapping: dict[str, str]
    retired_at: datetime | None


class IntegrationPage(Shown):
    """Newest first."""

    items: list[IntegrationOut]
    next: str | None


class NewKeyOut(Shown):
    """The key, and the address with it: shown this once."""

    handle: str
    key: str
    url: str


class IntegrationIn(Body):
    """A new integration. `mapping` says where a body of kind `generic` has what (JMESPath), and tells other
    kinds what they need beside the key, such as the secret of a signature.
    """

    handle: str
    service: str
    kind: str
    mapping: dict[str, str] = Field(default_factory=dict)


class IntegrationChange(Body):
    """What to change; what is absent stays. The kind is for ever. `version` is that of the mapping which was
    looked at: when somebody else saved another one meanwhile, nothing is changed (409).
    """

    service: str | None = None
    mapping: dict[str, str] | None = None
    version: int | None = Field(None, ge=1)


class PreviewIn(Body):
    """A mapping to try. Without `payloads`, on what the integration brought lately."""

    mapping: dict[str, str]
    payloads: list[Any] | None = Field(None, max_length=20)


class ReadOut(Shown):
    """One signal as it would be read."""

    action: str
    key: str
    summary: str
    severity: str
    source: str
    component: str
    labels: dict[str, str]


class SeenOut(Shown):
    """One payload: what it would be, or why it would be refused."""

    payload: Any
    signals: list[ReadOut]
    errors: list[str]


class PreviewOut(Shown):
    """Newest first."""

    items: list[SeenOut]


class VersionOut(Shown):
    """A mapping as it was from `at` on; `by` is an actor, such as `person:5`. Secrets are not among it."""

    version: int
    mapping: dict[str, Any]
    by: str
    at: datetime


class VersionList(Shown):
    """Newest first."""

    items: list[VersionOut]


class Listing(Paging):
    """`active` leaves out what is disconnected."""

    active: bool = False
    service: str = Field("", max_length=100)


@router.get("/integrations", response=IntegrationPage)
def list_integrations(request: Request, asked: Query[Listing]) -> dict[str, Any]:
    """All ways in."""
    actor = request.arrival.actor
    rows = integrations(actor)
    if asked.active:
        rows = rows.filter(retired_at__isnull=True)
    if asked.service:
        rows = rows.filter(service=by_handle(Service, asked.service, actor=actor))
    return page_of(rows, asked, lambda row: _shown(row, request))


@router.get("/integrations/{handle}", response=IntegrationOut)
def integration(request: Request, handle: str) -> dict[str, Any]:
    """One way in."""
    return _shown(integration_of(request.arrival.actor, handle), request)


@router.post("/integrations", response={201: NewKeyOut})
def add_integration(request: Request, given: IntegrationIn) -> Status[dict[str, str]]:
    """Connect a sender; its key is in this answer and nowhere else."""
    arrival = request.arrival
    row, key = commands.add_integration(
        actor=arrival.actor,
        at=arrival.at,
        handle=given.handle,
        kind=given.kind,
        service_id=by_handle(Service, given.service, actor=arrival.actor).pk,
        mapping=given.mapping,
    )
    return Status(201, _with_key(row, key, request))


@router.patch("/integrations/{handle}", response=IntegrationOut)
def change_integration(request: Request, handle: str, given: IntegrationChange) -> dict[str, Any]:
    """Change the home service or the mapping."""
    arrival = request.arrival
    changes = given.model_dump(exclude_unset=True, exclude_none=True, exclude={"version"})
    if "service" in changes:
        changes["service_id"] = by_handle(Service, changes.pop("service"), actor=arrival.actor).pk
    row = integration_of(arrival.actor, handle)
    commands.change_integration(row.pk, changes, actor=arrival.actor, at=arrival.at, version=given.version)
    return _shown(integration_of(arrival.actor, handle), request)


@router.get("/integrations/{handle}/versions", response=VersionList)
def versions(request: Request, handle: str) -> dict[str, Any]:
    """The mappings that it had, newest first, at most twenty."""
    actor = request.arrival.actor
    found = versions_of(integration_of(actor, handle), actor)
    return {
        "items": [
            {"version": one.number, "mapping": one.mapping, "by": one.by, "at": one.at} for one in found
        ]
    }


@router.post("/integrations/{handle}/preview", response=PreviewOut)
def preview(request: Request, handle: str, given: PreviewIn) -> dict[str, Any]:
    """What this mapping would make of recent payloads. Nothing is stored or changed."""
    actor = request.arrival.actor
    row = integration_of(actor, handle)
    require(actor, Right.EDIT_TEAM, team=row.service.team_id)
    payloads = recent_payloads(row) if given.payloads is None else given.payloads
    return {"items": [_seen(one) for one in source_kinds.preview(row.kind, given.mapping, payloads)]}


@router.post("/integrations/{handle}/rotate", response=NewKeyOut)
def rotate(request: Request, handle: str) -> dict[str, str]:
    """Make a new key, shown this once; the old one works for 24 hours more."""
    arrival = request.arrival
    row = integration_of(arrival.actor, handle)
    return _with_key(row, commands.rotate_key(row.pk, actor=arrival.actor, at=arrival.at), request)


@router.post("/integrations/{handle}/retire", response={204: None})
def retire(request: Request, handle: str) -> Status[None]:
    """Disconnect the sender at once."""
    arrival = request.arrival
    row = integration_of(arrival.actor, handle)
    commands.retire_integration(row.pk, actor=arrival.actor, at=arrival.at)
    return Status(204, None)


@router.post("/integrations/{handle}/restore", response={204: None})
def restore(request: Request, handle: str) -> Status[None]:
    """Connect the sender again, with the key it had."""
    arrival = request.arrival
    row = integration_of(arrival.actor, handle)
    commands.restore_integration(row.pk, actor=arrival.actor, at=arrival.at)
    return Status(204, None)


def _shown(row: Integration, request: Request) -> dict[str, Any]:
    return {
        "handle": row.handle,
        "service": row.service.handle,
        "kind": row.kind,
        "url": source_kinds.url(row.kind, base_url(request)),
        "last_seen_at": row.last_seen_at,
        "mapping": shown_mapping(row),
        "retired_at": row.retired_at,
    }


def _seen(one: Seen) -> dict[str, Any]:
    return {
        "payload": one.payload,
        "errors": list(one.errors),
        "signals": [
            {
                "action": signal.action,
                "key": signal.dedup_key,
                "summary": signal.summary,
                "severity": signal.severity,
                "source": signal.source,
                "component": signal.component,
                "labels": dict(signal.labels),
            }
            for signal in one.signals
        ],
    }


def _with_key(row: Integration, key: str, request: Request) -> dict[str, str]:
    return {
        "handle": row.handle,
        "key": key,
        "url": source_kinds.url(row.kind, base_url(request), key),
    }

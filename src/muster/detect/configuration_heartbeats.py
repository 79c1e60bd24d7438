"""`heartbeats:` of the configuration file: jobs that ought to report."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from muster.core.heartbeats import rhythm_of
from muster.core.refusal import Refused
from muster.core.signals import SignalSeverity
from muster.detect import commands
from muster.detect.heartbeat_words import ping_address
from muster.detect.models import Heartbeat
from muster.detect.queries import heartbeat_of
from muster.foundation.access.queries import organisation
from muster.foundation.catalog.configuration import Applying, Current, Names, Section, Wrong
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import by_handle
from muster.foundation.timeline.refusals import told

GRACE = timedelta(minutes=5)
"""For a new one that says none."""


@dataclass(frozen=True, slots=True)
class HeartbeatForm:
    """A job that ought to report; `schedule` is `15m`, `1h`, `1d` or a cron expression on `timezone`'s clock.

    A new one without a name is called by its handle, without a zone it goes by the organisation's clock.
    """

    handle: str
    name: str | None = None
    service: str | None = None
    schedule: str | None = None
    timezone: str | None = None
    grace: timedelta | None = None
    severity: SignalSeverity | None = None
    description: str | None = None
    message: str | None = None
    labels: Mapping[str, str] | None = None
    tags: tuple[str, ...] | None = None


class HeartbeatsSection(Section[HeartbeatForm]):
    """Heartbeats; the address of a new one is shown once."""

    name = "heartbeats"
    form = HeartbeatForm

    def check(self, wanted: HeartbeatForm, names: Names) -> Iterable[Wrong]:
        """The service must be there, and the schedule must be one."""
        is_there = Heartbeat.objects.filter(integration__handle=wanted.handle).exists()
        for field in ("service", "schedule"):
            if not is_there and not getattr(wanted, field):
                yield Wrong(field, _("a new heartbeat needs a %(field)s") % {"field": field})
        if wanted.service is not None:
            yield from names.wrong("services", wanted.service, "service")
        try:
            rhythm_of(wanted.schedule or "1h", wanted.timezone or "UTC", wanted.grace or GRACE)
        except Refused as refused:
            yield Wrong("schedule", told(refused).sentence)

    def current(self) -> Mapping[str, Current[HeartbeatForm]]:
        """All heartbeats."""
        rows = Heartbeat.objects.select_related("integration__service").order_by("integration__handle")
        return {
            row.handle: Current(_form(row), row.made_by, row.integration.retired_at is not None)
            for row in rows
        }

    def merge(self, current: HeartbeatForm, wanted: HeartbeatForm) -> HeartbeatForm:
        """The same schedule with other spaces is the same."""
        if wanted.schedule is not None:
            wanted = replace(wanted, schedule=" ".join(wanted.schedule.split()))
        return super().merge(current, wanted)

    def create(self, wanted: HeartbeatForm, applying: Applying) -> None:
        """Expect the job, and show its address."""
        row, key = commands.add_heartbeat(
            actor=applying.actor,
            at=applying.at,
            handle=wanted.handle,
            name=wanted.name or wanted.handle,
            service_id=_service(wanted.service or "").pk,
            schedule=wanted.schedule or "",
            timezone=wanted.timezone or organisation().timezone,
            grace=wanted.grace if wanted.grace is not None else GRACE,
            severity=wanted.severity or SignalSeverity.ERROR,
            description=wanted.description or "",
            message=wanted.message or "",
            labels=wanted.labels,
            tags=wanted.tags or (),
            made_by="apply",
        )
        applying.show(self.name, handle=row.handle, key=key, url=ping_address(applying.base_url, key))

    def change(self, handle: str, merged: HeartbeatForm, fields: frozenset[str], applying: Applying) -> None:
        """Change what differs."""
        changes: dict[str, Any] = {field: getattr(merged, field) for field in fields}
        if "service" in changes:
            changes["service_id"] = _service(changes.pop("service") or "").pk
        if "labels" in changes:
            changes["labels"] = dict(changes["labels"] or {})
        if "tags" in changes:
            changes["tags"] = list(changes["tags"] or ())
        row = heartbeat_of(applying.actor, handle)
        commands.change_heartbeat(row.pk, changes, actor=applying.actor, at=applying.at)

    def retire(self, handle: str, applying: Applying) -> None:
        """Expect nothing more of it."""
        row = heartbeat_of(applying.actor, handle)
        commands.retire_heartbeat(row.pk, actor=applying.actor, at=applying.at)

    def restore(self, handle: str, applying: Applying) -> None:
        """Expect it again, at the address it had."""
        row = heartbeat_of(applying.actor, handle)
        commands.restore_heartbeat(row.pk, actor=applying.actor, at=applying.at)


def _form(row: Heartbeat) -> HeartbeatForm:
    return HeartbeatForm(
        handle=row.handle,
        name=row.name,
        service=row.integration.service.handle,
        schedule=row.schedule,
        timezone=row.timezone,
        grace=row.grace,
        severity=SignalSeverity(row.severity),
        description=row.description,
        message=row.message,
        labels=dict(row.labels),
        tags=tuple(row.tags),
    )


def _service(handle: str) -> Service:
    return by_handle(Service, handle)

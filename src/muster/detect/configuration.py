"""`integrations:` of the configuration file: who may send signals, to which service, of which kind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from muster.core.refusal import Refused
from muster.detect import commands, source_kinds
from muster.detect.models import HEARTBEAT_KIND, Integration
from muster.detect.queries import integration_of, shown_mapping
from muster.foundation.catalog.configuration import Applying, Current, Names, Section, Wrong
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import by_handle
from muster.foundation.catalog.sections import kept
from muster.foundation.timeline.refusals import told


@dataclass(frozen=True, slots=True)
class IntegrationForm:
    """A sender's way in; `mapping` says where a generic sender's body has what (JMESPath), and what others
    need beside the key. Secrets are exported as marks (I23).
    """

    handle: str
    service: str | None = None
    kind: str | None = None
    mapping: Mapping[str, str] | None = None


class IntegrationsSection(Section[IntegrationForm]):
    """Integrations; the key of a new one is shown once."""

    name = "integrations"
    form = IntegrationForm

    def check(self, wanted: IntegrationForm, names: Names) -> Iterable[Wrong]:
        """The service must be there, and this version must know the kind."""
        yield from self._missing(wanted)
        if wanted.service is not None:
            yield from names.wrong("services", wanted.service, "service")
        if wanted.kind is None:
            return
        try:
            source_kinds.check(wanted.kind, wanted.mapping or {})
        except Refused as refused:
            is_known = source_kinds.source_of(wanted.kind) is not None
            yield Wrong("mapping" if is_known else "kind", told(refused).sentence)

    def _missing(self, wanted: IntegrationForm) -> Iterable[Wrong]:
        if (wanted.service and wanted.kind) or Integration.objects.filter(handle=wanted.handle).exists():
            return
        for field in ("service", "kind"):
            if not getattr(wanted, field):
                yield Wrong(field, _("a new integration needs a %(field)s") % {"field": field})

    def current(self) -> Mapping[str, Current[IntegrationForm]]:
        """All integrations."""
        rows = Integration.objects.exclude(kind=HEARTBEAT_KIND).select_related("service").order_by("handle")
        return {
            row.handle: Current(
                IntegrationForm(row.handle, row.service.handle, row.kind, shown_mapping(row)),
                row.made_by,
                row.retired_at is not None,
            )
            for row in rows
        }

    def merge(self, current: IntegrationForm, wanted: IntegrationForm) -> IntegrationForm:
        """What is stored already is told by its mark."""
        merged = super().merge(current, wanted)
        before, mapping = current.mapping or {}, dict(merged.mapping or {})
        for name, text in mapping.items():
            if kept.is_mark(before.get(name, "")) and kept.mark(text) == before[name]:
                mapping[name] = before[name]
        return replace(merged, mapping=mapping)

    def create(self, wanted: IntegrationForm, applying: Applying) -> None:
        """Connect the sender, and show its key and address."""
        row, key = commands.add_integration(
            actor=applying.actor,
            at=applying.at,
            handle=wanted.handle,
            kind=wanted.kind or "",
            service_id=_service(wanted.service or "").pk,
            mapping=wanted.mapping,
            made_by="apply",
        )
        applying.show(
            self.name, handle=row.handle, key=key, url=source_kinds.url(row.kind, applying.base_url, key)
        )

    def change(
        self, handle: str, merged: IntegrationForm, fields: frozenset[str], applying: Applying
    ) -> None:
        """Change what differs; the kind never does."""
        changes: dict[str, Any] = {"kind": merged.kind} if "kind" in fields else {}
        if "service" in fields:
            changes["service_id"] = _service(merged.service or "").pk
        if "mapping" in fields:
            changes["mapping"] = dict(merged.mapping or {})
        row = integration_of(applying.actor, handle)
        commands.change_integration(row.pk, changes, actor=applying.actor, at=applying.at)

    def retire(self, handle: str, applying: Applying) -> None:
        """Disconnect the sender."""
        row = integration_of(applying.actor, handle)
        commands.retire_integration(row.pk, actor=applying.actor, at=applying.at)

    def restore(self, handle: str, applying: Applying) -> None:
        """Connect the sender again, with the key it had."""
        row = integration_of(applying.actor, handle)
        commands.restore_integration(row.pk, actor=applying.actor, at=applying.at)


def _service(handle: str) -> Service:
    return by_handle(Service, handle)

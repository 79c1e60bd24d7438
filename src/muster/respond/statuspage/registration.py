"""What status pages tell the registries once the models are ready."""

from muster.foundation.catalog import configuration, pointers
from muster.foundation.timeline.models import Recorded
from muster.respond.statuspage.configuration import StatusPagesSection
from muster.respond.statuspage.models import Component


def register() -> None:
    """Say what points at a service, and that `status_pages` of the configuration is ours."""
    pointers.register("service", _at_service)
    configuration.register(StatusPagesSection())


def _at_service(row: Recorded) -> list[str]:
    rows = Component.objects.select_related("page").filter(service_id=row.pk, retired_at__isnull=True)
    return [f"status_page:{part.page.handle}" for part in rows.filter(page__retired_at__isnull=True)]

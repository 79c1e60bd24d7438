"""What detect tells the registries once its models are ready."""

from muster.detect.configuration import IntegrationsSection
from muster.detect.models import Integration
from muster.foundation.catalog import configuration, pointers
from muster.foundation.timeline.models import Recorded


def register() -> None:
    """Say what points at services, and that `integrations` in the configuration is ours."""
    pointers.register("service", _at_service)
    configuration.register(IntegrationsSection())


def _at_service(row: Recorded) -> list[str]:
    """The connected senders of this service."""
    rows = Integration.objects.filter(service_id=row.pk, retired_at__isnull=True)
    return [f"integration:{handle}" for handle in rows.values_list("handle", flat=True)]

"""What detect tells the registries once its models are ready."""

from muster.detect.configuration import IntegrationsSection
from muster.detect.configuration_heartbeats import HeartbeatsSection
from muster.detect.models import HEARTBEAT_KIND, Integration
from muster.foundation.catalog import configuration, pointers
from muster.foundation.timeline.models import Recorded


def register() -> None:
    """Say what points at services, and which sections of the configuration are ours."""
    pointers.register("service", _at_service)
    configuration.register(IntegrationsSection(), HeartbeatsSection())


def _at_service(row: Recorded) -> list[str]:
    """The connected senders of this service, and the jobs of it that ought to report."""
    rows = Integration.objects.filter(service_id=row.pk, retired_at__isnull=True)
    return [
        f"{'heartbeat' if kind == HEARTBEAT_KIND else 'integration'}:{handle}"
        for kind, handle in rows.values_list("kind", "handle")
    ]

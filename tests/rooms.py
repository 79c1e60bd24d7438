"""An incident that people work on, under the default Standard."""

from collections.abc import Callable

import pytest

from engine import settle
from muster.core.permissions import system
from muster.evaluate.commands import Declaration, declare_incident
from muster.evaluate.models import Incident
from muster.foundation.access import queries
from muster.foundation.catalog.models import Service
from muster.foundation.standard.commands import publish_standard
from muster.foundation.standard.presets import DEFAULT, preset_text
from muster.foundation.timeline.reactor import prepare
from people import Cast
from senders import make_service

TESTS = system("tests")
Declare = Callable[..., Incident]


@pytest.fixture
def standard(cast: Cast) -> None:
    """The default Standard is in force, and the lanes stand at the head."""
    prepare()
    publish_standard(preset_text(DEFAULT), actor=TESTS, at=queries.now(), preset=DEFAULT)


@pytest.fixture
def declare(cast: Cast, standard: None) -> Declare:
    """Declare an incident, as Ana unless told otherwise, and let the engine react."""

    def make(severity: str = "SEV2", by: str = "ana", **more: object) -> Incident:
        service = Service.objects.filter(handle="checkout").first() or make_service(
            actor=TESTS, at=queries.now()
        )
        arrival = cast(by)
        said = Declaration("Checkout fails", services=(service.pk,), severity=severity, **more)  # type: ignore[arg-type]
        incident = declare_incident(said, actor=arrival.actor, at=arrival.at)
        settle()
        return Incident.objects.get(pk=incident.pk)

    return make

"""Rules in tests: one is made as the admin; what became of an alert, and in which words."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from muster.core.permissions import system
from muster.detect.commands import add_integration
from muster.detect.models import Alert
from muster.evaluate import commands
from muster.evaluate.models import AlertGroup, Decision, Rule
from muster.evaluate.words import sentence
from muster.foundation.access import queries
from muster.mobilize.escalation.commands import add_policy
from people import Cast
from senders import make_service, set_policy


@pytest.fixture
def rule(cast: Cast) -> Callable[..., Rule]:
    """Make a rule as the admin: `rule("calm", "wait", ["service=checkout"], lasts="5m")`."""

    def make(handle: str, kind: str, matchers: list[str] | None = None, **fields: Any) -> Rule:
        admin = cast("admin")
        ends_at, position = fields.pop("ends_at", None), fields.pop("position", 100)
        return commands.add_rule(
            actor=admin.actor,
            at=admin.at,
            handle=handle,
            kind=kind,
            position=position,
            matchers=matchers or [],
            fields=fields,
            why="a test",
            ends_at=ends_at,
        )

    return make


def alert(dedup: str = "k1") -> Alert:
    return Alert.objects.filter(dedup_key=dedup).latest("id")


def groups() -> Any:
    """The groups of alerts, but those of Muster's own."""
    return AlertGroup.objects.exclude(service__handle="muster")


def said(step: str, dedup: str = "k1") -> str:
    """What a step of the stored decision says in words."""
    steps = Decision.objects.get(alert=alert(dedup)).steps
    return sentence(next(one for one in steps if one["step"] == step))


def local(at: datetime) -> str:
    return at.replace(tzinfo=None).isoformat(timespec="minutes")


@pytest.fixture
def paged(key: str, cast: Cast, reach: Callable[[str], None]) -> None:
    """Service checkout goes up a policy: Ana, and in 15 minutes Ben."""
    reach("ana")
    reach("ben")
    steps = [{"after": "0s", "notify": ["person:ana"]}, {"after": "15m", "notify": ["person:ben"]}]
    add_policy(
        actor=system("tests"), at=queries.now(), handle="payments", name="Payments", spec={"steps": steps}
    )
    set_policy("checkout", "payments")


def sender(service: str) -> str:
    """The key of a sender of another service."""
    row = make_service(actor=system("tests"), at=queries.now(), handle=service)
    _, key = add_integration(
        actor=system("tests"), at=queries.now(), handle=service, kind="alertmanager", service_id=row.pk
    )
    return key

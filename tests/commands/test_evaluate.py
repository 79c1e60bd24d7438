"""Alerts become decisions: routed, held back with a reason, gathered into groups."""

from datetime import timedelta

import pytest

from engine import settle
from muster.core.lifecycle import Verb
from muster.core.permissions import Denied, system
from muster.core.refusal import Refused
from muster.detect import commands as detect
from muster.detect.commands import receive_signals
from muster.detect.models import Alert
from muster.evaluate import commands
from muster.evaluate.commands import Declaration
from muster.evaluate.due import decide_again
from muster.evaluate.models import AlertGroup, Decision, Incident
from muster.foundation.access import queries
from muster.foundation.standard.commands import publish_standard
from muster.foundation.standard.presets import DEFAULT, preset_text
from muster.foundation.timeline.reactor import prepare
from people import Cast
from senders import resolve, trigger


@pytest.fixture(autouse=True)
def lanes(database) -> None:
    """Lanes stand at the head."""
    prepare()


def test_an_alert_is_decided_and_opens_a_group_of_one(key: str) -> None:
    """Every step answers with its reason."""
    receive_signals([trigger(key)])
    settle()
    decision = Decision.objects.get(alert__service__handle="checkout")
    assert decision.outcome == "page"
    assert [step["step"] for step in decision.steps] == [
        "event",
        "maintenance",
        "silence",
        "inhibit",
        "dependency",
        "wait",
        "group",
        "route",
        "urgency",
    ]
    group = AlertGroup.objects.get(service__handle="checkout")
    assert (group.state, group.urgency, decision.group_id) == ("triggered", "high", group.pk)


def test_the_sender_groups(key: str) -> None:
    """Two alerts of one Alertmanager group are one page."""
    receive_signals([trigger(key, "a", group_key="g"), trigger(key, "b", group_key="g")])
    settle()
    group = AlertGroup.objects.get(service__handle="checkout")
    assert group.members.count() == 2


def test_a_group_is_resolved_when_its_last_member_is(key: str) -> None:
    """And not before."""
    receive_signals([trigger(key, "a", group_key="g"), trigger(key, "b", group_key="g")])
    receive_signals([resolve(key, "a")])
    settle()
    assert AlertGroup.objects.get(service__handle="checkout").state == "triggered"
    receive_signals([resolve(key, "b")])
    settle()
    assert AlertGroup.objects.get(service__handle="checkout").state == "resolved"


def test_a_silenced_alert_is_held_back_and_pages_when_the_silence_ends(key: str, cast: Cast, clock) -> None:
    """The reason is stored, and when to look again."""
    ana = cast("ana")
    silence = commands.create_silence(
        [{"field": "severity", "op": "=", "value": "error"}],
        actor=ana.actor,
        at=ana.at,
        starts_at=ana.at,
        ends_at=ana.at + timedelta(hours=1),
        why="a test of the pager",
    )
    receive_signals([trigger(key)])
    settle()
    alert = Alert.objects.get(service__handle="checkout")
    assert alert.suppressed_by == f"silence:{silence.pk}"
    assert not AlertGroup.objects.exists()
    clock.advance(timedelta(hours=1, seconds=1))
    assert decide_again() == 1
    assert Alert.objects.get(service__handle="checkout").suppressed_by is None
    assert AlertGroup.objects.get(service__handle="checkout").state == "triggered"


def test_an_alert_that_was_resolved_under_its_silence_is_not_looked_at_again(
    key: str, cast: Cast, clock
) -> None:
    """Else the loop would ask for it for ever, and never rest."""
    ana = cast("ana")
    commands.create_silence(
        [{"field": "severity", "op": "=", "value": "error"}],
        actor=ana.actor,
        at=ana.at,
        starts_at=ana.at,
        ends_at=ana.at + timedelta(hours=1),
        why="a test of the pager",
    )
    receive_signals([trigger(key)])
    settle()
    receive_signals([resolve(key)])
    settle()
    clock.advance(timedelta(hours=1, seconds=1))
    assert [decide_again(), decide_again()] == [1, 0]


def test_a_sender_s_acknowledge_acts_on_its_alert_and_settles_the_group(key: str) -> None:
    """All open members acknowledged: the group is."""
    receive_signals([trigger(key)])
    settle()
    detect.move_alerts(
        [Alert.objects.get(service__handle="checkout").pk],
        Verb.ACKNOWLEDGE,
        actor=system("tests"),
        at=queries.now(),
    )
    settle()
    assert AlertGroup.objects.get(service__handle="checkout").state == "acknowledged"


@pytest.fixture
def standard(cast: Cast) -> None:
    """The default Standard is in force."""
    publish_standard(preset_text(DEFAULT), actor=system("tests"), at=queries.now(), preset=DEFAULT)


def test_declaring_from_an_alert_links_its_group(key: str, cast: Cast, standard: None) -> None:
    """Severity from the matrix, the declarer in command, bound to the Standard's version."""
    receive_signals([trigger(key)])
    settle()
    ana = cast("ana")
    incident = commands.declare_incident(
        Declaration(
            "Checkout fails",
            impact="complete",
            scope="limited",
            alert=Alert.objects.get(service__handle="checkout").pk,
        ),
        actor=ana.actor,
        at=ana.at,
    )
    assert (incident.severity, incident.severity_reason, incident.phase) == ("SEV2", "matrix", "triage")
    assert incident.commander_id == ana.actor.id
    assert AlertGroup.objects.get(service__handle="checkout").incident_id == incident.pk
    with pytest.raises(Refused):
        commands.declare_incident(
            Declaration("Again", severity="SEV1", alert=Alert.objects.get(service__handle="checkout").pk),
            actor=ana.actor,
            at=ana.at,
        )


def test_an_auditor_may_not_declare(cast: Cast, standard: None) -> None:
    """Anyone signed in may, but auditors (R3)."""
    ada = cast("ada")
    with pytest.raises(Refused) as refused:
        commands.declare_incident(Declaration("x", severity="SEV1"), actor=ada.actor, at=ada.at)
    assert refused.value.reason is Denied.ROLE
    assert not Incident.objects.exists()

"""Every way an incident ends, and the way back: mitigated, resolved through the gate, reopened, set aside."""

from datetime import timedelta

import pytest

from database import Clock
from engine import settle
from muster.core.gate import GateCheck, GateWhy
from muster.core.permissions import Denied
from muster.core.phases import Phase, PhaseRefusal
from muster.core.refusal import Refused
from muster.detect.commands import receive_signals
from muster.detect.models import Alert
from muster.evaluate.models import AlertGroup, Incident
from muster.foundation.access import queries as access
from muster.foundation.obligations.models import Obligation
from muster.foundation.timeline.models import Event
from muster.respond.statuspage import commands as pages
from muster.respond.statuspage.commands import Part, Post
from muster.respond.warroom import commands as room
from muster.respond.warroom.commands import Words
from muster.respond.warroom.models import Task
from muster.restore import commands, queries
from muster.restore.commands import Resolution
from muster.restore.models import GateTick
from people import Cast
from rooms import TESTS, Declare
from senders import resolve, trigger

STATED = (GateCheck.SYSTEM_STABLE, GateCheck.METRICS_CONFIRM, GateCheck.POSTMORTEM_SCHEDULED)


def why(incident: Incident) -> dict[str, str]:
    """How the gate stands."""
    row = Incident.objects.get(pk=incident.pk)
    return {item.name.value: item.why.value for item in queries.gate_of(row)}


def recover(incident: Incident, cast: Cast) -> None:
    """Ana mitigates and writes it down."""
    ana = cast("ana")
    commands.mitigate(incident.pk, actor=ana.actor, at=ana.at)
    room.say(incident.pk, "Rolled back to 4.17.2", actor=ana.actor, at=ana.at)


def test_mitigating_stops_the_impact_and_opens_part_of_the_gate(declare: Declare, cast: Cast) -> None:
    incident = declare()
    assert why(incident)["impact_ceased"] == GateWhy.NOT_SAID
    recover(incident, cast)
    row = Incident.objects.get(pk=incident.pk)
    assert (row.phase, row.mitigated_at is not None) == ("monitoring", True)
    assert why(incident)["impact_ceased"] == GateWhy.SAID_SO
    assert why(incident)["timeline_documented"] == GateWhy.DOCUMENTED


def test_a_closed_gate_writes_nothing_at_all(declare: Declare, cast: Cast) -> None:
    """Also not what was stated in the same breath."""
    incident = declare()
    ana, before = cast("ana"), Event.objects.count()
    with pytest.raises(Refused) as refused:
        commands.resolve_incident(incident.pk, Resolution(stated=STATED), actor=ana.actor, at=ana.at)
    assert refused.value.reason is PhaseRefusal.GATE_CLOSED
    assert set(refused.value.detail["unmet"]) == {"impact_ceased", "timeline_documented"}
    assert (Event.objects.count(), GateTick.objects.count()) == (before, 0)


def test_the_commander_resolves_through_the_gate(declare: Declare, cast: Cast) -> None:
    incident = declare()
    recover(incident, cast)
    ana = cast("ana")
    row = commands.resolve_incident(incident.pk, Resolution(stated=STATED), actor=ana.actor, at=ana.at)
    assert (row.phase, row.resolved_at) == ("resolved", ana.at)
    settle()
    working = Obligation.objects.filter(incident=incident.pk, kind__in=["update_by", "handover_by"])
    assert {one.state for one in working} == {"superseded"}
    with pytest.raises(Refused) as again:
        commands.resolve_incident(incident.pk, actor=ana.actor, at=ana.at)
    assert again.value.reason is PhaseRefusal.ALREADY_RESOLVED


def test_nobody_but_the_commander_resolves_and_a_manager_says_why(declare: Declare, cast: Cast) -> None:
    incident = declare()
    recover(incident, cast)
    for handle in ("ben", "sam"):
        who = cast(handle)
        with pytest.raises(Refused) as refused:
            commands.resolve_incident(incident.pk, actor=who.actor, at=who.at)
        assert refused.value.reason is PhaseRefusal.ONLY_THE_COMMANDER
    cleo = cast("cleo")
    with pytest.raises(Refused) as silent:
        commands.resolve_incident(incident.pk, Resolution(stated=STATED), actor=cleo.actor, at=cleo.at)
    assert silent.value.reason is PhaseRefusal.REASON_NEEDED
    said = Resolution(stated=STATED, why="Ana sleeps")
    assert commands.resolve_incident(incident.pk, said, actor=cleo.actor, at=cleo.at).phase == "resolved"


def test_an_open_alert_holds_the_gate_until_it_is_resolved_or_explained(
    key: str, declare: Declare, cast: Cast
) -> None:
    """Design 7: resolving never resolves alerts."""
    receive_signals([trigger(key)])
    settle()
    alert = Alert.objects.get(service__handle="checkout")
    incident = declare(alert=alert.pk)
    recover(incident, cast)
    ana = cast("ana")
    assert why(incident)["alerts_cleared"] == GateWhy.ALERTS_OPEN
    with pytest.raises(Refused):
        commands.resolve_incident(incident.pk, Resolution(stated=STATED), actor=ana.actor, at=ana.at)
    said = Resolution(stated=STATED, open_alerts_reason="the probe is blind until noon")
    commands.resolve_incident(incident.pk, said, actor=ana.actor, at=ana.at)
    settle()
    assert Alert.objects.get(pk=alert.pk).state == "acknowledged"
    event = Event.objects.get(kind="incident.resolved")
    assert (event.payload["open_alerts"], "text" in event.payload["open_alerts_reason"]) == (1, True)


def test_the_gate_opens_when_the_sender_resolves(key: str, declare: Declare, cast: Cast) -> None:
    receive_signals([trigger(key)])
    settle()
    incident = declare(alert=Alert.objects.get(service__handle="checkout").pk)
    receive_signals([resolve(key)])
    settle()
    assert why(incident)["alerts_cleared"] == GateWhy.ALL_RESOLVED
    assert Incident.objects.get(pk=incident.pk).phase == "triage"  # resolving alerts moves no incident


def test_customers_who_see_it_must_be_told_after_the_impact_stopped(declare: Declare, cast: Cast) -> None:
    incident = declare()
    page = pages.add_page(actor=TESTS, at=access.now(), handle="main", name="Acme")
    pages.replace_components(page.pk, [Part("Checkout", incident.services[0])], actor=TESTS, at=access.now())
    recover(incident, cast)
    assert why(incident)["customers_told"] == GateWhy.NOT_TOLD
    ana = cast("ana")
    pages.publish_on_page(
        page.pk,
        Post("We rolled back and watch.", title="Checkout failed"),
        actor=ana.actor,
        at=ana.at,
        incident_id=incident.pk,
    )
    assert why(incident)["customers_told"] == GateWhy.TOLD


def test_an_external_update_in_the_room_tells_them_too(declare: Declare, cast: Cast) -> None:
    incident = declare()
    page = pages.add_page(actor=TESTS, at=access.now(), handle="main", name="Acme")
    pages.replace_components(page.pk, [Part("Checkout", incident.services[0])], actor=TESTS, at=access.now())
    recover(incident, cast)
    ana = cast("ana")
    room.post_update(incident.pk, Words("It works again", "external"), actor=ana.actor, at=ana.at)
    assert why(incident)["customers_told"] == GateWhy.TOLD


def test_what_was_stated_may_be_taken_back_and_is_forgotten_on_reopening(
    declare: Declare, cast: Cast
) -> None:
    incident = declare()
    ana, ben = cast("ana"), cast("ben")
    commands.state_check(incident.pk, GateCheck.SYSTEM_STABLE, actor=ana.actor, at=ana.at)
    assert why(incident)["system_stable"] == GateWhy.SAID_SO
    commands.state_check(incident.pk, GateCheck.SYSTEM_STABLE, actor=ana.actor, at=ana.at, holds=False)
    assert why(incident)["system_stable"] == GateWhy.NOT_SAID
    with pytest.raises(Refused) as refused:
        commands.state_check(incident.pk, GateCheck.SYSTEM_STABLE, actor=ben.actor, at=ben.at)
    assert refused.value.reason is Denied.NOT_COMMANDER
    with pytest.raises(Refused):
        commands.state_check(incident.pk, GateCheck.ALERTS_CLEARED, actor=ana.actor, at=ana.at)
    recover(incident, cast)
    ana = cast("ana")
    commands.resolve_incident(incident.pk, Resolution(stated=STATED), actor=ana.actor, at=ana.at)
    reopened = commands.reopen(incident.pk, actor=ben.actor, at=ben.at, why="it fails again")
    assert (reopened.phase, reopened.mitigated_at, reopened.resolved_at) == ("investigating", None, None)
    assert why(incident)["system_stable"] == GateWhy.NOT_SAID
    settle()
    assert Obligation.objects.filter(incident=incident.pk, kind="update_by", state="armed").exists()


def test_reopening_needs_a_reason_and_something_resolved(declare: Declare, cast: Cast) -> None:
    incident = declare()
    ana = cast("ana")
    with pytest.raises(Refused) as refused:
        commands.reopen(incident.pk, actor=ana.actor, at=ana.at, why="x")
    assert refused.value.reason is PhaseRefusal.NOT_RESOLVED


def test_a_false_alarm_lets_its_alerts_go(key: str, declare: Declare, cast: Cast) -> None:
    """R3: a false positive is better than a miss, and is kept as one."""
    receive_signals([trigger(key)])
    settle()
    incident = declare(alert=Alert.objects.get(service__handle="checkout").pk)
    ana, ben = cast("ana"), cast("ben")
    with pytest.raises(Refused):
        commands.dismiss(incident.pk, actor=ben.actor, at=ben.at, why="not real")
    row = commands.dismiss(incident.pk, actor=ana.actor, at=ana.at, why="a test of the pager")
    assert row.phase == "dismissed"
    assert AlertGroup.objects.get(service__handle="checkout").incident_id is None
    settle()
    assert not Obligation.objects.filter(incident=incident.pk, state="armed", kind="update_by").exists()


def test_a_duplicate_brings_alerts_and_tasks_along(key: str, declare: Declare, cast: Cast) -> None:
    receive_signals([trigger(key)])
    settle()
    first = declare()
    second = declare(alert=Alert.objects.get(service__handle="checkout").pk)
    ana = cast("ana")
    task = room.add_task(second.pk, "Call the bank", actor=ana.actor, at=ana.at)
    with pytest.raises(Refused) as same:
        commands.merge(second.pk, second.pk, actor=ana.actor, at=ana.at, why="x")
    assert same.value.reason is PhaseRefusal.INTO_ITSELF
    row = commands.merge(second.pk, first.pk, actor=ana.actor, at=ana.at, why="one cause")
    assert (row.phase, row.merged_into_id) == ("merged", first.pk)
    assert AlertGroup.objects.get(service__handle="checkout").incident_id == first.pk
    assert Task.objects.get(pk=task.pk).incident_id == first.pk


def test_only_a_mild_one_goes_to_the_backlog(declare: Declare, cast: Cast) -> None:
    """R1: SEV3 and SEV4 branch to the ticket backlog."""
    loud, mild = declare("SEV2"), declare("SEV3")
    ana = cast("ana")
    with pytest.raises(Refused) as refused:
        commands.send_to_backlog(loud.pk, actor=ana.actor, at=ana.at, why="later")
    assert refused.value.reason is PhaseRefusal.SEVERITY_HAS_NO_BACKLOG
    assert commands.send_to_backlog(mild.pk, actor=ana.actor, at=ana.at, why="next sprint").phase == "backlog"


def test_closing_waits_for_what_is_owed(declare: Declare, cast: Cast) -> None:
    """R53: SEV2 owes a postmortem; SEV4 owes nothing."""
    loud, mild = declare("SEV2"), declare("SEV4")
    for incident in (loud, mild):
        recover(incident, cast)
        now = cast("ana")
        commands.resolve_incident(incident.pk, Resolution(stated=STATED), actor=now.actor, at=now.at)
        room.move_phase(incident.pk, Phase.REVIEWING, actor=now.actor, at=now.at)
    ana = cast("ana")
    with pytest.raises(Refused) as refused:
        commands.close(loud.pk, actor=ana.actor, at=access.now())
    assert refused.value.reason is PhaseRefusal.NOT_CLOSED_YET
    assert commands.close(mild.pk, actor=ana.actor, at=access.now()).phase == "closed"


def test_the_clocks_run_from_impact_to_resolution(declare: Declare, cast: Cast, clock: Clock) -> None:
    """R58: each measure names its start and stop."""
    began = access.now() - timedelta(minutes=10)
    incident = declare(impact_started_at=began)
    clock.advance(timedelta(minutes=20))
    recover(incident, cast)
    row = Incident.objects.get(pk=incident.pk)
    found = {one.name: one for one in queries.incident_clocks(row)}
    assert set(found) == {"MTTD", "MTTA", "MTTM", "MTTR"}
    assert found["MTTM"].length == row.mitigated_at - began  # type: ignore[operator]
    assert (found["MTTR"].length, found["MTTD"].start) == (None, began)

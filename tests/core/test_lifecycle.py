"""The lives of alerts, groups and incidents: every move there is, and none that is not (R1, R3, R4, R7)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product

import pytest

from muster.core.gate import CloseCheck, CloseFacts, GateCheck, GateFacts, GateItem, GateWhy, closing, gate
from muster.core.lifecycle import RAISES_EPOCH, AlertState, Refusal, Subject, Verb, move
from muster.core.phases import (
    ORDER,
    ClosedBy,
    IncidentLife,
    Phase,
    PhaseRefusal,
    Step,
    advance,
    close,
    dismiss,
    merge,
    mitigate,
    next_phase,
    reopen,
    resolve,
    send_to_backlog,
)
from muster.core.refusal import Refused

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
LATER = AT + timedelta(hours=2)
OPEN_GATE: tuple[GateItem, ...] = ()
T, A, R = AlertState.TRIGGERED, AlertState.ACKNOWLEDGED, AlertState.RESOLVED

# state, verb -> the new state, or the refusal
ALERT_MOVES = {
    (T, Verb.ACKNOWLEDGE): A,
    (T, Verb.UNACKNOWLEDGE): Refusal.NOT_ACKNOWLEDGED,
    (T, Verb.TIME_OUT): Refusal.NOT_ACKNOWLEDGED,
    (T, Verb.SNOOZE): A,
    (T, Verb.WAKE): Refusal.NOT_ACKNOWLEDGED,
    (T, Verb.RETRIGGER): Refusal.NOT_ACKNOWLEDGED,
    (T, Verb.RESOLVE): R,
    (A, Verb.ACKNOWLEDGE): Refusal.ALREADY_ACKNOWLEDGED,
    (A, Verb.UNACKNOWLEDGE): T,
    (A, Verb.TIME_OUT): T,
    (A, Verb.SNOOZE): A,
    (A, Verb.WAKE): Refusal.NOT_SNOOZED,
    (A, Verb.RETRIGGER): T,
    (A, Verb.RESOLVE): R,
    **{(R, verb): Refusal.ALREADY_RESOLVED for verb in Verb},
}


@pytest.mark.parametrize(("state", "verb"), list(product(AlertState, Verb)))
def test_an_alert_moves_as_the_table_says(state: AlertState, verb: Verb) -> None:
    wanted = ALERT_MOVES[state, verb]
    if isinstance(wanted, Refusal):
        with pytest.raises(Refused) as refused:
            move(state, verb, at=AT, until=LATER)
        assert refused.value.reason is wanted
    else:
        change = move(state, verb, at=AT, until=LATER)
        assert change.set["state"] == wanted.value
        assert change.kind.startswith("alert.")
        assert change.payload["before"] == state.value


def test_a_group_moves_like_an_alert_under_its_own_name() -> None:
    assert move(T, Verb.ACKNOWLEDGE, at=AT, subject=Subject.GROUP).kind == "group.acknowledged"


def test_acknowledging_stamps_the_instant() -> None:
    assert move(T, Verb.ACKNOWLEDGE, at=AT).set["acknowledged_at"] == AT


def test_resolving_keeps_when_it_was_acknowledged() -> None:
    change = move(A, Verb.RESOLVE, at=AT)
    assert change.set["resolved_at"] == AT
    assert "acknowledged_at" not in change.set


def test_snoozing_is_acknowledged_until_an_instant() -> None:
    change = move(T, Verb.SNOOZE, at=AT, until=LATER)
    assert (change.set["state"], change.set["snoozed_until"], change.set["acknowledged_at"]) == (A, LATER, AT)


def test_snoozing_again_keeps_the_first_acknowledgement() -> None:
    assert "acknowledged_at" not in move(A, Verb.SNOOZE, at=AT, until=LATER, snoozed_until=LATER).set


@pytest.mark.parametrize("until", [None, AT, AT - timedelta(microseconds=1)])
def test_snoozing_must_end_in_the_future(until: datetime | None) -> None:
    with pytest.raises(Refused) as refused:
        move(T, Verb.SNOOZE, at=AT, until=until)
    assert refused.value.reason is Refusal.SNOOZE_IN_THE_PAST


def test_a_snoozed_alert_wakes_and_pages_afresh() -> None:
    change = move(A, Verb.WAKE, at=LATER, snoozed_until=LATER)
    assert (change.set["state"], change.set["snoozed_until"]) == (T, None)
    assert Verb.WAKE in RAISES_EPOCH


def test_acknowledging_a_snoozed_alert_ends_the_snooze() -> None:
    assert move(A, Verb.ACKNOWLEDGE, at=AT, snoozed_until=LATER).set["snoozed_until"] is None


def test_what_a_person_wrote_is_text_and_never_payload() -> None:
    change = move(T, Verb.RESOLVE, at=AT, why=" false alarm ")
    assert change.text == {"why": "false alarm"}
    assert "false alarm" not in str(change.payload)


# Incidents


def life(phase: Phase, **facts: object) -> IncidentLife:
    return replace(IncidentLife(phase), **facts)  # type: ignore[arg-type]


def refusal_of(function: object, *args: object, **kwargs: object) -> object:
    with pytest.raises(Refused) as refused:
        function(*args, **kwargs)  # type: ignore[operator]
    return refused.value.reason


WORKING = ORDER[:4]


@pytest.mark.parametrize(("before", "to"), list(pairwise(ORDER[:4])))
def test_one_step_forward_needs_no_reason(before: Phase, to: Phase) -> None:
    change = advance(life(before), to, at=AT)
    assert (change.kind, change.set, change.reason) == (
        "incident.phase_changed",
        {"phase": to.value},
        Step.FORWARD,
    )


@pytest.mark.parametrize(("before", "to"), [(x, y) for x, y in product(WORKING, WORKING) if x is not y])
def test_every_other_step_needs_a_reason(before: Phase, to: Phase) -> None:
    distance = ORDER.index(to) - ORDER.index(before)
    if distance == 1:
        return
    assert refusal_of(advance, life(before), to, at=AT, why="  ") is PhaseRefusal.REASON_NEEDED
    change = advance(life(before), to, at=AT, why="we know already")
    assert change.reason is (Step.SKIPPED_FORWARD if distance > 1 else Step.STEPPED_BACK)
    assert change.text == {"why": "we know already"}


def test_a_skip_names_what_it_passed_over() -> None:
    change = advance(life(Phase.TRIAGE), Phase.MITIGATING, at=AT, why="the cause is plain")
    assert change.payload["skipped"] == ["mobilizing", "investigating"]


def test_a_phase_that_the_standard_skips_needs_no_reason() -> None:
    # R1: SEV3 and SEV4 skip mobilizing
    minor = life(Phase.TRIAGE, skips=frozenset({Phase.MOBILIZING}))
    assert next_phase(minor) is Phase.INVESTIGATING
    assert advance(minor, Phase.INVESTIGATING, at=AT).reason is Step.FORWARD
    assert refusal_of(advance, minor, Phase.MOBILIZING, at=AT) is PhaseRefusal.PHASE_SKIPPED


@pytest.mark.parametrize("before", WORKING)
def test_mitigating_stamps_the_instant_and_enters_monitoring(before: Phase) -> None:
    change = mitigate(life(before), at=AT)
    assert change.kind == "incident.mitigated"
    assert change.set == {"phase": "monitoring", "mitigated_at": AT}
    assert change.reason is Step.IMPACT_STOPPED


def test_moving_to_monitoring_is_mitigating() -> None:
    assert advance(life(Phase.MITIGATING), Phase.MONITORING, at=AT).kind == "incident.mitigated"


def test_mitigating_twice_is_refused() -> None:
    assert refusal_of(mitigate, life(Phase.MONITORING), at=AT) is PhaseRefusal.ALREADY_THERE


def test_going_back_from_monitoring_clears_the_stamp() -> None:
    change = advance(life(Phase.MONITORING, mitigated_at=AT), Phase.INVESTIGATING, at=LATER, why="it is back")
    assert change.set == {"phase": "investigating", "mitigated_at": None}


@pytest.mark.parametrize("to", [Phase.RESOLVED, Phase.REVIEWING])
def test_nothing_passes_the_gate_but_resolving(to: Phase) -> None:
    assert (
        refusal_of(advance, life(Phase.MONITORING), to, at=AT, why="done") is PhaseRefusal.ONLY_BY_RESOLVING
    )


def test_resolving_keeps_the_time_of_mitigation_and_the_gates_answers() -> None:
    items = gate(GateFacts(impact_ceased=True), [GateCheck.IMPACT_CEASED])
    change = resolve(life(Phase.MONITORING, mitigated_at=AT), items, at=LATER, by=ClosedBy.COMMANDER)
    assert change.set == {"phase": "resolved", "resolved_at": LATER, "mitigated_at": AT}
    assert change.payload["gate"] == {"impact_ceased": "said_so"}


def test_resolving_from_an_earlier_phase_needs_a_reason_and_stops_the_impact_now() -> None:
    early = life(Phase.INVESTIGATING)
    reason = refusal_of(resolve, early, OPEN_GATE, at=AT, by=ClosedBy.COMMANDER)
    assert reason is PhaseRefusal.REASON_NEEDED
    change = resolve(early, OPEN_GATE, at=AT, by=ClosedBy.COMMANDER, why="it went away")
    assert change.set["mitigated_at"] == AT
    assert change.payload["skipped"] == ["mitigating", "monitoring"]


def test_only_the_commander_resolves_or_a_manager_with_a_reason() -> None:
    # R7
    steady = life(Phase.MONITORING, mitigated_at=AT)
    nobody = refusal_of(resolve, steady, OPEN_GATE, at=AT, by=ClosedBy.NOBODY, why="please")
    assert nobody is PhaseRefusal.ONLY_THE_COMMANDER
    silent = refusal_of(resolve, steady, OPEN_GATE, at=AT, by=ClosedBy.ON_BEHALF)
    assert silent is PhaseRefusal.REASON_NEEDED
    spoken = resolve(steady, OPEN_GATE, at=AT, by=ClosedBy.ON_BEHALF, why="the commander is asleep")
    assert spoken.reason is ClosedBy.ON_BEHALF


def test_a_closed_gate_says_what_is_missing() -> None:
    with pytest.raises(Refused) as refused:
        resolve(life(Phase.MONITORING), gate(GateFacts(is_public=True)), at=AT, by=ClosedBy.COMMANDER)
    assert refused.value.reason is PhaseRefusal.GATE_CLOSED
    assert refused.value.detail["unmet"] == {
        "system_stable": "not_said",
        "impact_ceased": "not_said",
        "metrics_confirm": "not_said",
        "customers_told": "not_told",
        "timeline_documented": "not_documented",
    }


@pytest.mark.parametrize("before", ORDER[5:])
def test_reopening_goes_to_investigating_and_clears_the_stamps(before: Phase) -> None:
    done = life(before, mitigated_at=AT)
    assert refusal_of(reopen, done, why="") is PhaseRefusal.REASON_NEEDED
    change = reopen(done, why="errors again")
    assert change.kind == "incident.reopened"
    assert change.set == {
        "phase": "investigating",
        "mitigated_at": None,
        "resolved_at": None,
        "closed_at": None,
    }


@pytest.mark.parametrize("before", ORDER[:5])
def test_an_open_incident_cannot_be_reopened(before: Phase) -> None:
    assert refusal_of(reopen, life(before), why="x") is PhaseRefusal.NOT_RESOLVED


@pytest.mark.parametrize("before", ORDER[:5])
def test_any_open_incident_ends_aside_with_a_reason(before: Phase) -> None:
    small = life(before, has_backlog=True)
    assert dismiss(small, why="false alarm").set == {"phase": "dismissed"}
    assert send_to_backlog(small, why="next sprint").set == {"phase": "backlog"}
    merged = merge(small, into=7, own_id=8, why="the same outage")
    assert merged.set == {"phase": "merged", "merged_into_id": 7}
    assert refusal_of(dismiss, small, why="") is PhaseRefusal.REASON_NEEDED
    assert refusal_of(merge, small, into=7, own_id=7, why="x") is PhaseRefusal.INTO_ITSELF


@pytest.mark.parametrize("before", [*ORDER[5:], Phase.DISMISSED, Phase.MERGED, Phase.BACKLOG])
def test_what_is_over_cannot_end_aside(before: Phase) -> None:
    assert refusal_of(dismiss, life(before), why="x") is PhaseRefusal.OVER
    assert refusal_of(send_to_backlog, life(before), why="x") is PhaseRefusal.OVER


@pytest.mark.parametrize("aside", [Phase.DISMISSED, Phase.MERGED, Phase.BACKLOG])
@pytest.mark.parametrize("to", ORDER)
def test_there_is_no_way_back_from_aside(aside: Phase, to: Phase) -> None:
    ended = life(aside)
    assert refusal_of(advance, ended, to, at=AT, why="x") is PhaseRefusal.OVER
    assert refusal_of(reopen, ended, why="x") is PhaseRefusal.OVER
    assert refusal_of(resolve, ended, OPEN_GATE, at=AT, by=ClosedBy.COMMANDER) is PhaseRefusal.OVER
    assert next_phase(ended) is None


def test_a_major_incident_is_never_sent_to_the_backlog() -> None:
    # R4
    major = life(Phase.TRIAGE, has_backlog=True, worked_continuously=True)
    assert refusal_of(send_to_backlog, major, why="later") is PhaseRefusal.MAJOR_IS_WORKED_CONTINUOUSLY


def test_a_severity_without_backlog_is_not_sent_there() -> None:
    assert (
        refusal_of(send_to_backlog, life(Phase.TRIAGE), why="later") is PhaseRefusal.SEVERITY_HAS_NO_BACKLOG
    )


def test_a_resolved_incident_is_reviewed_then_closed() -> None:
    assert advance(life(Phase.RESOLVED, mitigated_at=AT), Phase.REVIEWING, at=AT).set == {
        "phase": "reviewing"
    }
    assert close(life(Phase.REVIEWING), (), at=AT).set == {"phase": "closed", "closed_at": AT}
    assert refusal_of(close, life(Phase.MONITORING), (), at=AT) is PhaseRefusal.NOT_RESOLVED


def test_closing_waits_for_what_the_standard_requires() -> None:
    # R53
    checks = [CloseCheck.POSTMORTEM_DONE, CloseCheck.REVIEW_MEETING, CloseCheck.ACTION_ITEMS_CREATED]
    owed = closing(CloseFacts(postmortem_required=True, postmortem_done=True), checks)
    with pytest.raises(Refused) as refused:
        close(life(Phase.REVIEWING), owed, at=AT)
    assert refused.value.detail["unmet"] == {"review_meeting": "not_done", "action_items_created": "not_done"}
    assert all(item.met for item in closing(CloseFacts(), checks))
    assert all(item.why is GateWhy.WAIVED for item in closing(CloseFacts(True, True), checks))


# The gate

GATE = [
    (GateFacts(system_stable=True), GateCheck.SYSTEM_STABLE, True, GateWhy.SAID_SO),
    (GateFacts(), GateCheck.IMPACT_CEASED, False, GateWhy.NOT_SAID),
    (GateFacts(), GateCheck.ALERTS_CLEARED, True, GateWhy.NO_ALERTS),
    (GateFacts(linked_alerts=2), GateCheck.ALERTS_CLEARED, True, GateWhy.ALL_RESOLVED),
    (GateFacts(linked_alerts=2, open_alerts=1), GateCheck.ALERTS_CLEARED, False, GateWhy.ALERTS_OPEN),
    (
        GateFacts(linked_alerts=2, open_alerts=1, open_alerts_reason="a flapping probe"),
        GateCheck.ALERTS_CLEARED,
        True,
        GateWhy.REASON_GIVEN,
    ),
    (GateFacts(metrics_confirm=True), GateCheck.METRICS_CONFIRM, True, GateWhy.SAID_SO),
    (GateFacts(), GateCheck.CUSTOMERS_TOLD, True, GateWhy.NOT_PUBLIC),
    (GateFacts(is_public=True), GateCheck.CUSTOMERS_TOLD, False, GateWhy.NOT_TOLD),
    (GateFacts(is_public=True, customers_told=True), GateCheck.CUSTOMERS_TOLD, True, GateWhy.TOLD),
    (GateFacts(timeline_documented=True), GateCheck.TIMELINE_DOCUMENTED, True, GateWhy.DOCUMENTED),
    (GateFacts(), GateCheck.POSTMORTEM_SCHEDULED, True, GateWhy.NOT_REQUIRED),
    (GateFacts(postmortem_required=True), GateCheck.POSTMORTEM_SCHEDULED, False, GateWhy.NOT_SCHEDULED),
    (
        GateFacts(postmortem_required=True, postmortem_scheduled=True),
        GateCheck.POSTMORTEM_SCHEDULED,
        True,
        GateWhy.SCHEDULED,
    ),
]


@pytest.mark.parametrize(("facts", "check", "is_met", "why"), GATE)
def test_the_gate_answers_with_its_reason(
    facts: GateFacts, check: GateCheck, is_met: bool, why: GateWhy
) -> None:
    assert gate(facts, [check]) == (GateItem(check, is_met, why),)

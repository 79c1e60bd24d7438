"""People work together: command, roles, tasks, words, ticks, the document; and what that owes and meets."""

import threading
from datetime import timedelta

import pytest
from django.db import connections

from database import Clock
from engine import settle
from muster.core.change import Change
from muster.core.permissions import Denied
from muster.core.phases import Phase, PhaseRefusal
from muster.core.refusal import Refused
from muster.core.roles import COMMANDER, RoleRefusal
from muster.core.severity import SeverityRefusal
from muster.evaluate.commands import change_severity, write_incident
from muster.evaluate.models import Incident
from muster.foundation.access import queries as access
from muster.foundation.access.models import Grant
from muster.foundation.obligations.models import Obligation
from muster.foundation.timeline.models import Event
from muster.mobilize.escalation.commands import Presence, be_responder
from muster.respond.warroom import commands
from muster.respond.warroom.commands import ImpactSaid, Words
from muster.respond.warroom.models import Document, Task, Tick, Update
from muster.respond.warroom.reasons import Room
from people import Cast
from rooms import Declare


def owed(incident: Incident) -> dict[tuple[str, str], str]:
    """What is or was owed: (kind, audience) to the state of the newest."""
    rows = Obligation.objects.filter(incident=incident.pk, person__isnull=True).order_by("id")
    return {(row.kind, row.audience): row.state for row in rows}


def commander(incident: Incident) -> tuple[int | None, list[int]]:
    """Who commands by the incident, and by the grants."""
    grants = Grant.objects.filter(scope=f"incident:{incident.pk}", role=COMMANDER, ended_at__isnull=True)
    row = Incident.objects.get(pk=incident.pk)
    return row.commander_id, list(grants.values_list("person_id", flat=True))


def test_the_declarer_commands_and_may_act_at_once(declare: Declare, cast: Cast) -> None:
    incident = declare(by="sam")  # R16: even a stakeholder
    sam = cast("sam")
    assert commander(incident) == (sam.actor.id, [sam.actor.id])
    moved = commands.move_phase(incident.pk, Phase.MOBILIZING, actor=sam.actor, at=sam.at)
    assert moved.phase == "mobilizing"


def test_only_the_commander_moves_the_incident(declare: Declare, cast: Cast) -> None:
    incident = declare()
    for handle in ("ben", "sam", "ada"):
        who = cast(handle)
        with pytest.raises(Refused) as refused:
            commands.move_phase(incident.pk, Phase.MOBILIZING, actor=who.actor, at=who.at)
        assert refused.value.reason is Denied.NOT_COMMANDER
    cleo = cast("cleo")  # a manager, on their behalf
    commands.move_phase(incident.pk, Phase.MOBILIZING, actor=cleo.actor, at=cleo.at)
    with pytest.raises(Refused) as back:
        commands.move_phase(incident.pk, Phase.TRIAGE, actor=cleo.actor, at=cleo.at)
    assert back.value.reason is PhaseRefusal.REASON_NEEDED


def test_command_is_not_claimed_from_somebody(declare: Declare, cast: Cast) -> None:
    incident = declare()
    ben = cast("ben")
    with pytest.raises(Refused) as refused:
        commands.claim_command(incident.pk, actor=ben.actor, at=ben.at)
    assert refused.value.reason is RoleRefusal.COMMAND_IS_TAKEN
    assert commander(incident) == (cast.id("ana"), [cast.id("ana")])


def test_of_two_who_hand_over_at_once_exactly_one_commands(declare: Declare, cast: Cast) -> None:
    """Managers give command to two people in the same instant: one after the other, never two."""
    incident = declare()
    people = [cast.id("ben"), cast.id("cleo")]
    admin, ready = cast("admin"), threading.Barrier(2)

    def give(person: int) -> None:
        ready.wait()
        commands.assign_role(incident.pk, COMMANDER, person, actor=admin.actor, at=access.now())
        connections.close_all()

    threads = [threading.Thread(target=give, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    row, grants = commander(incident)
    assert grants == [row]
    assert row in people


def test_command_passes_by_two_spoken_steps(declare: Declare, cast: Cast, clock: Clock) -> None:
    """Shadow, situation report, "handing over", "I have command" (R28)."""
    incident = declare()
    ana, ben = cast("ana"), cast.id("ben")
    commands.start_handover(incident.pk, ben, actor=ana.actor, at=ana.at)
    clock.advance(timedelta(minutes=15))
    ana = cast("ana")
    commands.offer_command(incident.pk, ben, actor=ana.actor, at=ana.at, report="62 % fail; roll-back next")
    assert commander(incident)[0] == ana.actor.id  # until the other says so
    new = cast("ben")
    commands.take_command(incident.pk, actor=new.actor, at=new.at)
    assert commander(incident) == (ben, [ben])
    told = Event.objects.get(kind="incident.commander_changed")
    assert (told.payload["deviations"], told.payload["before"]) == ([], ana.actor.id)
    settle()
    assert owed(incident)["handover_by", ""] == "armed"
    states = Obligation.objects.filter(kind="handover_by").order_by("id").values_list("state", flat=True)
    assert list(states) == ["met", "armed"]


def test_a_shadow_cut_short_needs_a_reason_and_a_stranger_takes_nothing(declare: Declare, cast: Cast) -> None:
    incident = declare()
    ana, ben, cleo = cast("ana"), cast("ben"), cast("cleo")
    commands.offer_command(incident.pk, ben.actor.id or 0, actor=ana.actor, at=ana.at, report="All is said")
    with pytest.raises(Refused) as other:
        commands.take_command(incident.pk, actor=cleo.actor, at=cleo.at)
    assert other.value.reason is RoleRefusal.NOT_THE_SUCCESSOR
    with pytest.raises(Refused) as short:
        commands.take_command(incident.pk, actor=ben.actor, at=ben.at)
    assert short.value.reason is RoleRefusal.SHADOW_TOO_SHORT
    commands.take_command(incident.pk, actor=ben.actor, at=ben.at, why="Ana has a fever")
    assert commander(incident)[0] == ben.actor.id
    told = Event.objects.get(kind="incident.commander_changed")
    assert told.payload["deviations"] == ["shadow_cut_short"]


def test_the_commander_gives_roles_and_nobody_else(declare: Declare, cast: Cast) -> None:
    incident = declare()
    ana, ben, sam = cast("ana"), cast("ben"), cast.id("sam")
    commands.assign_role(incident.pk, "communications_lead", sam, actor=ana.actor, at=ana.at)
    with pytest.raises(Refused) as refused:
        commands.assign_role(incident.pk, "scribe", sam, actor=ben.actor, at=ben.at)
    assert refused.value.reason is RoleRefusal.ONLY_THE_COMMANDER
    with pytest.raises(Refused) as dropped:
        commands.assign_role(incident.pk, COMMANDER, sam, actor=ana.actor, at=ana.at)
    assert dropped.value.reason is RoleRefusal.COMMAND_IS_HANDED_OVER
    assert ("communications_lead") in {role for _, role in cast("sam").actor.incident_roles}
    commands.assign_role(incident.pk, "communications_lead", ben.actor.id or 0, actor=ana.actor, at=ana.at)
    assert cast("sam").actor.incident_roles == frozenset()  # one holder at a time
    commands.release_role(incident.pk, "communications_lead", ben.actor.id or 0, actor=ben.actor, at=ben.at)
    assert Grant.objects.filter(role="communications_lead", ended_at__isnull=True).count() == 0


def test_a_role_lets_a_stakeholder_work_in_the_room(declare: Declare, cast: Cast) -> None:
    incident = declare()
    ana = cast("ana")
    with pytest.raises(Refused):
        commands.say(incident.pk, "I know something", actor=cast("sam").actor, at=ana.at)
    commands.assign_role(incident.pk, "scribe", cast.id("sam"), actor=ana.actor, at=ana.at)
    sam = cast("sam")
    said = commands.say(incident.pk, "03:14 the pool ran dry", actor=sam.actor, at=sam.at)
    assert Event.objects.get(subject=said.subject).incident == incident.pk


def test_a_restricted_room_is_not_there_for_strangers(declare: Declare, cast: Cast) -> None:
    incident = declare()
    ana = cast("ana")

    hidden = Change("incident.flagged", {"audience_id": 77}, {"flag": "x"})
    write_incident(incident.pk, lambda _: hidden, actor=ana.actor, at=ana.at)
    with pytest.raises(Incident.DoesNotExist):
        commands.say(incident.pk, "hello?", actor=ana.actor, at=ana.at)


def test_tasks_are_given_done_and_dropped_once(declare: Declare, cast: Cast) -> None:
    incident = declare()
    ana, ben = cast("ana"), cast("ben")
    task = commands.add_task(
        incident.pk, "List orders charged twice", actor=ana.actor, at=ana.at, assignee=ben.actor.id
    )
    done = commands.complete_task(task.pk, actor=ben.actor, at=ben.at)
    assert (done.state, done.done_at) == ("done", ben.at)
    commands.complete_task(task.pk, actor=ben.actor, at=ben.at)  # twice is no fault
    assert Event.objects.filter(subject=task.subject, kind="task.done").count() == 1
    with pytest.raises(Refused) as refused:
        commands.cancel_task(task.pk, actor=ana.actor, at=ana.at)
    assert refused.value.reason is Room.TASK_OVER
    with pytest.raises(Refused):
        commands.add_task(incident.pk, "  ", actor=ana.actor, at=ana.at)
    assert Task.objects.count() == 1


def test_an_update_meets_what_was_owed_and_states_the_next(declare: Declare, cast: Cast) -> None:
    """R14: SEV2 tells colleagues every 30 minutes, first after five."""
    incident = declare("SEV2")
    assert owed(incident)["update_by", "internal"] == "armed"
    ana = cast("ana")
    update = commands.post_update(
        incident.pk, Words("We look for the cause", status="Investigating"), actor=ana.actor, at=ana.at
    )
    assert update.next_update_at == ana.at + timedelta(minutes=30)
    rows = Obligation.objects.filter(kind="update_by", audience="internal").order_by("id")
    assert [(row.state, row.due_at) for row in rows][1] == ("armed", ana.at + timedelta(minutes=30))
    assert rows[0].state == "met"
    assert owed(incident)["update_by", "external"] == "armed"  # another stream


def test_an_update_may_promise_sooner_and_never_too_late(declare: Declare, cast: Cast) -> None:
    incident = declare("SEV2")
    ana = cast("ana")
    soon = ana.at + timedelta(minutes=10)
    update = commands.post_update(
        incident.pk, Words("Soon more", next_update_at=soon), actor=ana.actor, at=ana.at
    )
    assert update.next_update_at == soon
    for promise, why in (
        (ana.at, Room.PROMISE_IN_THE_PAST),
        (ana.at + timedelta(hours=2), Room.PROMISE_TOO_LATE),
    ):
        with pytest.raises(Refused) as refused:
            commands.post_update(
                incident.pk, Words("Later", next_update_at=promise), actor=ana.actor, at=ana.at
            )
        assert refused.value.reason is why
    with pytest.raises(Refused) as unknown:
        commands.post_update(incident.pk, Words("Hi", audience="the press"), actor=ana.actor, at=ana.at)
    assert unknown.value.reason is Room.AUDIENCE_UNKNOWN


def test_updates_are_numbered_without_a_gap_also_when_posted_at_once(declare: Declare, cast: Cast) -> None:
    incident = declare()
    ana, ready = cast("ana"), threading.Barrier(4)

    def post() -> None:
        ready.wait()
        commands.post_update(incident.pk, Words("Still looking"), actor=ana.actor, at=access.now())
        connections.close_all()

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(Update.objects.values_list("number", flat=True)) == [1, 2, 3, 4]
    assert Obligation.objects.filter(kind="update_by", audience="internal", state="armed").count() == 1


def test_a_higher_severity_arms_anew_and_keeps_what_was_met(declare: Declare, cast: Cast) -> None:
    incident = declare("SEV3")
    assert ("update_by", "executives") not in owed(incident)
    ana = cast("ana")
    change_severity(incident.pk, "SEV1", actor=ana.actor, at=ana.at, why="everybody is hit")
    settle()
    now = owed(incident)
    assert now["update_by", "executives"] == "armed"
    assert now["fix_by", ""] == "superseded"
    assert now["respond_by", ""] == "met" or now["respond_by", ""] == "armed"


def test_a_milder_severity_needs_a_reason_and_stays_above_what_a_flag_demands(
    declare: Declare, cast: Cast
) -> None:
    incident, ana = declare("SEV2"), cast("ana")
    with pytest.raises(Refused) as refused:
        change_severity(incident.pk, "SEV3", actor=ana.actor, at=ana.at, why=" ")
    assert refused.value.reason is SeverityRefusal.REASON_NEEDED
    row = change_severity(incident.pk, "SEV3", actor=ana.actor, at=ana.at, why="only one customer")
    assert (row.severity, row.severity_reason) == ("SEV3", "person")
    change_severity(incident.pk, "SEV2", actor=ana.actor, at=ana.at, why="")
    commands.set_flags(incident.pk, ["personal_data"], actor=ana.actor, at=ana.at)
    with pytest.raises(Refused) as refused:
        change_severity(incident.pk, "SEV3", actor=ana.actor, at=ana.at, why="no harm done")
    assert refused.value.reason is SeverityRefusal.FORCED_BY_FLAG
    with pytest.raises(Refused) as refused:
        change_severity(incident.pk, "SEV9", actor=ana.actor, at=ana.at, why="x")
    assert refused.value.reason is SeverityRefusal.UNKNOWN


def test_ticks_belong_to_the_standards_lists(declare: Declare, cast: Cast) -> None:
    incident = declare()
    ana = cast("ana")
    commands.tick(incident.pk, "operations_lead", "hypothesis", actor=ana.actor, at=ana.at)
    commands.tick(incident.pk, "operations_lead", "hypothesis", actor=ana.actor, at=ana.at)
    commands.tick(incident.pk, "operations_lead", "hypothesis", actor=ana.actor, at=ana.at, done=False)
    assert Tick.objects.get().done_at is None
    assert Event.objects.filter(kind="tick.done").count() == 1
    with pytest.raises(Refused) as refused:
        commands.tick(incident.pk, "operations_lead", "panic", actor=ana.actor, at=ana.at)
    assert refused.value.reason is Room.ITEM_UNKNOWN


def test_nobody_overwrites_what_somebody_wrote_meanwhile(declare: Declare, cast: Cast) -> None:
    incident = declare()
    ana, ben = cast("ana"), cast("ben")
    commands.write_document(
        incident.pk, "Pods wait for the database.", actor=ana.actor, at=ana.at, based_on=0
    )
    with pytest.raises(Refused) as refused:
        commands.write_document(incident.pk, "It is the network.", actor=ben.actor, at=ben.at, based_on=0)
    assert (refused.value.reason, refused.value.detail) == (Room.WRITTEN_MEANWHILE, {"number": 1})
    commands.write_document(incident.pk, "It is both.", actor=ben.actor, at=ben.at, based_on=1)
    assert Document.objects.count() == 2


def test_two_customers_make_it_major(declare: Declare, cast: Cast) -> None:
    incident = declare()
    ana = cast("ana")
    said = ImpactSaid(summary="62 % of checkouts fail", customers=(1, 2))
    row = commands.change_impact(incident.pk, said, actor=ana.actor, at=ana.at)
    assert (row.major, row.summary) == (True, "62 % of checkouts fail")
    event = Event.objects.get(kind="incident.impact_changed")
    assert "62 %" not in str(event.payload)  # human text stays out of the payload


def test_a_flag_forces_the_severity(declare: Declare, cast: Cast) -> None:
    incident = declare("SEV3")
    ana = cast("ana")
    row = commands.set_flags(incident.pk, ["personal_data"], actor=ana.actor, at=ana.at)
    assert (row.severity, row.flags) == ("SEV1", ["personal_data"])
    with pytest.raises(Refused) as refused:
        commands.set_flags(incident.pk, ["nonsense"], actor=ana.actor, at=ana.at)
    assert refused.value.reason is Room.FLAG_UNKNOWN


def test_whoever_is_called_must_be_ready_in_time(declare: Declare, cast: Cast) -> None:
    """R22: measured per person."""
    incident = declare("SEV1")
    ben = cast("ben")
    be_responder(incident.pk, ben.actor.id or 0, Presence.NOTIFIED, actor=ben.actor, at=ben.at)
    settle()
    row = Obligation.objects.get(kind="ready_by", person_id=ben.actor.id)
    assert row.due_at == ben.at + timedelta(minutes=15)
    be_responder(incident.pk, ben.actor.id or 0, Presence.READY, actor=ben.actor, at=ben.at)
    settle()
    assert Obligation.objects.get(pk=row.pk).state == "met"


def test_a_status_check_keeps_the_battle_rhythm(declare: Declare, cast: Cast) -> None:
    incident = declare("SEV1")
    ana = cast("ana")
    commands.say(incident.pk, "All still on it?", actor=ana.actor, at=ana.at, kind="status_check")
    rows = Obligation.objects.filter(kind="status_check_by", incident=incident.pk).order_by("id")
    assert [row.state for row in rows] == ["met", "armed"]
    assert rows[1].due_at == ana.at + timedelta(minutes=10)


def test_two_customers_or_a_flag_at_declaration_raise_the_level(declare: Declare, cast: Cast) -> None:
    """R4, R48: a person's choice is never below what they demand; the reason says why."""
    many = declare("SEV4", customers=(1, 2))
    assert (many.severity, many.severity_reason, many.major) == ("SEV2", "major", True)
    threat = declare("SEV3", threat=True)
    assert (threat.severity, threat.major) == ("SEV2", True)
    flagged = declare("SEV3", flags=("personal_data",))
    assert (flagged.severity, flagged.severity_reason, flagged.major) == ("SEV1", "flag", False)
    with pytest.raises(Refused):
        declare("SEV3", flags=("nonsense",))

"""Event rules, waiting, flapping, grouping; and silences made after somebody was paged."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from engine import settle
from muster.core.signals import SignalSeverity
from muster.detect.commands import receive_signals
from muster.detect.models import Signal
from muster.evaluate import commands
from muster.evaluate.due import decide_again, decide_counted
from muster.evaluate.models import Decision, Incident, Rule
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation.commands import acknowledge_group
from muster.mobilize.escalation.models import Escalation
from people import Cast
from ruling import alert, groups, said, sender
from senders import resolve, trigger

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
CRITICAL, WARNING = SignalSeverity.CRITICAL, SignalSeverity.WARNING


@pytest.fixture(autouse=True)
def lanes(database) -> None:
    """Lanes stand at the head."""
    prepare()


def test_event_rules_change_what_is_paged_and_keep_what_was_sent(rule: Callable[..., Rule], key: str) -> None:
    sender("orders-db")
    rule(
        "dev",
        "event",
        ["env=dev"],
        severity="warning",
        summary="Dev: checkout fails",
        labels={"owner": "data"},
        service="orders-db",
    )
    receive_signals([trigger(key, "k1", severity=CRITICAL, labels={"env": "dev"})])
    settle()
    group = groups().get()
    assert (group.summary, group.urgency, group.service.handle) == ("Dev: checkout fails", "low", "orders-db")
    assert alert().severity == "critical"
    assert "severity = warning" in said("event")
    receive_signals([trigger(key, "k1", severity=CRITICAL, labels={"env": "dev"})])
    settle()
    assert not Event.objects.filter(kind="alert.worsened").exists()


def test_a_dropped_alert_is_kept_and_pages_nobody(rule: Callable[..., Rule], key: str) -> None:
    rule("no-dev", "event", ["env=dev"], drop=True)
    receive_signals([trigger(key, "k1", labels={"env": "dev"})])
    settle()
    assert (alert().suppressed_by, alert().state) == ("event:no-dev", "triggered")
    assert Decision.objects.get(alert=alert()).outcome == "drop"
    assert said("event") == "The rule no-dev drops it: nobody is paged for it."
    [signal] = Signal.objects.filter(alert=alert())
    assert (signal.disposition, signal.reason) == ("suppressed", "dropped_by_rule")
    assert not groups().exists()


def test_a_rule_declares_one_incident_for_a_group(
    rule: Callable[..., Rule], key: str, standard: None
) -> None:
    rule("declare", "event", ["service=checkout"], declare="SEV2")
    receive_signals([trigger(key, "a", group_key="g"), trigger(key, "b", group_key="g")])
    settle()
    incident = Incident.objects.get()
    assert (incident.severity, incident.severity_reason, incident.commander_id) == ("SEV2", "rule", None)
    assert groups().get().incident_id == incident.pk
    receive_signals([trigger(key, "c", group_key="g")])
    settle()
    assert Incident.objects.count() == 1


def test_what_passes_by_itself_pages_nobody_and_what_stays_does(
    rule: Callable[..., Rule], key: str, clock
) -> None:
    rule("calm", "wait", ["service=checkout"], lasts="5m")
    receive_signals([trigger(key, "k1"), trigger(key, "k2")])
    settle()
    assert alert().suppressed_by == "wait:calm"
    receive_signals([resolve(key, "k2")])
    settle()
    clock.advance(5 * MINUTE)
    decide_again()
    settle()
    [group] = groups().all()
    assert [one.alert.dedup_key for one in group.members.all()] == ["k1"]
    assert said("wait").startswith("It was still there after the 5m")


def test_the_fifth_time_in_ten_minutes_declares_and_the_fourth_does_not(
    rule: Callable[..., Rule], key: str, clock, standard: None
) -> None:
    """Peer 12c."""
    rule("five", "count", ["service=checkout"], times=5, within="10m")
    rule("declare", "event", ["service=checkout"], declare="SEV2")
    for _ in range(4):
        receive_signals([trigger(key)])
        settle()
        decide_counted()
        clock.advance(MINUTE)
    assert alert().suppressed_by == "count:five"
    assert said("wait") == "Seen 4 times in 10m: the rule five pages from 5 times on."
    assert not Incident.objects.exists()
    receive_signals([trigger(key)])
    settle()
    assert decide_counted() == 1
    settle()
    assert Incident.objects.count() == 1
    assert decide_counted() == 0
    receive_signals([trigger(key)])
    settle()
    assert (Incident.objects.count(), groups().count()) == (1, 1)


def test_five_times_in_eleven_minutes_declare_none(rule: Callable[..., Rule], key: str, clock) -> None:
    rule("five", "count", ["service=checkout"], times=5, within="10m")
    for _ in range(5):
        receive_signals([trigger(key)])
        settle()
        decide_counted()
        clock.advance(timedelta(minutes=2, seconds=45))
    assert alert().suppressed_by == "count:five"
    receive_signals([resolve(key)])
    settle()
    assert [decide_counted(), decide_counted()] == [1, 0]


def test_what_flaps_pages_once_and_is_then_held_until_it_is_still(
    rule: Callable[..., Rule], key: str, clock
) -> None:
    rule("flaps", "flapping", ["service=checkout"], changes=3, within="10m")
    receive_signals([trigger(key)])
    settle()
    clock.advance(MINUTE)
    receive_signals([resolve(key)])
    settle()
    clock.advance(MINUTE)
    receive_signals([trigger(key)])
    settle()
    assert alert().suppressed_by == "flapping:flaps"
    assert said("wait").startswith("It flaps: it came and went 3 times in 10m.")
    assert groups().count() == 1
    clock.advance(10 * MINUTE)
    assert decide_again() == 1
    settle()
    assert groups().filter(state="triggered").count() == 1


def test_a_grouping_rule_makes_one_page_of_what_reads_alike_within_its_time(
    rule: Callable[..., Rule], key: str, clock
) -> None:
    rule("disks", "grouping", by=["cluster"], alike=True, within="10m")

    def send(dedup: str, summary: str, cluster: str) -> None:
        said = trigger(key, dedup, labels={"cluster": cluster})
        [signal] = said.signals
        receive_signals([type(said)(said.key_hash, said.kind, (with_summary(signal, summary),))])
        settle()

    send("a", "Disk 97% full on web-12", "x")
    send("b", "Disk 98% full on web-3", "x")
    send("c", "Disk 98% full on web-3", "y")
    send("d", "Disk cannot be read on web-3", "x")
    sizes = sorted(group.members.count() for group in groups().all())
    assert sizes == [1, 1, 2]
    clock.advance(11 * MINUTE)
    send("e", "Disk 99% full on web-9", "x")
    assert groups().count() == 4


def with_summary(signal: Any, summary: str) -> Any:
    return msgspec.structs.replace(signal, summary=summary)


def test_a_silence_made_after_the_page_holds_from_then_on_and_pages_afresh_when_it_ends(
    key: str, cast: Cast, paged: None, clock
) -> None:
    receive_signals([trigger(key)])
    settle()
    group = groups().get()
    ana = cast("ana")
    silence = commands.create_silence(
        ["service=checkout"], actor=ana.actor, at=ana.at, starts_at=ana.at, ends_at=ana.at + HOUR, why="known"
    )
    settle()
    assert alert().suppressed_by == f"silence:{silence.pk}"
    ladder = Escalation.objects.get(about=group.subject)
    assert (ladder.state, ladder.due_at) == ("stopped", None)
    clock.advance(HOUR + MINUTE)
    assert decide_again() == 1
    settle()
    group.refresh_from_db()
    ladder.refresh_from_db()
    assert (alert().suppressed_by, group.epoch, ladder.state, ladder.epoch) == (None, 2, "running", 2)


def test_a_silence_over_what_somebody_has_pages_nobody_when_it_ends(key: str, cast: Cast, clock) -> None:
    receive_signals([trigger(key)])
    settle()
    group, ana = groups().get(), cast("ana")
    acknowledge_group(group.pk, actor=ana.actor, at=ana.at)
    commands.create_silence(
        ["service=checkout"], actor=ana.actor, at=ana.at, starts_at=ana.at, ends_at=ana.at + HOUR, why="known"
    )
    settle()
    clock.advance(HOUR + MINUTE)
    decide_again()
    settle()
    group.refresh_from_db()
    assert (group.state, group.epoch) == ("acknowledged", 1)


def test_a_rule_that_cannot_be_read_stops_no_other(rule: Callable[..., Rule], key: str, database) -> None:
    """A row of a later version, or one that somebody broke (I14)."""
    rule("calm", "wait", ["service=checkout"], lasts="5m")
    row = rule("broken", "inhibition", ["severity=warning"], source=["severity=critical"])
    database.as_owner("ALTER TABLE evaluate_rule DISABLE TRIGGER ALL")
    database.as_owner(f"UPDATE evaluate_rule SET spec = '{{}}' WHERE id = {row.pk}")
    receive_signals([trigger(key)])
    settle()
    assert alert().suppressed_by == "wait:calm"

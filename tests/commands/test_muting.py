"""What is muted ends sooner or later than was said, with what it holds back; and what it caught when made."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from database import Clock, Database
from engine import settle
from muster.core.permissions import Denied
from muster.core.refusal import Refused
from muster.core.rule_form import RuleRefusal
from muster.core.signals import SignalSeverity
from muster.core.silence import Caught, SilenceRefusal
from muster.detect.commands import receive_signals
from muster.evaluate import commands
from muster.evaluate.commands.silences import parsed
from muster.evaluate.due import decide_again
from muster.evaluate.matching import matching_now
from muster.evaluate.models import Rule, Silence
from muster.evaluate.muted import Muting, muted_now, mutings
from muster.evaluate.reasons import Evaluate
from muster.evaluate.rule_showing import next_span
from muster.foundation.access.models import Audience
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.reactor import prepare
from muster.foundation.timeline.verify import verify
from people import Cast
from ruling import alert, local, sender
from senders import trigger

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
RuleMaker = Callable[..., Rule]


@pytest.fixture(autouse=True)
def lanes(database) -> None:
    """Lanes stand at the head."""
    prepare()


@pytest.fixture
def silence(cast: Cast, key: str) -> Silence:
    """Ben silences checkout for two hours while two of its alerts are open."""
    receive_signals([trigger(key, "k1"), trigger(key, "k2", severity=SignalSeverity.CRITICAL)])
    settle()
    ben = cast("ben")
    row = commands.create_silence(
        ["service=checkout"],
        actor=ben.actor,
        at=ben.at,
        starts_at=ben.at,
        ends_at=ben.at + 2 * HOUR,
        why="Moving",
    )
    settle()
    return row


def held(dedup: str = "k1") -> str | None:
    return alert(dedup).suppressed_by


def refused(call: Callable[[], object]) -> object:
    with pytest.raises(Refused) as found:
        call()
    return found.value.reason


def test_a_silence_says_what_it_caught_when_it_was_made_and_what_it_holds_now(
    cast: Cast, silence: Silence, key: str
) -> None:
    assert silence.caught == {"alerts": 2, "services": 1}
    ana = cast("ana")
    [one] = muted_now(ana.actor, ana.at)
    assert (one.by, one.who, one.why, one.when_made) == (
        f"silence:{silence.pk}",
        "Ben",
        "Moving",
        Caught(2, 1),
    )
    assert (one.swallowed.now, one.swallowed.since, one.swallowed.critical) == (2, 2, 1)
    assert not one.catches_more
    receive_signals([trigger(key, "k3")])
    settle()
    [one] = muted_now(ana.actor, cast("ana").at)
    assert (one.swallowed.now, one.catches_more) == (3, True)


def test_ending_it_lets_go_and_undoing_holds_back_again(cast: Cast, silence: Silence) -> None:
    ana = cast("ana")
    commands.end_silence(silence.pk, actor=ana.actor, at=ana.at)
    settle()
    assert held() is None
    ana = cast("ana")
    assert muted_now(ana.actor, ana.at) == []
    commands.restore_silence(silence.pk, actor=ana.actor, at=ana.at)
    commands.restore_silence(silence.pk, actor=ana.actor, at=ana.at)
    settle()
    assert held() == f"silence:{silence.pk}"
    assert Event.objects.filter(kind="silence.restored").count() == 1
    assert not verify().findings


def test_its_end_is_moved_both_ways_and_what_it_holds_follows(
    cast: Cast, silence: Silence, clock: Clock
) -> None:
    ana = cast("ana")
    later = silence.ends_at + HOUR
    commands.move_silence_end(silence.pk, later, actor=ana.actor, at=ana.at)
    settle()
    clock.advance(2 * HOUR + MINUTE)
    decide_again()
    assert held() == f"silence:{silence.pk}"
    ana = cast("ana")
    commands.move_silence_end(silence.pk, ana.at + MINUTE, actor=ana.actor, at=ana.at)
    settle()
    clock.advance(2 * MINUTE)
    decide_again()
    settle()
    assert held() is None
    event = Event.objects.filter(kind="silence.end_moved").earliest("id")
    assert set(event.payload) >= {"before", "after"}


def test_no_silence_is_moved_to_the_past_too_far_or_when_it_is_over(
    cast: Cast, silence: Silence, clock: Clock
) -> None:
    ana, sam = cast("ana"), cast("sam")

    def move(to: datetime, who: object = ana) -> Callable[[], object]:
        return lambda: commands.move_silence_end(silence.pk, to, actor=who.actor, at=who.at)  # type: ignore[attr-defined]

    assert refused(move(ana.at - MINUTE)) is SilenceRefusal.ENDS_BEFORE_IT_STARTS
    assert refused(move(ana.at + 91 * DAY)) is SilenceRefusal.TOO_LONG
    assert refused(move(ana.at + HOUR, sam)) is Denied.ROLE
    clock.advance(3 * HOUR)
    late = cast("ana")
    assert refused(move(late.at + HOUR, late)) is Evaluate.MUTING_OVER
    again = lambda: commands.restore_silence(silence.pk, actor=late.actor, at=late.at)  # noqa: E731
    assert refused(again) is Evaluate.MUTING_OVER


@pytest.fixture
def work(rule: RuleMaker, cast: Cast, key: str) -> Rule:
    """Work on checkout that has gone on for ten minutes of its two hours, every week."""
    began = cast("ana").at - 10 * MINUTE
    return rule(
        "upgrades",
        "maintenance",
        services=["checkout"],
        starts=local(began),
        lasts="2h",
        timezone="UTC",
        repeat="FREQ=WEEKLY",
    )


def going(cast: Cast) -> list[Muting]:
    ana = cast("ana")
    return muted_now(ana.actor, ana.at)


def test_one_occurrence_ends_early_the_next_one_is_as_planned_and_undo_brings_it_back(
    cast: Cast, work: Rule, key: str
) -> None:
    receive_signals([trigger(key)])
    settle()
    assert held() == "maintenance:upgrades"
    [one] = going(cast)
    assert (one.recurs, one.planned_end, one.swallowed.now) == (True, one.end, 1)
    ana = cast("ana")
    commands.move_work_end(work.pk, one.start, ana.at, actor=ana.actor, at=ana.at)
    settle()
    assert held() is None
    assert going(cast) == []
    work.refresh_from_db()
    following = next_span(work, cast("ana").at)
    assert following is not None
    assert (following.start, following.end) == (one.start + 7 * DAY, one.end + 7 * DAY)
    ana = cast("ana")
    commands.move_work_end(work.pk, one.start, one.end, actor=ana.actor, at=ana.at)
    settle()
    assert [found.end for found in going(cast)] == [one.end]
    receive_signals([trigger(key, "k2")])
    settle()
    assert held("k2") == "maintenance:upgrades"


def test_an_occurrence_goes_on_longer_than_planned(cast: Cast, work: Rule, key: str, clock: Clock) -> None:
    receive_signals([trigger(key)])
    settle()
    [one] = going(cast)
    ana = cast("ana")
    commands.move_work_end(work.pk, one.start, one.end + HOUR, actor=ana.actor, at=ana.at)
    settle()
    clock.advance(2 * HOUR)
    decide_again()
    settle()
    assert held() == "maintenance:upgrades"
    [still] = going(cast)
    assert (still.end, still.planned_end) == (one.end + HOUR, one.end)
    clock.advance(HOUR)
    decide_again()
    settle()
    assert held() is None


def test_one_that_is_still_to_come_is_left_out(cast: Cast, work: Rule) -> None:
    ana = cast("ana")
    [one] = going(cast)
    start = one.start + 7 * DAY
    commands.move_work_end(work.pk, start, start, actor=ana.actor, at=ana.at)
    found = mutings(ana.actor, ana.at, ana.at + 15 * DAY).found
    assert [each.start for each in found] == [one.start, one.start + 14 * DAY]


def test_work_that_does_not_recur_ends_its_rule_with_it(rule: RuleMaker, cast: Cast, key: str) -> None:
    ana = cast("ana")
    fields = {"starts": local(ana.at - MINUTE), "lasts": "2h", "timezone": "UTC"}
    row = rule("once", "maintenance", services=["checkout"], **fields)
    [one] = going(cast)
    ana = cast("ana")
    commands.move_work_end(row.pk, one.start, ana.at, actor=ana.actor, at=ana.at)
    row.refresh_from_db()
    assert row.ends_at == ana.at
    ana = cast("ana")
    commands.move_work_end(row.pk, one.start, one.end + HOUR, actor=ana.actor, at=ana.at)
    row.refresh_from_db()
    assert row.ends_at == one.end + HOUR
    assert [found.end for found in going(cast)] == [one.end + HOUR]


def test_no_end_of_work_makes_no_sense(cast: Cast, work: Rule, rule: RuleMaker) -> None:
    ana, sam = cast("ana"), cast("sam")
    [one] = going(cast)

    def move(start: datetime, end: datetime, who: object = ana, pk: int = work.pk) -> Callable[[], object]:
        return lambda: commands.move_work_end(pk, start, end, actor=who.actor, at=who.at)  # type: ignore[attr-defined]

    assert refused(move(one.start + MINUTE, one.end)) is Evaluate.NO_WORK_THEN
    for far in ("9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+00:00"):
        assert refused(move(datetime.fromisoformat(far), one.end)) is Evaluate.NO_WORK_THEN
    assert refused(move(one.start, one.start - MINUTE)) is SilenceRefusal.ENDS_BEFORE_IT_STARTS
    assert refused(move(one.start, ana.at - MINUTE)) is RuleRefusal.ENDS_IN_THE_PAST
    assert refused(move(one.start, one.end + 8 * DAY)) is Evaluate.WORK_TOO_LONG
    assert refused(move(one.start - 7 * DAY, one.end)) is Evaluate.NO_WORK_THEN
    assert refused(move(one.start, one.end, sam)) is Denied.ROLE
    other = rule("calm", "wait", ["service=checkout"], lasts="5m")
    admin = cast("admin")
    assert refused(move(one.start, one.end, admin, other.pk)) is Evaluate.NO_WORK_THEN


def test_a_silence_keeps_what_it_caught_of_what_its_maker_could_see(
    cast: Cast, key: str, database: Database
) -> None:
    receive_signals([trigger(key, "k1"), trigger(key, "k2"), trigger(sender("search"), "s1")])
    settle()
    hidden, elsewhere = [alert("k2").pk, alert("s1").pk], Audience.objects.create(name="INC").pk
    database.as_owner("ALTER TABLE detect_alert DISABLE TRIGGER USER")
    database.as_owner("UPDATE detect_alert SET audience_id = %s WHERE id = ANY(%s)", elsewhere, hidden)
    database.as_owner("ALTER TABLE detect_alert ENABLE TRIGGER USER")
    ben = cast("ben")
    times = {"starts_at": ben.at, "ends_at": ben.at + HOUR}
    row = commands.create_silence(["service=~.*h.*"], actor=ben.actor, at=ben.at, why="Moving", **times)
    assert row.caught == {"alerts": 1, "services": 1}


def test_other_times_forget_the_ends_that_were_moved(cast: Cast, work: Rule) -> None:
    [one] = going(cast)
    admin = cast("admin")
    commands.move_work_end(work.pk, one.start, one.end + HOUR, actor=admin.actor, at=admin.at)
    fields = {key: value for key, value in work.spec.items() if key != "services"}
    fields |= {"services": ["checkout"], "lasts": "3h"}
    commands.change_rule(work.pk, {"fields": fields}, actor=admin.actor, at=cast("admin").at)
    work.refresh_from_db()
    assert work.ends is None


def test_what_it_would_match_now_is_told_before_it_is_made(cast: Cast, key: str) -> None:
    search = sender("search")
    receive_signals([trigger(key, "k1", severity=SignalSeverity.CRITICAL), trigger(search, "s1")])
    settle()
    ana = cast("ana")
    found = matching_now(ana.actor, parsed(['severity="critical"']), ana.at)
    assert (found.alerts, found.services, found.critical, found.whole) == (1, ("checkout",), 1, True)
    assert [one["id"] for one in found.examples] == [alert("k1").public_id]
    both = matching_now(ana.actor, parsed(["service=~.*"]), ana.at)
    assert (both.alerts, both.services) == (2, ("checkout", "search"))
    assert matching_now(ana.actor, parsed(["service=~.*"]), ana.at, {"search"}).alerts == 1
    assert not Silence.objects.exists()

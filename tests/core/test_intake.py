"""How signals fold onto alerts: tables and properties, no database."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.intake import (
    REASONS,
    SPARED_AT_MOST,
    Disposition,
    Fold,
    IntakeReason,
    OpenAlert,
    OpenState,
    fold,
    latest_end,
    may_be_overtaken,
    settled,
    spared,
)
from muster.core.signals import (
    DEDUP_KEY_LIMIT_CHARS,
    Action,
    Link,
    Signal,
    SignalSeverity,
    bounded_key,
    make_signal,
)

UTCS = st.just(UTC)
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
OPEN = OpenAlert(OpenState.TRIGGERED, SignalSeverity.ERROR)
ACKNOWLEDGED = OpenAlert(OpenState.ACKNOWLEDGED, SignalSeverity.ERROR)


def trigger(severity: SignalSeverity = SignalSeverity.ERROR, fired: datetime | None = None) -> Signal:
    return make_signal(Action.TRIGGER, "key", summary="Disk full", severity=severity, occurred_at=fired)


def resolve(ended: datetime | None = None) -> Signal:
    return make_signal(Action.RESOLVE, "key", ended_at=ended)


ACK = make_signal(Action.ACKNOWLEDGE, "key")
CHANGE = make_signal(Action.CHANGE, "key", summary="Deploy 1.2.3")


def reasons(result: Fold) -> list[str]:
    return [outcome.reason.value for outcome in result.outcomes]


def kinds(result: Fold) -> list[list[str]]:
    return [[change.kind for change in episode.changes] for episode in result.episodes]


def test_the_first_trigger_opens_an_alert() -> None:  # R2
    result = fold(None, [trigger()], at=AT)
    assert result.outcomes[0].disposition is Disposition.OPENED
    episode = result.episodes[0]
    assert episode.opened_by is not None
    assert episode.changes[0].set["state"] == "triggered"
    assert episode.changes[0].set["opened_at"] == AT
    assert episode.seen == 1


def test_free_text_travels_beside_the_payload() -> None:
    change = fold(None, [trigger()], at=AT).episodes[0].changes[0]
    assert "Disk full" not in str(change.payload)
    assert change.text == {"summary": "Disk full"}


def test_a_repeat_joins_the_open_alert_without_an_event() -> None:
    result = fold(OPEN, [trigger(), trigger()], at=AT)
    assert {outcome.disposition for outcome in result.outcomes} == {Disposition.MERGED}
    assert kinds(result) == [[]]
    assert (result.episodes[0].seen, result.episodes[0].last_seen_at) == (2, AT)


def test_a_repeat_joins_an_acknowledged_alert_and_leaves_it_acknowledged() -> None:
    result = fold(ACKNOWLEDGED, [trigger()], at=AT)
    assert reasons(result) == ["already_open"]
    assert kinds(result) == [[]]


def test_a_worse_repeat_raises_the_severity_once_and_a_milder_one_does_not() -> None:
    result = fold(OPEN, [trigger(s) for s in (SignalSeverity.CRITICAL, SignalSeverity.CRITICAL)], at=AT)
    assert kinds(result) == [["alert.worsened"]]
    assert result.episodes[0].changes[0].payload == {"from": "error", "to": "critical"}
    assert kinds(fold(OPEN, [trigger(SignalSeverity.INFO)], at=AT)) == [[]]


def test_a_resolve_ends_an_alert_in_any_open_state() -> None:
    for current in (OPEN, ACKNOWLEDGED):
        result = fold(current, [resolve()], at=AT)
        assert kinds(result) == [["alert.resolved"]]
        assert result.episodes[0].changes[0].set["resolved_at"] == AT
        assert result.episodes[0].seen == 0


def test_a_trigger_after_a_resolve_opens_a_new_alert() -> None:
    result = fold(OPEN, [resolve(), trigger()], at=AT)
    assert kinds(result) == [["alert.resolved"], ["alert.opened"]]
    assert reasons(result) == ["resolved_by_sender", "fired_again"]
    assert [outcome.episode for outcome in result.outcomes] == [0, 1]


@pytest.mark.parametrize("signal", [resolve(), ACK])
def test_an_answer_to_a_key_that_is_not_open_is_accepted_with_its_reason(signal: Signal) -> None:
    result = fold(None, [signal], at=AT)
    assert result.outcomes[0].disposition is Disposition.REJECTED
    assert result.outcomes[0].reason is IntakeReason.NOTHING_OPEN
    assert result.episodes == ()


def test_a_sender_acknowledges_once() -> None:
    result = fold(OPEN, [ACK, ACK], at=AT)
    assert reasons(result) == ["acknowledged_by_sender", "already_acknowledged"]
    assert kinds(result) == [["alert.acknowledged"]]


def test_a_change_event_is_kept_and_feeds_no_alert() -> None:
    for current in (None, OPEN):
        result = fold(current, [CHANGE], at=AT)
        assert reasons(result) == ["change_noted"]
        assert all(not episode.changes and not episode.seen for episode in result.episodes)


def test_the_late_repeat_of_an_older_resolve_does_not_end_newer_trouble() -> None:
    newer = OpenAlert(OpenState.TRIGGERED, SignalSeverity.ERROR, fired_at=AT)
    assert reasons(fold(newer, [resolve(AT - timedelta(seconds=1))], at=AT)) == ["stale_resolve"]
    assert reasons(fold(newer, [resolve(AT)], at=AT)) == ["resolved_by_sender"]
    assert reasons(fold(newer, [resolve()], at=AT)) == ["resolved_by_sender"]


@pytest.mark.parametrize(
    ("seconds", "action"),
    [(None, Action.TRIGGER), (1, Action.TRIGGER), (0, Action.RESOLVE), (-60, Action.RESOLVE)],
)
def test_a_trigger_that_held_until_an_instant_that_is_past_is_a_resolve(
    seconds: int | None, action: Action
) -> None:
    until = None if seconds is None else AT + timedelta(seconds=seconds)
    found = settled(make_signal(Action.TRIGGER, "key", summary="Disk full", holds_until=until), AT)
    assert found.action is action
    assert found.ended_at == (until if action is Action.RESOLVE else None)


def test_what_says_itself_that_it_ended_stays_as_it_is() -> None:
    said = make_signal(Action.ACKNOWLEDGE, "key", holds_until=AT - timedelta(minutes=1))
    assert settled(said, AT) is said


def holding(minutes: int | None) -> Signal:
    end = None if minutes is None else AT + timedelta(minutes=minutes)
    return make_signal(Action.TRIGGER, "key", summary="Disk full", holds_until=end)


@given(st.lists(st.none() | st.integers(1, 9), min_size=1), st.integers(0, 9))
def test_an_alert_holds_until_the_latest_end_and_without_one_as_soon_as_none_is_named(
    ends: list[int | None], parted: int
) -> None:
    """Whatever the order, and whichever of them came together."""
    named = [end for end in ends if end is not None]
    latest = AT + timedelta(minutes=max(named)) if len(named) == len(ends) else None
    signals = [holding(end) for end in ends]
    for told in (signals, signals[::-1]):
        assert fold(None, told, at=AT).episodes[0].holds_until == latest
        first = latest_end(told[:parted], told[0].holds_until)
        standing = OpenAlert(OpenState.TRIGGERED, SignalSeverity.ERROR, None, first)
        assert latest_end(told[parted:], first) == latest
        if told[parted:]:
            assert fold(standing, told[parted:], at=AT).episodes[0].holds_until == latest
            assert fold(standing, [*told[parted:], ACK], at=AT).episodes[0].holds_until == latest


def test_after_a_resolve_only_what_came_since_counts() -> None:
    result = fold(None, [holding(None), resolve(), holding(5), holding(3)], at=AT)
    ends = [episode.holds_until for episode in result.episodes]
    assert ends == [None, AT + timedelta(minutes=5)]


@pytest.mark.parametrize(("length", "waits"), [(4, 4), (1, 1), (120, 5)])
def test_what_nobody_could_hear_is_waited_for_as_long_as_it_said(length: int, waits: int) -> None:
    """And no longer than five minutes, beside what it said itself."""
    seen, back = AT, AT + timedelta(hours=3)
    end = seen + timedelta(minutes=length)
    assert spared(end, seen, at=back) == back + timedelta(minutes=waits)
    assert spared(end, seen, at=seen) == max(end, seen + min(timedelta(minutes=length), SPARED_AT_MOST))


def test_the_latest_firing_is_remembered_whatever_the_order() -> None:
    late, early = trigger(fired=AT), trigger(fired=AT - timedelta(hours=1))
    for signals in ([late, early], [early, late]):
        assert fold(None, signals, at=AT).episodes[0].fired_at == AT


@pytest.mark.parametrize(
    "signals",
    list(product([trigger(), resolve(), ACK, CHANGE], repeat=4)),
    ids=lambda s: "".join(x.action[0] for x in s),
)
@pytest.mark.parametrize("current", [None, OPEN, ACKNOWLEDGED])
def test_folding_at_once_equals_folding_one_by_one(
    current: OpenAlert | None, signals: tuple[Signal, ...]
) -> None:
    at_once = fold(current, signals, at=AT)
    alert, changes, seen = current, [], 0
    for signal in signals:
        result = fold(alert, [signal], at=AT)
        for episode in result.episodes:
            seen += episode.seen
            changes += [change.kind for change in episode.changes]
            for change in episode.changes:
                alert = _after(alert, change.kind)
    assert [kind for episode in kinds(at_once) for kind in episode] == changes
    assert sum(episode.seen for episode in at_once.episodes) == seen
    assert len(at_once.outcomes) == len(signals)  # reliability I1: exactly one disposition each
    assert all(one.reason in REASONS[one.disposition] for one in at_once.outcomes)


def test_every_reason_belongs_to_one_disposition() -> None:
    assert sorted(reason for reasons in REASONS.values() for reason in reasons) == sorted(IntakeReason)
    assert set(REASONS) == set(Disposition)


@given(
    st.lists(st.builds(trigger, st.sampled_from(SignalSeverity), st.none() | st.datetimes(timezones=UTCS))),
    st.sampled_from([OPEN, ACKNOWLEDGED]),
)
def test_the_short_way_for_repeats_gives_the_answer_of_the_long_one(
    signals: list[Signal], current: OpenAlert
) -> None:
    alone = fold(current, signals, at=AT)
    with_more = fold(current, [*signals, CHANGE], at=AT)  # a change of the code is no trigger: the long way
    assert (*alone.outcomes, with_more.outcomes[-1]) == with_more.outcomes
    assert alone.episodes == with_more.episodes


def _after(alert: OpenAlert | None, kind: str) -> OpenAlert | None:
    if kind == "alert.resolved":
        return None
    return ACKNOWLEDGED if kind == "alert.acknowledged" else OPEN if kind == "alert.opened" else alert


@given(
    st.lists(st.sampled_from([trigger(), resolve(), ACK, CHANGE]), max_size=20), st.sampled_from([None, OPEN])
)
def test_at_most_one_alert_is_open_and_a_last_word_trigger_leaves_one(
    signals: list[Signal], current: OpenAlert | None
) -> None:  # reliability I4
    result = fold(current, signals, at=AT)
    ended = ["alert.resolved" in episode for episode in kinds(result)]
    assert all(ended[:-1])
    last = next((s.action for s in reversed(signals) if s.action in (Action.TRIGGER, Action.RESOLVE)), None)
    if last is Action.TRIGGER:
        assert not ended[-1]


@given(st.text(max_size=600))
def test_a_bounded_key_fits_and_is_always_the_same(key: str) -> None:
    bounded = bounded_key(key)
    assert len(bounded) <= DEDUP_KEY_LIMIT_CHARS
    assert bounded == bounded_key(key)
    assert (bounded == key) == (len(key) <= DEDUP_KEY_LIMIT_CHARS)


def test_two_long_keys_that_begin_alike_stay_apart_and_stay_readable() -> None:
    one, other = bounded_key("disk/" * 100 + "a"), bounded_key("disk/" * 100 + "b")
    assert one != other
    assert one.startswith("disk/disk/")


@given(st.text(st.characters()), st.text(st.characters()))
def test_no_text_of_a_signal_can_upset_the_database(summary: str, label: str) -> None:  # B3
    signal = make_signal(
        Action.TRIGGER,
        "k",
        summary=summary,
        labels={label: summary},
        details={label: [summary]},
        links=[Link(label)],
    )
    everything = [
        signal.summary,
        *signal.labels,
        *signal.labels.values(),
        *signal.details,
        signal.links[0].href,
    ]
    assert all("\x00" not in text and text.encode() for text in everything if text)
    assert "\n" not in signal.summary
    assert len(signal.summary) <= 1024


def test_lone_surrogates_and_nul_become_the_replacement_character() -> None:
    signal = make_signal(Action.TRIGGER, "a\x00b\ud800", summary="x\ud83d y \U0001f600")
    assert signal.dedup_key == "a\ufffdb\ufffd"
    assert "\U0001f600" in signal.summary
    signal.summary.encode()


def test_deeply_nested_details_are_cut_not_followed_to_the_end_of_the_stack() -> None:
    deep: object = "end"
    for _ in range(900):
        deep = [deep]
    signal = make_signal(Action.TRIGGER, "k", summary="x", details={"deep": deep})
    assert "…" in str(signal.details)


def test_only_a_lone_trigger_without_an_end_may_be_overtaken():
    """Else what opens an alert anew would be counted on the one that ends."""
    opens, ends = make_signal(Action.TRIGGER, "k1"), make_signal(Action.RESOLVE, "k1")
    held = make_signal(Action.TRIGGER, "k1", holds_until=datetime(2100, 1, 1, tzinfo=UTC))
    told = [(opens,), (ends,), (held,), (opens, opens), (opens, ends), ()]
    assert [may_be_overtaken(signals) for signals in told] == [True, False, False, False, False, False]

"""A rule tried on what was: how many alerts it would have held, and which of them became incidents."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from engine import settle
from muster.core.permissions import Denied, system
from muster.core.refusal import Refused
from muster.core.trial import Tried
from muster.detect.commands import receive_signals
from muster.detect.models import Alert
from muster.evaluate import commands
from muster.evaluate.models import Decision, Rule
from muster.evaluate.trial import Trial, try_rule, try_silence
from muster.foundation.access import queries
from muster.foundation.standard.commands import publish_standard
from muster.foundation.standard.presets import DEFAULT, preset_text
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.reactor import prepare
from people import Cast
from senders import resolve, trigger

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def lanes(database) -> None:
    """Lanes stand at the head."""
    prepare()


@pytest.fixture
def past(key: str, cast: Cast, clock) -> datetime:
    """Ten alerts: eight passed within two minutes, two stayed; one of those that passed is an incident's."""
    publish_standard(preset_text(DEFAULT), actor=system("tests"), at=queries.now(), preset=DEFAULT)
    names = [f"k{n}" for n in range(10)]
    receive_signals([trigger(key, name, labels={"n": name}) for name in names])
    settle()
    ana = cast("ana")
    said = commands.Declaration("It was real", severity="SEV2", alert=Alert.objects.get(dedup_key="k3").pk)
    commands.declare_incident(said, actor=ana.actor, at=ana.at)
    clock.advance(2 * MINUTE)
    receive_signals([resolve(key, name) for name in names[:8]])
    settle()
    return clock.advance(30 * MINUTE)


def tried(cast: Cast, kind: str, matchers: list[str], *, who: str = "admin", **fields: Any) -> Trial:
    arrival = cast(who)
    return try_rule(actor=arrival.actor, at=arrival.at, kind=kind, matchers=matchers, fields=fields)


def test_a_wait_would_have_spared_what_passed(past: datetime, cast: Cast) -> None:
    """And says which of those it would have spared became an incident."""
    told = tried(cast, "wait", ["service=checkout"], lasts="5m").as_json()
    assert (told["alerts"], told["held"], told["delayed"]) == (10, 8, 2)
    assert (told["pages"], told["pages_then"]) == (10, 2)
    [incident] = told["incidents"]
    assert told["sentence"] == (
        f"It would have held back 8 of 10 alerts. 1 of them became an incident: {incident}."
        " 2 would have been paged later. There would have been 2 pages in the place of 10."
    )
    assert {one["outcome"] for one in told["examples"]} == {"held", "delayed"}


def test_trying_writes_nothing(past: datetime, cast: Cast) -> None:
    """No event, no rule, and the decisions stand."""
    before = (Event.objects.count(), list(Decision.objects.order_by("id").values()))
    tried(cast, "event", ["service=checkout"], drop=True)
    assert (Event.objects.count(), list(Decision.objects.order_by("id").values())) == before
    assert not Rule.objects.exists()


def test_a_drop_would_have_held_what_it_matches(past: datetime, cast: Cast) -> None:
    trial = tried(cast, "event", ["n=~k[12]"], drop=True)
    assert trial.count(Tried.HELD) == 2
    assert not trial.incidents


def test_other_fields_are_a_change_and_no_hold(past: datetime, cast: Cast) -> None:
    trial = tried(cast, "event", ["n=k1"], severity="info")
    assert (trial.count(Tried.CHANGED), trial.count(Tried.HELD)) == (1, 0)


def test_a_count_would_have_held_what_came_once(past: datetime, cast: Cast, key: str) -> None:
    receive_signals([trigger(key, "k9", labels={"n": "k9"})])
    settle()
    trial = tried(cast, "count", ["service=checkout"], times=2, within="1h")
    assert trial.count(Tried.HELD) == 9


def test_a_count_that_stands_lets_pass_what_came_often_enough(
    past: datetime, cast: Cast, key: str, rule: Callable[..., Rule]
) -> None:
    """Whatever rule is tried beside it."""
    rule("twice", "count", ["service=checkout"], times=2, within="1h", position=1)
    receive_signals([trigger(key, "k9", labels={"n": "k9"})])
    settle()
    assert tried(cast, "wait", ["n=k9"], lasts="10m").count(Tried.DELAYED) == 1


def test_grouping_would_have_made_one_page(past: datetime, cast: Cast) -> None:
    trial = tried(cast, "grouping", ["service=checkout"], by=["service"])
    assert (trial.pages, trial.pages_then) == (10, 1)


def test_an_open_cause_would_have_held_the_others(past: datetime, cast: Cast) -> None:
    trial = tried(cast, "inhibition", ["n!=k9", "n=~k.*"], source=["n=k9"])
    assert trial.count(Tried.HELD) == 9


def test_planned_work_of_the_past_week_is_spelled_out(past: datetime, cast: Cast) -> None:
    """A window that recurs daily, an hour long, that had begun when they opened."""
    first = (past - timedelta(days=3) - 40 * MINUTE).replace(tzinfo=None).isoformat(timespec="minutes")
    fields = {"starts": first, "lasts": "1h", "timezone": "UTC", "repeat": "FREQ=DAILY"}
    assert tried(cast, "maintenance", ["service=checkout"], **fields).count(Tried.HELD) == 10


def test_a_rule_that_is_there_is_tried_in_its_place(past: datetime, cast: Cast) -> None:
    admin = cast("admin")
    said = {"kind": "wait", "matchers": ["service=checkout"]}
    row = commands.add_rule(
        actor=admin.actor, at=admin.at, handle="calm", fields={"lasts": "1m"}, why="x", **said
    )
    trial = try_rule(actor=admin.actor, at=admin.at, handle=row.handle, fields={"lasts": "5m"}, **said)
    assert trial.count(Tried.HELD) == 8


def test_a_silence_is_tried_as_if_it_had_been_in_force(past: datetime, cast: Cast) -> None:
    ana, sam = cast("ana"), cast("sam")
    told = try_silence(actor=ana.actor, at=ana.at, matchers=["n=~k[0-4]"]).as_json()
    assert (told["held"], told["delayed"], len(told["incidents"])) == (5, 0, 1)
    with pytest.raises(Refused):
        try_silence(actor=sam.actor, at=sam.at, matchers=["n=~k[0-4]"])
    with pytest.raises(Refused):
        try_silence(actor=ana.actor, at=ana.at, matchers=["n=~.*"])


def test_who_may_not_make_it_may_not_try_it(past: datetime, cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        tried(cast, "wait", ["service=checkout"], who="ana", lasts="5m")
    assert refused.value.reason is Denied.ROLE


def test_alerts_before_the_days_are_not_looked_at(past: datetime, cast: Cast, clock) -> None:
    clock.advance(timedelta(days=8))
    assert tried(cast, "wait", ["service=checkout"], lasts="5m").alerts == 0

"""The report on noise: what alerts cost, what would calm them, and whether it helped (R43)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from database import Clock, Database
from engine import settle
from learning import publish_default, set_audience
from muster.core.noise import Feedback, Verdict
from muster.core.permissions import Denied, system
from muster.core.refusal import Refused
from muster.core.remedies import Remedy
from muster.detect.commands import receive_signals
from muster.detect.models import Alert
from muster.evaluate.commands import Declaration, declare_incident, give_feedback, retire_rule
from muster.evaluate.models import Decision, Incident, Rule
from muster.foundation.access import commands as people
from muster.foundation.access import queries
from muster.foundation.access.models import Audience
from muster.foundation.catalog.commands import add_team, change_service
from muster.foundation.catalog.models import Service
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation.commands import acknowledge_alert, reassign_group, resolve_alert
from muster.review.noise.asking import By, NoiseAsked, noise_asked
from muster.review.noise.commands import take_suggestion
from muster.review.noise.effects import effects
from muster.review.noise.reasons import Noise
from muster.review.noise.report import Line, NoiseReport, line_of, needed_nothing, noise_report
from muster.review.noise.showing import as_csv
from muster.review.noise.trying import try_suggestion
from noisy import HOUR, MINUTE, Blink, send_mail
from people import Cast
from ruling import sender
from senders import resolve, trigger

TESTS = system("tests")
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def begun(cast: Cast) -> None:
    """Lanes stand at the head; the default Standard is in force."""
    prepare()
    publish_default(queries.now())


def asked(cast: Cast, **given: str) -> NoiseAsked:
    admin = cast("admin")
    return noise_asked(given, actor=admin.actor, at=admin.at)


def reported(cast: Cast, who: str = "ana", **given: str) -> NoiseReport:
    someone = cast(who)
    return noise_report(someone.actor, asked(cast, **given), someone.at)


def only(cast: Cast, **given: str) -> Line:
    [line] = reported(cast, **given).lines
    return line


def midnight(clock: Clock) -> datetime:
    """Wait for 01:00 in UTC."""
    at = clock.now() + DAY
    return clock.set(at.replace(hour=1, minute=0, second=0, microsecond=0))


def taken(cast: Cast, alert: Alert, remedy: str, who: str = "admin", **more: Any) -> Rule:
    someone = cast(who)
    ask = asked(cast)
    return take_suggestion(alert.public_id, remedy, ask, actor=someone.actor, at=someone.at, **more)


def test_what_fired_is_gathered_with_what_it_cost(blink: Blink, cast: Cast, clock: Clock) -> None:
    """Three pages in two nights of Ana's, who lives by UTC."""
    midnight(clock)
    blink()
    blink(after=21 * HOUR - 2 * timedelta(minutes=1))
    blink("other", minutes=20)
    found = only(cast)
    assert (found.pattern.title, found.pattern.service, found.pattern.integration) == (
        "ProbeFailed",
        "checkout",
        "am",
    )
    assert (found.cost.fired, found.cost.paged, found.cost.by_itself, found.cost.closed) == (3, 3, 3, 3)
    assert (found.cost.interruptions, found.cost.persons, found.cost.nights) == (3, 1, 2)
    assert found.cost.acknowledged == 0


def test_nights_are_those_of_each_persons_own_clock(blink: Blink, cast: Cast, clock: Clock) -> None:
    people.change_person(cast.id("ana"), {"timezone": "Asia/Tokyo"}, actor=TESTS, at=queries.now())
    midnight(clock)
    blink()
    assert only(cast).cost.nights == 0, "it was 10:00 in Tokyo"


def test_a_page_that_reached_nobody_interrupted_nobody(
    key: str, paged: None, cast: Cast, clock: Clock
) -> None:
    receive_signals([trigger(key)])
    settle()
    assert only(cast).cost.interruptions == 0
    send_mail()
    assert only(cast).cost.interruptions == 1


def test_taking_an_alert_is_no_act_and_resolving_it_is(key: str, paged: None, cast: Cast) -> None:
    ana = cast("ana")
    for name in ("a", "b"):
        receive_signals([trigger(key, name, labels={"alertname": "Disk"})])
    settle()
    for row in Alert.objects.order_by("id"):
        acknowledge_alert(row.pk, actor=ana.actor, at=ana.at)
    settle()
    resolve_alert(Alert.objects.earliest("id").pk, actor=ana.actor, at=ana.at)
    settle()
    found = only(cast).cost
    assert (found.acknowledged, found.unacted, found.closed, found.by_itself) == (2, 1, 1, 0)


def test_giving_it_to_somebody_else_is_an_act(key: str, paged: None, cast: Cast) -> None:
    receive_signals([trigger(key)])
    settle()
    ana, row = cast("ana"), Alert.objects.get()
    reassign_group(row.decision.group.pk, "person:ben", actor=ana.actor, at=ana.at, why="his")
    receive_signals([resolve(key)])
    settle()
    assert (only(cast).cost.by_itself, only(cast).cost.closed) == (0, 1)


def test_what_became_an_incident_needed_people(key: str, paged: None, cast: Cast) -> None:
    receive_signals([trigger(key)])
    settle()
    ana, row = cast("ana"), Alert.objects.get()
    said = Declaration("It was real", severity="SEV2", alert=row.pk)
    declare_incident(said, actor=ana.actor, at=ana.at)
    receive_signals([resolve(key)])
    settle()
    found = only(cast).cost
    assert (found.incidents, found.by_itself, found.closed) == (1, 0, 1)


def test_an_incident_that_a_reader_may_not_see_is_in_no_number(key: str, paged: None, cast: Cast) -> None:
    receive_signals([trigger(key)])
    settle()
    ana, row = cast("ana"), Alert.objects.get()
    acknowledge_alert(row.pk, actor=ana.actor, at=ana.at)
    declare_incident(Declaration("Secret", severity="SEV2", alert=row.pk), actor=ana.actor, at=ana.at)
    receive_signals([resolve(key)])
    settle()
    assert (only(cast).cost.incidents, only(cast).cost.unacted, only(cast).cost.by_itself) == (1, 0, 0)
    set_audience(Incident.objects.get(), Audience.objects.create(name="INC").pk)
    assert (only(cast).cost.incidents, only(cast).cost.unacted, only(cast).cost.by_itself) == (0, 1, 1)


def test_alerts_are_gathered_by_rule_key_or_service(blink: Blink, cast: Cast) -> None:
    blink("disk-1")
    blink("disk-2", labels={"alertname": "Other"})
    blink("memory", labels={"alertname": ""})
    blink("memory", labels={"alertname": ""})
    assert {line.pattern.title: line.cost.fired for line in reported(cast).lines} == {
        "ProbeFailed": 1,
        "Other": 1,
        "Checkout fails": 2,
    }
    assert {line.cost.fired for line in reported(cast, by="key").lines} == {2}
    [line] = reported(cast, by="service").lines
    assert (line.pattern.title, line.cost.fired, line.suggestions) == ("checkout", 4, ())
    assert asked(cast, by="nonsense").by is By.RULE


def test_a_report_is_a_teams_or_a_services_own(blink: Blink, cast: Cast) -> None:
    team = add_team(actor=TESTS, at=queries.now(), handle="payments", name="Payments")
    row = Service.objects.get(handle="checkout")
    change_service(row.pk, {"team_id": team.pk}, actor=TESTS, at=queries.now())
    blink()
    receive_signals([trigger(sender("orders"), "o1", labels={"alertname": "ProbeFailed"})])
    settle()
    assert len(reported(cast).lines) == 2
    assert only(cast, team="payments").pattern.service == "checkout"
    assert only(cast, service="orders").pattern.service == "orders"
    with pytest.raises(Refused):
        reported(cast, team="nobody")


def test_what_a_reader_may_not_see_is_in_no_number(blink: Blink, cast: Cast, database: Database) -> None:
    blink()
    hidden = blink()
    secret = Audience.objects.create(name="INC").pk
    for table in ("detect_alert", "evaluate_decision"):
        column = "id" if table == "detect_alert" else "alert_id"
        database.as_owner(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        database.as_owner(f"UPDATE {table} SET audience_id = %s WHERE {column} = %s", secret, hidden.pk)
        database.as_owner(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
    found = only(cast)
    assert (found.cost.fired, found.cost.interruptions) == (1, 1)
    with pytest.raises(Refused):
        line_of(reported(cast), cast("ana").actor, hidden.public_id)


def test_alerts_before_the_period_are_not_counted(blink: Blink, cast: Cast) -> None:
    blink(after=31 * DAY)
    assert reported(cast).lines == ()
    assert only(cast, period="90d").cost.fired == 1


@pytest.fixture
def noisy(blink: Blink) -> Alert:
    """Six that passed within two minutes."""
    return [blink() for _ in range(6)][-1]


def test_a_suggestion_says_why_in_numbers_and_is_tried_before(noisy: Alert, cast: Cast) -> None:
    line = only(cast)
    found = next(one for one in line.suggestions if one.remedy is Remedy.PAUSE)
    assert (found.hits, found.of, found.spares) == (6, 6, 6)
    admin = cast("admin")
    trial = try_suggestion(found, asked(cast), actor=admin.actor, at=admin.at)
    assert trial.as_json()["sentence"].startswith("It would have held back 6 of 6 alerts.")
    assert not Rule.objects.exists()


def test_what_flaps_is_held_by_the_rule_that_is_suggested(blink: Blink, cast: Cast) -> None:
    """Ten times within forty minutes: from the third on it would have been held, and the eleventh is."""
    last = [blink(after=2 * MINUTE) for _ in range(10)][-1]
    found = next(one for one in only(cast).suggestions if one.remedy is Remedy.STEADY)
    assert (found.hits, found.of, found.fields) == (8, 10, {"changes": 5, "within": "15m"})
    trial = try_suggestion(found, asked(cast), actor=cast("admin").actor, at=queries.now())
    assert trial.as_json()["sentence"].startswith("It would have held back 8 of 10 alerts.")
    assert taken(cast, last, "steady").kind == "flapping"
    held = Decision.objects.get(alert=blink(after=2 * MINUTE))
    assert [step["reason"] for step in held.steps if step["holds"]] == ["flapping"]


def test_taking_a_suggestion_makes_the_rule_it_showed_with_one_event(noisy: Alert, cast: Cast) -> None:
    found = next(one for one in only(cast).suggestions if one.remedy is Remedy.PAUSE)
    row = taken(cast, noisy, "pause", shown=found.mark)
    assert (row.kind, row.made_by, row.why) == (
        "wait",
        "suggestion",
        "6 of 6 closed by themselves within 3 min",
    )
    assert row.spec == dict(found.fields)
    assert row.author is not None
    assert [event.kind for event in Event.objects.filter(subject=row.subject)] == ["rule.added"]
    assert only(cast).suggestions == (), "one remedy at a time, so that its effect is seen"


def test_what_a_rule_made_by_hand_says_is_not_suggested(
    noisy: Alert, cast: Cast, rule: Callable[..., Rule]
) -> None:
    found = next(one for one in only(cast).suggestions if one.remedy is Remedy.PAUSE)
    rule("by-hand", "wait", [str(one) for one in found.matchers], lasts="1m")
    assert {one.remedy for one in only(cast).suggestions} == {Remedy.CALM}


def test_a_rule_that_was_taken_back_may_be_suggested_and_taken_again(noisy: Alert, cast: Cast) -> None:
    row = taken(cast, noisy, "pause")
    admin = cast("admin")
    retire_rule(row.pk, actor=admin.actor, at=admin.at)
    again = taken(cast, noisy, "pause")
    assert again.handle == f"{row.handle}-2"


def test_only_who_may_make_rules_takes_suggestions(noisy: Alert, cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        taken(cast, noisy, "pause", who="ana")
    assert refused.value.reason is Denied.ROLE
    assert not Rule.objects.exists()


def test_another_rule_is_not_made_in_the_place_of_the_one_that_was_shown(noisy: Alert, cast: Cast) -> None:
    for remedy, shown, reason in (
        ("pause", "another", Noise.CHANGED_SINCE),
        ("reroute", "", Noise.NO_SUGGESTION),
        ("nonsense", "", Noise.NO_SUGGESTION),
    ):
        with pytest.raises(Refused) as refused:
            taken(cast, noisy, remedy, shown=shown)
        assert refused.value.reason is reason
    assert not Rule.objects.exists()


def test_an_alert_of_another_period_names_no_line(noisy: Alert, cast: Cast, clock: Clock) -> None:
    clock.advance(40 * DAY)
    with pytest.raises(Refused) as refused:
        taken(cast, noisy, "pause")
    assert refused.value.reason is Noise.NO_PATTERN


def test_marks_of_people_make_a_suggestion(blink: Blink, cast: Cast) -> None:
    sender("orders")
    rows = [blink(minutes=90) for _ in range(4)]
    for row in rows:
        ben = cast("ben")
        give_feedback(row.pk, "wrong_target", actor=ben.actor, at=ben.at, target="orders")
    line = only(cast)
    assert line.cost.feedback == {Feedback.WRONG_TARGET: 4}
    row = taken(cast, rows[0], "reroute")
    assert row.spec == {"service": Service.objects.get(handle="orders").pk}
    moved = blink(minutes=90)
    assert moved.service.handle == "orders"


def test_an_effect_is_measured_honestly(
    blink: Blink, cast: Cast, clock: Clock, rule: Callable[..., Rule]
) -> None:
    """Too early at first; then fewer, by rates and with both counts; other rules are not measured."""
    for _ in range(6):
        blink(after=2 * DAY)
    row = taken(cast, Alert.objects.latest("id"), "pause")
    rule("by-hand", "wait", ["alertname=ProbeFailed"], lasts="1m")
    blink(after=2 * DAY)
    [found] = effects(cast("ana").actor, clock.now())
    assert (found.rule, found.verdict) == (row, Verdict.TOO_EARLY)
    assert (found.before.cost.fired, found.after.cost.fired) == (6, 1)
    for _ in range(4):
        blink(after=2 * DAY)
    [found] = effects(cast("ana").actor, clock.now())
    assert found.verdict is Verdict.FEWER
    assert (found.before.cost.interruptions, found.after.cost.interruptions) == (6, 0)
    assert found.after.cost.fired == 5
    assert found.before.lasted < 13 * DAY, "before the first alert there was nothing to count"


def test_an_effect_ends_where_the_rule_was_taken_back(blink: Blink, cast: Cast, clock: Clock) -> None:
    for _ in range(6):
        blink(after=2 * DAY)
    row = taken(cast, Alert.objects.latest("id"), "pause")
    blink(after=2 * DAY)
    admin = cast("admin")
    retire_rule(row.pk, actor=admin.actor, at=admin.at)
    blink(after=9 * DAY)
    [found] = effects(admin.actor, clock.now())
    assert found.after.cost.fired == 1
    assert found.verdict is Verdict.TOO_EARLY


def test_nothing_is_said_of_an_effect_whose_alerts_are_not_all_looked_at(
    blink: Blink, cast: Cast, clock: Clock
) -> None:
    """Of eleven alerts the nine newest: before the rule there seem to be fewer than there were."""
    for _ in range(6):
        blink(after=2 * DAY)
    taken(cast, Alert.objects.latest("id"), "pause")
    for _ in range(5):
        blink(after=2 * DAY)
    [found] = effects(cast("ana").actor, clock.now(), most=9)
    assert (found.before.cost.fired, found.verdict) == (4, Verdict.TOO_MANY)
    [found] = effects(cast("ana").actor, clock.now(), most=11)
    assert (found.before.cost.fired, found.verdict) == (6, Verdict.FEWER)


def test_alerts_are_read_once_for_all_effects(blink: Blink, cast: Cast, clock: Clock) -> None:
    """Another rule is no further read; a rule of which all is read is judged where an older one is not."""
    for _ in range(3):
        blink("old", labels={"alertname": "Old"}, after=DAY)
    for _ in range(3):
        blink("old", labels={"alertname": "Old"}, after=2 * DAY)
    old = taken(cast, Alert.objects.latest("id"), "pause")
    ana = cast("ana")
    with CaptureQueriesContext(connection) as one:
        effects(ana.actor, clock.now())
    clock.advance(70 * DAY)
    for _ in range(6):
        blink(after=2 * DAY)
    new = taken(cast, Alert.objects.latest("id"), "pause")
    for _ in range(5):
        blink(after=2 * DAY)
    ana = cast("ana")
    with CaptureQueriesContext(connection) as two:
        found = effects(ana.actor, clock.now())
    assert len(two) == len(one)
    assert [row.rule for row in found] == [new, old]
    said = {row.rule: row.verdict for row in effects(ana.actor, clock.now(), most=12)}
    assert said == {new: Verdict.FEWER, old: Verdict.TOO_MANY}


def test_no_cell_of_the_spreadsheet_is_a_formula(blink: Blink, cast: Cast) -> None:
    blink(labels={"alertname": '=HYPERLINK("http://x")'})
    blink(labels={"alertname": "+1"})
    lines = as_csv(reported(cast).lines).splitlines()
    assert lines[0].startswith("alert,title,service,integration,fired,")
    assert sorted(line.split(",")[1] for line in lines[1:]) == [
        '"\'=HYPERLINK(""http://x"")"',
        "'+1",
    ]


def test_a_service_says_how_many_needed_nothing(noisy: Alert, cast: Cast, clock: Clock) -> None:
    service = Service.objects.get(handle="checkout")
    at = clock.now()
    assert needed_nothing(cast("ana").actor, service, at - 30 * DAY, at) == (6, 6)

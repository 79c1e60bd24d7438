"""What a period measures: what the reader may see, drills left out, numbers with their incidents (R58)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.http import Http404

from engine import settle
from learning import TESTS, declared, publish_default, resolve, set_audience
from muster.core.metrics import Verdict
from muster.core.phases import dismiss
from muster.core.refusal import Refused
from muster.detect.commands import receive_signals
from muster.detect.models import Alert
from muster.evaluate.commands import write_incident
from muster.evaluate.models import Incident
from muster.foundation.access import queries
from muster.foundation.access.models import Audience
from muster.foundation.obligations.due import breach_due_obligations
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.paging.models import Page
from muster.respond.warroom.queries import life_of
from muster.review.metrics.asking import asked
from muster.review.metrics.behind import groups_behind
from muster.review.metrics.load import loads, promises
from muster.review.metrics.periods import Period, UnknownPeriod, choices, period_named, weeks
from muster.review.metrics.queries import Measured, by_week, measured
from muster.review.metrics.words import heading
from people import Cast
from senders import trigger

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def begun(cast: Cast) -> None:
    """Lanes stand at the head; the default Standard is in force."""
    prepare()
    publish_default(queries.now())


def at_minutes(cast: Cast, minutes: float, **more: object) -> Incident:
    """An incident whose impact lasted so long."""
    ana = cast("ana")
    return resolve(declared(ana, **more), ana, at=ana.at + minutes * MINUTE)


def last_month(cast: Cast, who: str = "ana") -> Measured:
    """What somebody's report of the last 30 days says."""
    someone = cast(who)
    period = period_named("30d", at=someone.at + MINUTE, timezone="UTC")
    return measured(someone.actor, period)


def test_a_mean_holds_against_its_target_and_names_its_incidents(cast: Cast) -> None:
    # R58
    fast, slow = at_minutes(cast, 30), at_minutes(cast, 100)
    found = last_month(cast)
    figures = {one.name: one for one in found.report.figures}
    assert figures["MTTR"].chosen == 65 * MINUTE
    assert figures["MTTR"].verdict is Verdict.FAIL
    assert [span.incident for span in figures["MTTR"].spans] == [fast.pk, slow.pk]
    said = heading(found.report.figures, found.rules.definitions)
    assert said == "One of two targets met. Resolving takes too long."
    title, groups = groups_behind("MTTR", found, [])
    assert title == "MTTR 65 min"
    assert [row["url"] for row in groups[0]["rows"]] == [f"/incidents/INC-{one.pk}" for one in (slow, fast)]


def test_drills_and_what_was_no_incident_do_not_count(cast: Cast) -> None:
    # R58
    at_minutes(cast, 30)
    at_minutes(cast, 500, drill=True)
    ana = cast("ana")
    false_alarm = declared(ana)
    write_incident(
        false_alarm.pk, lambda row: dismiss(life_of(row), why="a test"), actor=ana.actor, at=ana.at
    )
    found = last_month(cast)
    assert found.report.total == 1
    assert {one.name: one.chosen for one in found.report.figures}["MTTR"] == 30 * MINUTE


def test_a_restricted_incident_is_in_no_number_of_others(cast: Cast) -> None:
    """Design 10: absent from every metric."""
    at_minutes(cast, 30)
    secret = at_minutes(cast, 500, severity="SEV1")
    set_audience(secret, Audience.objects.create(name="INC").pk)
    found = last_month(cast)
    assert found.report.total == 1
    assert [one.word for one in found.report.by_severity] == ["SEV2"]
    assert groups_behind("severity:SEV1", found, []) == (None, [])
    period = period_named("30d", at=cast("ana").at + MINUTE, timezone="UTC")
    assert measured(TESTS, period).report.total == 2


def test_acknowledging_counts_from_the_first_alert_of_the_incident(key: str, cast: Cast) -> None:
    # R58
    receive_signals([trigger(key)])
    settle()
    alert = Alert.objects.get(service__handle="checkout")
    declared(cast("ana"), alert=alert.pk)
    found = last_month(cast)
    [times] = found.times
    assert times.first_alert_at == alert.opened_at
    assert times.services == ("checkout",)
    figures = {one.name: one for one in found.report.figures}
    assert figures["MTTA"].verdict is Verdict.PASS
    assert groups_behind("service:checkout", found, [])[0] == "1 incident: checkout"


def test_pages_are_counted_by_day_and_night_of_the_person(key: str, cast: Cast) -> None:
    # the fallback is paged where there is no policy: the first admin
    receive_signals([trigger(key)])
    settle()
    admin = cast("admin")
    period = period_named("30d", at=admin.at + MINUTE, timezone="UTC")
    [load] = loads(admin.actor, period, at=admin.at + MINUTE)
    at_night = not 7 <= admin.at.hour < 22
    pages = Page.objects.filter(person=load.person).count()
    assert (load.person.handle, load.pages, load.night) == ("admin", pages, pages * at_night)
    assert load.nights == int(at_night)


def test_a_promise_is_kept_in_time_or_broken_and_not_yet_due_is_neither(cast: Cast, clock) -> None:
    # R53
    incident = at_minutes(cast, 30)
    settle()
    clock.advance(timedelta(hours=25))
    breach_due_obligations()
    ana = cast("ana")
    period = period_named("30d", at=ana.at, timezone="UTC")
    kept = {one.kind: one for one in promises(ana.actor, period, at=ana.at)}
    assert "postmortem_done_by" not in kept
    draft = kept["postmortem_draft_by"]
    assert (draft.due, draft.kept, draft.percent) == (1, 0, 0)
    assert [row.incident for row in draft.broken] == [incident.pk]
    assert groups_behind("promise:postmortem_draft_by", last_month(cast), list(kept.values()))[1]


def test_weeks_without_an_incident_have_no_figure(cast: Cast) -> None:
    at_minutes(cast, 30)
    ana = cast("ana")
    found = last_month(cast)
    [(start, answer)] = by_week(found, "MTTR", at=ana.at + MINUTE, timezone="UTC")
    assert start <= ana.at
    assert answer.chosen == 30 * MINUTE


def test_a_quarter_begins_at_local_midnight_and_ends_where_the_next_begins() -> None:
    at = datetime(2026, 11, 21, 11, tzinfo=UTC)
    third = period_named("2026-q3", at=at, timezone="Europe/Madrid")
    fourth = period_named("2026-q4", at=at, timezone="Europe/Madrid")
    assert third.start == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert third.end == fourth.start == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert fourth.end == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert period_named("2026", at=at, timezone="UTC").end == datetime(2027, 1, 1, tzinfo=UTC)
    assert choices(at, "UTC")[:5] == ["2026-q4", "2026-q3", "2026-q2", "2026-q1", "30d"]


@pytest.mark.parametrize("name", ["", "q3", "2026-q5", "0d", "1000d", "99999", "0001", "9999-q4", "2026-q3x"])
def test_what_is_no_period_is_refused(name: str) -> None:
    with pytest.raises(UnknownPeriod):
        period_named(name, at=datetime(2026, 11, 21, tzinfo=UTC), timezone="UTC")


def test_weeks_cover_a_period_without_gap_or_overlap() -> None:
    at = datetime(2026, 11, 21, 11, tzinfo=UTC)
    period = period_named("2026-q4", at=at, timezone="Europe/Madrid")
    found = weeks(period, at=at, timezone="Europe/Madrid")
    assert found[0][0] == period.start
    assert found[-1][1] == at
    assert all(end == start for (_, end), (start, _) in pairwise(found))
    empty = Period("later", at + MINUTE, at + 2 * MINUTE)
    assert weeks(empty, at=at, timezone="UTC") == []


def test_an_address_asks_for_a_period_and_a_team_or_says_that_there_is_none(cast: Cast) -> None:
    ana = cast("ana")
    assert asked({}, actor=ana.actor, at=ana.at).query.startswith("period=")
    with pytest.raises(Http404):
        asked({"period": "soon"}, actor=ana.actor, at=ana.at)
    with pytest.raises(Refused):
        asked({"team": "nobody"}, actor=ana.actor, at=ana.at)

"""How far an incident is: past, current, future and skipped phases with their times."""

from datetime import UTC, datetime, timedelta

from muster.core.phase_rail import StopState, rail
from muster.core.phases import ORDER, Phase

T = datetime(2026, 10, 20, 1, 0, tzinfo=UTC)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def test_the_rail_tells_when_and_how_long() -> None:
    stops = rail([(Phase.TRIAGE, T), (Phase.MOBILIZING, T + minutes(2))], (), at=T + minutes(5))
    assert [stop.phase for stop in stops] == list(ORDER)
    assert (stops[0].state, stops[0].spent) == (StopState.PAST, minutes(2))
    assert (stops[1].state, stops[1].at, stops[1].spent) == (StopState.CURRENT, T + minutes(2), minutes(3))
    assert {stop.state for stop in stops[2:]} == {StopState.FUTURE}


def test_what_was_passed_over_is_skipped_whether_planned_or_not() -> None:
    stops = rail([(Phase.TRIAGE, T), (Phase.MONITORING, T)], [Phase.REVIEWING], at=T)
    assert [stop.state for stop in stops] == [
        StopState.PAST,
        StopState.SKIPPED,
        StopState.SKIPPED,
        StopState.SKIPPED,
        StopState.CURRENT,
        StopState.FUTURE,
        StopState.SKIPPED,
        StopState.FUTURE,
    ]


def test_going_back_is_marked_and_counts_both_stays() -> None:
    visits = [
        (Phase.INVESTIGATING, T),
        (Phase.MONITORING, T + minutes(10)),
        (Phase.INVESTIGATING, T + minutes(30)),
    ]
    stop = rail(visits, (), at=T + minutes(35))[2]
    assert (stop.state, stop.returned, stop.spent, stop.at) == (
        StopState.CURRENT,
        True,
        minutes(15),
        T + minutes(30),
    )


def test_an_incident_that_was_set_aside_has_no_current_stop() -> None:
    stops = rail([(Phase.TRIAGE, T), (Phase.DISMISSED, T + minutes(1))], (), at=T + minutes(2))
    assert StopState.CURRENT not in {stop.state for stop in stops}
    assert stops[0].spent == minutes(1)

"""How a component did, day by day (R45)."""

from datetime import UTC, date, datetime, timedelta

from muster.core.status_page import ComponentState as C
from muster.core.uptime import uptime

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_day_shows_its_worst_hour() -> None:
    changes = [
        (NOW - 5 * DAY, C.OPERATIONAL),
        (NOW - 2 * DAY, C.MAJOR),
        (NOW - 2 * DAY + timedelta(minutes=10), C.DEGRADED),
        (NOW - 2 * DAY + timedelta(minutes=30), C.OPERATIONAL),
    ]
    found = uptime(changes, at=NOW, days=7)
    assert [one.state for one in found.days] == [
        None,
        C.OPERATIONAL,
        C.OPERATIONAL,
        C.OPERATIONAL,
        C.MAJOR,
        C.OPERATIONAL,
        C.OPERATIONAL,
    ]
    assert found.days[-1].day == date(2026, 10, 20)


def test_an_outage_over_midnight_shows_on_both_days() -> None:
    midnight = datetime(2026, 10, 19, tzinfo=UTC)
    hour = timedelta(hours=1)
    changes = [(NOW - 9 * DAY, C.OPERATIONAL), (midnight - hour, C.PARTIAL), (midnight + hour, C.OPERATIONAL)]
    states = [one.state for one in uptime(changes, at=NOW, days=3).days]
    assert states == [C.PARTIAL, C.PARTIAL, C.OPERATIONAL]


def test_only_outages_count_and_a_partial_one_less() -> None:
    ten = timedelta(hours=10)

    def percent(state: C) -> float | None:
        return uptime([(NOW - 10 * ten, C.OPERATIONAL), (NOW - ten, state)], at=NOW).percent

    assert percent(C.MAJOR) == 90.0
    assert percent(C.PARTIAL) == 97.0
    assert percent(C.DEGRADED) == percent(C.UNDER_MAINTENANCE) == 100.0


def test_a_new_component_has_no_past_and_is_shown_today() -> None:
    found = uptime([(NOW, C.OPERATIONAL)], at=NOW, days=2)
    assert (found.percent, [one.state for one in found.days]) == (None, [None, C.OPERATIONAL])

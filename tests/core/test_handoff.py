"""When a shift changes hands, and when a gap is only a night. Peers 10b"""

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from muster.core.handoff import AROUND, handings
from muster.core.oncall import ScheduleSpec, Shift, shifts
from muster.core.rotation import EVERY_DAY, Day, Layer, Window
from muster.core.wallclock import parse_every

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OFFICE = Window(EVERY_DAY - {Day.SAT, Day.SUN}, time(9), time(17))


def rota(*people: str, every: str = "1 week", only=()) -> ScheduleSpec:
    layer = Layer(parse_every(every), datetime.fromisoformat("2026-01-05T09:00"), people, only=only)
    return ScheduleSpec("UTC", (layer,))


def told(spec: ScheduleSpec, a: datetime, b: datetime):
    found = handings(shifts(spec, a - AROUND, b + AROUND), a, b)
    return [(one.at, one.incoming, one.outgoing) for one in found]


def test_both_sides_are_named_at_the_instant_and_not_before() -> None:
    spec, at = rota("ana", "ben"), MONDAY + 7 * DAY
    assert told(spec, at, at + HOUR) == [(at, ("ben",), ("ana",))]
    assert told(spec, at - HOUR, at) == []


def test_nights_and_weekends_of_one_person_are_no_handoff() -> None:
    """Told on the first morning, and on the Friday after which somebody else has it."""
    spec = rota("ana", "ben", only=(OFFICE,))
    friday = MONDAY + 4 * DAY + 8 * HOUR
    assert told(spec, MONDAY, MONDAY + 14 * DAY) == [
        (MONDAY, ("ana",), ()),
        (friday, (), ("ana",)),
        (MONDAY + 7 * DAY, ("ben",), ()),
        (friday + 7 * DAY, (), ("ben",)),
    ]
    alone = rota("ana", only=(OFFICE,))
    assert told(alone, MONDAY + HOUR, MONDAY + 50 * DAY) == []


def test_who_goes_on_with_another_is_not_named() -> None:
    span = [Shift(MONDAY - DAY, MONDAY, ("ana",)), Shift(MONDAY, MONDAY + DAY, ("ana", "ben"))]
    [one] = handings(span, MONDAY, MONDAY + HOUR)
    assert (one.incoming, one.outgoing, one.now) == (("ben",), (), ("ana", "ben"))


@given(st.integers(0, 60 * 24 * 40), st.sampled_from(["12 hours", "1 day", "1 week"]))
def test_looking_again_and_again_finds_each_handoff_once(offset: int, every: str) -> None:
    """Windows that meet miss nothing and say nothing twice."""
    spec, at = rota("ana", "ben", "eva", every=every), MONDAY + timedelta(minutes=offset)
    looks = [told(spec, at + n * 8 * HOUR, at + (n + 1) * 8 * HOUR) for n in range(24)]
    assert [one for look in looks for one in look] == told(spec, at, at + 24 * 8 * HOUR)

"""Overrides that add, remove and replace; half-shifts; layers with a clock of their own. R39, O7, O8, O18"""

from datetime import UTC, datetime, time, timedelta

from muster.core.oncall import (
    Effect,
    Override,
    ScheduleSpec,
    Shift,
    Why,
    explain_at,
    halves,
    on_call_at,
    shifts,
)
from muster.core.rotation import Day, Layer, Window
from muster.core.schedule_form import read_schedule, write_schedule
from muster.core.wallclock import parse_every

MICROSECOND = timedelta(microseconds=1)
A, B = datetime(2026, 1, 5, 8, tzinfo=UTC), datetime(2026, 1, 19, 8, tzinfo=UTC)
NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)


def rota(*overrides: Override, people: tuple[str, ...] = ("ana", "ben")) -> ScheduleSpec:
    layer = Layer(parse_every("1 week"), datetime.fromisoformat("2026-01-05T09:00"), people)
    return ScheduleSpec("Europe/Madrid", (layer,), overrides)


def override(effect: Effect, person: str, replaces: str | None = None) -> Override:
    """All of Tuesday the 6th, Ana's week."""
    start, end = datetime.fromisoformat("2026-01-06T00:00"), datetime.fromisoformat("2026-01-07T00:00")
    return Override(start, end, person, effect, replaces)


def test_adding_somebody_leaves_who_is_there():
    assert on_call_at(rota(override(Effect.ADD, "cleo")), NOON) == ("ana", "cleo")
    assert on_call_at(rota(override(Effect.ADD, "ana")), NOON) == ("ana",)


def test_removing_somebody_leaves_the_others_or_nobody():
    both = rota(override(Effect.ADD, "cleo"), override(Effect.REMOVE, "ana"))
    assert on_call_at(both, NOON) == ("cleo",)
    alone = explain_at(rota(override(Effect.REMOVE, "ana")), NOON)
    assert (alone.people, alone.why, alone.index) == ((), Why.NOBODY, None)


def test_replacing_is_one_person_out_and_one_in_and_nothing_where_they_are_not():  # O8, goalert PR#4306
    assert on_call_at(rota(override(Effect.REPLACE, "cleo", "ana")), NOON) == ("cleo",)
    absent = explain_at(rota(override(Effect.REPLACE, "cleo", "ben")), NOON)
    assert (absent.people, absent.why) == (("ana",), Why.LAYER)
    twice = rota(override(Effect.ADD, "cleo"), override(Effect.REPLACE, "cleo", "ana"))
    assert on_call_at(twice, NOON) == ("cleo",)


def test_an_override_changes_its_interval_and_nothing_else():  # O7
    plain = rota()
    for effect in Effect:
        changed = rota(override(effect, "cleo", "ana" if effect is Effect.REPLACE else None))
        start, end = datetime(2026, 1, 5, 23, tzinfo=UTC), datetime(2026, 1, 6, 23, tzinfo=UTC)
        assert on_call_at(changed, start - MICROSECOND) == on_call_at(plain, start - MICROSECOND)
        assert on_call_at(changed, end) == on_call_at(plain, end)
        assert shifts(changed, end, B) == shifts(plain, end, B)


def test_a_swap_then_an_override_then_neither_is_the_original():  # O18
    plain = rota()
    swapped = rota(override(Effect.REPLACE, "ben", "ana"), override(Effect.COVER, "cleo"))
    assert shifts(swapped, A, B) != shifts(plain, A, B)
    assert shifts(rota(*swapped.overrides[:-2]), A, B) == shifts(plain, A, B)


def test_a_shift_has_two_halves_that_meet_at_a_full_hour():
    whole = Shift(A, A + timedelta(days=7), ("ana",))
    first, second = halves(whole)
    assert (first.start, second.end) == (whole.start, whole.end)
    assert first.end == second.start == A + timedelta(days=3, hours=12)
    odd = halves(Shift(A, A + timedelta(hours=3, minutes=30), ("ana",)))
    assert odd[0].end == A + timedelta(hours=2)
    short = halves(Shift(A, A + timedelta(minutes=30), ("ana",)))
    assert short[0].end == A + timedelta(minutes=15)


def region(zone: str, *people: str) -> Layer:
    """Eight hours of a region's own day."""
    start = datetime.fromisoformat("2026-01-05T00:00")
    return Layer(parse_every("1 week"), start, people, (Window(from_=time(8), to=time(16)),), zone)


def test_a_rota_follows_the_sun_by_each_regions_own_clock():
    spec = ScheduleSpec("UTC", (region("Asia/Tokyo", "yui"), region("Europe/Madrid", "ana")))
    winter, summer = datetime(2026, 1, 7, 7, tzinfo=UTC), datetime(2026, 7, 8, 6, tzinfo=UTC)
    for eight_in_madrid in (winter, summer):
        assert on_call_at(spec, eight_in_madrid) == ("ana",)
    assert on_call_at(spec, winter - MICROSECOND) == ("yui",)  # Tokyo's day ends at seven
    assert on_call_at(spec, winter + timedelta(hours=8)) == ()
    assert on_call_at(spec, summer - MICROSECOND) == ("yui",)


def test_the_new_keys_are_optional_and_read_back():
    old = {
        "timezone": "Europe/Madrid",
        "layers": [{"every": "1 week", "start": "2026-01-05T09:00", "people": ["ana"], "only": []}],
        "overrides": [{"from": "2026-01-06T00:00", "to": "2026-01-07T00:00", "person": "ben"}],
    }
    assert write_schedule(read_schedule(old)) == old
    monday = Window(frozenset({Day.MON}), time(8), time(16))
    layer = Layer(
        parse_every("1 day"), datetime.fromisoformat("2026-01-05T09:00"), ("ana",), (monday,), "Asia/Tokyo"
    )
    effects = tuple(override(effect, "ben", "ana" if effect is Effect.REPLACE else None) for effect in Effect)
    new = ScheduleSpec("Europe/Madrid", (layer,), effects)
    assert read_schedule(write_schedule(new)) == new

"""What is said about a rota before it is saved: gaps, fairness, best practice, clock changes. R42, B9, B11"""

from datetime import UTC, datetime, time, timedelta

from muster.core.fairness import loads, overburdened
from muster.core.oncall import Override, ScheduleSpec, Shift, shifts
from muster.core.oncall_checks import Around, Check, Finding, Verdict, absences, clock_notes, findings
from muster.core.rotation import Layer, Window
from muster.core.wallclock import offset_changes, parse_every, zone

SIX = ("ana", "ben", "cleo", "dan", "eva", "finn")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


A, B = utc("2026-01-05T08:00"), utc("2026-03-30T08:00")


def rota(people=SIX, every="1 week", only=(), overrides=(), timezone=None) -> ScheduleSpec:
    layer = Layer(parse_every(every), datetime.fromisoformat("2026-01-05T09:00"), people, only, timezone)
    return ScheduleSpec("Europe/Madrid", (layer,), overrides)


def found(spec: ScheduleSpec, check: Check, around: Around | None = None, a=A, b=B) -> Finding:
    [one] = [one for one in findings(spec, a, b, around or Around()) if one.check is check]
    return one


def test_a_rota_by_the_book_has_nothing_to_advise_but_nights():
    secondary = rota(people=(*SIX[1:], SIX[0]))
    said = findings(rota(), A, B, Around(secondaries=(secondary,)))
    assert {one.check for one in said} == set(Check)
    assert [one.check for one in said if one.verdict is not Verdict.MET] == [Check.SUN]


def test_hours_with_nobody_are_missed_also_when_all_are():  # peers 9c
    office = rota(only=(Window(from_=time(9), to=time(17)),))
    gap = found(office, Check.COVERED)
    assert (gap.verdict, gap.whole, gap.shift.start) == (Verdict.MISSED, False, utc("2026-01-05T16:00"))
    nobody = found(rota(people=()), Check.COVERED)
    assert (nobody.verdict, nobody.whole, nobody.shift) == (Verdict.MISSED, True, Shift(A, B, ()))
    later = Layer(parse_every("1 week"), A + timedelta(days=7, hours=1), SIX)
    first_week = found(ScheduleSpec("Europe/Madrid", (later,)), Check.COVERED)
    assert (first_week.whole, first_week.shift.end) == (True, A + timedelta(days=7, hours=1))


def test_a_small_team_other_turns_and_no_secondary_are_advised_against():
    assert found(rota(people=SIX[:5]), Check.ENOUGH_PEOPLE).count == 5
    assert found(rota(people=SIX[:5]), Check.ENOUGH_PEOPLE).verdict is Verdict.ADVISED
    assert found(rota(every="1 day"), Check.WEEK_LONG).verdict is Verdict.ADVISED
    assert found(rota(every="7 days"), Check.WEEK_LONG).verdict is Verdict.MET
    assert found(rota(), Check.SECONDARY).verdict is Verdict.ADVISED


def test_who_is_primary_and_secondary_at_once_is_named():
    both = found(rota(), Check.TWICE, Around(secondaries=(rota(),)))
    assert (both.verdict, both.people) == (Verdict.ADVISED, ("ana",))


def test_who_is_away_or_cannot_be_reached_is_missed():  # peers 3a
    away = {"ben": [(utc("2026-01-13T00:00"), utc("2026-01-14T00:00"))]}
    clash = found(rota(), Check.PRESENT, Around(away=away))
    assert clash.shift == Shift(utc("2026-01-13T00:00"), utc("2026-01-14T00:00"), ("ben",))
    assert found(rota(), Check.PRESENT, Around(away={"zoe": away["ben"]})).verdict is Verdict.MET
    silent = found(rota(), Check.REACHABLE, Around(unreachable=frozenset({"dan", "zoe"})))
    assert (silent.verdict, silent.people) == (Verdict.MISSED, ("dan",))


def test_absences_are_cut_to_the_shift():
    shift = Shift(A, A + timedelta(days=7), ("ana", "ben"))
    away = {"ana": [(A - timedelta(days=1), A + timedelta(days=1))], "ben": [(A - timedelta(days=1), A)]}
    assert absences([shift], away) == [Shift(A, A + timedelta(days=1), ("ana",))]


def test_loads_are_elapsed_time_nights_and_weekends():
    week = shifts(rota(), utc("2026-03-23T08:00"), utc("2026-03-30T07:00"))
    [load] = loads(week, {}, "Europe/Madrid")
    assert load.time == timedelta(days=7, hours=-1)  # the clocks went forward on the 29th
    assert load.weekend == timedelta(hours=47)
    assert load.nights == 7


def test_nights_are_those_of_the_persons_own_clock():
    day = [Shift(utc("2026-01-06T16:00"), utc("2026-01-07T00:00"), ("yui",))]  # 01:00 to 09:00 in Tokyo
    assert loads(day, {}, "Europe/Madrid")[0].nights == 0
    assert loads(day, {"yui": "Asia/Tokyo"}, "Europe/Madrid")[0].nights == 1


def test_sun_is_followed_when_nobody_has_a_night():
    only = (Window(from_=time(8), to=time(16)),)
    spec = rota(only=only)
    assert found(spec, Check.SUN).verdict is Verdict.MET
    assert found(spec, Check.SUN, Around(zones=dict.fromkeys(SIX, "America/Los_Angeles"))).count > 50


def test_who_carries_much_more_than_the_others_is_named():
    long = Override(utc("2026-01-12T08:00"), utc("2026-02-16T08:00"), "ana")
    assert found(rota(overrides=(long,)), Check.FAIR).people == ("ana",)
    assert found(rota(), Check.FAIR).verdict is Verdict.MET
    assert overburdened(loads([Shift(A, B, ("ana",))], {}, "UTC")) == []


def test_the_shift_over_a_change_of_the_clocks_is_shorter_or_longer():  # B11
    [spring] = clock_notes(rota(), rota(), utc("2026-03-01T00:00"), utc("2026-05-01T00:00"))
    assert (spring.at, spring.longer, spring.moves) == (utc("2026-03-29T01:00"), timedelta(hours=-1), False)
    assert spring.shift.start == utc("2026-03-23T08:00")
    [autumn] = clock_notes(rota(), rota(), utc("2026-10-01T00:00"), utc("2026-12-01T00:00"))
    assert autumn.longer == timedelta(hours=1)
    exact = rota(every="12 hours")
    [moved] = clock_notes(exact, exact, utc("2026-03-01T00:00"), utc("2026-05-01T00:00"))
    assert moved.moves


def test_each_regions_clock_is_looked_at():
    spec = rota(timezone="America/Chicago")
    found_in = clock_notes(spec, spec, utc("2026-03-01T00:00"), utc("2026-04-01T00:00"))
    assert [(note.timezone, note.at) for note in found_in] == [("America/Chicago", utc("2026-03-08T08:00"))]


def test_changes_of_offset_are_found_to_the_second():
    lord_howe = offset_changes(zone("Australia/Lord_Howe"), utc("2026-01-01T00:00"), utc("2027-01-01T00:00"))
    half = timedelta(minutes=30)
    assert lord_howe == [(utc("2026-04-04T15:00"), -half), (utc("2026-10-03T15:30"), half)]
    assert offset_changes(zone("Asia/Tokyo"), A, B) == []

"""Who is on call: the semantics of design section 13, case by case. R39"""

from datetime import UTC, datetime, time, timedelta

import pytest

from muster.core.oncall import (
    History,
    Override,
    ScheduleSpec,
    Shift,
    Version,
    Why,
    explain_at,
    gaps,
    on_call_at,
    segments,
    shifts,
)
from muster.core.rotation import Day, Layer, Window
from muster.core.wallclock import UnknownZone, parse_every

MICROSECOND = timedelta(microseconds=1)
WORKDAYS = frozenset({Day.MON, Day.TUE, Day.WED, Day.THU, Day.FRI})
OFFICE = Window(WORKDAYS, time(9), time(17))


def at(text: str) -> datetime:
    """A moment with its offset, UTC when none is written."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def rota(every="1 week", start="2026-01-05T09:00", people=("ana", "ben"), only=()):
    return Layer(parse_every(every), datetime.fromisoformat(start), people, only)


def madrid(*layers, overrides=()):
    return ScheduleSpec("Europe/Madrid", layers, overrides)


def override(start, end, person):
    return Override(datetime.fromisoformat(start), datetime.fromisoformat(end), person)


def test_the_old_person_is_on_call_one_microsecond_before_the_handoff_and_the_new_one_at_it():  # M10
    handoff = at("2026-01-12T08:00")  # 09:00 in Madrid
    assert on_call_at(madrid(rota()), handoff - MICROSECOND) == ("ana",)
    assert on_call_at(madrid(rota()), handoff) == ("ben",)


def test_overrides_are_half_open_too():  # M10, the variant in overrides
    spec = madrid(rota(), overrides=(override("2026-01-06T09:00", "2026-01-07T09:00", "cleo"),))
    start, end = at("2026-01-06T08:00"), at("2026-01-07T08:00")
    assert [on_call_at(spec, t) for t in (start - MICROSECOND, start, end - MICROSECOND, end)] == [
        ("ana",),
        ("cleo",),
        ("cleo",),
        ("ana",),
    ]


def test_nobody_is_on_call_before_the_start():
    assert on_call_at(madrid(rota()), at("2026-01-05T08:00") - MICROSECOND) == ()
    assert on_call_at(madrid(rota()), at("2026-01-05T08:00")) == ("ana",)


def test_a_schedule_without_layers_or_people_has_nobody():
    assert on_call_at(madrid(), at("2026-01-05T08:00")) == ()
    assert on_call_at(madrid(rota(people=())), at("2026-01-05T08:00")) == ()


def test_a_weekly_handoff_stays_at_nine_on_the_wall_across_both_clock_changes():  # O4
    spec = madrid(rota(start="2026-03-23T09:00"))
    handoffs = [shift.start for shift in shifts(spec, at("2026-03-23T08:00"), at("2026-11-10T08:00"))]
    assert at("2026-03-30T07:00") in handoffs
    assert at("2026-10-26T08:00") in handoffs
    assert {handoff.astimezone(UTC).hour for handoff in handoffs} == {7, 8}


def test_hours_elapse_and_never_follow_the_wall():  # O5
    spec = madrid(rota("12 hours", "2026-03-28T09:00"))
    handoffs = [shift.start for shift in shifts(spec, at("2026-03-28T08:00"), at("2026-03-30T08:00"))]
    assert handoffs == [at("2026-03-28T08:00") + n * timedelta(hours=12) for n in range(4)]


def test_a_handoff_in_the_fold_happens_at_the_first_occurrence():  # M11
    spec = madrid(rota("1 day", "2026-10-24T02:30"))
    handoff = at("2026-10-25T02:30+02:00")
    assert on_call_at(spec, handoff - MICROSECOND) == ("ana",)
    assert on_call_at(spec, handoff) == ("ben",)
    assert on_call_at(spec, at("2026-10-25T02:30+01:00")) == ("ben",)


def test_a_handoff_in_the_gap_shifts_forward_by_the_gap():
    spec = madrid(rota("1 day", "2026-03-28T02:30"))
    handoff = at("2026-03-29T03:30+02:00")
    assert on_call_at(spec, handoff - MICROSECOND) == ("ana",)
    assert on_call_at(spec, handoff) == ("ben",)


def test_lord_howe_moves_by_half_an_hour():
    spec = ScheduleSpec("Australia/Lord_Howe", (rota("1 day", "2026-04-04T01:45"),))
    first = at("2026-04-05T01:45+11:00")
    assert on_call_at(spec, first - MICROSECOND) == ("ana",)
    assert on_call_at(spec, first) == ("ben",)


def test_chicago_has_no_hole_and_no_overlap_on_the_days_of_change():
    spec = ScheduleSpec("America/Chicago", (rota("1 week", "2026-10-26T00:00"),))
    covered = shifts(spec, at("2026-10-26T05:00"), at("2027-03-22T05:00"))
    assert gaps(spec, covered[0].start, covered[-1].end) == []
    assert covered[1].start - covered[0].start == timedelta(days=7, hours=1)


def test_the_turn_of_a_civil_day_that_was_skipped_has_no_length_and_the_calendar_goes_on():  # O6
    spec = ScheduleSpec("Pacific/Apia", (rota("1 day", "2011-12-28T09:00", ("ana", "ben", "cleo", "dan")),))
    found = [
        (shift.people[0], shift.start)
        for shift in shifts(spec, at("2011-12-28T19:00"), at("2012-01-01T18:00"))
    ]
    assert found == [
        ("ana", at("2011-12-28T19:00")),
        ("ben", at("2011-12-29T19:00")),
        # cleo's 30 December did not happen
        ("dan", at("2011-12-30T19:00")),
        ("ana", at("2011-12-31T19:00")),
    ]


def test_a_monthly_turn_from_the_31st_hands_over_on_the_last_day_of_shorter_months():
    spec = madrid(rota("1 month", "2026-01-31T09:00"))
    handoffs = [shift.start for shift in shifts(spec, at("2026-01-31T08:00"), at("2026-05-02T00:00"))]
    assert handoffs == [
        at("2026-01-31T09:00+01:00"),
        at("2026-02-28T09:00+01:00"),
        at("2026-03-31T09:00+02:00"),
        at("2026-04-30T09:00+02:00"),
    ]


def test_a_yearly_turn_from_the_leap_day_falls_on_the_28th_until_the_next_leap_year():
    spec = madrid(rota("12 months", "2024-02-29T09:00"))
    handoffs = [shift.start for shift in shifts(spec, at("2024-02-29T08:00"), at("2028-03-01T09:00"))]
    assert [handoff.date().isoformat() for handoff in handoffs] == [
        "2024-02-29",
        "2025-02-28",
        "2026-02-28",
        "2027-02-28",
        "2028-02-29",
    ]


def test_the_later_layer_wins_where_it_has_somebody_and_the_lower_one_shows_elsewhere():
    spec = madrid(rota(people=("ana",)), rota(people=("ben",), only=(OFFICE,)))
    assert on_call_at(spec, at("2026-01-07T10:00+01:00")) == ("ben",)
    assert on_call_at(spec, at("2026-01-07T18:00+01:00")) == ("ana",)
    assert explain_at(spec, at("2026-01-07T10:00+01:00")).index == 1
    assert explain_at(spec, at("2026-01-07T18:00+01:00")).why is Why.LAYER


def test_overrides_win_over_layers_and_the_later_override_over_the_earlier():  # O7, nested
    spec = madrid(
        rota(),
        overrides=(
            override("2026-01-06T00:00", "2026-01-08T00:00", "cleo"),
            override("2026-01-06T12:00", "2026-01-06T18:00", "dan"),
        ),
    )
    found = [
        (segment.people, segment.why, segment.index)
        for segment in segments(spec, at("2026-01-05T12:00"), at("2026-01-08T12:00"))
    ]
    assert found == [
        (("ana",), Why.LAYER, 0),
        (("cleo",), Why.OVERRIDE, 0),
        (("dan",), Why.OVERRIDE, 1),
        (("cleo",), Why.OVERRIDE, 0),
        (("ana",), Why.LAYER, 0),
    ]


def test_an_override_covers_a_gap_and_a_time_before_the_start():
    spec = madrid(rota(), overrides=(override("2026-01-01T00:00", "2026-01-02T00:00", "cleo"),))
    assert on_call_at(spec, at("2026-01-01T12:00")) == ("cleo",)


def test_an_override_with_an_offset_is_an_instant():
    spec = madrid(rota(), overrides=(override("2026-10-25T02:30+01:00", "2026-10-25T02:40+01:00", "cleo"),))
    assert on_call_at(spec, at("2026-10-25T00:35")) == ("ben",)
    assert on_call_at(spec, at("2026-10-25T01:35")) == ("cleo",)


def test_an_override_that_ends_before_it_starts_has_no_effect():
    spec = madrid(rota(), overrides=(override("2026-01-08T00:00", "2026-01-07T00:00", "cleo"),))
    assert on_call_at(spec, at("2026-01-07T12:00")) == ("ana",)


def test_removing_an_override_gives_back_the_original():  # O18
    plain = madrid(rota())
    span = at("2026-01-01T00:00"), at("2026-03-01T00:00")
    swapped = madrid(rota(), overrides=(override("2026-01-06T00:00", "2026-01-08T00:00", "ben"),))
    assert shifts(swapped, *span) != shifts(plain, *span)
    assert shifts(madrid(rota(), overrides=swapped.overrides[:-1]), *span) == shifts(plain, *span)


def test_a_window_whose_end_is_not_after_its_start_ends_on_the_next_day():
    night = Window(frozenset({Day.FRI}), time(22), time(6))
    spec = madrid(rota(people=("ana",), only=(night,)))
    assert [
        (shift.start, shift.end)
        for shift in shifts(spec, at("2026-01-09T00:00"), at("2026-01-12T00:00"))
        if shift.people
    ] == [(at("2026-01-09T22:00+01:00"), at("2026-01-10T06:00+01:00"))]


def test_equal_times_are_a_whole_day():
    saturday = Window(frozenset({Day.SAT}), time(0), time(0))
    spec = madrid(rota(people=("ana",), only=(saturday,)))
    assert [
        (shift.start, shift.end)
        for shift in shifts(spec, at("2026-01-09T00:00"), at("2026-01-12T00:00"))
        if shift.people
    ] == [(at("2026-01-10T00:00+01:00"), at("2026-01-11T00:00+01:00"))]


def test_turns_count_by_the_calendar_whatever_the_hours_say():  # peers 9b
    people = ("ana", "ben", "cleo")
    always = madrid(rota("1 day", people=people))
    office = madrid(rota("1 day", people=people, only=(OFFICE,)))
    for day in range(84):
        noon = at("2026-01-05T12:00+01:00") + timedelta(days=day)
        if on_call_at(office, noon):
            assert on_call_at(office, noon) == on_call_at(always, noon)


def test_a_window_in_another_offset_is_read_there():
    abroad = Window(
        frozenset({Day.MON}), time.fromisoformat("09:00+09:00"), time.fromisoformat("17:00+09:00")
    )
    spec = madrid(rota(people=("ana",), start="2026-01-01T00:00", only=(abroad,)))
    assert [
        (shift.start, shift.end)
        for shift in shifts(spec, at("2026-01-04T00:00"), at("2026-01-06T00:00"))
        if shift.people
    ] == [(at("2026-01-05T00:00"), at("2026-01-05T08:00"))]


def test_a_start_with_an_offset_hands_over_at_that_wall_time_afterwards():
    # The second 02:30 of the fold: the first turn begins there, later ones at 02:30 as the wall shows it.
    spec = madrid(rota("1 day", "2026-10-25T02:30+01:00"))
    assert [shift.start for shift in shifts(spec, at("2026-10-25T01:30"), at("2026-10-27T01:00"))] == [
        at("2026-10-25T01:30"),
        at("2026-10-26T01:30"),
    ]


def test_a_start_that_never_existed_begins_after_the_gap_and_then_keeps_its_wall_time():  # peers 10a
    spec = madrid(rota("1 day", "2026-03-29T02:30"))
    assert [shift.start for shift in shifts(spec, at("2026-03-29T00:00"), at("2026-03-31T00:00"))] == [
        at("2026-03-29T00:00"),
        at("2026-03-29T03:30+02:00"),
        at("2026-03-30T02:30+02:00"),
    ]


def test_a_start_that_existed_twice_begins_at_the_first():  # peers 10a
    spec = madrid(rota("1 day", "2026-10-25T02:30"))
    assert on_call_at(spec, at("2026-10-25T02:30+02:00") - MICROSECOND) == ()
    assert on_call_at(spec, at("2026-10-25T02:30+02:00")) == ("ana",)


def test_shifts_of_one_person_in_a_row_are_one_shift():
    spec = madrid(rota("1 day", people=("ana", "ana", "ben")))
    assert [shift.people for shift in shifts(spec, at("2026-01-05T08:00"), at("2026-01-11T08:00"))] == [
        ("ana",),
        ("ben",),
        ("ana",),
        ("ben",),
    ]


def test_a_week_with_nobody_is_one_gap_of_the_whole_week():  # peers 9c
    a, b = at("2025-12-01T00:00"), at("2025-12-08T00:00")
    assert gaps(madrid(rota()), a, b) == [Shift(a, b, ())]


def test_an_empty_span_has_no_shifts():
    assert shifts(madrid(rota()), at("2026-01-05T08:00"), at("2026-01-05T08:00")) == []
    assert shifts(madrid(rota()), at("2026-01-06T08:00"), at("2026-01-05T08:00")) == []


def test_people_take_equal_turns_over_full_cycles():  # O10
    spec = madrid(rota("1 day", people=("ana", "ben", "cleo")))
    found = shifts(spec, at("2026-02-01T08:00"), at("2026-05-02T07:00"))
    counts = [sum(shift.people == (person,) for shift in found) for person in ("ana", "ben", "cleo")]
    assert max(counts) - min(counts) <= 1


def test_editing_a_schedule_does_not_rewrite_the_past():  # O11
    saved = at("2026-02-10T12:00")
    before = madrid(rota(people=("ana", "ben")))
    after = madrid(rota(people=("ben",)))
    history = History((Version(at("2026-01-01T00:00"), before), Version(saved, after)))
    past, future = (at("2026-01-01T00:00"), saved), (saved, at("2026-04-01T00:00"))
    assert shifts(history, *past) == shifts(before, *past)
    assert shifts(history, *future) == shifts(after, *future)
    assert on_call_at(history, saved - MICROSECOND) == on_call_at(before, saved - MICROSECOND)
    assert on_call_at(history, saved) == ("ben",)


def test_nobody_is_on_call_before_the_first_version():
    history = History((Version(at("2026-02-01T00:00"), madrid(rota())),))
    assert on_call_at(history, at("2026-02-01T00:00") - MICROSECOND) == ()
    assert on_call_at(history, at("2026-02-01T00:00")) != ()
    assert on_call_at(History(()), at("2026-02-01T00:00")) == ()


def test_of_two_versions_saved_at_one_instant_the_later_holds():
    moment = at("2026-02-01T00:00")
    history = History(
        (Version(moment, madrid(rota(people=("ana",)))), Version(moment, madrid(rota(people=("ben",)))))
    )
    assert on_call_at(history, moment) == ("ben",)


def test_versions_out_of_order_are_refused():
    with pytest.raises(ValueError):
        History((Version(at("2026-02-01T00:00"), madrid()), Version(at("2026-01-01T00:00"), madrid())))


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
@pytest.mark.parametrize("every", ["1 hour", "1 day", "1 week", "1000 months"])
def test_there_is_an_answer_at_the_ends_of_the_calendar(moment, every):  # O2
    spec = ScheduleSpec("Pacific/Apia", (rota(every, only=(OFFICE,)), rota(every, "9997-12-31T23:59")))
    assert isinstance(on_call_at(spec, moment), tuple)
    assert isinstance(on_call_at(spec, at("9997-12-31T23:59:59")), tuple)


def test_a_naive_instant_is_a_mistake_of_the_caller():
    with pytest.raises(TypeError):
        on_call_at(madrid(rota()), datetime(2026, 1, 5, 9))  # noqa: DTZ001


def test_an_unknown_zone_is_refused_when_asked():
    with pytest.raises(UnknownZone):
        on_call_at(ScheduleSpec("Europe/Nowhere", (rota(),)), at("2026-01-05T08:00"))


def test_a_thousand_schedules_for_a_year_take_under_two_seconds():  # O16, a tenth of it
    specs = [madrid(rota(people=(f"p{n}", "ben"))) for n in range(100)]
    began = datetime.now(UTC)
    for spec in specs:
        shifts(spec, at("2026-01-01T00:00"), at("2027-01-01T00:00"))
    assert datetime.now(UTC) - began < timedelta(seconds=1)

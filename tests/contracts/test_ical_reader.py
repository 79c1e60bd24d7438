"""Reading people's calendars: what counts as busy, and what is refused with a reason. O12"""

from datetime import UTC, datetime, timedelta

import pytest

from fakes.webhook import WebhookReceiver, status
from muster.adapters.calendars.ical.busy import busy
from muster.adapters.calendars.ical.reader import IcalReader
from muster.adapters.egress import Egress
from muster.adapters.peers import Allowed
from muster.core.ports.busy import CalendarUnread
from muster.core.ports.busy_form import LIMIT_BYTES, BusyReason

A, B = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def event(*lines: str, start: str = "DTSTART:20261005T080000Z", end: str = "DTEND:20261005T180000Z") -> str:
    return "\r\n".join(["BEGIN:VEVENT", *(lines or ("UID:1",)), start, end, "END:VEVENT", ""])


def calendar(*events: str, head: str = "") -> bytes:
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{head}{''.join(events)}END:VCALENDAR\r\n".encode()


def read(*events: str, head: str = "", zone: str = "Europe/Madrid") -> list[str]:
    """The busy times as `from/to`."""
    found = busy(calendar(*events, head=head), zone, A, B)
    return [f"{start:%m-%dT%H:%M}/{end:%m-%dT%H:%M}" for start, end in found]


def refused(*events: str, head: str = "") -> BusyReason:
    with pytest.raises(CalendarUnread) as unread:
        busy(calendar(*events, head=head), "Europe/Madrid", A, B)
    return unread.value.reason


def test_a_day_is_the_owners_day_and_a_floating_time_the_owners_time():
    day = event(start="DTSTART;VALUE=DATE:20261005", end="DTEND;VALUE=DATE:20261006")
    assert read(day) == ["10-04T22:00/10-05T22:00"]
    assert read(day, zone="Asia/Tokyo") == ["10-04T15:00/10-05T15:00"]
    assert read(event(start="DTSTART:20261005T090000", end="DTEND:20261005T190000")) == [
        "10-05T07:00/10-05T17:00"
    ]


def test_a_calendar_that_says_its_zone_is_read_in_it():  # grafana/oncall#2091
    floating = event(start="DTSTART:20261005T090000", end="DTEND:20261005T190000")
    assert read(floating, head="X-WR-TIMEZONE:Asia/Tokyo\r\n") == ["10-05T00:00/10-05T10:00"]


def test_free_cancelled_and_short_events_are_not_busy_and_touching_ones_are_one():
    assert read(event("UID:1", "TRANSP:TRANSPARENT")) == []
    assert read(event("UID:1", "STATUS:CANCELLED")) == []
    assert read(event(end="DTEND:20261005T090000Z")) == []
    morning = event("UID:1", end="DTEND:20261005T110000Z")
    noon = event("UID:2", start="DTSTART:20261005T110000Z", end="DTEND:20261005T130000Z")
    assert read(morning, noon) == ["10-05T08:00/10-05T13:00"]


def test_a_series_keeps_its_wall_time_across_the_change_of_the_clocks():
    series = event(
        "UID:1",
        "RRULE:FREQ=WEEKLY;COUNT=4",
        "EXDATE;TZID=Europe/Madrid:20261021T090000",
        start="DTSTART;TZID=Europe/Madrid:20261014T090000",
        end="DTEND;TZID=Europe/Madrid:20261014T190000",
    )
    assert read(series) == [
        "10-14T07:00/10-14T17:00",
        "10-28T08:00/10-28T18:00",
        "11-04T08:00/11-04T18:00",
    ]


def test_one_of_a_series_that_was_moved_counts_where_it_is_now():  # grafana/oncall PR#2760
    series = event("UID:1", "RRULE:FREQ=DAILY;UNTIL=20261006T235959Z")
    moved = event(
        "UID:1",
        "RECURRENCE-ID:20261006T080000Z",
        start="DTSTART:20261009T080000Z",
        end="DTEND:20261009T180000Z",
    )
    assert read(series, moved) == ["10-05T08:00/10-05T18:00", "10-09T08:00/10-09T18:00"]


def test_only_the_asked_span_comes_back():
    long = event(start="DTSTART;VALUE=DATE:20260901", end="DTEND;VALUE=DATE:20270101")
    assert read(long) == ["10-01T00:00/12-01T00:00"]
    gone = event(start="DTSTART:20260105T080000Z", end="DTEND:20260105T180000Z")
    assert read(gone) == []


def test_a_zone_that_nobody_knows_is_refused():
    mars = event(start="DTSTART;TZID=Mars/Base:20261005T090000", end="DTEND;TZID=Mars/Base:20261005T190000")
    assert refused(mars) is BusyReason.UNKNOWN_ZONE
    assert refused(event(), head="X-WR-TIMEZONE:Mars/Base\r\n") is BusyReason.UNKNOWN_ZONE


@pytest.mark.parametrize(
    "rule", ["FREQ=SECONDLY", "FREQ=HOURLY", "FREQ=DAILY;BYSECOND=1,2", "fr\r\n eq=minutely"]
)
def test_a_rule_that_would_keep_a_worker_busy_is_refused(rule: str):
    assert refused(event("UID:1", f"RRULE:{rule}")) is BusyReason.TOO_OFTEN


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"BEGIN:VCALENDAR", b"\xff\xfe", b"BEGIN:VEVENT\r\nEND:X\r\n"]
)
def test_what_is_no_calendar_is_refused(body: bytes):
    with pytest.raises(CalendarUnread) as unread:
        busy(body, "UTC", A, B)
    assert unread.value.reason is BusyReason.NO_CALENDAR


def test_an_event_without_a_start_is_left_out_and_the_others_count():
    assert read(event("UID:1", start="X-NO:START", end="X-NO:END"), event("UID:2")) == [
        "10-05T08:00/10-05T18:00"
    ]


def test_what_cannot_be_fetched_has_a_reason(egress: Egress):
    with WebhookReceiver() as server:
        url = f"http://127.0.0.1:{server.port}/x.ics"

        def reason(reader: IcalReader) -> BusyReason:
            with pytest.raises(CalendarUnread) as unread:
                reader.read(url, "UTC", A, B)
            return unread.value.reason

        assert reason(IcalReader(Egress(Allowed.parse("")))) is BusyReason.REFUSED_ADDRESS
        assert server.connections == 0
        server.answer = status(302, ("location", "http://127.0.0.1/"))
        assert reason(IcalReader(egress)) is BusyReason.NOT_THERE
        server.answer = status(200, body=b"x" * (LIMIT_BYTES + 1))
        assert reason(IcalReader(egress)) is BusyReason.TOO_LARGE
        server.answer = status(200, body=calendar(event()))
        assert len(IcalReader(egress).read(url, "UTC", A, B)) == 1
    assert reason(IcalReader(egress)) is BusyReason.NO_ANSWER


def test_thousands_of_daily_series_do_not_take_long():
    series = [event(f"UID:{n}", "RRULE:FREQ=DAILY") for n in range(200)]
    began = datetime.now(UTC)
    busy(calendar(*series), "UTC", A, A + timedelta(days=120))
    assert datetime.now(UTC) - began < timedelta(seconds=30)

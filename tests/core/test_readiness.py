"""Who can be reached, what is lacking, and when everybody is tested (B9; peers 3a, 3b)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from muster.core import readiness
from muster.core.paging import ContactRule
from muster.core.readiness import PROOF_LASTS, RECEIPT_WITHIN, ContactFacts, Lack, findings, is_reachable
from muster.core.urgency import Urgency

T0 = datetime(2026, 1, 5, 3, tzinfo=UTC)
DAY = timedelta(days=1)
MAIL = ContactFacts(1, "email", "email", usable=True, proved_at=T0 - DAY)
PUSH = ContactFacts(2, "ntfy", "phone", usable=True, proved_at=T0 - DAY)
WEEK_OLD = readiness.Test(T0 - 7 * DAY)


def rules(*uses: tuple[int, str]) -> dict[Urgency, list[ContactRule]]:
    return {Urgency.HIGH: [ContactRule(timedelta(minutes=after), use) for after, use in uses]}


@pytest.mark.parametrize(
    ("contacts", "said", "lacks"),
    [
        ([MAIL, PUSH], {}, []),
        ([MAIL, PUSH], rules((0, "phone"), (5, "email")), []),
        ([], {}, [Lack.NO_CONTACT]),
        ([replace(MAIL, usable=False)], {}, [Lack.NOTHING_PROVED]),
        ([MAIL], {}, [Lack.NO_SECOND_CHANNEL]),
        ([MAIL, replace(MAIL, id=3, name="email-2")], {}, [Lack.NO_SECOND_CHANNEL]),
        ([MAIL, PUSH], rules((5, "phone")), []),
        ([MAIL, PUSH], rules((6, "phone")), [Lack.LATE]),
        ([MAIL, PUSH], rules((0, "phone"), (0, "pager")), [Lack.RULE_NAMES_NOTHING]),
        ([MAIL, replace(PUSH, proved_at=None)], {}, [Lack.NEVER_PROVED]),
        ([MAIL, replace(PUSH, proved_at=T0 - PROOF_LASTS)], {}, []),
        ([MAIL, replace(PUSH, proved_at=T0 - PROOF_LASTS - DAY)], {}, [Lack.PROOF_OLD]),
        ([MAIL, replace(PUSH, test=WEEK_OLD)], {}, [Lack.TEST_UNANSWERED]),
        ([MAIL, replace(PUSH, test=replace(WEEK_OLD, answered_at=T0 - 6 * DAY))], {}, []),
        ([MAIL, replace(PUSH, test=readiness.Test(T0 - RECEIPT_WITHIN + timedelta(seconds=1)))], {}, []),
        (
            [MAIL, replace(PUSH, test=replace(WEEK_OLD, failed="timed_out"))],
            {},
            [Lack.TEST_FAILED, Lack.NO_SECOND_CHANNEL],
        ),
        (
            [MAIL, replace(PUSH, usable=False, stopped="gone")],
            {},
            [Lack.CONTACT_STOPPED, Lack.NO_SECOND_CHANNEL],
        ),
        # peers 3b: an address that bounces is no way to reach somebody, however well it was proved once.
        ([replace(MAIL, test=replace(WEEK_OLD, failed="refused"))], {}, [Lack.ALL_FAIL, Lack.TEST_FAILED]),
    ],
)
def test_what_is_lacking_is_said_worst_first(contacts, said, lacks):
    assert [one.lack for one in findings(contacts, said, T0)] == lacks


@pytest.mark.parametrize("lack", list(Lack))
def test_only_the_worst_lacks_make_somebody_unreachable(lack):
    assert is_reachable([readiness.Finding(lack)]) is (lack not in readiness.UNREACHABLE)


@pytest.mark.parametrize(
    ("after", "weeks", "due"),
    [
        ("2026-03-25T09:00+01:00", 1, "2026-03-25T11:00+01:00"),  # today is the day, the hour is to come
        ("2026-03-25T11:00+01:00", 1, "2026-04-01T11:00+02:00"),  # over a clock change: the wall's hour stays
        ("2026-03-25T11:00+01:00", 4, "2026-04-22T11:00+02:00"),
        ("2026-03-26T00:00+01:00", 1, "2026-04-01T11:00+02:00"),
        ("2026-10-24T23:59+02:00", 1, "2026-10-28T11:00+01:00"),
    ],
)
def test_the_next_round_is_at_the_walls_hour_of_the_weekday(after, weeks, due):
    found = readiness.next_round(2, 11, weeks, "Europe/Madrid", datetime.fromisoformat(after))
    assert found == datetime.fromisoformat(due)

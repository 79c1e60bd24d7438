"""When everybody gets a test page, and the rounds that follow from it."""

from datetime import datetime

from muster.core.change import Change
from muster.core.permissions import Actor, Right, require
from muster.core.readiness import next_round
from muster.core.refusal import Refused
from muster.foundation.access.models import Person
from muster.foundation.access.queries import organisation
from muster.foundation.timeline.pen import command, lock, record
from muster.mobilize.reach.commands.testing import send_test_pages
from muster.mobilize.reach.models import TestPage, TestPlan
from muster.mobilize.reach.queries import test_plan
from muster.mobilize.reach.reasons import Testing

PEOPLE_AT_ONCE = 20


@command
def change_plan(
    *, on: bool, weekday: int, hour: int, every_weeks: int, actor: Actor, at: datetime
) -> TestPlan:
    """Say when test pages are sent to everybody, or that none are; the hour is the organisation's.

    Raises:
        Refused: not an admin, or no such weekday, hour or number of weeks.
    """
    require(actor, Right.CONFIGURE)
    if not (0 <= weekday <= 6 and 0 <= hour <= 23 and 1 <= every_weeks <= 12):
        raise Refused(Testing.PLAN_INVALID)
    due_at = next_round(weekday, hour, 1, organisation().timezone, at) if on else None
    columns = {"weekday": weekday, "hour": hour, "every_weeks": every_weeks, "due_at": due_at}
    standing = test_plan()
    row = TestPlan() if standing is None else lock(TestPlan, standing.pk)
    return record(row, Change("test_plan.changed", columns, dict(columns)), actor=actor, at=at)


@command
def begin_due_round(*, actor: Actor, at: datetime) -> int:
    """Begin the round that is due, and send the next test pages of the one that runs; returns how many.

    A worker killed between two batches loses nothing: who has no test page since the round began is next.
    """
    standing = test_plan()
    if standing is None:
        return 0
    plan = lock(TestPlan, standing.pk)
    if plan.due_at is not None and plan.due_at <= at:
        zone = organisation().timezone
        following = next_round(plan.weekday, plan.hour, plan.every_weeks, zone, max(at, plan.due_at))
        columns = {"round_at": at, "due_at": following}
        record(plan, Change("test_plan.round_began", columns, dict(columns)), actor=actor, at=at)
    if plan.round_at is None or plan.due_at is None:
        return 0
    return sum(len(send_test_pages(id_, actor=actor, at=at)) for id_ in _untested(plan.round_at))


def _untested(since: datetime) -> list[int]:
    tested = TestPage.objects.filter(asked_at__gte=since).values("contact__person_id")
    rows = Person.objects.filter(
        retired_at__isnull=True, contacts__verified_at__isnull=False, contacts__retired_at__isnull=True
    ).exclude(pk__in=tested)
    return list(rows.order_by("id").distinct().values_list("id", flat=True)[:PEOPLE_AT_ONCE])

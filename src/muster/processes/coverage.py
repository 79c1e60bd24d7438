"""`muster doctor`: who would not be reached in the next week, by schedule (B9; peers 3b, 9c)."""

from collections.abc import Iterator
from datetime import timedelta

from muster.core.oncall_checks import Finding as RotaFinding
from muster.core.oncall_checks import Verdict
from muster.core.permissions import system
from muster.foundation.access.models import Person
from muster.foundation.access.queries import now
from muster.mobilize.oncall import words
from muster.mobilize.oncall.preview import standing
from muster.mobilize.oncall.queries import schedules
from muster.processes.doctor import Finding, Patient

LOOKED_AHEAD = timedelta(days=7)


def check_coverage(patient: Patient) -> Iterator[Finding]:
    """Gaps, absences and people without a proved way of being reached."""
    assert patient.database is not None
    row = patient.database.execute("SELECT to_regclass('oncall_availability')").fetchone()
    if row is None or row[0] is None:
        return
    at = now()
    for schedule in schedules(system("doctor")):
        for one in standing(schedule, at=at, until=at + LOOKED_AHEAD).findings:
            if one.verdict is Verdict.MISSED:
                told = f"{schedule.handle}: {words.finding_sentence(one)}{_facts(one)}."
                yield Finding("on-call", told, f"Open /oncall/{schedule.handle} and cover it.")


def _facts(one: RotaFinding) -> str:
    people = Person.objects.filter(pk__in=[int(person) for person in one.people]).order_by("handle")
    facts = [*people.values_list("handle", flat=True)]
    if one.shift is not None:
        facts.append(f"{one.shift.start:%Y-%m-%d %H:%M} to {one.shift.end:%Y-%m-%d %H:%M} UTC")
    return f" ({', '.join(facts)})" if facts else ""

"""What on-call tells the registries once its models are ready."""

from collections.abc import Iterable

from django.db.models import Q

from muster.foundation.access.queries import now
from muster.foundation.catalog import configuration, pointers
from muster.foundation.timeline.models import Recorded
from muster.mobilize.oncall.configuration import SchedulesSection
from muster.mobilize.oncall.models import Override, Schedule
from muster.mobilize.oncall.queries import is_over, latest_specs


def register() -> None:
    """Say what points at people and teams, and that `schedules` in the configuration is ours."""
    pointers.register("person", _at_person)
    pointers.register("team", _at_team)
    configuration.register(SchedulesSection())


def _at_person(row: Recorded) -> list[str]:
    """The schedules in use whose layers or coming overrides name this person."""
    at, live = now(), {found.pk: found for found in Schedule.objects.filter(retired_at__isnull=True)}
    overrides = Override.objects.filter(
        Q(person_id=row.pk) | Q(replaces_id=row.pk), retired_at__isnull=True, schedule_id__in=live
    )
    named = {found.schedule_id for found in overrides if not is_over(found, live[found.schedule_id], at)}
    named |= {pk for pk, spec in latest_specs(live).items() if row.pk in _people(spec["layers"])}
    return [f"schedule:{live[pk].handle}" for pk in named]


def _people(layers: Iterable[dict[str, list[int]]]) -> set[int]:
    return {person for layer in layers for person in layer["people"]}


def _at_team(row: Recorded) -> list[str]:
    rows = Schedule.objects.filter(team_id=row.pk, retired_at__isnull=True)
    return [f"schedule:{handle}" for handle in rows.values_list("handle", flat=True)]

"""The doctor's look at people: who in a team could not be woken (peers 3a, 3b)."""

from collections.abc import Iterator

from muster.core.permissions import system
from muster.foundation.access.models import Grant
from muster.foundation.access.queries import now
from muster.mobilize.reach.queries import people_to_report, readiness_of
from muster.mobilize.reach.words import said


def unreachable() -> Iterator[tuple[str, str]]:
    """Everybody in a team whom no page could reach: their handle, and the worst thing that is lacking."""
    grants = Grant.objects.filter(ended_at__isnull=True, scope__startswith="team:")
    in_teams = set(grants.values_list("person_id", flat=True))
    people = [one for one in people_to_report(system("doctor")) if one.pk in in_teams]
    for told in readiness_of(people, now()):
        if not told.reachable:
            yield told.person.handle, said(told.findings[0])

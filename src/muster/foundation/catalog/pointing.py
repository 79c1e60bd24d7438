"""What in the catalog points at people, teams and services: its own answers to `pointers`."""

from collections.abc import Iterable

from muster.foundation.access.models import Grant
from muster.foundation.access.queries import organisation
from muster.foundation.catalog.models import Configured, Customer, Position, Product, Service, Team
from muster.foundation.timeline.models import Recorded


def at_person(row: Recorded) -> list[str]:
    """The live teams that this person manages, and the positions held."""
    managed = Grant.objects.filter(
        person_id=row.pk, role="manager", scope__startswith="team:", ended_at__isnull=True
    ).values_list("scope", flat=True)
    ids = [int(scope.partition(":")[2]) for scope in managed]
    teams = Team.objects.filter(pk__in=ids, retired_at__isnull=True)
    positions = Position.objects.filter(holders__contains=[row.pk], retired_at__isnull=True)
    return [f"team:{team.handle}" for team in teams] + [f"position:{held.handle}" for held in positions]


def in_fallback(row: Recorded) -> list[str]:
    """The organisation's fallback, when it names this row by its handle or one it had before."""
    kinds = ("team", "manager") if row.subject_kind == "team" else (row.subject_kind,)
    names = [getattr(row, "handle", ""), *getattr(row, "aliases", [])]
    named = {f"{kind}:{name}" for kind in kinds for name in names}
    return ["organisation:fallback"] if named & set(organisation().fallback) else []


def at_team(row: Recorded) -> list[str]:
    """The live services of this team."""
    return _named("service", Service.objects.filter(team_id=row.pk, retired_at__isnull=True))


def at_service(row: Recorded) -> list[str]:
    """The live services that depend on it, and the products and customers it belongs to."""
    found = []
    live = {"retired_at__isnull": True}
    found += _named("service", Service.objects.filter(depends_on__contains=[row.pk], **live))
    found += _named("product", Product.objects.filter(services__contains=[row.pk], **live))
    found += _named("customer", Customer.objects.filter(services__contains=[row.pk], **live))
    return found


def at_policy(row: Recorded) -> list[str]:
    """The live services that name this policy, by its handle or one it had before."""
    names = [getattr(row, "handle", ""), *getattr(row, "aliases", [])]
    return _named("service", Service.objects.filter(policy__in=names, retired_at__isnull=True))


def _named(kind: str, rows: Iterable[Configured]) -> list[str]:
    return [f"{kind}:{row.handle}" for row in rows]

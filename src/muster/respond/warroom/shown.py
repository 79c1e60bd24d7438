"""An incident as programs read it: the stable form of design section 13, read for many at once."""

from collections.abc import Iterable, Sequence
from typing import Any

from muster.core.obligations import Kind, State
from muster.core.permissions import Actor
from muster.core.roles import COMMANDER, holders
from muster.detect.models import Alert
from muster.evaluate.models import Incident
from muster.foundation.access.models import Grant, Person
from muster.foundation.catalog.models import Configured, Customer, Product, Service
from muster.foundation.obligations.models import Obligation
from muster.foundation.standard.queries import version_of
from muster.respond.warroom.queries import scope_of


def shown_incidents(incidents: Sequence[Incident], actor: Actor) -> list[dict[str, Any]]:
    """These incidents (which the actor may see), each in the stable form; seven queries in all."""
    numbers = [one.pk for one in incidents]
    held = _held(numbers)
    due = _next_updates(numbers)
    alerts = _alerts(numbers, actor)
    names = {
        "services": _handles(Service, incidents, "services"),
        "products": _handles(Product, incidents, "products"),
        "customers": _handles(Customer, incidents, "customers"),
    }
    people = _people(incidents, held)
    return [
        _shown(one, held.get(one.pk, {}), people, names)
        | {"next_update_due_at": due.get(one.pk), "alerts": alerts.get(one.pk, [])}
        for one in incidents
    ]


def shown_incident(incident: Incident, actor: Actor) -> dict[str, Any]:
    """One incident in the stable form."""
    return shown_incidents([incident], actor)[0]


def _shown(
    one: Incident, held: dict[str, list[int]], people: dict[int, str], names: dict[str, dict[int, str]]
) -> dict[str, Any]:
    version = version_of(one.standard_id)
    assigned = held | ({COMMANDER: [one.commander_id]} if one.commander_id is not None else {})
    roles = holders(version.standard, assigned)
    shown: dict[str, Any] = {
        "id": one.public_id,
        "title": one.title,
        "summary": one.summary,
        "severity": one.severity,
        "phase": one.phase,
        "major": one.major,
        "flags": one.flags,
        "drill": one.drill,
        "commander": people.get(one.commander_id or 0),
        "roles": {role: [people[pk] for pk in holder.people] for role, holder in roles.items()},
        "standard": version.number,
        "merged_into": f"INC-{one.merged_into_id}" if one.merged_into_id is not None else None,
    }
    shown |= {
        name: getattr(one, name)
        for name in (
            "impact_started_at",
            "detected_at",
            "acknowledged_at",
            "declared_at",
            "mitigated_at",
            "resolved_at",
            "closed_at",
        )
    }
    for name, known in names.items():
        shown[name] = [known[pk] for pk in getattr(one, name) if pk in known]
    return shown


def _held(numbers: Iterable[int]) -> dict[int, dict[str, list[int]]]:
    scopes = {scope_of(number): number for number in numbers}
    rows = Grant.objects.filter(scope__in=scopes, ended_at__isnull=True).exclude(role=COMMANDER)
    found: dict[int, dict[str, list[int]]] = {}
    for grant in rows.order_by("id"):
        found.setdefault(scopes[grant.scope], {}).setdefault(grant.role, []).append(grant.person_id)
    return found


def _people(incidents: Sequence[Incident], held: dict[int, dict[str, list[int]]]) -> dict[int, str]:
    wanted = {one.commander_id for one in incidents if one.commander_id is not None}
    wanted |= {pk for roles in held.values() for ids in roles.values() for pk in ids}
    return dict(Person.objects.filter(pk__in=wanted).values_list("id", "handle"))


def _next_updates(numbers: Sequence[int]) -> dict[int | None, Any]:
    rows = Obligation.objects.filter(
        incident__in=numbers,
        kind=Kind.UPDATE_BY,
        state__in=(State.ARMED.value, State.BREACHED.value),
    )
    return dict(rows.order_by("-due_at").values_list("incident", "due_at"))


def _alerts(numbers: Sequence[int], actor: Actor) -> dict[int, list[str]]:
    rows = Alert.objects.visible_to(actor).filter(decision__group__incident_id__in=numbers)
    found: dict[int, list[str]] = {}
    for pk, number in rows.order_by("id").values_list("id", "decision__group__incident_id"):
        found.setdefault(number, []).append(f"ALR-{pk}")
    return found


def _handles(model: type[Configured], incidents: Sequence[Incident], name: str) -> dict[int, str]:
    wanted = {pk for one in incidents for pk in getattr(one, name)}
    return dict(model.objects.filter(pk__in=wanted).values_list("id", "handle")) if wanted else {}

"""`/services/{handle}/dependencies`: what it needs, what needs it, and how far a failure reaches (R36)."""

from collections.abc import Iterable
from typing import Any

from ninja import Router

from muster.core.dependencies import Level
from muster.evaluate.dependencies import Around, Node, around
from muster.foundation.access.http import Shown
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Configured, Service
from muster.foundation.catalog.queries import by_handle

router = Router(tags=["services"])

LISTED = 200
"""So many services and others are named at most; all are counted."""


class NodeOut(Shown):
    """A service with its state: major, partial, degraded or operational.

    `alerts` are open and page people, `held` are open and held back; `incidents` are worked on.
    """

    service: str
    name: str
    state: str
    alerts: int
    held: int
    incidents: list[str]


class LevelOut(Shown):
    """Services equally far away, those in trouble first; `more` are not named."""

    services: list[NodeOut]
    more: int


class HitOut(Shown):
    """All that would be hit if it failed: how many, and the first of them."""

    services: int
    products: int
    customers: int
    service_handles: list[str]
    product_handles: list[str]
    customer_handles: list[str]


class DependenciesOut(Shown):
    """`needs` and `needed_by` are one and two steps away.

    `troubled_below`: what is in trouble of all it stands on, however far; `troubled_above`: of what stands
    on it. `circle`: services on which it stands and which stand on it.
    """

    itself: NodeOut
    needs: list[LevelOut]
    needed_by: list[LevelOut]
    troubled_below: list[NodeOut]
    troubled_above: list[NodeOut]
    circle: list[str]
    blast_radius: HitOut


@router.get("/services/{handle}/dependencies", response=DependenciesOut)
def dependencies(request: Request, handle: str) -> dict[str, Any]:
    """What a service stands on and what stands on it, with the state of each."""
    actor = request.arrival.actor
    found = around(actor, by_handle(Service, handle, actor=actor))
    made = found.map
    return {
        "itself": _node(found.itself),
        "needs": [_level(level, found) for level in made.needs],
        "needed_by": [_level(level, found) for level in made.needed_by],
        "troubled_below": [_node(one) for one in found.troubled_below[:LISTED]],
        "troubled_above": [_node(one) for one in found.troubled_above[:LISTED]],
        "circle": sorted(found.nodes[pk].service.handle for pk in made.circle)[:LISTED],
        "blast_radius": {
            "services": len(made.above),
            "products": len(found.products),
            "customers": len(found.customers),
            "service_handles": sorted(found.nodes[pk].service.handle for pk in made.above)[:LISTED],
            "product_handles": _handles(found.products),
            "customer_handles": _handles(found.customers),
        },
    }


def _handles(rows: Iterable[Configured]) -> list[str]:
    return [row.handle for row in rows][:LISTED]


def _level(level: Level, found: Around) -> dict[str, Any]:
    return {"services": [_node(found.nodes[pk]) for pk in level.shown], "more": level.more}


def _node(one: Node) -> dict[str, Any]:
    return {
        "service": one.service.handle,
        "name": one.service.name,
        "state": one.state.value,
        "alerts": one.alerts,
        "held": one.held,
        "incidents": [incident.public_id for incident in one.incidents],
    }

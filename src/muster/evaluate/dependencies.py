"""What a service stands on and what stands on it, each with its state, and what would be hit if it failed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Count, Q

from muster.core import dependencies as rules
from muster.core.lifecycle import AlertState
from muster.core.permissions import Actor
from muster.detect.models import Alert
from muster.evaluate.models import Incident
from muster.evaluate.queries import open_by_service
from muster.foundation.catalog.models import Customer, Product, Service

MOST = 8
"""So many boxes a column has at most; those in trouble come first, the rest is a number."""


@dataclass(frozen=True, slots=True)
class Node:
    """A service with what is open on it: `alerts` page people, `held` are held back."""

    service: Service
    incidents: tuple[Incident, ...] = ()
    alerts: int = 0
    held: int = 0

    @property
    def state(self) -> rules.State:
        """How it is; alerts that are held back are another's story."""
        return rules.state_of([one.severity for one in self.incidents], self.alerts)


@dataclass(frozen=True, slots=True)
class Around:
    """The map of one service. `troubled` are those in trouble on which it stands, or that stand on it.

    `products` and `customers` would be hit if it failed, and `map.above`.
    """

    map: rules.Map
    edges: rules.Edges
    nodes: Mapping[int, Node]
    troubled_below: tuple[Node, ...]
    troubled_above: tuple[Node, ...]
    products: tuple[Product, ...]
    customers: tuple[Customer, ...]

    @property
    def itself(self) -> Node:
        """The service in the middle."""
        return self.nodes[self.map.service]


def around(actor: Actor, service: Service) -> Around:
    """What is around a service that the caller was shown, of what this actor may see."""
    rows = Service.objects.visible_to(actor).filter(retired_at__isnull=True)
    services = {row.pk: row for row in rows} | {service.pk: service}
    edges = {pk: tuple(row.depends_on) for pk, row in services.items()}
    nodes = nodes_of(actor, services)
    order = list(rules.State)

    def rank(pk: int) -> tuple[int, str]:
        return order.index(nodes[pk].state), nodes[pk].service.name.casefold()

    made = rules.map_of(service.pk, edges, most=MOST, order=rank)
    hit = made.above | {service.pk}
    return Around(
        map=made,
        edges=edges,
        nodes=nodes,
        troubled_below=_troubled(nodes, sorted(made.below, key=rank)),
        troubled_above=_troubled(nodes, sorted(made.above - made.below, key=rank)),
        products=_made_of(Product, actor, hit),
        customers=_made_of(Customer, actor, hit),
    )


def _troubled(nodes: Mapping[int, Node], pks: Collection[int]) -> tuple[Node, ...]:
    return tuple(nodes[pk] for pk in pks if nodes[pk].state is not rules.State.OPERATIONAL)


def nodes_of(actor: Actor, services: Mapping[int, Service]) -> dict[int, Node]:
    """Services that the caller was shown, with what is open on each, of what this actor may see."""
    still = Alert.objects.visible_to(actor).exclude(state=AlertState.RESOLVED)
    counted = still.values_list("service_id").annotate(
        alerts=Count("id", filter=Q(suppressed_by__isnull=True)),
        held=Count("id", filter=Q(suppressed_by__isnull=False)),
    )
    counts = {pk: (alerts, held) for pk, alerts, held in counted}
    about = open_by_service(actor)
    return {pk: Node(row, tuple(about.get(pk, ())), *counts.get(pk, (0, 0))) for pk, row in services.items()}


ThingT = TypeVar("ThingT", Product, Customer)


def _made_of(model: type[ThingT], actor: Actor, hit: Collection[int]) -> tuple[ThingT, ...]:
    """The products or customers in use of which a service is among these."""
    rows = model.objects.visible_to(actor).filter(retired_at__isnull=True).order_by("name")
    return tuple(row for row in rows if not set(row.services).isdisjoint(hit))

"""Routes: which service, policy and urgency an alert gets, and whether it declares an incident (design
section 6).

Routes stand in order, and the first that matches wins. Without one, an alert belongs to its integration's
home service and goes up that service's policy.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from muster.core.calendar import Calendar
from muster.core.matchers import AlertView, Matcher, all_match
from muster.core.urgency import Urgency, UrgencySetting, urgency_of


class RouteReason(StrEnum):
    """Why an alert went where it went."""

    HOME_SERVICE = "home_service"
    ROUTE_MATCHED = "route_matched"
    ROUTE_TARGET_GONE = "route_target_gone"


class RouteUrgencyReason(StrEnum):
    """The one reason for an urgency that is not the service's own."""

    ROUTE_SAYS = "route_says"


@dataclass(frozen=True, slots=True)
class Route:
    """One rule. What it leaves empty stays as the service has it; no matcher matches everything.

    `declare` is a severity of the Standard (`SEV1`...), to declare an incident with by rule.
    """

    name: str
    matchers: tuple[Matcher, ...] = ()
    service: str = ""
    policy: str = ""
    urgency: Urgency | None = None
    declare: str = ""


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """What evaluation must know of a service; `policy` is a handle, empty when it has none.

    `hours` are those of its team, where its urgency goes by them.
    """

    handle: str
    policy: str = ""
    urgency: UrgencySetting = UrgencySetting.BY_SEVERITY
    depends_on: tuple[str, ...] = ()
    hold_when_dependency_down: bool = False
    hours: Calendar | None = None

    def opens_at(self, at: datetime) -> datetime | None:
        """When its working hours open; None while they are, or where it has none."""
        return None if self.hours is None or self.hours.is_open(at) else self.hours.next_opening(at)


@dataclass(frozen=True, slots=True)
class Routed:
    """Where an alert goes, and why. An empty `policy` means that only the fallback can be paged.

    `held_until`: nobody is paged before.
    """

    service: str
    policy: str
    urgency: Urgency
    reason: RouteReason
    urgency_reason: StrEnum
    route: str = ""
    declare: str = ""
    held_until: datetime | None = None


def route(
    alert: AlertView, routes: Iterable[Route], services: Mapping[str, ServiceFacts], at: datetime
) -> Routed:
    """Find the first route that matches the alert as it came in (its `service` is the home service).

    A route to a service that is no more does not lose the alert: it stays at home, with that reason.
    """
    matched = next((one for one in routes if all_match(one.matchers, alert)), None)
    home = services.get(alert.service, ServiceFacts(alert.service))
    if matched is None:
        return _routed(alert, home, None, RouteReason.HOME_SERVICE, at)
    if not matched.service:
        return _routed(alert, home, matched, RouteReason.ROUTE_MATCHED, at)
    target = services.get(matched.service)
    if target is None:
        return _routed(alert, home, matched, RouteReason.ROUTE_TARGET_GONE, at)
    return _routed(alert, target, matched, RouteReason.ROUTE_MATCHED, at)


def _routed(
    alert: AlertView, service: ServiceFacts, matched: Route | None, reason: RouteReason, at: datetime
) -> Routed:
    own = urgency_of(service.urgency, alert.severity, service.opens_at(at))
    override = matched.urgency if matched is not None else None
    return Routed(
        service=service.handle,
        policy=(matched.policy if matched is not None else "") or service.policy,
        urgency=override or own.urgency,
        reason=reason,
        urgency_reason=own.reason if override is None else RouteUrgencyReason.ROUTE_SAYS,
        route=matched.name if matched is not None else "",
        declare=matched.declare if matched is not None else "",
        held_until=own.held_until if override is None else None,
    )

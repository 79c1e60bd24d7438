"""Routes: which service, policy and urgency an alert gets, and whether it declares an incident (design
section 6).

Routes stand in order, and the first that matches wins. Without one, an alert belongs to its integration's
home service and goes up that service's policy.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

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
    """What evaluation must know of a service; `policy` is a handle, empty when it has none."""

    handle: str
    policy: str = ""
    urgency: UrgencySetting = UrgencySetting.BY_SEVERITY
    depends_on: tuple[str, ...] = ()
    hold_when_dependency_down: bool = False


@dataclass(frozen=True, slots=True)
class Routed:
    """Where an alert goes, and why. An empty `policy` means that only the fallback can be paged."""

    service: str
    policy: str
    urgency: Urgency
    reason: RouteReason
    urgency_reason: StrEnum
    route: str = ""
    declare: str = ""


def route(alert: AlertView, routes: Iterable[Route], services: Mapping[str, ServiceFacts]) -> Routed:
    """Find the first route that matches the alert as it came in (its `service` is the home service).

    A route to a service that is no more does not lose the alert: it stays at home, with that reason.
    """
    matched = next((one for one in routes if all_match(one.matchers, alert)), None)
    home = services.get(alert.service, ServiceFacts(alert.service))
    if matched is None:
        return _routed(alert, home, None, RouteReason.HOME_SERVICE)
    if not matched.service:
        return _routed(alert, home, matched, RouteReason.ROUTE_MATCHED)
    target = services.get(matched.service)
    if target is None:
        return _routed(alert, home, matched, RouteReason.ROUTE_TARGET_GONE)
    return _routed(alert, target, matched, RouteReason.ROUTE_MATCHED)


def _routed(alert: AlertView, service: ServiceFacts, matched: Route | None, reason: RouteReason) -> Routed:
    own = urgency_of(service.urgency, alert.severity)
    override = matched.urgency if matched is not None else None
    return Routed(
        service=service.handle,
        policy=(matched.policy if matched is not None else "") or service.policy,
        urgency=override or own.urgency,
        reason=reason,
        urgency_reason=own.reason if override is None else RouteUrgencyReason.ROUTE_SAYS,
        route=matched.name if matched is not None else "",
        declare=matched.declare if matched is not None else "",
    )

"""What a status page says, in Statuspage's words (R45): states, and how a public incident moves. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from muster.core.change import Change
from muster.core.refusal import Refused


class ComponentState(StrEnum):
    """How a component is, from well to worst; maintenance is announced work."""

    OPERATIONAL = "operational"
    UNDER_MAINTENANCE = "under_maintenance"
    DEGRADED = "degraded_performance"
    PARTIAL = "partial_outage"
    MAJOR = "major_outage"


class PageState(StrEnum):
    """Where a public incident stands."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"


class PageImpact(StrEnum):
    """How bad a public incident is."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class Visibility(StrEnum):
    """Who may read a page: everybody, or only people who sign in here."""

    PUBLIC = "public"
    PRIVATE = "private"


class PageRefusal(StrEnum):
    """Why a status page was not changed."""

    PAGE_NOT_FOUND = "status_page_not_found"
    COMPONENT_NOT_FOUND = "component_not_found"
    POST_NOT_FOUND = "page_incident_not_found"
    WORDS_NEEDED = "public_words_needed"
    TITLE_NEEDED = "public_title_needed"
    STATE_UNKNOWN = "page_state_unknown"
    RESOLVED_ALREADY = "page_incident_resolved"
    ALREADY_ON_PAGE = "already_on_page"
    RETIRED = "status_page_retired"


_RANK: Final = {state: rank for rank, state in enumerate(ComponentState)}
_IMPACT: Final[Mapping[ComponentState, PageImpact]] = {
    ComponentState.OPERATIONAL: PageImpact.NONE,
    ComponentState.UNDER_MAINTENANCE: PageImpact.NONE,
    ComponentState.DEGRADED: PageImpact.MINOR,
    ComponentState.PARTIAL: PageImpact.MAJOR,
    ComponentState.MAJOR: PageImpact.CRITICAL,
}
_IMPACT_RANK: Final = {impact: rank for rank, impact in enumerate(PageImpact)}

DESCRIPTIONS: Final[Mapping[str, str]] = {
    "none": "All Systems Operational",
    "minor": "Minor Service Outage",
    "major": "Partial System Outage",
    "critical": "Major Service Outage",
    "maintenance": "Service Under Maintenance",
}
"""Statuspage's own sentences: programs that read the JSON compare them, so they are not translated."""


def worst(states: Iterable[ComponentState]) -> ComponentState:
    """Return the worst of these states; operational when there is none."""
    return max(states, key=_RANK.__getitem__, default=ComponentState.OPERATIONAL)


def impact_of(states: Iterable[ComponentState]) -> PageImpact:
    """Return the impact that follows from the components that an incident touches."""
    return _IMPACT[worst(states)]


def indicator(states: Iterable[ComponentState], impacts: Iterable[PageImpact]) -> str:
    """Return the page's indicator: the worst of its components and of its unresolved incidents."""
    states = list(states)
    found = max([impact_of(states), *impacts], key=_IMPACT_RANK.__getitem__)
    if found is PageImpact.NONE and worst(states) is ComponentState.UNDER_MAINTENANCE:
        return "maintenance"
    return found.value


def read_state(word: str) -> PageState:
    """Return the state that a word such as `Identified` names.

    Raises:
        Refused: Statuspage knows no such state.
    """
    try:
        return PageState(word.strip().lower())
    except ValueError:
        raise Refused(
            PageRefusal.STATE_UNKNOWN, {"state": word[:40], "known": ", ".join(PageState)}
        ) from None


def read_component_state(word: str) -> ComponentState:
    """Return the state of a component that a word names. Raises `Refused`."""
    try:
        return ComponentState(word.strip().lower())
    except ValueError:
        known = ", ".join(ComponentState)
        raise Refused(PageRefusal.STATE_UNKNOWN, {"state": word[:40], "known": known}) from None


@dataclass(frozen=True, slots=True)
class PublicIncident:
    """What the moves of a public incident need to know."""

    state: PageState
    impact: PageImpact
    monitoring_at: datetime | None = None


def post(now: PublicIncident, to: PageState, impact: PageImpact, *, at: datetime) -> Change | None:
    """Return what a post changes of its incident; None when only words were added.

    Any state may follow any other but `resolved`, after which nothing is posted. Impact is the worst so far.

    Raises:
        Refused: it is resolved.
    """
    if now.state is PageState.RESOLVED:
        raise Refused(PageRefusal.RESOLVED_ALREADY)
    impact = max(now.impact, impact, key=_IMPACT_RANK.__getitem__)
    columns: dict[str, Any] = {}
    if to is not now.state:
        columns["state"] = to.value
    if impact is not now.impact:
        columns["impact"] = impact.value
    if to is PageState.MONITORING and now.monitoring_at is None:
        columns["monitoring_at"] = at
    if to is PageState.RESOLVED:
        columns["resolved_at"] = at
    if not columns:
        return None
    kind = "page_incident.resolved" if to is PageState.RESOLVED else "page_incident.changed"
    facts = {"before": now.state.value, "state": to.value, "impact": impact.value}
    return Change(kind, columns, facts)

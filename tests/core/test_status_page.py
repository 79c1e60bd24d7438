"""States of status pages in Statuspage's words (R45)."""

from datetime import UTC, datetime

import pytest

from muster.core import status_page as rules
from muster.core.refusal import Refused
from muster.core.status_page import ComponentState, PageImpact, PageRefusal, PageState, PublicIncident

T = datetime(2026, 10, 20, 1, 0, tzinfo=UTC)
C, P = ComponentState, PageImpact


@pytest.mark.parametrize(
    ("states", "impacts", "indicator"),
    [
        ([], [], "none"),
        ([C.OPERATIONAL], [], "none"),
        ([C.OPERATIONAL, C.DEGRADED], [], "minor"),
        ([C.PARTIAL, C.DEGRADED], [], "major"),
        ([C.MAJOR], [P.MINOR], "critical"),
        ([C.OPERATIONAL], [P.MAJOR], "major"),
        ([C.UNDER_MAINTENANCE], [], "maintenance"),
        ([C.UNDER_MAINTENANCE, C.DEGRADED], [], "minor"),
    ],
)
def test_the_indicator_is_the_worst(states: list, impacts: list, indicator: str) -> None:
    assert rules.indicator(states, impacts) == indicator


def test_a_post_moves_the_state_and_never_lowers_the_impact() -> None:
    now = PublicIncident(PageState.INVESTIGATING, P.MAJOR)
    change = rules.post(now, PageState.MONITORING, P.MINOR, at=T)
    assert change is not None
    assert change.set == {"state": "monitoring", "monitoring_at": T}
    assert rules.post(now, PageState.INVESTIGATING, P.NONE, at=T) is None


def test_after_resolved_nothing_is_posted() -> None:
    done = rules.post(PublicIncident(PageState.MONITORING, P.MAJOR, T), PageState.RESOLVED, P.NONE, at=T)
    assert done is not None
    assert (done.kind, done.set) == ("page_incident.resolved", {"state": "resolved", "resolved_at": T})
    with pytest.raises(Refused) as refused:
        rules.post(PublicIncident(PageState.RESOLVED, P.MAJOR), PageState.MONITORING, P.NONE, at=T)
    assert refused.value.reason is PageRefusal.RESOLVED_ALREADY


def test_states_are_read_as_people_write_them() -> None:
    assert rules.read_state(" Identified ") is PageState.IDENTIFIED
    for read in (rules.read_state, rules.read_component_state):
        with pytest.raises(Refused):
            read("on fire")

"""Which door a raw path leads to, and where the key stands in it (wire rules 1, 2, 7)."""

import dataclasses
from collections.abc import Callable

import pytest

from muster.adapters.sources.generic import door as generic
from muster.config import wiring
from muster.core.ports.source_form import Source
from muster.detect.commands import Received, Taken
from muster.web.batching import Flusher
from muster.web.doors import Doors, FoundKey
from muster.web.porter import Porter
from muster.web.store import Store
from standin import database


async def nobody(key_hash: bytes) -> FoundKey | None:
    return None


@pytest.fixture(scope="module")
def opened() -> Callable[..., Doors]:
    """Opens doors; nothing goes through them."""

    def open_(*sources: Source) -> Doors:
        flusher: Flusher[Received, Taken] = Flusher(Store(database.receive, lambda: None, (OSError,), ()))
        porter = Porter(database.fetch, database.learn)
        return Doors(sources, lookup=nobody, flusher=flusher, porter=porter)

    return open_


@pytest.mark.parametrize(
    ("path", "name", "key"),
    [
        (b"/v2/enqueue", "pagerduty-v2", ""),
        (b"/v2/enqueue/", "pagerduty-v2", ""),
        (b"/in/generic/K1", "generic", "K1"),
        (b"/in/generic/K1//", "generic", "K1"),
        (b"/in/prometheus/K1/api/v2/alerts", "prometheus", "K1"),
        (b"/in/prometheus/K1/api/v2/alerts/", "prometheus", "K1"),
        (b"/in/prometheus/%2F/api/v2/alerts", "prometheus", "%2F"),
        (b"/integrations/v1/formatted_webhook/K1/", "oncall", "K1"),
        (b"/integrations/v1/grafana_alerting/K1/", "oncall-groups", "K1"),
        (b"/integrations/generic/20131114/alert/K1/any", "victorops", "K1"),
        (b"/integrations/generic/20131114/alert/K1", "victorops", "K1"),
        (b"/v2/alert_events/http/K1", "incidentio", "K1"),
        (b"/v2/alerts", "opsgenie-create", ""),
        (b"/v2/alerts/", "opsgenie-create", ""),
        (b"/v2/alerts/a%2Fb/close", "opsgenie-close", ""),
        (b"/v2/alerts/a%2Fb/acknowledge//", "opsgenie-acknowledge", ""),
    ],
)
def test_a_path_leads_to_its_door_with_its_key(
    opened: Callable[..., Doors], path: bytes, name: str, key: str
) -> None:
    way = opened(*wiring.SOURCES).find(path)
    assert way is not None
    assert (way.entrance.door.name, way.key) == (name, key)


@pytest.mark.parametrize(
    "path",
    [
        b"/",
        b"/in",
        b"/in/generic/K1/more",
        b"/in/prometheus/K1",
        b"/in/prometheus/K1/api/v1/alerts",
        b"/in/prometheus/K1/K2/api/v2/alerts",
        b"/x/in/prometheus/K1/api/v2/alerts",
        b"/in/prometheus/K1/api/v2/alerts/7",
        b"/integrations/generic/20131114/alert/K1/any/more",
        b"/integrations/v2/formatted_webhook/K1",
        b"/V2/enqueue",
    ],
)
def test_any_other_path_leads_to_none(opened: Callable[..., Doors], path: bytes) -> None:
    assert opened(*wiring.SOURCES).find(path) is None


@pytest.mark.parametrize("path", ["/in/{what}/alerts", "/in/x{key}/alerts", "/in/{key}/{key}", "/in/{key}x"])
def test_a_door_without_one_whole_segment_for_its_key_is_refused_at_the_start(
    opened: Callable[..., Doors], path: str
) -> None:
    door = dataclasses.replace(generic.DOOR, paths=(("POST", path),))
    with pytest.raises(ValueError, match="does not have its key"):
        opened(Source(generic.FORM, (door,)))

"""What hurts the users of other tools about clouds: row 19b of peers.csv. (19a, voice, is not built.)"""

import dataclasses
import functools
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.payloads import captured
from doors import post
from engine import settle
from fakes.aws import TOPIC, Aws
from fakes.certificate import server_context
from fakes.webhook import WebhookReceiver
from muster.adapters.fetching import fetch
from muster.adapters.sources.azure import door as azure
from muster.adapters.sources.sns import door as sns
from muster.core.permissions import system
from muster.core.ports.source_form import Source
from muster.detect import commands
from muster.detect.models import Alert, Integration
from muster.detect.models import Signal as Kept
from muster.foundation.access.queries import now
from muster.foundation.catalog.models import Service
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.paging.models import Page

SAMPLES = Path(azure.__file__).parent / "samples"
Post = Callable[[Any], int]


@pytest.fixture
def aws() -> Iterator[Aws]:
    """Amazon, on loopback."""
    context, trusted = server_context()
    with WebhookReceiver(tls=context) as hook:
        yield Aws(hook, trusted)


@pytest.fixture
def ways_in(paged: None, key: str, aws: Aws) -> Callable[[str], Post]:
    """`ways_in("sns")` makes an integration of service checkout, and returns how one posts there."""
    prepare()
    service = Service.objects.get(handle="checkout")
    amazon = Source(sns.FORM, (dataclasses.replace(sns.DOOR, guard=aws.guard.for_settings),))
    outside = functools.partial(fetch, aws.egress)

    def make(kind: str) -> Post:
        _, made = commands.add_integration(
            actor=system("tests"), at=now(), handle=kind, kind=kind, service_id=service.pk
        )

        def send(message: Any) -> int:
            posted = (f"/in/{kind}/{made}", json.dumps(message).encode())
            [(status, _)] = post([amazon, azure.SOURCE], [posted], outside)
            settle()
            return status

        return send

    return make


def state() -> tuple[str, int, int]:
    """The state of the one alert, how often it was sent, and how many pages there are."""
    alert = Alert.objects.get(dedup_scope__startswith="service:")
    return alert.state, alert.count, Page.objects.count()


def test_azures_common_schema_opens_counts_and_ends_an_alert_and_pages(
    ways_in: Callable[[str], Post],
) -> None:
    """19b, OneUptime/oneuptime#2435, the half of Azure Monitor."""
    send = ways_in("azure")
    fired, resolved = (
        json.loads((SAMPLES / f"azure_{name}.json").read_text()) for name in ("fired", "resolved")
    )
    assert (send(fired), state()) == (202, ("triggered", 1, 1))
    assert (send(fired), state()) == (202, ("triggered", 2, 1))
    assert (send(resolved), state()) == (202, ("resolved", 2, 1))


def test_cloudwatch_is_subscribed_by_itself_opens_counts_and_ends_an_alert_and_pages(
    ways_in: Callable[[str], Post], aws: Aws
) -> None:
    """19b, the half of AWS: the subscription is confirmed, and only what Amazon signed is taken."""
    send = ways_in("sns")
    sent_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    alarm = str(captured("moto_sns_notification")["Message"])
    assert '"ALARM"' in alarm
    assert send(aws.signed(Type="SubscriptionConfirmation", Timestamp=sent_at)) == 200
    assert "/?Action=ConfirmSubscription&Token=t" in [request.target for request in aws.hook.requests]
    assert Integration.objects.get(handle="sns").mapping == {"topic": TOPIC}
    assert send(aws.signed(MessageId="1", Message=alarm, Timestamp=sent_at)) == 200
    assert state() == ("triggered", 1, 1)
    assert send(aws.signed(MessageId="2", Message=alarm, Timestamp=sent_at)) == 200
    assert state() == ("triggered", 2, 1)
    ended = alarm.replace('"ALARM"', '"OK"')
    assert send(aws.signed(MessageId="3", Message=ended, Timestamp=sent_at) | {"Signature": "AAAA"}) == 403
    assert send(aws.signed(MessageId="3", Message=ended, Timestamp=sent_at)) == 200
    assert state() == ("resolved", 2, 1)


def test_a_shape_that_is_not_known_is_refused_kept_and_told(ways_in: Callable[[str], Post]) -> None:
    """19b, where the others answer 200: Azure's older schema, switched on by mistake."""
    send = ways_in("azure")
    older = {"schemaId": "AzureMonitorMetricAlert", "data": {"version": "2.0", "status": "Activated"}}
    assert send(older) == 400
    assert Kept.objects.get().raw["body"] == older
    told = Alert.objects.get(dedup_scope="meta")
    assert "switch it on for this webhook" in told.summary
    assert Page.objects.exists()

"""What the contract suites share."""

from datetime import UTC, datetime

import pytest

from muster.adapters.egress import Egress
from muster.adapters.peers import Allowed
from muster.core.ports.contact_form import Message

LOOPBACK = "127.0.0.0/8,::1/128"


@pytest.fixture
def egress() -> Egress:
    """A guard whose admin has listed loopback, where the fakes live."""
    return Egress(Allowed.parse(LOOPBACK))


@pytest.fixture
def message() -> Message:
    """An ordinary page."""
    return Message(
        key="dl_7_c0ffee",
        delivery="DL-7",
        page="PG-3",
        person="ana",
        person_name="Ana Ruiz",
        subject="GRP-5",
        headline="Disk full on db-1",
        summary="Disk full on db-1",
        urgency="high",
        url="https://muster.example.com/alerts/ALR-4",
        ack_url="https://muster.example.com/p/abc",
        ack_post_url="https://muster.example.com/p/abc/acknowledge",
        created_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        lines=("Checkout, critical.", "/var is full ünïcode"),
        service="checkout",
        alert="ALR-4",
        ack_label="Acknowledge",
        open_label="Open in Muster",
        footer="You are on call for Payments.",
    )

"""How many messages a worker has in its hands: few after its start, then as many as it has threads."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from acme import ops
from calling import Call, answer
from database import Database
from engine import settle
from muster.adapters.contacts.email.form import FORM
from muster.core.ports.contact import Channels, Contact, Message, Sent
from muster.detect.commands import receive_signals
from muster.foundation.access import queries
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.paging.due import SENDERS_PER_KIND, Sender
from muster.mobilize.paging.models import Delivery
from senders import trigger

PEOPLE = 12
TEAM = (
    ops(PEOPLE) + "services: [{handle: shop, name: Shop, team: ops, policy: ops}]\n"
    "integrations: [{handle: shop, service: shop, kind: alertmanager}]\n"
)


@dataclass
class Mail:
    """A provider that answers nobody before it is told to."""

    form = FORM
    asked: list[str] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)

    def send(self, contact: Contact, message: Message) -> Sent:
        self.asked.append(contact.id)
        self.go_on.wait(30)
        return Sent("")


@pytest.fixture
def due(call: Call, database: Database) -> None:
    """Twelve people are to be paged now."""
    prepare()
    [shown] = answer(call("POST", "/configuration/apply", TEAM))["integrations"]
    receive_signals([trigger(shown["key"])])
    settle()
    assert Delivery.objects.filter(state="queued").count() == PEOPLE


def until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
    return true()


def test_one_that_has_just_started_takes_few_at_once_and_soon_all(due: None) -> None:
    """Dying now, it would have sent one message for nothing; a provider that hangs does not hold the rest."""
    mail = Mail()
    sender = Sender("email", Channels({"email": mail}))
    claimed = [sender.run(queries.now())]
    assert claimed == [1]
    while sum(claimed) < PEOPLE and until(sender.has_room):
        claimed.append(sender.run(queries.now()))
    assert sum(claimed) == PEOPLE
    assert until(lambda: len(mail.asked) == PEOPLE)
    mail.go_on.set()
    assert until(lambda: Delivery.objects.filter(state="accepted").count() == PEOPLE)


def test_what_nobody_serves_fails_at_once(due: None) -> None:
    """There is nothing to be careful of."""
    assert Sender("email", Channels({}), slowly=False).run(queries.now()) == PEOPLE < SENDERS_PER_KIND
    assert until(lambda: not Delivery.objects.filter(state__in=("queued", "sending")).exists())

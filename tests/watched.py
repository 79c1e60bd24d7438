"""An installation that is watched: its auditor, its clock, and ways to break in."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from database import Clock, Database
from engine import settle
from muster.core.delivery import Accepted
from muster.core.permissions import system
from muster.detect.commands import receive_signals
from muster.detect.models import Alert
from muster.foundation.access import queries
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation import commands
from muster.mobilize.paging.commands import Claimed, SendResult, claim_deliveries, record_deliveries
from muster.mobilize.watch.due import Auditor
from muster.mobilize.watch.looks import Eye
from muster.mobilize.watch.models import Finding, Watch
from people import Cast
from senders import set_policy, trigger

TESTS = system("tests")


@pytest.fixture
def eye(database: Database) -> Iterator[Eye]:
    """The auditor's connection."""
    opened = Eye()
    yield opened
    opened.close()


@pytest.fixture
def house(key: str, cast: Cast, reach: Callable[[str], None]) -> str:
    """Ana is paged, after 15 minutes Ben; the service's key."""
    prepare()
    for handle in ("ana", "ben", "admin"):
        reach(handle)
    steps = [{"after": "0s", "notify": ["person:ana"]}, {"after": "15m", "notify": ["person:ben"]}]
    commands.add_policy(
        actor=TESTS, at=queries.now(), handle="payments", name="Payments", spec={"steps": steps}
    )
    set_policy("checkout", "payments")
    return key


def claim() -> list[Claimed]:
    """Claim every e-mail that is due."""
    return claim_deliveries("email", 50, True, actor=TESTS, at=queries.now())


def take_messages() -> int:
    """Take what is due, as senders do."""
    return len(claim())


class Watched:
    """An installation with its auditor; `passes()` lets its time come and returns what it found wrong."""

    def __init__(self, key: str, eye: Eye, clock: Clock, database: Database, cast: Cast) -> None:
        self.key, self.clock, self.database, self.cast = key, clock, database, cast
        self.eye = eye
        self.auditor = Auditor(eye, take_messages, grace_s=0)
        settle()
        self.passes()

    def passes(self, seconds: int = 10) -> int:
        """The time of a pass has come."""
        self.clock.advance(timedelta(seconds=seconds))
        self.auditor.run()
        return Watch.objects.get().found

    def without_senders(self) -> Auditor:
        """An auditor whose own senders take nothing either."""
        return Auditor(self.eye, lambda: 0, grace_s=0)

    def alert(self, dedup: str = "k1", *, sent: bool = True) -> Alert:
        """A new alert, for which Ana is paged, and whose message her provider has accepted."""
        receive_signals([trigger(self.key, dedup)])
        settle()
        if sent:
            self.send()
        return Alert.objects.order_by("-id")[0]

    def send(self) -> None:
        """Every message that is due is accepted."""
        while claimed := claim():
            results = [SendResult(one.delivery.pk, one.fence, Accepted()) for one in claimed]
            record_deliveries(results, actor=TESTS, at=queries.now())
        settle()

    def break_in(self, table: str, sql: str, *args: object) -> None:
        """Change rows past every guard."""
        self.database.as_owner(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        self.database.as_owner(sql, *args)
        self.database.as_owner(f"ALTER TABLE {table} ENABLE TRIGGER ALL")

    def found(self) -> list[tuple[str, bool]]:
        """Each finding so far, and whether it was put right."""
        rows = Finding.objects.order_by("id")
        return [(row.check_name, row.mended_at is not None) for row in rows]


@pytest.fixture
def watched(house: str, eye: Eye, clock: Clock, database: Database, cast: Cast) -> Watched:
    """An auditor that has made its first pass."""
    return Watched(house, eye, clock, database, cast)

"""No send starts after an acknowledgement has answered, wherever the sender stands. I6

Short by default; `make faults` (MUSTER_FAULTS=long) runs 500 rounds.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import cycle, islice

import pytest

from database import Clock
from engine import settle
from faults.race import TESTS, Claim, Race, Round, Step, claim_as_the_product, claim_without_looking
from muster.core.delivery import Accepted
from muster.detect.commands import receive_signals
from muster.foundation.access import queries
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation import commands
from muster.mobilize.paging.commands import SendResult, record_deliveries
from muster.mobilize.paging.models import Delivery
from people import Cast
from senders import resolve, set_policy, trigger

ROUNDS = 500 if os.environ.get("MUSTER_FAULTS") == "long" else 36


@pytest.fixture
def race(
    key: str, cast: Cast, reach: Callable[[str], None], clock: Clock
) -> Callable[[Claim, int], Iterator[Round]]:
    """Runs rounds: each with a new alert, of which Ana is told by mail, and which Ben acknowledges."""
    prepare()
    reach("ana")
    spec = {"steps": [{"after": "0s", "notify": ["person:ana"]}]}
    commands.add_policy(actor=TESTS, at=queries.now(), handle="payments", name="Payments", spec=spec)
    set_policy("checkout", "payments")

    def rounds(claim: Claim, number: int) -> Iterator[Round]:
        race = Race(claim)
        for n, step in enumerate(islice(cycle(Step), number)):
            receive_signals([trigger(key, f"race-{n}")])
            settle()
            delivery = Delivery.objects.select_related("page").latest("id")
            group = int(delivery.page.about.removeprefix("group:"))
            yield race.run(step, group, delivery.pk, cast("ben").actor)
            receive_signals([resolve(key, f"race-{n}")])
            delivery.refresh_from_db()
            assert delivery.state in ("sending", "cancelled")
            if delivery.state == "sending":
                record_deliveries(
                    [SendResult(delivery.pk, delivery.fence, Accepted())], actor=TESTS, at=queries.now()
                )
            clock.advance(timedelta(minutes=2))  # a person's mails within a minute are bundled

    return rounds


def test_no_send_starts_after_an_acknowledgement_has_answered(
    race: Callable[[Claim, int], Iterator[Round]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exactly one of the two wins, and it is the one whose commit came first; nobody sees a deadlock."""
    won: Counter[tuple[Step, str]] = Counter()
    for one in race(claim_as_the_product, ROUNDS):
        assert one.errors == []
        assert not one.late, f"{one.step}: claimed after the acknowledgement had answered"
        assert one.claimed == (one.seen_at_answer == "sending"), f"{one.step}: {one}"
        won[one.step, "sender" if one.claimed else "person"] += 1
    with capsys.disabled():
        print("\n" + "\n".join(f"{step:<40} {who:<7} {n}" for (step, who), n in sorted(won.items())))
    assert won.total() == ROUNDS
    for step in (Step.BEFORE_THE_CLAIM, Step.DELIVERY_LOCKED):
        assert not won[step, "sender"], step
    for step in (Step.SUBJECT_READ, Step.WRITTEN, Step.COMMITTED):
        assert not won[step, "person"], step


def test_the_race_is_lost_by_a_sender_that_does_not_look_again(
    race: Callable[[Claim, int], Iterator[Round]],
) -> None:
    """The control: this test can fail."""

    def claim(delivery_id: int) -> bool:
        return claim_without_looking(delivery_id, actor=TESTS, at=queries.now())

    late = [one.step for one in race(claim, len(Step)) if one.late]
    assert Step.BEFORE_THE_CLAIM in late

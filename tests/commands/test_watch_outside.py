"""Only clean passes of the auditor feed the outside dead man's switch (I25, M23; peers 2a, 7a)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from engine import settle
from fakes.watcher import Watcher
from muster.adapters.egress import Egress
from muster.adapters.peers import Allowed
from muster.config.engine import sign_of_life
from muster.foundation.access import queries
from muster.mobilize.watch.due import Pulse
from muster.mobilize.watch.looks import Eye
from muster.mobilize.watch.models import Watch
from watched import Watched


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    """The watcher outside."""
    with Watcher() as outside:
        yield outside


@pytest.fixture
def pulse(watched: Watched, eye: Eye, watcher: Watcher) -> Pulse:
    """What a worker tells the outside, through the guard."""
    egress = Egress(Allowed.parse("127.0.0.0/8"))
    ping = sign_of_life(egress, watcher.url)
    assert ping is not None
    return Pulse(eye, ping)


def test_the_outside_hears_while_passes_are_clean(watched: Watched, pulse: Pulse, watcher: Watcher) -> None:
    """Every twenty seconds, however often we look."""
    assert [pulse.run(), pulse.run()] == [1, 0]
    watched.passes(10)
    assert pulse.run() == 0
    watched.passes(10)
    assert pulse.run() == 1
    assert len(watcher.signs) == 2
    row = Watch.objects.get()
    assert row.pinged_at is not None
    assert row.ping_error == ""


def test_it_hears_nothing_when_the_auditor_stops(watched: Watched, pulse: Pulse, watcher: Watcher) -> None:
    """M23: that a worker turns says nothing about whether anybody would be missed."""
    assert pulse.run() == 1
    signs = []
    for _ in range(6):
        watched.clock.advance(timedelta(seconds=20))
        signs.append(pulse.run())
    assert signs[0] == 1  # the last clean pass is fresh still
    assert signs[1:] == [0] * 5
    assert len(watcher.signs) == 2


def test_it_hears_nothing_while_something_is_wrong_and_hears_again_afterwards(
    watched: Watched, pulse: Pulse, watcher: Watcher
) -> None:
    """Messages are due, and nobody takes them: the loop turns, the auditor runs, and we are silent."""
    watched.alert(sent=False)
    watched.auditor = watched.without_senders()
    heard = []
    for _ in range(6):
        watched.passes(20)
        settle()
        heard.append(pulse.run())
    assert heard[-3:] == [0] * 3
    watched.clock.advance(timedelta(minutes=1))
    watched.send()
    watched.passes(20)
    assert pulse.run() == 1


def test_a_watcher_that_cannot_be_reached_is_written_down(
    watched: Watched, pulse: Pulse, watcher: Watcher
) -> None:
    """And asked again the next time."""
    watcher.status = 404
    assert pulse.run() == 0
    row = Watch.objects.get()
    assert (row.ping_error, row.pinged_at) == ("Unheard", None)
    watcher.status = 200
    watched.passes(20)
    assert pulse.run() == 1
    assert Watch.objects.get().ping_error == ""


def test_two_workers_give_one_sign(watched: Watched, pulse: Pulse, watcher: Watcher) -> None:
    """The watcher is not asked more often because there are more of us."""
    other = Eye()
    ping = sign_of_life(Egress(Allowed.parse("127.0.0.0/8")), watcher.url)
    assert ping is not None
    assert [pulse.run(), Pulse(other, ping).run()] == [1, 0]
    other.close()


def test_a_private_watcher_that_nobody_listed_is_not_called(
    watched: Watched, eye: Eye, watcher: Watcher
) -> None:
    """The sign of life goes through the guard like everything else (S33)."""
    ping = sign_of_life(Egress(Allowed.parse("")), watcher.url)
    assert ping is not None
    assert Pulse(eye, ping).run() == 0
    assert Watch.objects.get().ping_error == "EgressRefused"
    assert watcher.signs == []


def test_a_clean_pass_of_another_clock_says_nothing(watched: Watched, pulse: Pulse) -> None:
    """The clock was set back by an hour: that all was well an hour from now is no evidence."""
    watched.clock.advance(timedelta(hours=-1))
    assert pulse.run() == 0
    assert watched.passes() == 0
    watched.clock.advance(timedelta(seconds=20))
    assert pulse.run() == 1
    assert queries.now() > Watch.objects.get().clean_at

"""A far end that hangs again and again is left alone for a moment, and nobody else is (I13)."""

import threading

import pytest

from muster.adapters.breaker import Breaker, Resting


class Clock:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(failures=3, rest_seconds=10, clock=clock)


def fail(breaker: Breaker, far_end: str = "a", why: type[Exception] = TimeoutError) -> None:
    with pytest.raises(why), breaker.watch(far_end, TimeoutError):
        raise why


def succeed(breaker: Breaker, far_end: str = "a") -> None:
    with breaker.watch(far_end, TimeoutError):
        pass


def test_after_some_failures_in_a_row_it_rests_and_others_do_not(breaker: Breaker) -> None:
    for _ in range(3):
        fail(breaker)
    with pytest.raises(Resting) as caught:
        succeed(breaker)
    assert caught.value.seconds == 10
    succeed(breaker, "b")


def test_a_success_or_another_kind_of_failure_between_them_starts_the_count_anew(breaker: Breaker) -> None:
    for between in (succeed, lambda b: fail(b, why=ValueError)):
        for _ in range(2):
            fail(breaker)
        between(breaker)
    fail(breaker)
    succeed(breaker)


def test_after_its_rest_one_is_let_through_and_decides_for_all(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        fail(breaker)
    clock.now = 10
    with breaker.watch("a", TimeoutError), pytest.raises(Resting):
        succeed(breaker)
    succeed(breaker)


def test_a_failed_trial_lets_it_rest_again(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        fail(breaker)
    clock.now = 10
    fail(breaker)
    clock.now = 19
    with pytest.raises(Resting):
        succeed(breaker)


def test_it_does_not_remember_without_end(breaker: Breaker) -> None:
    for number in range(3000):
        fail(breaker, f"host-{number}")
    assert len(breaker._lines) <= 1000


def test_many_threads_may_use_it(breaker: Breaker) -> None:
    threads = [threading.Thread(target=lambda: [fail(breaker, "t") for _ in range(1)]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    succeed(breaker, "t")

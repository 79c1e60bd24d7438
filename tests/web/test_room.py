"""Who may wait: a noisy sender leaves room for the others, and the last of it is for what comes first."""

import pytest

from muster.web.room import Occupancy, Room


def fill(occupied: Occupancy, owner: str | None, times: int, *, first: bool = False) -> int:
    """Let items of weight 1 and 10 bytes wait; returns how many found a place."""
    found = 0
    for _ in range(times):
        found += occupied.enter(owner, 1, 10, lambda: first)
    return found


def test_one_sender_takes_half_and_leaves_the_rest_to_others() -> None:
    occupied = Occupancy(Room(100))
    assert fill(occupied, "noisy", 200) == 50
    assert fill(occupied, "calm", 20) == 20


def test_the_last_tenth_is_for_what_comes_first() -> None:
    occupied = Occupancy(Room(100))
    assert [fill(occupied, owner, 100) for owner in ("one", "two")] == [50, 40]
    assert fill(occupied, "three", 5) == 0
    assert fill(occupied, "three", 100, first=True) == 10


def test_a_noisy_sender_does_not_pass_for_the_first() -> None:
    occupied = Occupancy(Room(100))
    assert fill(occupied, "noisy", 200, first=True) == 50


def test_what_leaves_gives_its_room_back() -> None:
    occupied = Occupancy(Room(100))
    fill(occupied, "noisy", 200)
    for _ in range(50):
        occupied.leave("noisy", 1, 10)
    assert fill(occupied, "noisy", 200) == 50


def test_bytes_are_bounded_too() -> None:
    occupied = Occupancy(Room(100, size_bytes=300))
    assert fill(occupied, None, 200, first=True) == 30


def test_a_sender_of_large_bodies_leaves_the_rest_to_others_too() -> None:
    occupied = Occupancy(Room(10_000, size_bytes=1000))
    assert fill(occupied, "large", 200, first=True) == 50
    assert fill(occupied, "calm", 200) == 40
    assert fill(occupied, "critical", 200, first=True) == 10


@pytest.mark.parametrize("owner", ["large", None])
def test_what_is_larger_than_its_part_fits_when_nothing_waits(owner: str | None) -> None:
    occupied = Occupancy(Room(100))
    assert occupied.enter(owner, 5000, 10, lambda: False)
    assert not occupied.enter("other", 1, 10, lambda: True)


def test_a_large_one_of_a_sender_fits_beside_others_when_nothing_of_its_own_waits() -> None:
    occupied = Occupancy(Room(100))
    fill(occupied, "calm", 10)
    assert occupied.enter("large", 80, 10, lambda: False)


def test_owners_are_forgotten_when_nothing_of_theirs_waits() -> None:
    occupied = Occupancy(Room(100))
    for number in range(1000):
        assert occupied.enter(number, 1, 1, lambda: False)
        occupied.leave(number, 1, 1)
    assert vars(occupied)["_by_owner"] == {}

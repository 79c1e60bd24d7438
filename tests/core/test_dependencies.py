"""The map around a service: two steps each way, circles once, a thousand services bounded."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.dependencies import (
    ROW_PX,
    Level,
    Line,
    State,
    lines_of,
    map_of,
    reach,
    reversed_edges,
    state_of,
)

# 1 shop needs 2 checkout, which needs 3 orders and 4 db; 3 needs 4; 5 mail needs 2; 6 stands alone.
EDGES = {1: (2,), 2: (3, 4), 3: (4,), 4: (), 5: (2,), 6: ()}


def same(pk: int) -> int:
    return pk


@pytest.mark.parametrize(
    ("severities", "alerts", "state"),
    [
        ([], 0, State.OPERATIONAL),
        ([], 3, State.DEGRADED),
        (["SEV3"], 0, State.PARTIAL),
        (["SEV3", "SEV1"], 2, State.MAJOR),
    ],
)
def test_a_service_is_as_bad_as_the_worst_that_is_said_of_it(
    severities: list[str], alerts: int, state: State
) -> None:
    assert state_of(severities, alerts) is state


def test_two_steps_each_way_and_all_that_would_be_hit() -> None:
    found = map_of(2, EDGES, most=8, order=same)
    assert [level.shown for level in found.needs] == [(3, 4), ()]
    assert [level.shown for level in found.needed_by] == [(1, 5), ()]
    assert (found.below, found.above, found.circle) == ({3, 4}, {1, 5}, frozenset())
    top = map_of(1, EDGES, most=8, order=same)
    assert [level.shown for level in top.needs] == [(2,), (3, 4)]
    assert top.below == {2, 3, 4}
    assert map_of(4, EDGES, most=8, order=same).above == {1, 2, 3, 5}


def test_a_service_that_stands_alone_has_an_empty_map() -> None:
    found = map_of(6, EDGES, most=8, order=same)
    assert found.needs == found.needed_by == (Level(), Level())
    assert (found.below, found.above, found.height) == (frozenset(), frozenset(), ROW_PX)


def test_circles_are_walked_once_and_told() -> None:
    ring = {1: (2,), 2: (3,), 3: (1,), 4: (1,)}
    found = map_of(1, ring, most=8, order=same)
    assert [level.shown for level in found.needs] == [(2,), (3,)]
    assert [level.shown for level in found.needed_by] == [(3, 4), (2,)]
    assert found.circle == {2, 3}
    assert map_of(1, {1: (1,)}, most=8, order=same).needs == (Level(), Level())


def test_what_is_gone_is_no_step() -> None:
    assert map_of(1, {1: (99,)}, most=8, order=same).needs[0] == Level()
    assert map_of(1, {1: (99,)}, most=8, order=same).below == frozenset()


def test_a_column_shows_the_first_by_order_and_counts_the_others() -> None:
    edges = {0: tuple(range(1, 12)), **dict.fromkeys(range(1, 12), ())}
    found = map_of(0, edges, most=4, order=lambda pk: -pk)
    assert found.needs[0] == Level((11, 10, 9), 8)
    assert found.height == 4 * ROW_PX


def test_lines_join_the_middles_of_boxes_and_say_who_needs_whom() -> None:
    found = map_of(2, EDGES, most=8, order=same)
    lines = lines_of(found.needs[0], Level((2,)), EDGES, found.height)
    assert lines == [
        Line(ROW_PX / 2, ROW_PX, needs=2, needed=3),
        Line(3 * ROW_PX / 2, ROW_PX, needs=2, needed=4),
    ]
    assert lines_of(Level((2,)), found.needed_by[0], EDGES, found.height)[0] == Line(
        ROW_PX, ROW_PX / 2, needs=1, needed=2
    )


_GRAPHS = st.dictionaries(
    st.integers(0, 12), st.lists(st.integers(0, 14), max_size=5).map(tuple), min_size=1, max_size=13
)


@given(edges=_GRAPHS, most=st.integers(2, 5))
def test_any_graph_has_a_map_and_the_map_agrees_with_itself(
    edges: dict[int, tuple[int, ...]], most: int
) -> None:
    for service in edges:
        found = map_of(service, edges, most=most, order=same)
        first, second = found.needs
        assert set(first.shown) <= found.below
        assert set(second.shown) <= found.below
        assert not set(first.shown) & set(second.shown)
        assert service not in found.below | found.above
        assert len(first.shown) + bool(first.more) <= most
        for other in found.above:
            assert service in reach([other], edges)
        for other in found.below:
            assert service in reach([other], reversed_edges(edges))


def test_a_thousand_services_that_all_stand_on_each_other_are_bounded() -> None:
    dice = random.Random(7)
    edges = {n: tuple(dice.sample(range(1000), 20)) for n in range(1000)}
    found = map_of(0, edges, most=8, order=same)
    assert all(level.rows <= 8 for level in (*found.needs, *found.needed_by))
    assert len(found.above) == len(found.below) == 999

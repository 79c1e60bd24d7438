"""The chain's arithmetic: one spelling, every fault named once (design section 4)."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from muster.core.chain import GENESIS, Link, Verifier, canonical, forge, instant, link_hash, text_digest

KEYS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | KEYS
)
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20)


@given(JSON)
def test_the_quick_spelling_is_the_canonical_one(value: Any) -> None:
    """RFC 8785, by the package that implements nothing else."""
    assert canonical(value) == rfc8785.dumps(value)


def test_an_integer_that_json_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError):
        canonical({"count": 2**53})


def test_the_same_instant_is_spelled_the_same_in_every_zone() -> None:
    here = datetime(2026, 1, 5, 9, 0, tzinfo=timezone(timedelta(hours=1)))
    assert instant(here) == instant(here.astimezone(UTC)) == "2026-01-05T08:00:00.000000Z"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        instant(datetime(2026, 1, 5, 9, 0))  # noqa: DTZ001 - what must be refused


def test_equal_texts_have_different_digests_under_different_salts() -> None:
    assert text_digest(b"a" * 16, "Ana") != text_digest(b"b" * 16, "Ana")


DIGESTS = [bytes([n]) * 32 for n in range(1, 8)]
CHAIN = list(forge(0, GENESIS, enumerate(DIGESTS, 100)))


def findings(
    links: list[Link], digests: dict[int, bytes | None] | None = None
) -> list[tuple[int | None, str]]:
    """What the verifier says of these links."""
    known: dict[int, bytes | None] = dict(enumerate(DIGESTS, 100))
    recomputed = known | (digests or {})
    verifier = Verifier()
    return [
        (finding.seq, finding.what)
        for link in links
        for finding in verifier.check(
            link, stored=known.get(link.event_id), recomputed=recomputed.get(link.event_id)
        )
    ]


def test_an_untouched_chain_has_no_findings() -> None:
    assert findings(CHAIN) == []


def test_a_chain_forged_in_two_batches_is_the_same() -> None:
    first = list(forge(0, GENESIS, [(100, DIGESTS[0]), (101, DIGESTS[1])]))
    rest = list(forge(2, first[-1].hash, list(enumerate(DIGESTS, 100))[2:]))
    assert [*first, *rest] == CHAIN


@pytest.mark.parametrize("place", range(7))
def test_a_changed_event_is_named_once_wherever_it_is(place: int) -> None:
    [(seq, what)] = findings(CHAIN, {100 + place: b"x" * 32})
    assert seq == place + 1
    assert "was changed" in what


@pytest.mark.parametrize("place", range(6))
def test_a_removed_link_is_named(place: int) -> None:
    [(_, what)] = findings(CHAIN[:place] + CHAIN[place + 1 :])
    assert "missing" in what


def test_two_links_that_changed_places_are_named() -> None:
    a, b = CHAIN[2], CHAIN[3]
    swapped = [
        *CHAIN[:2],
        Link(a.seq, b.event_id, a.prev_hash, a.hash),
        Link(b.seq, a.event_id, b.prev_hash, b.hash),
        *CHAIN[4:],
    ]
    assert {seq for seq, _ in findings(swapped)} == {3, 4}


def test_an_inserted_link_is_named_although_it_fits_the_one_before() -> None:
    forged = link_hash(4, CHAIN[2].hash, DIGESTS[6])
    inserted = [*CHAIN[:3], Link(4, 106, CHAIN[2].hash, forged), *CHAIN[4:]]
    assert [seq for seq, _ in findings(inserted)] == [5]

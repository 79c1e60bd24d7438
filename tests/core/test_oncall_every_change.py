"""Every change of the clocks from 2015 to 2037, in one zone of each distinct behaviour, against java.time. O1

`digests.csv` was written by `make oracle`, which compares all zones line by line with a JDK.
"""

import csv
from pathlib import Path

import pytest

from core.oncall_oracle.product import changes, lines
from core.oncall_oracle.prove import MOST_LEFT_OUT, digest, digest_of_changes

with (Path(__file__).parent / "oncall_oracle" / "digests.csv").open(newline="") as written:
    ROWS = [tuple(row.values()) for row in csv.DictReader(written)]
SAME = [(zone, said) for zone, of_changes, said in ROWS if digest_of_changes(changes(zone)) == of_changes]


def test_only_a_few_zones_have_other_changes_in_the_release_we_pin_than_in_the_oracles():
    """More than that, and `make oracle` is to be run with a newer JDK."""
    assert len(ROWS) > 70
    assert len(ROWS) - len(SAME) <= MOST_LEFT_OUT


@pytest.mark.parametrize(("zone", "said"), SAME, ids=[zone for zone, _ in SAME])
def test_whoever_is_on_call_around_each_change_is_whom_java_time_says(zone: str, said: str):
    assert digest(list(lines(zone))) == said

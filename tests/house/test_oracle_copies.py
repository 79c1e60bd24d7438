"""The copies of the oracles are what tests judge by: they are complete and stay unchanged (design 14)."""

import csv
import hashlib
from pathlib import Path

import pytest
import yaml

COPIES = Path(__file__).parents[1] / "oracles"
DIGESTS = {
    "README.md": "461dab3069835ac573f48c1d3ab09875d69f22f7a8e242e0612c1801809c525a",
    "blameless-shown.csv": "3ef5b9f0afbd652ad071b46f4c29473c90680000784ec07f7b4ea2bb2f3bd856",
    "mutants.md": "a240596ded47fcd582f3b99616b4857b759112618e6037639a9d76b97fef4706",
    "peers.csv": "2c6eb399da4442acc54085fb9e04052bb3d403ca0aa04f4bca05ac25276896e4",
    "screens.csv": "2e97a5af9ce0663b2c256e759b19c555f596480bb0405360ff6dfa920486cc49",
    "steps.csv": "3f8a660eb4450205eb374ab9e5be1caa59e7e3ea335cb9338b9d0229e5da9468",
    "values.yaml": "6f8353bc00b1e24b403ca43cc43c21e68b6287c2545ac97a0e234847169b0527",
}
OURS = {"mapping.yaml"}
SOURCE = Path(__file__).parents[2].parent / "shared" / "oracles"


@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_an_oracle_has_not_been_edited_here(name: str) -> None:
    assert hashlib.sha256((COPIES / name).read_bytes()).hexdigest() == DIGESTS[name]


def test_nothing_else_lies_among_the_oracles() -> None:
    assert {path.name for path in COPIES.iterdir()} == set(DIGESTS) | OURS


@pytest.mark.skipif(not SOURCE.is_dir(), reason="the originals are not beside this clone")
@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_an_oracle_equals_the_original_where_that_exists(name: str) -> None:
    assert (COPIES / name).read_bytes() == (SOURCE / name).read_bytes()


def test_every_step_has_its_seven_fields_and_an_id_of_its_own() -> None:
    with (COPIES / "steps.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["doc", "section", "step_id", "kind", "sentence", "who", "evidence"]
    assert {len(row) for row in rows} == {7}
    assert len({row[2] for row in rows}) == len(rows)


def test_every_value_has_an_id_of_its_own() -> None:
    rows = yaml.safe_load((COPIES / "values.yaml").read_text("utf-8"))
    assert len({row["id"] for row in rows}) == len(rows) == 242

"""The captures of real clients are what the sources are judged by, so they stay as recorded (design 14)."""

from pathlib import Path

import pytest

COPIES = Path(__file__).parents[1] / "wire"
ORIGINALS = Path(__file__).parents[2].parent / "shared" / "wire"


@pytest.mark.skipif(not ORIGINALS.is_dir(), reason="the originals are not beside this clone")
@pytest.mark.parametrize("copy", sorted(COPIES.rglob("*.json")), ids=lambda path: path.stem)
def test_a_capture_equals_the_original_where_that_exists(copy: Path) -> None:
    assert copy.read_bytes() == (ORIGINALS / copy.relative_to(COPIES)).read_bytes()

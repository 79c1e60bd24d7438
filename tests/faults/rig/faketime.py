"""Another clock for a process, by Debian's package `faketime`; PostgreSQL's own is moved in the database."""

from pathlib import Path

FAKETIME = next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)
"""Its library, where it is installed."""


def at_another_time(by: str) -> dict[str, str]:
    """What to start a process with whose wall clock is off by this much (`+1h`); its steady one is not."""
    return {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME": by,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_NO_CACHE": "1",
    }

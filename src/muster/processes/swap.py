"""The two renames that put an upgraded cluster in the place of the old one, safe against a kill between."""

import os
from pathlib import Path

NEW = "postgres.new"
OLD = "postgres.old-"


def swap(data: Path, old_major: int) -> None:
    """The new cluster, verified, takes the old one's place; the old one is kept under its major."""
    (data / "postgres").rename(data / f"{OLD}{old_major}")
    finish_swap(data)


def finish_swap(data: Path) -> None:
    """Complete an upgrade that was killed between its two renames: the new cluster was verified."""
    if not (data / "postgres").exists() and (data / NEW).exists() and kept(data):
        (data / NEW).rename(data / "postgres")
    handle = os.open(data, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def kept(data: Path) -> list[Path]:
    """Clusters that upgrades have left behind."""
    return sorted(data.glob(f"{OLD}*"))

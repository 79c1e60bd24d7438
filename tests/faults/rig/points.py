"""The test's side of the fail points: arm one, wait until somebody has reached it, let it go on."""

import json
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from muster.foundation.failpoints import ALLOWED, VARIABLE, Action

_numbers = count(1)


@dataclass(frozen=True)
class Reached:
    """Who came to a point: its process, and its session with PostgreSQL if it had one there."""

    name: str
    pid: int
    backend: int | None


class Points:
    """The fail points of some processes that share this folder; each has a link to it of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in ("taken", "reached", "released"):
            (folder / part).mkdir(parents=True)

    def environment(self, name: str) -> dict[str, str]:
        """The variable that a process of this name is started with."""
        link = self.folder.parent / f"of-{name}"
        if not link.is_symlink():
            link.symlink_to(self.folder.name)
            with (self.folder.parent / ALLOWED).open("a") as allowed:
                allowed.write(f"{link.name}\n")
        return {VARIABLE: str(link)}

    def leave_out(self, name: str) -> None:
        """This process reaches nothing any more."""
        link, nowhere = self.folder.parent / f"of-{name}", self.folder.parent / "nowhere"
        nowhere.mkdir(exist_ok=True)
        making = link.with_suffix(".new")
        making.symlink_to(nowhere.name)
        making.rename(link)

    def arm(self, point: str, action: Action) -> str:
        """Whoever reaches the point next does this, once. Returns the name to wait for."""
        name = f"{point}~{next(_numbers)}"
        making = self.folder / "taken" / f"{name}.new"
        making.write_text(action)
        making.rename(self.folder / name)
        return name

    def disarm(self, name: str) -> None:
        """Nobody shall do it any more."""
        (self.folder / name).unlink(missing_ok=True)

    def reached(self, name: str, seconds: float = 15.0) -> Reached | None:
        """Who reached it; None when nobody did in time."""
        found = self.folder / "reached" / name
        until = time.monotonic() + seconds
        while not found.exists():
            if time.monotonic() > until:
                return None
            time.sleep(0.002)
        return Reached(name, **json.loads(found.read_text()))

    def release(self, name: str) -> None:
        """Let whoever is held there go on."""
        (self.folder / "released" / name).touch()

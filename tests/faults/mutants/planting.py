"""A copy of the source with a fault in it. The product itself holds no switch for faults."""

import compileall
import shutil
from dataclasses import dataclass
from pathlib import Path

from faults.rig.site import SOURCE


class DoesNotApply(AssertionError):
    """The source has moved on, and the edit with it has to: a fault that is not planted proves nothing."""


@dataclass(frozen=True)
class Edit:
    """In this file of the package, put `new` in the one place where `old` stands."""

    path: str
    old: str
    new: str

    def apply(self, source: Path) -> None:
        """Change the copy. Raises `DoesNotApply`."""
        file = source / "muster" / self.path
        text = file.read_text()
        if text.count(self.old) != 1:
            raise DoesNotApply(f"{self.path}: {text.count(self.old)} times: {self.old!r}")
        file.write_text(text.replace(self.old, self.new))


def planted(folder: Path, edits: tuple[Edit, ...]) -> Path:
    """The source with these edits, to be put first on the path."""
    source = folder / "src"
    shutil.copytree(SOURCE / "muster", source / "muster")
    for edit in edits:
        edit.apply(source)
    # Every process of a site would compile it anew: they write no bytecode.
    compileall.compile_dir(source, quiet=1)
    return source

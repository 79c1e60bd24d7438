"""The data folder: everything one installation keeps outside PostgreSQL's reach, and the lock of its one
owner.
"""

import contextlib
import errno
import fcntl
import os
import pwd
import secrets
import tempfile
from pathlib import Path
from typing import IO

from muster.processes.problems import CannotStart

MARKER = "muster-data"
FORMAT = "1"
_ROOT_DEFAULT = Path("/var/lib/muster")
_IGNORED = {"lost+found"}  # a fresh file system mounted here is an empty folder


def default_folder() -> Path:
    """Where data goes when nobody says: `/var/lib/muster` for root, else the user's XDG data home."""
    if os.geteuid() == 0:
        return _ROOT_DEFAULT
    home = os.environ.get("XDG_DATA_HOME") or os.environ.get("HOME") or ""
    base = Path(home) if os.environ.get("XDG_DATA_HOME") else Path(home) / ".local" / "share"
    if not base.is_absolute():
        raise CannotStart("HOME is not set: say where data goes with --data.")
    return base / "muster"


class DataFolder:
    """A folder that is Muster's, held by this process until `release` or its end.

    `owner` is the ordinary user who shall own it when this process is root. Every failure is a CannotStart.
    """

    def __init__(self, path: Path, *, owner: str | None = None) -> None:
        self.path = path.expanduser().absolute()
        self.owner = owner
        self._lock: IO[str] | None = None

    def open(self) -> None:
        """Make or recognise the folder and take its lock.

        Raises CannotStart for a folder with other things in it, one of a newer Muster, one in use, one that
        cannot be written, and a full disk.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._recognise()
            self._hold()
            self._give_what_root_made()
        except OSError as error:
            raise CannotStart(self._told(error)) from error

    def release(self) -> None:
        """Give the folder up for another process."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def secret_key(self) -> str:
        """The installation's secret, made on first use and kept; readable by the owner only."""
        file = self.path / "secret_key"
        try:
            with contextlib.suppress(FileNotFoundError):
                if found := file.read_text().strip():
                    return found
            return self._keep(file, secrets.token_urlsafe(48))
        except OSError as error:
            raise CannotStart(self._told(error)) from error

    def keep_secret(self, name: str, content: str) -> None:
        """Keep one line that only the owner reads."""
        try:
            self._keep(self.path / name, content)
        except OSError as error:
            raise CannotStart(self._told(error)) from error

    def _recognise(self) -> None:
        marker = self.path / MARKER
        if marker.exists():
            found = marker.read_text().strip()
            if found != FORMAT:
                raise CannotStart(f"{self.path} was made by another version of Muster (format {found}).")
            return
        if any(entry.name not in _IGNORED for entry in self.path.iterdir()):
            raise CannotStart(
                f"{self.path} holds files that are not Muster's: choose an empty folder with --data."
            )
        self._keep(marker, FORMAT)
        self.path.chmod(0o700)
        self._give(self.path)

    def _hold(self) -> None:
        self._lock = (self.path / MARKER).open("r+")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.release()
            raise CannotStart(
                f"Another Muster runs on {self.path}: stop it, or choose another --data."
            ) from error

    def _keep(self, file: Path, content: str) -> str:
        """Write beside and rename, so that a full disk or a kill never leaves half a file."""
        handle, making = tempfile.mkstemp(dir=self.path, prefix=".making-")
        try:
            with os.fdopen(handle, "w") as out:
                out.write(content + "\n")
                out.flush()
                os.fsync(out.fileno())
            self._give(Path(making))
            os.replace(making, file)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(making)
            raise
        return content

    def _give_what_root_made(self) -> None:
        """Once root itself ran web and worker here, now the owner does: it must read what they left.

        The programs stay root's; PostgreSQL gives its own files.
        """
        for folder, folders, files in os.walk(self.path):
            folders[:] = [name for name in folders if name != "pg" and not name.startswith("postgres")]
            for name in (*folders, *files):
                path = Path(folder, name)
                if path.lstat().st_uid == 0:
                    self._give(path)

    def _give(self, path: Path) -> None:
        if self.owner and os.geteuid() == 0:
            account = pwd.getpwnam(self.owner)
            os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)

    def _told(self, error: OSError) -> str:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return f"The disk that holds {self.path} is full: free some space and start again."
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            return f"{self.path} cannot be written by this user: mend its owner, or choose another --data."
        if error.errno in (errno.ENOTDIR, errno.EEXIST):
            return f"{self.path} is not a folder: choose another --data."
        return f"{self.path} cannot be used as data folder: {error.strerror or error}."

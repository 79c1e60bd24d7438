"""Embedded PostgreSQL under our own supervisor (design section 2).

One owner process starts `postgres` as its own child in the foreground, waits on it, and stops it with SIGINT.
It listens on a unix socket in a private folder only. When the owner is killed the kernel tells PostgreSQL to
stop, and a second start after any kill -9 clears away what the first one left.
"""

import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

from muster.processes.binaries import NEWEST_MAJOR, copied_programs
from muster.processes.leftovers import clear_leftovers
from muster.processes.parent import die_with_parent
from muster.processes.problems import CannotStart

SUPERUSER = "postgres"
# A unix socket's path has room for 107 bytes; PostgreSQL appends this name to the folder.
_SOCKET_NAME = "/.s.PGSQL.5432"
_SOCKET_PATH_BYTES = 107
_LOG_BYTES_KEPT = 10_000_000
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # What is touched at start, or in time: room for 128 MB of buffers, 200 clients and their locks would be
    # 12 MiB before the first query, and 128 later. The system keeps the files in its own cache anyway.
    "shared_buffers": "32MB",
    "max_connections": "100",
    "max_pred_locks_per_transaction": "10",  # nothing here is SERIALIZABLE
    "max_logical_replication_workers": "0",
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "jit": "off",
}


class Cluster:
    """The PostgreSQL cluster of one data folder.

    `data` is Muster's data folder; the cluster lives in `<data>/postgres`, its programs in
    `<data>/pg/<major>`. `user` is the ordinary user PostgreSQL runs as when this process is root (PostgreSQL
    refuses root); None otherwise. `major` is for making a new cluster of an older version; an existing
    cluster's own major always wins. `folder` is the cluster's name inside `data` (an upgrade builds a second
    one beside the first). Every method raises CannotStart with one line for a person.
    """

    def __init__(
        self, data: Path, *, user: str | None = None, major: int | None = None, folder: str = "postgres"
    ) -> None:
        self.data = data.resolve()
        self.user = user
        self.folder = self.data / folder
        self.socket_folder = _socket_folder(self.data, folder)
        self.log = self.data / f"{folder}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._new_major = major or NEWEST_MAJOR

    @property
    def major(self) -> int:
        """The major version of the cluster that is there, else of the one that would be made."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return int((self.folder / "PG_VERSION").read_text().strip())
        return self._new_major

    @property
    def programs(self) -> Path:
        """The folder of this cluster's own programs (psql, pg_dump ...)."""
        return copied_programs(self.data, self.major)

    def dsn(self, dbname: str = "muster", role: str = SUPERUSER) -> str:
        """Where clients on this machine connect, as a `postgresql://` URL; no password, the socket is
        private.
        """
        host = str(self.socket_folder).replace("%", "%25").replace("/", "%2F").replace(" ", "%20")
        return f"postgresql://{role}@/{dbname}?host={host}"

    def ensure_initialised(self) -> None:
        """Make folder, programs and cluster when missing. Safe to repeat, also after a kill half-way."""
        self._check_user()
        _make_folder(self.data)
        if os.geteuid() == 0 and self.data.stat().st_uid != pwd.getpwnam(str(self.user)).pw_uid:
            self.data.chmod(self.data.stat().st_mode | 0o711)  # PostgreSQL's user walks through it to its own
        if self.folder.exists() and not (self.folder / "PG_VERSION").exists() and any(self.folder.iterdir()):
            raise CannotStart(
                f"{self.folder} holds something that is not a PostgreSQL cluster: choose another folder."
            )
        self._check_programs_run()
        if not (self.folder / "PG_VERSION").exists():
            if self.folder.name == "postgres" and any(self.data.glob("postgres.old-*")):
                raise CannotStart(
                    f"{self.folder} is gone, and only a cluster kept by an upgrade is left in {self.data}."
                )
            self._initialise()

    def start(self) -> subprocess.Popen[bytes]:
        """Start `postgres` in the foreground as a child of this process; call from the main thread.

        Returns at once: `wait_ready` says when it accepts connections.
        """
        self._check_user()
        self._make_socket_folder()
        clear_leftovers(self.folder, self.socket_folder)
        settings = dict(
            _SETTINGS, unix_socket_directories='"' + str(self.socket_folder).replace('"', '""') + '"'
        )
        if self.major >= 18:
            settings["io_method"] = "sync"  # three processes fewer; a database of this size reads from memory
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        log = self._open_log()
        try:
            command = [str(self.programs / "postgres"), "-D", str(self.folder), *options]
            self.process = self.popen(command, stdout=log, stderr=log)
        finally:
            os.close(log)
        return self.process

    def wait_ready(self, timeout_seconds: float = 60.0) -> None:
        """Return when PostgreSQL accepts connections, crash recovery included."""
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            if self.process is not None and self.process.poll() is not None:
                raise CannotStart(self._why(self.log))
            if self.accepts():
                return
            time.sleep(0.03)
        raise CannotStart(f"PostgreSQL was not ready after {timeout_seconds:.0f} s: see {self.log}.")

    def accepts(self) -> bool:
        """Whether a server of this cluster accepts connections now."""
        ask = [str(self.programs / "pg_isready"), "-q", "-t", "2", "-d", self.dsn("postgres")]
        return self.popen(ask).wait() == 0

    def stop(self, timeout_seconds: float = 20.0) -> None:
        """Fast shutdown (clients are disconnected, all is flushed); immediate when it takes too long."""
        process, self.process = self.process, None
        if process is None:
            return
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout_seconds)
                return

    def _initialise(self) -> None:
        """initdb beside, then rename: a folder with PG_VERSION at its final place is always whole."""
        making = self.folder.with_name(self.folder.name + ".making")
        locale = ["--locale=C.UTF-8", "--encoding=UTF8"]
        if self.major >= 17:
            locale.append("--locale-provider=builtin")
        with tempfile.TemporaryFile() as output:
            try:
                shutil.rmtree(making, ignore_errors=True)
                making.mkdir(mode=0o700)
                self._give(making)
                command = [str(self.programs / "initdb"), "-D", str(making), "-U", SUPERUSER, "--auth=trust"]
                code = self.popen(
                    [*command, "--data-checksums", *locale], stdout=output.fileno(), stderr=output.fileno()
                ).wait()
                if code == 0:
                    if self.folder.exists():
                        self.folder.rmdir()
                    making.rename(self.folder)
                    return
            except OSError as error:
                raise CannotStart(
                    f"Cannot make the database in {self.folder}: {error.strerror or error}."
                ) from error
            output.seek(0)
            raise CannotStart(explain(output.read().decode(errors="replace"), self.data))

    def popen(self, command: list[str], **streams: Any) -> "subprocess.Popen[bytes]":
        """Start one of PostgreSQL's programs as the cluster's user; nothing in the data folder runs as root.

        `streams` are Popen's stdin, stdout and stderr (default: none). Call from the main thread.
        """
        account = pwd.getpwnam(self.user) if self.user and os.geteuid() == 0 else None
        none = subprocess.DEVNULL
        try:
            return subprocess.Popen(
                command,
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                preexec_fn=die_with_parent(signal.SIGINT),
                **{"stdin": none, "stdout": none, "stderr": none, **streams},
            )
        except PermissionError as error:
            raise CannotStart(self._closed_folder()) from error

    def _check_user(self) -> None:
        if os.geteuid() != 0:
            return
        if self.user in (None, "root"):
            raise CannotStart("PostgreSQL refuses to run as root: name the ordinary user it shall run as.")
        try:
            pwd.getpwnam(str(self.user))
        except KeyError as error:
            raise CannotStart(
                f"There is no user {self.user} on this machine: make it, PostgreSQL runs as it."
            ) from error

    def _check_programs_run(self) -> None:
        with tempfile.TemporaryFile() as output:
            if (
                self.popen(
                    [str(self.programs / "postgres"), "--version"],
                    stdout=output.fileno(),
                    stderr=output.fileno(),
                ).wait()
                != 0
            ):
                output.seek(0)
                raise CannotStart(
                    "PostgreSQL's programs do not run here: " + output.read().decode(errors="replace")
                )

    def _closed_folder(self) -> str:
        for parent in [*reversed(self.data.parents), self.data]:
            if not parent.stat().st_mode & 0o001:
                return (
                    f"{self.data} cannot be reached by the user {self.user}, who runs PostgreSQL, because "
                    f"{parent} is closed: use another --data, or open it with: chmod o+x {parent}"
                )
        return f"The user {self.user or 'of this process'} may not run the programs in {self.programs}."

    def _open_log(self) -> int:
        """The server's log, begun anew when long. A link planted there is not followed: root may write."""
        try:
            if self.log.exists() and self.log.stat().st_size > _LOG_BYTES_KEPT:
                self.log.replace(self.log.with_suffix(".log.1"))
            how = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            return os.open(self.log, how, 0o600)
        except OSError as error:
            raise CannotStart(f"Cannot write {self.log}: {error.strerror or error}.") from error

    def _make_socket_folder(self) -> None:
        """The folder is the lock on the door: 0700, and ours, or nothing starts."""
        try:
            self.socket_folder.mkdir(mode=0o700, exist_ok=True)
            self._check_ours(self.socket_folder)
            self._give(self.socket_folder)
            self.socket_folder.chmod(0o700)
        except OSError as error:
            raise CannotStart(
                f"Cannot use {self.socket_folder} for PostgreSQL's socket: {error.strerror or error}."
            ) from error

    def _check_ours(self, folder: Path) -> None:
        """In /tmp anybody could have put a folder or a link of this name there before us."""
        found = folder.lstat()
        ours = {os.geteuid()} | (
            {pwd.getpwnam(self.user).pw_uid} if self.user and os.geteuid() == 0 else set()
        )
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in ours:
            raise CannotStart(
                f"{folder} belongs to somebody else: remove it, PostgreSQL's socket goes there."
            )

    def _give(self, path: Path) -> None:
        if self.user and os.geteuid() == 0:
            account = pwd.getpwnam(self.user)
            os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)

    def _why(self, log: Path) -> str:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 8000))
            return explain(file.read().decode(errors="replace"), self.data)


def explain(output: str, data: Path) -> str:
    """PostgreSQL's own words, as one line that says what to do."""
    if "No space left on device" in output:
        return f"The disk that holds {data} is full: free some space and start again."
    if "Permission denied" in output:
        return f"{data} cannot be written by the user who runs PostgreSQL: mend its owner, or use another."
    errors = [line for line in output.splitlines() if "FATAL" in line or "PANIC" in line or "error:" in line]
    last = (errors or output.splitlines() or ["it said nothing"])[-1]
    return f"PostgreSQL did not start: {last.strip()}"


def _socket_folder(data: Path, folder: str) -> Path:
    """Always the same for one data folder: inside it, or in /tmp when its path is too long."""
    inside = data / ("run" if folder == "postgres" else f"run-{folder}")
    if len(os.fsencode(str(inside) + _SOCKET_NAME)) <= _SOCKET_PATH_BYTES and "," not in str(inside):
        return inside
    name = sha256(os.fsencode(str(inside))).hexdigest()[:16]
    return Path("/tmp") / f"muster-{os.geteuid()}-{name}"


def _make_folder(data: Path) -> None:
    try:
        data.mkdir(mode=0o755, parents=True, exist_ok=True)
        (data / "pg").mkdir(exist_ok=True)
    except OSError as error:
        raise CannotStart(f"Cannot write to the data folder {data}: {error.strerror or error}.") from error

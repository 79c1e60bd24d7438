"""`muster up`: everything on one machine, under one supervisor."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from muster.config.environment import Environment, read_environment
from muster.processes.account import can_run_our_code, service_user
from muster.processes.children import run_once, spawn
from muster.processes.connections import Access, Database
from muster.processes.data_folder import DataFolder, default_folder
from muster.processes.lean import command, load
from muster.processes.listening import listen
from muster.processes.logs import configure
from muster.processes.postgres import Cluster
from muster.processes.probing import probe
from muster.processes.problems import CannotStart
from muster.processes.supervisor import Child, Supervisor
from muster.processes.swap import finish_swap

# Token and set-up link, from when they are made until they are told: a kill in between loses neither.
FIRST_RUN = "first-run.json"
READY_SECONDS = 60.0
PROBE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for on the command line."""

    host: str
    port: int
    demo: bool
    as_json: bool
    data: str | None = None
    tls_cert: str | None = None
    tls_key: str | None = None


def up(**options: Any) -> None:
    """Run it, with the options of `Plan`, until SIGTERM."""
    Installation(Plan(**options)).run()


class Installation:
    """One `muster up`, from checking what it was given to the last child's end."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.env: Environment = read_environment()
        self.supervisor = Supervisor()
        self.owner = service_user()
        self.user: str | None = None
        folder = Path(plan.data) if plan.data else None
        self.folder = DataFolder(folder or self.env.data or default_folder(), owner=self.owner)
        self.variables: dict[str, str] = {}
        self.listener: socket.socket | None = None

    def run(self) -> None:
        """Start everything, say so, watch until asked to stop. Raises CannotStart; what had started is
        stopped.
        """
        configure(self.env.log_format)
        if self.plan.tls_cert or self.plan.tls_key:
            load("muster.processes.tls.check_tls")(self.plan.tls_cert, self.plan.tls_key)
        self.listener = listen(self.plan.host, self.plan.port)
        self.folder.open()
        self.supervisor.listen_to_signals()
        try:
            self._start()
            self.supervisor.run()
        finally:
            self.supervisor.stop()
            self.listener.close()
            self.folder.release()

    def _start(self) -> None:
        self.user = self._dropped_user(self.owner)
        self.variables = self._common_variables()
        database = self._database(self.folder.path)
        if self.supervisor.stopping:
            return
        assert self.listener is not None
        fd = self.listener.fileno()
        web = command("web", fd=fd, tls_cert=self.plan.tls_cert, tls_key=self.plan.tls_key)
        self.supervisor.add(Child("muster web", self._starter(web, database.app, (fd,))))
        self.supervisor.add(Child("muster worker", self._starter(command("worker"), database.app)))
        logins = json.loads(self._run_once(["db", "demo"], database.app)) if self.plan.demo else []
        if self._wait_until_ready():
            self._tell(database, self._first_run(), logins)
            (self.folder.path / FIRST_RUN).unlink(missing_ok=True)

    def _dropped_user(self, user: str | None) -> str | None:
        if user is None or can_run_our_code(user):
            return user
        tell(
            f"web and worker stay root: the user {user} cannot read {sys.executable}. "
            "Install Muster where everybody can read it, for example /opt/muster."
        )
        return None

    def _database(self, data: Path) -> Database:
        if self.env.database_url:
            return self._prepared(self.env.database_url)
        finish_swap(data)
        cluster = Cluster(data, user=self.owner)
        cluster.ensure_initialised()
        self.supervisor.add(Child("PostgreSQL", cluster.start, stop_signal=signal.SIGINT, stop_seconds=30.0))
        cluster.wait_ready()
        return self._prepared(cluster.dsn(), "--embedded")

    def _prepared(self, url: str, *options: str) -> Database:
        """Database, roles and schema, made by a child so that this process stays small."""
        made = json.loads(self._run_once(["db", "prepare", "--json", *options], Access(url)))
        if made["token"]:
            self.folder.keep_secret(
                FIRST_RUN, json.dumps({key: made[key] for key in ("token", "setup_path")})
            )
        return Database(made["url"], Access(**made["owner"]), Access(**made["app"]))

    def _common_variables(self) -> dict[str, str]:
        return {
            "MUSTER_DATA": str(self.folder.path),
            "MUSTER_SECRET_KEY": os.environ.get("MUSTER_SECRET_KEY") or self.folder.secret_key(),
            "MUSTER_BASE_URL": self.env.base_url or self.url(),
        }

    def url(self) -> str:
        """Where a browser on this machine finds Muster."""
        assert self.listener is not None
        scheme = "https" if self.plan.tls_cert else "http"
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.plan.host, self.plan.host)
        host = f"[{host}]" if ":" in host and not host.startswith("[") else host
        return f"{scheme}://{host}:{self.listener.getsockname()[1]}"

    def _starter(
        self, program: list[str], access: Access, keep: tuple[int, ...] = ()
    ) -> Callable[[], "subprocess.Popen[bytes]"]:
        variables = {**self.variables, **access.environment()}
        return lambda: spawn(program, variables, user=self.user, stdout=sys.stderr.fileno(), pass_fds=keep)

    def _run_once(self, arguments: list[str], access: Access) -> str:
        return run_once(arguments, {**self.variables, **access.environment()}, user=self.user)

    def _first_run(self) -> dict[str, str]:
        """Token and path of the set-up link that nobody has been told yet; empty afterwards."""
        try:
            return dict(json.loads((self.folder.path / FIRST_RUN).read_text()))
        except FileNotFoundError:
            return {}

    def _wait_until_ready(self) -> bool:
        """True when `/readyz` says so; False when asked to stop meanwhile."""
        deadline = time.monotonic() + READY_SECONDS
        reasons = "no answer"
        while not self.supervisor.stopping:
            for child in self.supervisor.children:
                if child.process is not None and child.process.poll() not in (None, -signal.SIGKILL):
                    raise CannotStart(f"{child.name} ended before it was ready: see above.")
            status, reasons = probe(self.url(), "/readyz")
            if status == 200:
                return True
            if time.monotonic() > deadline:
                raise CannotStart(f"Muster was not ready after {READY_SECONDS:.0f} s: {reasons}")
            self.supervisor.sleep(PROBE_SECONDS)
        return False

    def _tell(self, database: Database, begun: dict[str, str], logins: list[dict[str, str]]) -> None:
        base = self.variables["MUSTER_BASE_URL"].rstrip("/")
        setup_url = base + begun["setup_path"] if begun else None
        if self.plan.as_json:
            ready: dict[str, str | None] = {
                "url": self.url(),
                "data": str(self.folder.path),
                "database": database.url,
            }
            ready |= {"setup_url": setup_url, "token": begun.get("token")}
            say(json.dumps({**ready, **({"logins": logins} if self.plan.demo else {})}))
            return
        say(f"Muster is ready: {base}")
        if setup_url:
            say(f"Set up the first account (this link works once): {setup_url}")
        for login in logins:
            say(f"Sign in as {login['role']}: {login['email']} with password {login['password']}")
        if not self.env.base_url and self.plan.host not in ("127.0.0.1", "::1", "localhost"):
            say(f"Set MUSTER_BASE_URL to the address people use: until then links in mails lead to {base}")
        say(f"Data: {self.folder.path}. Stop with Ctrl-C.")


def say(line: str) -> None:
    """One line for whoever started us."""
    print(line, flush=True)


def tell(line: str) -> None:
    """One line beside the answer."""
    print(f"muster: {line}", file=sys.stderr, flush=True)

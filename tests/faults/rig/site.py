"""Muster on several machines, all of them this one: PostgreSQL, web processes, workers, behind proxies."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps

import muster
from database import CLOCK, SEARCH_PATH
from faults.rig.client import Client, History
from faults.rig.company import PEOPLE, configuration
from faults.rig.dump import dump
from faults.rig.points import Points
from faults.rig.program import MUSTER, Program, answers, free_port
from faults.rig.providers import Letters, Phones, ReceiveLog
from faults.rig.proxy import Proxy
from faults.rig.template import ORDINARY_USER, template
from muster.foundation.timeline.models import Recorded
from muster.processes.postgres import Cluster

SOURCE = Path(muster.__file__).parents[1]
SECRET = "the secret of a site for tests, and of nothing else"


@dataclass(frozen=True)
class Plan:
    """How a site is made: from which source, with how many processes, with what in their environment."""

    source: Path = SOURCE
    webs: int = 2
    workers: int = 2
    company: Callable[[Callable[[str], str]], str] = configuration
    people: Sequence[str] = tuple(PEOPLE)
    more: str = ""
    fresh: bool = False
    """Whether its database is made by its own source, and not copied from one that is prepared already."""
    sql: str = ""
    clock: bool = False
    """Whether the product's time can be moved: PostgreSQL's `now()` is one of ours then."""
    environment: dict[str, str] = field(default_factory=dict)


class Site:
    """`with Site(folder) as site:` a running Muster; `site.history` and `site.receipts` are the evidence."""

    def __init__(self, folder: Path, plan: Plan | None = None) -> None:
        self.plan = plan or Plan()
        self.folder = folder
        self.data = folder / "data"
        self.data.mkdir(parents=True)
        folder.chmod(0o755)
        self.cluster = Cluster(folder / "database", user=ORDINARY_USER)
        self.history = History(folder / "history.jsonl")
        self.receipts = ReceiveLog(folder / "receipts.jsonl")
        self.web_points = Points(folder / "fail" / "web")
        self.worker_points = Points(folder / "fail" / "worker")
        self.webs: list[Program] = []
        self.workers: list[Program] = []
        self.left: list[Program] = []
        self.proxies: dict[str, Proxy] = {}
        self.addresses: dict[str, str] = {}
        self.keys: dict[str, str] = {}
        self.token = ""
        self.published: set[str] = set()
        self._numbers = count(1)

    def __enter__(self) -> "Site":
        self._stack = contextlib.ExitStack()
        self._stack.callback(self._close)
        self.phones = self._stack.enter_context(Phones(self.receipts))
        self.letters = self._stack.enter_context(Letters())
        self.letters.log = self.receipts
        self.roads = {person: Proxy(self.phones.port) for person in self.plan.people}
        try:
            self._build()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _build(self) -> None:
        if self.plan.fresh:
            self.cluster.ensure_initialised()
            self.start_database()
            self.token = json.loads(self.muster("db", "prepare", "--embedded", "--json"))["token"]
        else:
            made = template(_disk_of(self.folder), _but(self.environment(), "MUSTER_DATABASE_ROLE"))
            made.copy(self.cluster.data)
            self.start_database()
            self.token = made.token
        if self.plan.sql:
            self.sql(self.plan.sql)
        if self.plan.clock:
            for statement in CLOCK.split(";\n")[:-1]:
                self.sql(statement)
            self.sql(f"ALTER DATABASE muster SET search_path = {SEARCH_PATH}")
        for _ in range(self.plan.webs):
            self.add_web()
        for _ in range(self.plan.workers):
            self.add_worker()
        for program in self.programs:
            program.wait_ready()
        self.client = Client(self.history, self._urls, self.token)
        self.apply(self.plan.company(lambda person: self.phones.url_of(person, self.roads[person].port)))
        if self.plan.more:
            self.apply("version: 1\n" + self.plan.more)

    def apply(self, text: str) -> None:
        """Configure it; the new integrations' keys stand in `keys`."""
        applied = self.client.api("POST", "/configuration/apply", content=text)
        assert applied.status_code == 200, applied.text
        self.keys |= {one["handle"]: one["key"] for one in applied.json()["integrations"]}

    @property
    def programs(self) -> Sequence[Program]:
        """Web processes and workers."""
        return [*self.webs, *self.workers]

    @property
    def owner_url(self) -> str:
        """For psql as superuser, past every proxy."""
        return self.cluster.dsn()

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask PostgreSQL as superuser."""
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            cursor = connection.execute(statement, values)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def muster(self, *words: str, **more: str) -> str:
        """Run one command to its end, as superuser."""
        environment = self.environment() | {"MUSTER_DATABASE_URL": self.owner_url} | more
        environment = _but(environment, "MUSTER_DATABASE_ROLE")
        done = subprocess.run([MUSTER, *words], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def begin(self, *words: str, **more: str) -> "subprocess.Popen[bytes]":
        """Begin one command as superuser, and do not wait."""
        environment = self.environment() | {"MUSTER_DATABASE_URL": self.owner_url} | more
        environment, none = _but(environment, "MUSTER_DATABASE_ROLE"), subprocess.DEVNULL
        return subprocess.Popen([MUSTER, *words], env=environment, stdout=none, stderr=none)

    def refusal(self, source: Path) -> str:
        """What a worker of this source says that must not start."""
        environment = self.environment() | {"PYTHONPATH": str(source)}
        done = subprocess.run(
            [MUSTER, "worker"], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 1, "it started"
        return done.stderr

    def python(self, code: str) -> str:
        """Run some Python with the product set up, as the application's role; for what has no API."""
        with self.prepared(code) as run:
            return run()

    @contextlib.contextmanager
    def prepared(self, code: str) -> Iterator[Callable[[], str]]:
        """As `python`, in two steps: the process is up and waits until it is told to run.

        For what has to be quick: a transaction that somebody holds open ends after five seconds.
        """
        environment = self.environment()
        begin = "import django; django.setup()\nprint('ready', flush=True); input()\n"
        environment["DJANGO_SETTINGS_MODULE"] = "muster.config.settings"
        command = [sys.executable, "-c", begin + code]
        pipe = subprocess.PIPE
        with subprocess.Popen(
            command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", process.communicate()

            def run() -> str:
                said, errors = process.communicate("\n")
                assert process.returncode == 0, errors
                return said

            try:
                yield run
            finally:
                process.kill()

    def environment(self, proxy: Proxy | None = None) -> dict[str, str]:
        """What a process of ours is started with."""
        database = f"postgresql://postgres@127.0.0.1:{proxy.port}/muster" if proxy else self.owner_url
        return {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "PYTHONPATH": str(self.plan.source),
            "PYTHONDONTWRITEBYTECODE": "1",
            "MUSTER_DATABASE_URL": database,
            "MUSTER_DATABASE_ROLE": "muster_app",
            "MUSTER_DATA": str(self.data),
            "MUSTER_SECRET_KEY": SECRET,
            "MUSTER_BASE_URL": "http://muster.example.com",
            "MUSTER_EMAIL_URL": self.letters.url,
            "MUSTER_ALLOW_PRIVATE_TARGETS": "127.0.0.0/8",
            **self.plan.environment,
        }

    def add_web(self, source: Path | None = None, **more: str) -> Program:
        """Start one more web process; returns at once."""
        name = f"web-{next(self._numbers)}"
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        words = ["web", "--port", str(port)]
        program = self._add(
            name, words, self.web_points, lambda: answers(f"{url}/readyz", expected=(200, 503)), source, more
        )
        self.addresses[name] = url
        self.webs.append(program)
        return program

    def add_worker(self, source: Path | None = None, **more: str) -> Program:
        """Start one more worker; returns at once."""
        name = f"worker-{next(self._numbers)}"
        program = self._add(name, ["worker"], self.worker_points, lambda: self._beats(name), source, more)
        self.workers.append(program)
        return program

    def _add(
        self,
        name: str,
        words: list[str],
        points: Points,
        ready: Callable[[], bool],
        source: Path | None,
        more: dict[str, str],
    ) -> Program:
        proxy = self.proxies[name] = Proxy(self.cluster.socket_folder / ".s.PGSQL.5432")
        environment = self.environment(proxy) | points.environment(name) | more
        if source is not None:
            environment["PYTHONPATH"] = str(source)
        program = Program(name, words, environment, self.folder / f"{name}.log", ready)
        program.start()
        return program

    def _beats(self, name: str) -> bool:
        pid = next(one.pid for one in self.workers if one.name == name)
        return bool(self.sql("SELECT 1 FROM timeline_beat WHERE process LIKE %s", f"%%:{pid}"))

    def _urls(self) -> Sequence[str]:
        return [self.addresses[program.name] for program in self.webs]

    def owner_of(self, pid: int) -> Program:
        """The program with this process number."""
        return next(program for program in self.programs if program.pid == pid)

    def dead(self, programs: Sequence[Program]) -> Program | None:
        """One of these that does not run."""
        return next((program for program in programs if not program.pid), None)

    def replace(self, program: Program) -> Program:
        """Start another in its place, which clients ask from now on; it is left as it is."""
        self.web_points.leave_out(program.name)
        self.left.append(program)
        if program in self.webs:
            self.webs.remove(program)
            return self.add_web()
        self.workers.remove(program)
        return self.add_worker()

    def dump(self) -> Path:
        """What the database holds now, beside history and receipts."""
        subjects = {
            model.subject_kind: model._meta.db_table
            for model in apps.get_models()
            if issubclass(model, Recorded)
        }
        return dump(self.owner_url, self.folder / "dump.jsonl", subjects)

    # PostgreSQL

    def start_database(self) -> None:
        """Start PostgreSQL and wait until it has recovered."""
        self.cluster.start()
        self.cluster.wait_ready()

    def kill_database(self) -> None:
        """Kill -9 every process of PostgreSQL."""
        process = self.cluster.process
        assert process is not None
        pids = [process.pid, *_children(process.pid)]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()

    def end_sessions(self, backend: int | None = None) -> None:
        """`pg_terminate_backend` of one session, or of all that the product has."""
        self.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = 'muster' AND pid <> pg_backend_pid() AND (%s::int IS NULL OR pid = %s)",
            backend,
            backend,
        )

    def advance(self, by: timedelta, key: str = "", *, watched: bool = False) -> None:
        """Let the product's time pass, or go back; `watched` when the product is to say that it saw it."""
        self.sql("UPDATE muster_clock.shift SET by = by + %s", by)
        self._clock_was_set(by.total_seconds(), key, watched)

    def _clock_was_set(self, by: float, key: str, watched: bool) -> None:
        [(event,)] = self.sql("SELECT coalesce(max(id), 0) FROM timeline_event")
        self.history.write(op="clock", key=key, by=by, event=event, watched=watched)

    @contextlib.contextmanager
    def drifting(self, by: float) -> Iterator[None]:
        """The product's time goes faster or slower by this part, within the block; then on from there."""
        [(start,)] = self.sql("SELECT pg_catalog.clock_timestamp()")
        gone = f"{by} * (pg_catalog.now() - '{start.isoformat()}')"
        self.sql(_NOW.format(f"pg_catalog.now() + by + {gone}"))
        yield
        [(gone_s,)] = self.sql(f"SELECT extract(epoch FROM {gone})")
        self.sql(_NOW.format("pg_catalog.now() + by"))
        self.sql("UPDATE muster_clock.shift SET by = by + make_interval(secs => %s)", gone_s)
        self._clock_was_set(float(gone_s), "", watched=False)

    def settle(self, seconds: float = 100.0) -> bool:
        """Wait until nothing is on its way any more; whether that came about."""
        until, before = time.monotonic() + seconds, None
        while time.monotonic() < until:
            with contextlib.suppress(psycopg.OperationalError):
                [(last_event, *waiting)] = self.sql(_WAITING)
                if not any(waiting) and last_event == before:
                    return True
                before = last_event
            time.sleep(0.6)
        return False

    def _close(self) -> None:
        for program in (*self.programs, *self.left):
            program.kill()
        self.cluster.stop()
        for proxy in (*self.roads.values(), *self.proxies.values()):
            proxy.close()


_NOW = """CREATE OR REPLACE FUNCTION muster_clock.now() RETURNS timestamptz LANGUAGE sql STABLE AS
    $$SELECT {} FROM muster_clock.shift$$"""
_WAITING = """
    SELECT (SELECT max(id) FROM timeline_event), (SELECT count(*) FROM timeline_outbox),
        (SELECT count(*) FROM paging_delivery WHERE state = 'sending'
            OR (state IN ('queued', 'retrying') AND due_at <= now() + interval '10 s')),
        (SELECT count(*) FROM escalation_escalation WHERE state = 'running' AND due_at <= now()),
        (SELECT count(*) FROM statuspage_publication WHERE live < wanted),
        (SELECT count(*) FROM timeline_parked WHERE due_at IS NOT NULL)
"""


def _but(environment: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name not in names}


def _disk_of(folder: Path) -> Path:
    """The folder for temporary files on the same disk."""
    return Path("/dev/shm") if folder.is_relative_to("/dev/shm") else Path("/tmp")


def _children(pid: int) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError, IndexError, ValueError):
                if int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) == pid:
                    yield int(entry.name)

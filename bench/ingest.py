"""How many events a second the PagerDuty v2 door keeps durably: `make bench ingest`.

64 connections of wrk against one `muster up`, in turn with single-row commits of pgbench with 64 clients on
the same PostgreSQL. An event counts when it was answered 202 and its row is in the database.
"""

import asyncio
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import httpx
import psycopg
from rig import KEPT, ROOT, asks, cluster_of, cpu_s, family, heading, print_account, pss_mib, until

from fakes.smtp import SmtpServer
from faults.crowd import House

SECONDS = int(os.environ.get("BENCH_SECONDS", "5"))
"""Of each slot."""
ROUNDS = 4
CONNECTIONS = 64
OPENED_BEFORE = 1000
SETTLE_S = 600.0
RESTING_S = 0.15
"""Processor seconds in a second of a worker with nothing to do but look."""
_UNSEALED = "SELECT count(*) FROM timeline_outbox"
_UNDECIDED = (
    "SELECT count(*) FROM detect_alert a WHERE NOT EXISTS "
    "(SELECT 1 FROM evaluate_decision d WHERE d.alert_id = a.id)"
)
_MODES = ("simple", "prepared")
"""How pgbench sends its statements: as it does by itself, and as it is fastest."""
_NAMES = {
    "varied": "1,000 open keys",
    "storm": "one key",
    "new": "a new key per event",
    "plain": "a plain Django view",
}


@dataclass
class Load:
    """One slot of one load."""

    rate: float
    p50_ms: float
    p99_ms: float
    refused: int
    broken: int
    missing: int
    memory_mib: float
    web_us: float
    """Processor time of the web process per event."""

    HEAD: ClassVar[str] = (
        f"{'load':<26} {'events/s':>9} {'p50 ms':>8} {'p99 ms':>8} {'refused':>8} {'broken':>7} "
        f"{'not stored':>11} {'MiB PSS':>8} {'web us/event':>13}"
    )

    @staticmethod
    def together(name: str, slots: Sequence["Load"], commits: Sequence[float]) -> str:
        """A line for all slots of one load: mean rate and median, the worst of the rest."""
        rate = statistics.mean(one.rate for one in slots)
        beside = "".join(f"  {rate / one:>8.2f}x" for one in commits)
        return (
            f"{name:<26} {rate:>9.0f} {statistics.mean(one.p50_ms for one in slots):>8.2f} "
            f"{max(one.p99_ms for one in slots):>8.2f} {sum(one.refused for one in slots):>8} "
            f"{sum(one.broken for one in slots):>7} {sum(one.missing for one in slots):>11} "
            f"{max(one.memory_mib for one in slots):>8.0f} "
            f"{statistics.mean(one.web_us for one in slots):>13.0f}{beside}"
        )


class Bench:
    """One installation, measured."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.cluster = cluster_of(house.folder)
        self.ask = asks(self.cluster)

    def measure(self) -> None:
        """Print the whole table."""
        print(f"{heading()}, PostgreSQL {self.cluster.major}")
        print(f"{CONNECTIONS} connections, {ROUNDS} slots of {SECONDS} s in turn")
        asyncio.run(self.open_keys())
        until(lambda: self.settled() and self.rests(), SETTLE_S)
        print(f"memory at rest {self._memory():.0f} MiB PSS")
        commits: dict[str, list[float]] = {mode: [] for mode in _MODES}
        loads: dict[str, list[Load]] = {"varied": [], "storm": []}
        for _ in range(ROUNDS):  # in turn: the machine is not equally fast all the time
            for mode, rates in commits.items():
                rates.append(self._pgbench(mode))
            for kind, found in loads.items():
                found.append(self.load(kind))
        loads["new"] = [self.load("new")]
        settled_s = until(self.settled, SETTLE_S)
        with self._plain_view() as url:
            loads["plain"] = [self.load("varied", url)]
        said = {mode: statistics.mean(rates) for mode, rates in commits.items()}
        print(Load.HEAD + "".join(f"  of {mode}" for mode in _MODES))
        for kind, found in loads.items():
            print(Load.together(_NAMES[kind], found, list(said.values())))
        print(f"until all new keys are sealed and decided: {settled_s:.1f} s")
        for mode, rate in said.items():
            each = " ".join(f"{one:.0f}" for one in commits[mode])
            print(f"pgbench, single-row commits, 64 clients, {mode} statements: {rate:.0f}/s ({each})")
        print_account(self.cluster.dsn())

    def settled(self) -> bool:
        return self.ask(_UNSEALED) == 0 and self.ask(_UNDECIDED) == 0

    def rests(self) -> bool:
        """Whether the worker has nothing left to do: the thousand alerts that were opened are paged."""
        worker = [self.house.up.children()["muster worker"]]
        used = cpu_s(worker)
        time.sleep(1)
        return cpu_s(worker) - used < RESTING_S

    async def open_keys(self) -> None:
        async with httpx.AsyncClient(base_url=self.house.up.url, timeout=30) as client:

            async def open_key(number: int) -> None:
                payload = {"summary": "Checkout answers 5xx", "source": "web-1", "severity": "critical"}
                body = {"event_action": "trigger", "dedup_key": f"open-{number}", "payload": payload}
                answer = await client.post("/v2/enqueue", json=body | {"routing_key": self.house.keys[0]})
                assert answer.status_code == 202, answer.text

            for start in range(0, OPENED_BEFORE, 50):
                await asyncio.gather(*(open_key(number) for number in range(start, start + 50)))

    def load(self, kind: str, url: str = "") -> "Load":
        stored = self.ask(KEPT)  # counted while nothing is sent: of ten million rows it takes seconds
        command = [
            "wrk",
            "-t2",
            f"-c{CONNECTIONS}",
            f"-d{SECONDS}s",
            "-s",
            str(ROOT / "bench" / "ingest.lua"),
        ]
        address = (url or self.house.up.url) + "/v2/enqueue"
        arguments = [address, self.house.keys[0], kind, f"w{time.time_ns()}"]
        used = self._web_cpu()
        running = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)
        time.sleep(SECONDS * 0.8)
        memory = self._memory()
        said, _ = running.communicate(timeout=SECONDS + 60)
        used = self._web_cpu() - used
        match = re.search(r"RESULT (\{.*\})", said)
        assert match is not None, said
        found = json.loads(match[1])
        good = found["requests"] - found["refused"]
        missing = max(0, good - (self.ask(KEPT) - stored))
        return Load(
            rate=(good - missing) / found["seconds"],
            p50_ms=found["p50_ms"],
            p99_ms=found["p99_ms"],
            refused=found["refused"],
            broken=found["broken"],
            missing=missing,
            memory_mib=memory,
            web_us=0 if url else used / max(1, good - missing) * 1e6,
        )

    def _memory(self) -> float:
        return pss_mib(family(self.house.up.process.pid))

    def _web_cpu(self) -> float:
        """Processor seconds of the web process, whatever else runs on the machine."""
        return cpu_s([self.house.up.children()["muster web"]])

    def _pgbench(self, mode: str) -> float:
        """Single-row commits a second, in a database of its own on the same server."""
        with psycopg.connect(self.cluster.dsn("postgres"), autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS bench_row (id bigserial PRIMARY KEY, said text)")
        with tempfile.TemporaryDirectory(prefix="mb-", dir="/tmp") as folder:
            Path(folder).chmod(0o755)
            script = Path(folder) / "insert.sql"
            script.write_text("INSERT INTO bench_row (said) VALUES ('Checkout answers 5xx');\n")
            program = str(self.cluster.programs / "pgbench")
            output = Path(folder) / "out"
            with output.open("wb") as file:
                options = [
                    "-n",
                    "-M",
                    mode,
                    "-c",
                    "64",
                    "-j",
                    "2",
                    "-T",
                    str(SECONDS),
                    "-f",
                    str(script),
                ]
                command = [program, *options, self.cluster.dsn("postgres")]
                code = self.cluster.popen(command, stdout=file, stderr=file).wait()
            said = output.read_text()
        assert code == 0, said
        match = re.search(r"tps = ([\d.]+)", said)
        assert match is not None, said
        return float(match[1])

    @contextmanager
    def _plain_view(self) -> Iterator[str]:
        """The plain Django view as a process of its own, on the same database."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            variables = {
                "MUSTER_DATABASE_URL": self.cluster.dsn(role="muster_app"),
                "MUSTER_SECRET_KEY": "for measuring only, not a secret at all",
                "PATH": os.environ["PATH"],
            }
            command = [sys.executable, str(ROOT / "bench" / "plain_view.py"), str(listener.fileno())]
            process = subprocess.Popen(command, env=variables, pass_fds=[listener.fileno()])
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            try:
                httpx.get(url, timeout=60)  # answered once it has started
                yield url
            finally:
                process.terminate()
                process.wait(10)


def main() -> None:
    """Measure and print."""
    if shutil.which("wrk") is None:
        sys.exit("bench ingest: needs wrk: install it (apt-get install wrk)")
    folder = Path(tempfile.mkdtemp(prefix="mb-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        with SmtpServer() as smtp:
            house = House(folder / "d", smtp, 1)
            try:
                Bench(house).measure()
            finally:
                house.up.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

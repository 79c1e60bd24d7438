"""How many events a second the PagerDuty v2 door keeps durably: `make bench ingest`.

64 connections of wrk against one `muster up`, beside single-row commits of pgbench with 64 clients on the
same PostgreSQL, right before and after. An event counts when it was answered 202
and its row is in the database.
"""

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
from rig import ROOT, asks, cluster_of, cpu_s, family, heading, pss_mib, until

from fakes.smtp import SmtpServer
from faults.crowd import House

SECONDS = int(os.environ.get("BENCH_SECONDS", "10"))
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
# Every signal has a row, or is an identical repeat beyond sixty a minute and counted on its alert.
_STORED = "SELECT (SELECT count(*) FROM detect_signal) + (SELECT coalesce(sum(unkept), 0) FROM detect_alert)"


class Bench:
    """One installation, measured."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.cluster = cluster_of(house.folder)
        self.ask = asks(self.cluster)

    def measure(self) -> None:
        """Print the whole table."""
        print(f"{heading()}, PostgreSQL {self.cluster.major}, {SECONDS} s each, {CONNECTIONS} connections")
        asyncio.run(self._open_keys())
        until(lambda: self._settled() and self._rests(), SETTLE_S)
        before = {mode: self._pgbench(mode) for mode in _MODES}
        print(f"memory at rest {self._memory():.0f} MiB PSS")
        print(
            "load                       events/s   p50 ms   p99 ms  refused  broken  not stored   MiB PSS  "
            "web CPU us/event"
        )
        varied = self._row("1,000 open keys", "varied")
        storm = self._row("one key", "storm")
        commits = {mode: (before[mode] + self._pgbench(mode)) / 2 for mode in _MODES}
        new = self._row("a new key per event", "new")
        print(f"  ... until all are sealed and decided: {until(self._settled, SETTLE_S):.1f} s")
        with self._plain_view() as url:
            plain = self._row("a plain Django view", "varied", url)
        for mode, rate in commits.items():
            print(f"pgbench, single-row commits, 64 clients, {mode} statements: {rate:.0f}/s")
        for name, rate in (("varied", varied), ("one key", storm), ("new keys", new), ("plain", plain)):
            print(f"  {name:<9} " + ", ".join(f"{rate / commits[mode]:.2f}x ({mode})" for mode in _MODES))

    def _settled(self) -> bool:
        return self.ask(_UNSEALED) == 0 and self.ask(_UNDECIDED) == 0

    def _rests(self) -> bool:
        """Whether the worker has nothing left to do: the thousand alerts that were opened are paged."""
        worker = [self.house.up.children()["muster worker"]]
        used = cpu_s(worker)
        time.sleep(1)
        return cpu_s(worker) - used < RESTING_S

    async def _open_keys(self) -> None:
        async with httpx.AsyncClient(base_url=self.house.up.url, timeout=30) as client:

            async def open_key(number: int) -> None:
                payload = {"summary": "Checkout answers 5xx", "source": "web-1", "severity": "critical"}
                body = {"event_action": "trigger", "dedup_key": f"open-{number}", "payload": payload}
                answer = await client.post("/v2/enqueue", json=body | {"routing_key": self.house.keys[0]})
                assert answer.status_code == 202, answer.text

            for start in range(0, OPENED_BEFORE, 50):
                await asyncio.gather(*(open_key(number) for number in range(start, start + 50)))

    def _row(self, name: str, kind: str, url: str = "") -> float:
        stored = self.ask(_STORED)
        command = [
            "wrk",
            "-t2",
            f"-c{CONNECTIONS}",
            f"-d{SECONDS}s",
            "-s",
            str(ROOT / "bench" / "ingest.lua"),
        ]
        arguments = [
            (url or self.house.up.url) + "/v2/enqueue",
            self.house.keys[0],
            kind,
            f"w{time.time_ns()}",
        ]
        running = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)
        time.sleep(SECONDS * 0.2)
        used, kept = self._web_cpu(), self.ask(_STORED)
        time.sleep(SECONDS * 0.6)
        kept = self.ask(_STORED) - kept
        memory = self._memory()
        used = self._web_cpu() - used
        said, _ = running.communicate(timeout=SECONDS + 60)
        match = re.search(r"RESULT (\{.*\})", said)
        assert match is not None, said
        found = json.loads(match[1])
        good = found["requests"] - found["refused"]
        missing = max(0, good - (self.ask(_STORED) - stored))
        rate = (good - missing) / found["seconds"]
        each = "-" if url else f"{used / max(1, kept) * 1e6:.0f}"
        print(
            f"{name:<24} {rate:>10.0f} {found['p50_ms']:>8.2f} {found['p99_ms']:>8.2f} "
            f"{found['refused']:>8} {found['broken']:>7} {missing:>11} {memory:>9.0f} {each:>13}",
            flush=True,
        )
        return rate

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

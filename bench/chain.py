"""How fast the timeline takes commands, and how soon an event stands in the chain: `make bench chain`.

Single-row commands from 1 and 8 processes, and commands of 50 rows, beside one worker with the product's
loop; on a disk as it is, and with every commit made to take 2 ms. From commit to seal is measured by
PostgreSQL's own commit timestamps.
"""

import os
import platform
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from muster.processes.postgres import Cluster

SECONDS = float(os.environ.get("BENCH_SECONDS", "8"))
ROOT = Path(__file__).parents[1]
_DISKS = {
    "as it is": {"commit_delay": "0", "commit_siblings": "5"},
    "2 ms commit": {"commit_delay": "2000", "commit_siblings": "0"},
}
_LOADS = ((1, 1), (8, 1), (8, 50))
_SEALED = """
    WITH window_ AS (
        SELECT pg_xact_commit_timestamp(e.xmin) AS done, pg_xact_commit_timestamp(k.xmin) AS sealed, e.command
        FROM timeline_event e LEFT JOIN timeline_link k ON k.event_id = e.id WHERE e.id > %s)
    SELECT count(DISTINCT command), count(*), extract(epoch FROM max(sealed) - min(done)),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM sealed - done)) * 1000,
        percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM sealed - done)) * 1000
    FROM window_
"""


def main() -> None:
    """Measure and print the table."""
    folder = Path(tempfile.mkdtemp(prefix="mb-", dir="/tmp"))
    folder.chmod(0o755)
    cluster = Cluster(folder / "d", user="nobody" if os.geteuid() == 0 else None)
    try:
        _prepare(cluster)
        print(_heading(cluster))
        print("disk         clients  rows  commands/s  events/s  p50 ms  p99 ms  worker CPU")
        for disk, settings in _DISKS.items():
            _set(cluster, settings)
            for clients, rows in _LOADS:
                print(f"{disk:<12} {clients:>7} {rows:>5} {_measured(cluster, clients, rows)}", flush=True)
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _heading(cluster: Cluster) -> str:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    python = platform.python_version()
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit}, {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.1f}, PostgreSQL {cluster.major}, Python {python}, {SECONDS:.0f} s each\n"
        "sealed, and milliseconds from commit to seal"
    )


def _prepare(cluster: Cluster) -> None:
    cluster.ensure_initialised()
    cluster.start()
    cluster.wait_ready()
    _set(cluster, {"track_commit_timestamp": "on"})
    cluster.stop()
    cluster.start()
    cluster.wait_ready()
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE muster_app")
        connection.execute("CREATE DATABASE muster")
    _python(cluster, "prepare", role="").wait()


def _set(cluster: Cluster, settings: dict[str, str]) -> None:
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        for name, value in settings.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        connection.execute("SELECT pg_reload_conf()")


def _python(cluster: Cluster, *words: str, role: str = "muster_app") -> subprocess.Popen[str]:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "muster.config.settings",
        "MUSTER_DATABASE_URL": cluster.dsn(),
        "MUSTER_DATABASE_ROLE": role,
        "MUSTER_SECRET_KEY": "a key for benches only, not a secret at all",
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
    }
    begin = "import django; django.setup(); from bench.chain_processes import main; main()"
    command = [sys.executable, "-c", begin, *words]
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _measured(cluster: Cluster, clients: int, rows: int) -> str:
    worker = _python(cluster, "worker")
    running = [_python(cluster, "client", secrets.token_hex(3), str(rows)) for _ in range(clients)]
    for process in (worker, *running):
        _line(process)
    with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
        [(before,)] = connection.execute("SELECT coalesce(max(id), 0) FROM timeline_event").fetchall()
        for process in running:
            _tell(process)
        time.sleep(SECONDS)
        for process in running:
            _tell(process)
            process.wait()
        while connection.execute("SELECT 1 FROM timeline_outbox LIMIT 1").fetchone():
            time.sleep(0.02)
        [(commands, events, seconds, p50, p99)] = connection.execute(_SEALED, [before]).fetchall()
        busy = _cpu_seconds(worker.pid) / float(seconds)
    worker.terminate()
    worker.wait()
    rates = f"{commands / float(seconds):>11,.0f} {events / float(seconds):>9,.0f}"
    return f"{rates} {p50:>7.1f} {p99:>7.1f} {busy:>11.0%}"


def _cpu_seconds(pid: int) -> float:
    """How long a process has kept a core busy."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _tell(process: subprocess.Popen[str]) -> None:
    """Begin, or end: one line."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


if __name__ == "__main__":
    main()

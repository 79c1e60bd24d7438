"""What the measurements share: where they ran, how much memory is in use, and questions to the database."""

import contextlib
import os
import platform
import pwd
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg

from muster.detect.accounting import ACCOUNT, AMISS, PARAMETERS
from muster.processes.postgres import Cluster
from processes.running import MUSTER, Up, bare

ROOT = Path(__file__).parents[1]
KEPT = """
    SELECT (SELECT count(*) FROM detect_signal) + (SELECT coalesce(sum(unkept), 0) FROM detect_alert)
        + (SELECT coalesce(sum(unkept), 0) FROM detect_noted)
"""
"""How many signals there are: each has a row, or is an identical repeat that is counted on its alert."""


def heading() -> str:
    """Machine, date, commit and the load that others put on the machine, in one line."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "?")
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit}, {os.cpu_count()} cores ({model}), "
        f"load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    )


def cluster_of(data: Path) -> Cluster:
    """The running PostgreSQL of `muster up --data <data>`, run as the folder's owner."""
    owner = pwd.getpwuid((data / "postgres").stat().st_uid).pw_name
    return Cluster(data, user=owner if os.geteuid() == 0 else None)


def asks(cluster: Cluster, name: str = "muster") -> Callable[[str], int]:
    """A function that answers a question (SQL) with one number."""
    connection = psycopg.connect(cluster.dsn(name), autocommit=True)

    def ask(sql: str) -> int:
        row = connection.execute(sql).fetchone()  # type: ignore[arg-type]
        assert row is not None
        return int(row[0])

    return ask


def print_account(dsn: str) -> None:
    """The query of `muster signals` with its answer. Raises when a signal lacks its disposition or reason."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        counted = connection.execute(ACCOUNT).fetchall()
        amiss = [row for row in connection.execute(AMISS, PARAMETERS).fetchall() if row[1]]
    print(f"\n{ACCOUNT}")
    for disposition, reason, signals in counted:
        print(f"{disposition:<14} {reason:<24} {signals:>10}")
    print(f"{sum(row[2] for row in counted):>50} signals, {amiss or 'nothing'} amiss")
    assert not amiss


def family(pid: int) -> list[int]:
    """A process and everything below it."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents.setdefault(parent, []).append(int(folder.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def pss_mib(pids: Sequence[int]) -> float:
    """Proportional set size of these processes together, in MiB (Linux, smaps_rollup)."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def cpu_s(pids: Sequence[int]) -> float:
    """Processor seconds that these processes have used."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def until(true: Callable[[], bool], seconds: float) -> float:
    """Wait until it is true; seconds that it took, or `inf`."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if true():
            return time.monotonic() - began
        time.sleep(0.05)
    return float("inf")


@contextlib.contextmanager
def another_worker(url: str, data: Path, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """A second `muster worker` on the database of `muster up --data <data>`, which listens at `url`."""
    more = {
        "MUSTER_DATABASE_URL": cluster_of(data).dsn(),
        "MUSTER_DATA": str(data),
        "MUSTER_BASE_URL": url,
    }
    worker = subprocess.Popen([MUSTER, "worker"], env=bare(**(more | variables)))
    try:
        yield worker
    finally:
        worker.terminate()
        worker.wait(20)


def signed_in(up: Up) -> httpx.Client:
    """What a browser of the demo's responder sends and gets, without the browser; close it."""
    browser = httpx.Client(base_url=up.url, timeout=60, follow_redirects=True, headers={"Origin": up.url})
    login = next(login for login in up.ready["logins"] if login["role"] == "responder")
    said = {"login": login["email"], "password": login["password"]}
    answer = browser.post("/sign-in/", data=said | {"csrfmiddlewaretoken": form_token(browser, "/sign-in/")})
    assert answer.url.path == "/", answer.url
    return browser


def form_token(browser: httpx.Client, path: str) -> str:
    """The token of the forms on a page."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(path).text)
    assert found is not None
    return found[1]


def asked(browser: httpx.Client, path: str, times: int) -> tuple[list[float], httpx.Response]:
    """The milliseconds of each of so many answers, and the last one."""
    took = []
    for _ in range(times):
        began = time.monotonic()
        answer = browser.get(path)
        took.append((time.monotonic() - began) * 1000)
        answer.raise_for_status()
    return took, answer


def histogram(values: Sequence[float], width: float) -> str:
    """How many values fall into each `width`, one line each, with a bar."""
    counts: dict[int, int] = {}
    for value in values:
        counts[int(value // width)] = counts.get(int(value // width), 0) + 1
    most = max(counts.values())
    lines = []
    for place in range(min(counts), max(counts) + 1):
        number = counts.get(place, 0)
        bar = "#" * round(40 * number / most)
        lines.append(f"  {place * width:5.1f} to {(place + 1) * width:4.1f} s {number:>6} {bar}")
    return "\n".join(lines)


def told(values: Sequence[float], unit: str = "ms") -> str:
    """Count, median, 99th percentile and worst of some values."""
    return (
        f"{len(values)}, p50 {percentile(values, 0.5):.0f} {unit}, "
        f"p99 {percentile(values, 0.99):.0f} {unit}, worst {max(values):.0f} {unit}"
    )

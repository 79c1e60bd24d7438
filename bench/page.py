"""How long from an accepted alert to its mail at the SMTP server, and what it takes: `make bench page`.

200 alerts, 10 a second, each for another person; then 150 at once. The clock starts when the sender has its
202 and stops when the SMTP server has the whole letter; both are clocks of this process. It shares the
machine with what it measures, so it is kept cheap: the sender is Python's plain HTTP client, the SMTP server
is a bare one.
"""

import asyncio
import concurrent.futures
import http.client
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg
from rig import cluster_of, cpu_s, family, heading, percentile, pss_mib, until

from fakes.smtp import SmtpServer
from faults.crowd import House

PEOPLE = int(os.environ.get("BENCH_PEOPLE", "200"))
AT_ONCE = PEOPLE * 3 // 4
A_SECOND = 10
WAIT_S = 120.0
_JSON = {"Content-Type": "application/json"}
_HOPS = """
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM g.decided_at - e.recorded_at)),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM d.created_at - g.decided_at)),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM d.claimed_at - d.created_at)),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM d.accepted_at - d.claimed_at))
    FROM paging_delivery d JOIN paging_page p ON p.id = d.page_id
    JOIN evaluate_decision g ON p.about = 'group:' || g.group_id
    JOIN timeline_event e ON e.subject = 'alert:' || g.alert_id AND e.kind = 'alert.opened'
"""


class TimedSmtp(SmtpServer):
    """Notes when each letter came (monotonic), by address. Bare: aiosmtpd reads a letter line by line."""

    def __enter__(self) -> "TimedSmtp":
        self.came: dict[str, list[float]] = {}
        super().__enter__()
        return self

    def _protocol(self) -> asyncio.Protocol:
        self.connections += 1
        return _Taker(self.came)


class _Taker(asyncio.Protocol):
    """Takes letters, by RFC 5321 with PIPELINING; looks at nothing but the addressee."""

    _ANSWERS = {
        b"EHLO": b"250-bench\r\n250-PIPELINING\r\n250 SMTPUTF8\r\n",
        b"DATA": b"354 go on\r\n",
        b"QUIT": b"221 bye\r\n",
    }

    def __init__(self, came: dict[str, list[float]]) -> None:
        self._came, self._said, self._address, self._in_letter = came, b"", "", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 bench\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer every whole command, and the letter at its end."""
        self._said += data
        while True:
            said, end, rest = self._said.partition(b"\r\n.\r\n" if self._in_letter else b"\r\n")
            if not end:
                return
            self._said = rest
            self._take() if self._in_letter else self._obey(said)

    def _take(self) -> None:
        self._came.setdefault(self._address, []).append(time.monotonic())
        self._in_letter = False
        self._transport.write(b"250 taken\r\n")

    def _obey(self, command: bytes) -> None:
        verb = command[:4].upper()
        if verb == b"RCPT":
            self._address = command.partition(b"<")[2].partition(b">")[0].decode()
        self._in_letter = verb == b"DATA"
        self._transport.write(self._ANSWERS.get(verb, b"250 yes\r\n"))


class Bench:
    """One installation, measured."""

    def __init__(self, house: House, smtp: TimedSmtp) -> None:
        self.house, self.smtp = house, smtp
        self._local = threading.local()
        self.largest = 0.0

    def measure(self) -> None:
        """Print the table."""
        print(f"{heading()}, {PEOPLE} people")
        time.sleep(5)
        print(f"memory at rest           {self._memory():.0f} MiB PSS")
        before = self._cpu()
        spread = self._spread()
        used = {name: seconds - before[name] for name, seconds in self._cpu().items()}
        print(f"{PEOPLE} alerts, {A_SECOND} a second: {_told(spread)}")
        told = ", ".join(f"{name} {seconds / PEOPLE * 1000:.0f} ms" for name, seconds in used.items())
        print(f"processor time per alert: {told}")
        print(f"memory under this load   {self.largest:.0f} MiB PSS")
        self._tell_hops()
        time.sleep(61)  # a person's mails within a minute are bundled
        print(f"{AT_ONCE} at once:            {_told(self._at_once())}")
        print(f"memory after that        {self._memory():.0f} MiB PSS")

    def _memory(self) -> float:
        return pss_mib(family(self.house.up.process.pid))

    def _cpu(self) -> dict[str, float]:
        return {name: cpu_s(family(pid)) for name, pid in self.house.up.children().items()}

    def _tell_hops(self) -> None:
        with psycopg.connect(cluster_of(self.house.folder).dsn()) as connection:
            row = connection.execute(_HOPS).fetchone()
        names = ("stored to decided", "to paged", "to claimed", "to accepted")
        hops = zip(names, row or (), strict=True)
        print("median hops: " + ", ".join(f"{name} {float(s) * 1000:.0f} ms" for name, s in hops))

    def _fire(self, person: int, name: str) -> float:
        """Accepted at (monotonic)."""
        payload = {"summary": "Checkout answers 5xx", "source": "web-1", "severity": "critical"}
        body = {"routing_key": self.house.keys[person], "event_action": "trigger", "dedup_key": name}
        if not hasattr(self._local, "web"):
            address = self.house.up.url.removeprefix("http://")
            self._local.web = http.client.HTTPConnection(address, timeout=30)
        web: http.client.HTTPConnection = self._local.web
        web.request("POST", "/v2/enqueue", json.dumps(body | {"payload": payload}), _JSON)
        answer = web.getresponse()
        said = answer.read()
        assert answer.status == 202, said
        return time.monotonic()

    def _spread(self) -> list[float]:
        accepted = []
        began = time.monotonic()
        for person in range(PEOPLE):
            time.sleep(max(0.0, began + person / A_SECOND - time.monotonic()))
            accepted.append(self._fire(person, f"spread-{person}"))
            if person % 20 == 19:
                self.largest = max(self.largest, self._memory())
        return self._waited(accepted, 0)

    def _at_once(self) -> list[float]:
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            accepted = list(pool.map(lambda person: self._fire(person, f"once-{person}"), range(AT_ONCE)))
        first = min(accepted)
        return self._waited([first] * AT_ONCE, 1)

    def _waited(self, accepted: Sequence[float], nth: int) -> list[float]:
        """Milliseconds from each acceptance to the person's nth letter."""
        addresses = [f"p{person}@example.com" for person in range(len(accepted))]
        until(lambda: all(len(self.smtp.came.get(one, ())) > nth for one in addresses), WAIT_S)
        return [
            (self.smtp.came[address][nth] - at) * 1000
            for at, address in zip(accepted, addresses, strict=True)
            if len(self.smtp.came.get(address, ())) > nth
        ]


def _told(values: Sequence[float]) -> str:
    return (
        f"{len(values)} mails, p50 {percentile(values, 0.5):.0f} ms, p99 {percentile(values, 0.99):.0f} ms, "
        f"last {max(values):.0f} ms"
    )


def main() -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp(prefix="mb-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        with TimedSmtp() as smtp:
            house = House(folder / "d", smtp, PEOPLE)
            try:
                Bench(house, smtp).measure()
            finally:
                house.up.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

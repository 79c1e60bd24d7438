"""A run made by hand, in which nothing is wrong; tests of the checker spoil it."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

from faults.checker import Evidence
from faults.checker.chain import DOMAIN, digest

START = 1_800_000_000.0
Row = dict[str, Any]


def spelled(seconds: float) -> str:
    """So many seconds after the start, as the database spells it."""
    return datetime.fromtimestamp(START + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Run:
    """An alert `k`: triggered at 0 s, Ana paged at once and Ben at 60 s, acknowledged at 70 s."""

    def __init__(self) -> None:
        self.history: list[Row] = []
        self.receipts: list[Row] = []
        self.tables: dict[str, list[Row]] = {}
        self._numbers = count(1)
        self._ids = count(1)
        self._happen()

    def ask(self, op: str, key: str, at: float, took: float = 0.1, said: str = "done") -> None:
        """A client asks, and hears."""
        number = str(next(self._ids))
        self.history.append({"op": op, "key": key, "id": number, "phase": "invoke", "at": START + at})
        heard = {"op": op, "key": key, "id": number, "phase": "ok", "said": said}
        self.history.append(heard | {"at": START + at + took})

    def fault(self, what: str, began: float, ended: float, key: str = "") -> None:
        """Something is done to the product."""
        line = {"op": "fault", "what": what, "key": key, "began": START + began, "ended": START + ended}
        self.history.append(line | {"at": START + ended})

    def ring(self, delivery: int, at: float, key: str = "", person: str = "ana", summary: str = "k") -> None:
        """A phone rings."""
        self.receipts.append(
            {"at": START + at, "key": key or f"key-{delivery}", "delivery": f"DL-{delivery}"}
            | {"person": person, "summary": summary}
        )

    def row(self, table: str, **columns: Any) -> Row:
        """A row of the dump."""
        self.tables.setdefault(table, []).append(columns)
        return columns

    def event(self, kind: str, subject: str, at: float, cause: int | None = None, **payload: Any) -> Row:
        """An event, digested; it is sealed by `evidence`."""
        event = {
            "id": next(self._numbers),
            "command": "00000000-0000-0000-0000-000000000001",
            "cause": cause,
            "kind": kind,
            "subject": subject,
            "incident": None,
            "audience_id": 1,
            "actor": "system:send_due_deliveries" if subject.startswith("delivery") else "system:tests",
            "at": spelled(at),
            "recorded_at": spelled(at),
            "payload": payload,
        }
        return self.row("event", **event, digest=digest(event))

    def find(self, table: str, **columns: Any) -> Row:
        """The first row of a table in which this stands."""
        return next(
            row for row in self.tables[table] if all(row[name] == value for name, value in columns.items())
        )

    def evidence(self, spoil_dump: Callable[[list[Row]], None] | None = None) -> Evidence:
        """Sealed, with each row at its last event, and dumped at 100 s; `spoil_dump` changes that."""
        head = "00" * 32
        links = []
        for seq, event in enumerate(self.tables["event"], 1):
            text = DOMAIN + seq.to_bytes(8, "big") + bytes.fromhex(head) + bytes.fromhex(event["digest"])
            new = hashlib.sha256(text).hexdigest()
            links.append({"table": "link", "seq": seq, "event": event["id"], "previous": head, "hash": new})
            head = new
        last = {event["subject"]: event["id"] for event in self.tables["event"]}
        rows = [{"table": "row", "subject": subject, "event": id_} for subject, id_ in last.items()]
        meta = {"table": "meta", "database": START + 100, "host": START + 100}
        dumped = [{"table": name, **row} for name, found in self.tables.items() for row in found]
        whole = [meta, *dumped, *links, *rows]
        if spoil_dump is not None:
            spoil_dump(whole)
        return Evidence(self.history, self.receipts, whole)

    def delivery(self, number: int, page: int, at: float, state: str = "accepted") -> Row:
        """A message that was claimed, sent and accepted."""
        subject = f"delivery:{number}"
        self.event("delivery.queued", subject, at)
        self.event("delivery.claimed", subject, at, fence=1, attempt=1)
        if state == "accepted":
            self.event("delivery.accepted", subject, at + 0.1, attempt=1)
        return self.row(
            "delivery",
            id=number,
            page=page,
            kind="webhook",
            key=f"key-{number}",
            state=state,
            due_at=spelled(at),
            lease_until=spelled(at + 30) if state == "sending" else None,
            attempts=1,
            fence=1,
            claimed_at=spelled(at),
            accepted_at=spelled(at + 0.1),
            reason="",
            carrier=None,
            created_at=spelled(at),
        )

    def page(self, number: int, person: str, at: float, step: int) -> Row:
        """Somebody is paged by a step."""
        self.event("page.started", f"page:{number}", at)
        return self.row(
            "page",
            id=number,
            person=person,
            about="group:1",
            escalation=1,
            epoch=1,
            round=1,
            step=step,
            reason="paged",
            started_at=spelled(at),
        )

    def alert(self, number: int, key: str, opened: float, resolved: float | None = None) -> Row:
        """An alert."""
        self.event("alert.opened", f"alert:{number}", opened)
        return self.row(
            "alert",
            id=number,
            key=key,
            scope="service:1",
            state="triggered" if resolved is None else "resolved",
            opened_at=spelled(opened),
            resolved_at=None if resolved is None else spelled(resolved),
            acknowledged_at=None,
            count=1,
            unkept=0,
            labels={},
        )

    def signal(self, key: str, alert: int | None, at: float, disposition: str = "opened") -> Row:
        """What a sender said, kept."""
        return self.row(
            "signal",
            key=key,
            integration=1,
            alert=alert,
            action="trigger",
            disposition=disposition,
            reason="first",
            received_at=spelled(at),
        )

    def _happen(self) -> None:
        self.ask("trigger", "k", 0)
        self.signal("k", 1, 0)
        self.alert(1, "k", 0)
        self.event("group.opened", "group:1", 0.1)
        self.row("member", alert=1, group=1)
        self.event("escalation.started", "escalation:1", 0.2, due_at=spelled(0.2))
        said = {"round": 1, "people": [1], "skipped": []}
        self.event("escalation.step_started", "escalation:1", 0.2, step=1, next_due_at=spelled(60.2), **said)
        self.page(1, "ana", 0.2, 1)
        self.delivery(1, 1, 0.2)
        self.ring(1, 0.3)
        self.event("escalation.step_started", "escalation:1", 60.3, step=2, next_due_at=spelled(960), **said)
        self.page(2, "ben", 60.3, 2)
        self.delivery(2, 2, 60.3)
        self.ring(2, 60.4, person="ben")
        self.ask("acknowledge", "k", 70)
        self.event("group.acknowledged", "group:1", 70)
        self.row(
            "escalation",
            id=1,
            about="group:1",
            state="stopped",
            epoch=1,
            round=1,
            step=3,
            due_at=None,
            started_at=spelled(0.2),
        )
        self.row("publication", page=1, wanted=2, live=2)
        self.ask("publish", "text", 5)
        self.history.append({"op": "look", "whole": True, "texts": ["text"], "at": START + 6})

"""What the checker is given, read and indexed."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

Row = dict[str, Any]
_SLACK_S = 1.0


@dataclass(frozen=True)
class Violation:
    """An invariant that does not hold, and what shows it, about a sender's key or else a subject."""

    invariant: str
    what: str
    about: str = ""

    def __str__(self) -> str:
        return f"{self.invariant}: {self.what}" + (f" ({self.about})" if self.about else "")


@dataclass(frozen=True)
class Operation:
    """Something a client asked, and what it heard. `ended` is when it heard that; None: never."""

    what: str
    key: str
    began: float
    ended: float | None
    phase: str
    said: str

    @property
    def ok(self) -> bool:
        """The answer was yes."""
        return self.phase == "ok"


@dataclass(frozen=True)
class Fault:
    """Something was done to the product, from then until then; `key` is what it was aimed at, if anything."""

    what: str
    key: str
    began: float
    ended: float


@dataclass
class Evidence:
    """The clients' history, the providers' receive log, the dump."""

    history: Sequence[Row]
    receipts: Sequence[Row]
    dump: Sequence[Row]
    tables: dict[str, list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        tables: dict[str, list[Row]] = defaultdict(list)
        for row in self.dump:
            if row["table"] in ("alert", "signal"):
                row = row | {"key": self.names.get(row["key"], row["key"])}
            tables[row["table"]].append(row)
        self.tables = tables

    def rows(self, table: str) -> list[Row]:
        """The rows of one table of the dump."""
        return self.tables.get(table, [])

    @cached_property
    def reigns(self) -> list[tuple[float, int, float]]:
        """Newest first: since when and after which event the database's clock was how far ahead of theirs."""
        meta = self.rows("meta")
        ahead, found = (meta[0]["database"] - meta[0]["host"] if meta else 0.0), []
        for line in reversed([line for line in self.history if line["op"] == "clock"]):
            found.append((line["at"], line["event"], ahead))
            ahead -= line["by"]
        return [*found, (float("-inf"), -1, ahead)]

    @property
    def dumped_at(self) -> float | None:
        """When the dump was made, by the clients' clock."""
        meta = self.rows("meta")
        return meta[0]["host"] if meta else None

    def time(self, text: str | None, event: Row | None = None) -> float | None:
        """A time of the database by the clients' clock; `event` is the one that says it, if any does.

        A clock that is set shows some times twice: an event knows by which clock it was written, of another
        time the newest reading is taken that can be meant.
        """
        if text is None:
            return None
        told = datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
        for since, after, ahead in self.reigns:
            if event["id"] > after if event else told - ahead >= since - _SLACK_S:
                return told - ahead
        return told - self.reigns[-1][2]

    @cached_property
    def operations(self) -> list[Operation]:
        """What clients asked, in the order in which they did."""
        heard = {row["id"]: row for row in self.history if row.get("phase") not in (None, "invoke")}
        return [
            Operation(
                row["op"],
                row["key"],
                row["at"],
                heard[row["id"]]["at"] if row["id"] in heard else None,
                heard[row["id"]]["phase"] if row["id"] in heard else "info",
                str(heard.get(row["id"], {}).get("said", "")),
            )
            for row in self.history
            if row.get("phase") == "invoke"
        ]

    @cached_property
    def faults(self) -> list[Fault]:
        """What was done to the product."""
        return [
            Fault(row["what"], row.get("key", ""), row["began"], row["ended"])
            for row in self.history
            if row["op"] == "fault"
        ]

    @cached_property
    def harms(self) -> list[Fault]:
        """The faults that are more than standing still at a place for a moment."""
        return [fault for fault in self.faults if not fault.what.startswith("hold ")]

    @cached_property
    def names(self) -> dict[str, str]:
        """How the clients call what was given a key by the product."""
        return {row["given"]: row["key"] for row in self.history if row["op"] == "alias"}

    @cached_property
    def keys_of_alert(self) -> dict[int, str]:
        """The sender's key of each alert."""
        return {row["id"]: row["key"] for row in self.rows("alert")}

    @cached_property
    def alerts_of(self) -> dict[str, list[Row]]:
        """The alerts of each of the senders' keys, in the order in which they were opened."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(self.rows("alert"), key=lambda row: row["id"]):
            found[row["key"]].append(row)
        return found

    @cached_property
    def groups_of(self) -> dict[str, set[str]]:
        """What is paged for a sender's key, as pages name it."""
        found: dict[str, set[str]] = defaultdict(set)
        for row in self.rows("member"):
            found[self.keys_of_alert.get(row["alert"], "")].add(f"group:{row['group']}")
        return found

    @cached_property
    def key_of_group(self) -> dict[str, str]:
        """A sender's key by what is paged for it."""
        return {group: key for key, groups in self.groups_of.items() for group in groups}

    @cached_property
    def pages(self) -> dict[int, Row]:
        """Each page by its number."""
        return {row["id"]: row for row in self.rows("page")}

    @cached_property
    def events_of(self) -> dict[str, list[Row]]:
        """The events of each subject, in the order of their numbers."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(self.rows("event"), key=lambda row: row["id"]):
            found[row["subject"]].append(row)
        return found

    def about_of(self, delivery: Row) -> str:
        """What a delivery is about: the sender's key, else what its page names."""
        about = self.pages.get(delivery["page"], {}).get("about", "")
        return self.key_of_group.get(about, about)

    def was_troubled(self, began: float, ended: float, aftermath: float = 0.0) -> bool:
        """Whether anything was done to the product in this time, or so shortly before that it still told."""
        return any(fault.began <= ended and fault.ended + aftermath >= began for fault in self.faults)


def read(folder: Path) -> Evidence:
    """The evidence of a run: `history.jsonl`, `receipts.jsonl`, `dump.jsonl`."""
    return Evidence(*(_lines(folder / f"{name}.jsonl") for name in ("history", "receipts", "dump")))


def _lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

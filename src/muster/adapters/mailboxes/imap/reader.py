"""Reads a mailbox: each letter is kept by those whose it is, and only then marked as read.

A letter that was kept and not marked is read again, and known again by its mark (`core.letters.letter_mark`).
One that nobody can take is set aside (marked as read, and flagged for people), so that it keeps no other
waiting. The connection is made anew, later and later, for as long as it fails.
"""

import logging
import secrets
import threading
import time
from dataclasses import dataclass
from imaplib import IMAP4
from typing import Protocol, TypeVar

from muster.adapters.egress import Egress
from muster.adapters.mailboxes.imap.box import Box, BoxFault, SignInRefused, in_words
from muster.adapters.mailboxes.imap.client import FLAGGED, SEEN, Client, Found, Wire, close, timed
from muster.core.letters import (
    HEADERS_LIMIT_BYTES,
    Aside,
    envelope_sender,
    headers_of,
    tokens_for,
)
from muster.core.reply import Reply, ReplyAnswer, read

ANSWER_S, LETTER_S = 20.0, 120.0
"""The server has so long for one answer, and to hand a whole letter out."""
TRIES = 5
"""So often a letter is tried before it is set aside."""
_Letter = tuple[int, int]
"""The folder's UIDVALIDITY and the letter's UID."""
_REMEMBERED = 10_000

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a reader waits: for news, before it looks whether the connection lives; and after a failure,
    longer each time, longest where a wrong password might lock us out. People are told after a while."""

    news_s: float = 60.0
    first_pause_s: float = 1.0
    longest_pause_s: float = 60.0
    refused_pause_s: float = 300.0
    unreachable_after_s: float = 300.0
    breaks_s: float = 300.0
    """A letter with whose fetch the connection ends is not set aside before."""


@dataclass(slots=True)
class _Breaks:
    """How often the connection ended with the fetch of one letter: first, and last."""

    first: float
    last: float = 0.0
    count: int = 0


class NotNow(Exception):
    """Nothing can be kept now (the database is away): letters wait, unread."""


class Hands(Protocol):
    """Who takes what the box holds, durably. Each may raise `NotNow`."""

    def alert(self, key: str, content: bytes, arrived: str) -> bool:
        """Keep a letter as an alert, once; False when the key is nobody's."""
        ...

    def reply(self, reply: Reply) -> ReplyAnswer:
        """Judge a reply to a page; twice is no fault."""
        ...

    def set_aside(self, box: str, why: Aside) -> None:
        """Tell people that a letter of this box waits for them."""
        ...

    def unreachable(self, box: str, why: str) -> None:
        """Tell people that this box has not been readable for a while."""
        ...

    def reachable(self, box: str) -> None:
        """It is readable (again)."""
        ...


class Reader:
    """One thread that reads one box until `stop()`."""

    def __init__(self, box: Box, egress: Egress, hands: Hands, pace: Pace | None = None) -> None:
        self._box = box
        self._egress = egress
        self._hands = hands
        self._pace = pace or Pace()
        self._stop = threading.Event()
        self._wire = Wire()
        self._tries: dict[_Letter, int] = {}
        self._breaks: dict[_Letter, _Breaks] = {}
        self._fetched_at = 0.0
        self._pause_s = self._pace.first_pause_s
        self._read_at = time.monotonic()
        self._is_told: bool | None = None
        self._thread = threading.Thread(target=self._run, name="mailbox", daemon=True)

    def start(self) -> None:
        """Read from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End; a letter that is being kept is kept or comes again."""
        self._stop.set()
        self._wire.cut()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._serve()
            except (NotNow, BoxFault, IMAP4.error, OSError) as why:
                self._failed(why)
            except Exception as why:
                log.exception("%s cannot be read", self._box.name)
                self._failed(why)

    def _failed(self, why: Exception) -> None:
        """Say so, and wait a while."""
        if self._stop.is_set():
            return
        if isinstance(why, NotNow):
            log.warning("letters wait in %s: nothing can be stored now", self._box.name)
        else:
            log.warning("%s cannot be read: %s", self._box.name, in_words(why))
            self._tell_unreachable(in_words(why))
        pause = self._pace.refused_pause_s if isinstance(why, SignInRefused) else self._pause_s
        self._pause_s = min(self._pause_s * 2, self._pace.longest_pause_s)
        self._stop.wait(pause * (1 + secrets.randbelow(25) / 100))

    def _serve(self) -> None:
        """Read whatever comes, on one connection. Returns only when we stop."""
        wire = self._wire = Wire()
        client = timed(wire, ANSWER_S, lambda: Client(self._egress, self._box, wire, ANSWER_S))
        try:
            validity = timed(wire, ANSWER_S, client.enter)
            done: set[int] = set()
            while not self._stop.is_set():
                self._read_all(client, validity, done)
                self._succeeded()
                timed(wire, self._pace.news_s + ANSWER_S, lambda: client.wait(self._pace.news_s, self._stop))
        finally:
            close(client)

    def _read_all(self, client: Client, validity: int, done: set[int]) -> None:
        """All that is unread; of those in `done` the server forgot that they were marked.

        Those with which the connection has ended come last, so that they keep no other waiting.
        """
        unread = timed(self._wire, ANSWER_S, client.unread)
        done.intersection_update(unread)
        for uid in sorted(unread, key=lambda uid: self._breaks_of((validity, uid))):
            if self._stop.is_set():
                return
            if uid not in done and self._read_one(client, validity, uid):
                done.add(uid)

    def _read_one(self, client: Client, validity: int, uid: int) -> bool:
        """Whether a letter is dealt with; one that failed is tried again with the next look."""
        letter = (validity, uid)
        tries = self._tries.get(letter, 0)
        if tries >= TRIES or self._is_to_blame(letter):
            self._hands.set_aside(self._box.name, Aside.FAILED)
            self._mark(client, letter, aside=True)
            return True
        found = self._fetch(client, letter)
        if found is None:
            self._tries.pop(letter, None)
            return True
        try:
            aside = self._deliver(found)
        except NotNow:
            raise
        except Exception:
            _remember(self._tries, letter, tries + 1)
            log.exception("a letter in %s cannot be taken, try %d of %d", self._box.name, tries + 1, TRIES)
            return False
        self._mark(client, letter, aside=aside)
        return True

    def _fetch(self, client: Client, letter: _Letter) -> Found | None:
        """A letter; where it does not come, that may be the connection's fault and not its own."""
        try:
            found = timed(self._wire, LETTER_S, lambda: client.fetch_letter(letter[1]))
        except Exception:
            breaks = self._breaks.get(letter) or _Breaks(time.monotonic())
            breaks.count, breaks.last = breaks.count + 1, time.monotonic()
            _remember(self._breaks, letter, breaks)
            raise
        self._breaks.pop(letter, None)
        self._fetched_at = time.monotonic()
        return found

    def _breaks_of(self, letter: _Letter) -> int:
        found = self._breaks.get(letter)
        return 0 if found is None else found.count

    def _is_to_blame(self, letter: _Letter) -> bool:
        """Whether the connection ended with this letter for minutes, and meanwhile not with another."""
        found = self._breaks.get(letter)
        if found is None or found.count < TRIES or not found.first < self._fetched_at < found.last:
            return False
        return found.last - found.first >= self._pace.breaks_s

    def _mark(self, client: Client, letter: _Letter, *, aside: bool) -> None:
        self._tries.pop(letter, None)
        self._breaks.pop(letter, None)
        flags = (SEEN, FLAGGED) if aside else (SEEN,)
        timed(self._wire, ANSWER_S, lambda: client.mark(letter[1], *flags))

    def _deliver(self, found: Found) -> bool:
        """Hand a letter to everybody whose it is; whether it was set aside instead."""
        if len(headers_of(found.content)) > HEADERS_LIMIT_BYTES:
            self._hands.set_aside(self._box.name, Aside.HEADERS_TOO_LARGE)
            return True
        keys = tokens_for(found.content, self._box.alerts)
        is_kept = [self._hands.alert(key, found.content, found.arrived) for key in keys]
        replies = tokens_for(found.content, self._box.replies)
        for token in replies:
            answered = self._hands.reply(read(found.content, envelope_sender(found.content), token))
            log.info("a reply came in: %s", answered.value)
        if any(is_kept) or replies:
            return False
        self._hands.set_aside(self._box.name, Aside.ASTRAY)
        return True

    def _succeeded(self) -> None:
        self._pause_s = self._pace.first_pause_s
        self._read_at = time.monotonic()
        if self._is_told is not False:
            self._hands.reachable(self._box.name)
            self._is_told = False

    def _tell_unreachable(self, why: str) -> None:
        if self._is_told or time.monotonic() - self._read_at < self._pace.unreachable_after_s:
            return
        try:
            self._hands.unreachable(self._box.name, why)
            self._is_told = True
        except Exception:
            log.exception("nobody could be told that %s is not read", self._box.name)


def _remember(kept: dict[_Letter, T], letter: _Letter, what: T) -> None:
    if len(kept) >= _REMEMBERED:
        kept.clear()
    kept[letter] = what


def problem(box: Box, egress: Egress) -> str | None:
    """Why a box cannot be read, as one clause; None when it can. Nothing in it is changed."""
    wire = Wire()
    try:
        client = timed(wire, ANSWER_S, lambda: Client(egress, box, wire, ANSWER_S))
        try:
            timed(wire, ANSWER_S, client.enter)
        finally:
            close(client)
    except (BoxFault, IMAP4.error, OSError) as why:
        return in_words(why)
    return None

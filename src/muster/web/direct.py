"""The event loop's own connection, for the statements that everything waits for (see `batching`)."""

import asyncio
import functools
import itertools
import logging
import re
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from muster.foundation.timeline.apart import open_apart_on_the_loop
from muster.foundation.timeline.prepared import KEPT_S
from muster.web.dedicated import OPTIONS

Told = Callable[[tuple[Any, ...] | Exception], None]
log = logging.getLogger(__name__)
_PLACE = re.compile(r"%\((\w+)\)s")
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class _Form:
    """A statement as PostgreSQL prepares it, and whose value stands in which place."""

    name: bytes
    text: bytes
    places: tuple[str, ...]


@functools.lru_cache(maxsize=16)
def _form(statement: str) -> _Form:
    names = tuple(dict.fromkeys(_PLACE.findall(statement)))
    numbers = {name: f"${number}" for number, name in enumerate(names, 1)}
    text = _PLACE.sub(lambda place: numbers[place[1]], statement).encode()
    return _Form(b"direct%d" % next(_numbers), text, names)


class Direct:
    """Asks statements, whose places are written `%(name)s`, in a transaction of its own each time.

    Whoever asks need not wait for the answers of those before: PostgreSQL turns to the next question as soon
    as it has answered one (libpq's pipeline mode, through psycopg's wrapper). Answers come in order.
    Statements are prepared, and planned anew as often as others (see `timeline.prepared`).
    """

    def __init__(self) -> None:
        self._line: _Line | None = None
        self._opening = asyncio.Lock()
        self._anew: set[asyncio.Future[None]] = set()
        self._is_stopped = False

    def start(self) -> None:
        """The connection is opened when it is needed."""

    def ask(self, statement: str, values: Mapping[str, Any], told: Told) -> None:
        """Tell the row that the statement answers with these values, or the `psycopg.Error` that came of it.

        When the connection is lost, all who wait are told so; the next call opens another.
        """
        if self._is_stopped:
            told(psycopg.OperationalError("stopped"))
            return
        form = _form(statement)
        question = form, [values[name] for name in form.places], told
        if self._line is None or self._line.lost:
            asking = asyncio.ensure_future(self._ask_anew(*question))
            self._anew.add(asking)
            asking.add_done_callback(self._anew.discard)
        else:
            self._line.ask(*question)

    async def stop(self) -> None:
        """Close the connection, or the one that is being opened. Nothing is asked any more."""
        self._is_stopped = True
        for asking in list(self._anew):
            asking.cancel()
        if self._line is not None:
            self._line.close(psycopg.OperationalError("stopped"))

    async def _ask_anew(self, form: _Form, values: Sequence[Any], told: Told) -> None:
        try:
            line = await self._open()
        except asyncio.CancelledError:
            told(psycopg.OperationalError("stopped"))
            raise
        except Exception as error:  # noqa: BLE001 - whoever asked has it
            told(error)
        else:
            line.ask(form, values, told)

    async def _open(self) -> "_Line":
        async with self._opening:
            if self._line is None or self._line.lost:
                self._line = _Line(await open_apart_on_the_loop(**OPTIONS))
            return self._line


class _Line:
    """A connection on which questions follow one another, each with a `Sync` of its own."""

    def __init__(self, session: psycopg.AsyncConnection[tuple[Any, ...]]) -> None:
        self._session = session  # which closes the connection when it goes
        self._pg = session.pgconn
        self._socket = self._pg.socket
        self._values = Transformer(session)
        self._loop = asyncio.get_running_loop()
        self._asked: deque[Told | None] = deque()
        """Who waits for which answer; None where it only has to be right."""
        self._found: PGresult | None = None
        self._prepared: set[bytes] = set()
        self._planned_at = time.monotonic()
        self._is_full = False
        """The socket takes no more for now."""
        self.lost = False
        self._pg.enter_pipeline_mode()
        self._loop.add_reader(self._socket, self._read)

    def ask(self, form: _Form, values: Sequence[Any], told: Told) -> None:
        try:
            dumped = self._values.dump_sequence(values, [PyFormat.TEXT] * len(values))
        except Exception as error:  # noqa: BLE001 - whoever asked has it
            told(error)
            return
        try:
            if time.monotonic() - self._planned_at > KEPT_S:
                self._pg.send_query_params(b"DISCARD PLANS", None)
                self._sent(None)
                self._planned_at = time.monotonic()
            if form.name not in self._prepared:
                self._pg.send_prepare(form.name, form.text)
                self._sent(None)
                self._prepared.add(form.name)
            self._pg.send_query_prepared(form.name, dumped)
        except psycopg.Error as error:
            self.close(error)
            told(error)
        else:
            self._sent(told)

    def close(self, error: psycopg.Error) -> None:
        """Tell all who wait, and end."""
        if self.lost:
            return
        self.lost = True
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._pg.finish()
        while self._asked:
            told = self._asked.popleft()
            if told is not None:
                _tell(told, error)

    def _sent(self, told: Told | None) -> None:
        self._asked.append(told)
        try:
            self._pg.pipeline_sync()
        except psycopg.Error as error:
            self.close(error)
        else:
            self._write()

    def _write(self) -> None:
        """Send what is left to send; the loop goes on with it where the socket is full."""
        try:
            is_full = bool(self._pg.flush())
            if is_full and not self._is_full:
                self._loop.add_writer(self._socket, self._write)
            elif self._is_full and not is_full:
                self._loop.remove_writer(self._socket)
            self._is_full = is_full
        except psycopg.Error as error:
            self.close(error)

    def _read(self) -> None:
        try:
            self._pg.consume_input()
            while self._asked and not self._pg.is_busy():
                self._hear(self._pg.get_result())
        except psycopg.Error as error:
            self.close(error)

    def _hear(self, result: PGresult | None) -> None:
        """One step of an answer: what was found, its end (None), and the `Sync` that makes it durable."""
        if result is None:
            return
        if result.status != ExecStatus.PIPELINE_SYNC:
            self._found = self._found or result
            return
        told, found, self._found = self._asked.popleft(), self._found, None
        assert found is not None
        if told is not None:
            _tell(told, self._answer(found))
        elif found.status != ExecStatus.COMMAND_OK:
            raise error_from_result(found)

    def _answer(self, found: PGresult) -> tuple[Any, ...] | Exception:
        try:
            return self._row(found)
        except Exception as error:  # noqa: BLE001 - whoever asked has it
            return error

    def _row(self, found: PGresult) -> tuple[Any, ...]:
        if found.status != ExecStatus.TUPLES_OK:
            raise error_from_result(found)
        if not found.ntuples:
            raise psycopg.DataError("the statement answered no row")
        self._values.set_pgresult(found)
        return self._values.load_row(0, tuple)


def _tell(told: Told, answer: tuple[Any, ...] | Exception) -> None:
    """One who cannot hear it keeps nobody else from hearing theirs."""
    try:
        told(answer)
    except Exception:
        log.exception("an answer was not taken")

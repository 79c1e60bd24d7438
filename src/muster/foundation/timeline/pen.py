"""The single pen: all that writes rows with a state, each with exactly one event (design section 4)."""

import contextvars
import functools
import hashlib
import operator
import secrets
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from importlib import resources
from typing import Any, ParamSpec, TypeVar, cast

import msgspec
from django.db import OperationalError, connection, transaction
from django.db.models import BinaryField, DurationField, Model

from muster.core import chain
from muster.core.change import Change
from muster.core.permissions import Actor
from muster.foundation.timeline import kinds
from muster.foundation.timeline.hints import Hint, wake_after_commit
from muster.foundation.timeline.models import Recorded, RecordedQuerySet
from muster.foundation.timeline.prepared import prepared_cursor

P = ParamSpec("P")
R = TypeVar("R")
RowT = TypeVar("RowT", bound=Recorded)

_ATTEMPTS = 4
_RETRIED_SQLSTATES = frozenset({"40001", "40P01", "55P03"})
_SALT_BYTES = 16


def _statements() -> dict[str, str]:
    text = resources.files(__package__).joinpath("pen.sql").read_text()
    parts = [part.partition("\n") for part in text.split("-- name: ")[1:]]
    return {name.strip(): body.strip() for name, _, body in parts}


SQL = _statements()


_current: contextvars.ContextVar[uuid.UUID | None] = contextvars.ContextVar("command", default=None)
_cause: contextvars.ContextVar[int | None] = contextvars.ContextVar("cause", default=None)


class caused_by:
    """Within this block, events name `event_id` as their cause (used by reactions)."""

    def __init__(self, event_id: int | None) -> None:
        self._event_id = event_id

    def __enter__(self) -> None:
        self._token = _cause.set(self._event_id)

    def __exit__(self, *_: object) -> None:
        _cause.reset(self._token)


def command(function: Callable[P, R]) -> Callable[P, R]:
    """Make one function one command: atomic, keyword-only `actor` and `at`, one id on all its events.

    A command called by another joins its transaction and its id. Serialization failures and deadlocks are
    tried again in place, outermost only. Within a reaction the reactor's savepoint serves: if the reaction
    catches what its one command raised, nothing of it is kept either.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _current.get() is not None:
            return function(*args, **kwargs)
        for attempt in range(1, _ATTEMPTS + 1):
            token = _current.set(uuid.uuid4())
            try:
                with transaction.atomic(savepoint=_cause.get() is None):
                    return function(*args, **kwargs)
            except OperationalError as error:
                if attempt == _ATTEMPTS or connection.in_atomic_block or not is_retried(error):
                    raise
                time.sleep(0.01 * attempt * (1 + secrets.randbelow(100) / 100))
            finally:
                _current.reset(token)
        raise AssertionError("unreachable")

    run.is_command = True  # type: ignore[attr-defined]
    return run


def is_retried(error: OperationalError) -> bool:
    """Whether the same work may succeed when done again: serialization, deadlock, lock not available."""
    return getattr(error.__cause__, "sqlstate", None) in _RETRIED_SQLSTATES


def lock(model: type[RowT], pk: int, *, seen_by: Actor | None = None) -> RowT:
    """Return the row, locked until the command ends.

    Raises:
        Model.DoesNotExist: there is no such row, or `seen_by` may not see it: the same answer for both.
    """
    rows = cast(RecordedQuerySet[RowT], model._default_manager.select_for_update(no_key=True))
    return (rows if seen_by is None else rows.visible_to(seen_by)).get(pk=pk)


def lock_many(model: type[RowT], pks: Iterable[int], *, only: Sequence[str] = ()) -> list[RowT]:
    """Return the rows that exist, in id order. They are locked in the order that their model names, so that
    two commands never wait for each other in a ring. With `only`, of wide rows no other columns are read."""
    found = model._default_manager.select_for_update(no_key=True).filter(pk__among=list(pks))
    if only:
        found = found.only("audience_id", *only)
    rows = cast(list[RowT], list(found.order_by(*model.lock_order)))
    return sorted(rows, key=lambda row: row.pk)


def record(row: RowT, change: Change, *, actor: Actor, at: datetime, incident: int | None = None) -> RowT:
    """Write one row's changed columns and exactly one event; a row without a key is created.

    `at` is when it happened (aware); the database's clock is stored beside it.
    """
    return record_many([row], [change], actor=actor, at=at, incidents=[incident])[0]


def record_many(
    rows: Sequence[RowT],
    changes: Sequence[Change],
    *,
    actor: Actor | Sequence[Actor],
    at: datetime,
    incidents: Sequence[int | None] | None = None,
    causes: Sequence[int | None] | None = None,
) -> Sequence[RowT]:
    """Write n rows of one table and their n events with two statements: one reserves numbers, one writes.

    All rows are new, or none is. One `actor` for all, or one for each row. `causes` are the events that made
    a reaction to many do this, row by row; without them the one of `caused_by` is named. Raises `ValueError`
    when rows or lengths do not fit.
    """
    if not rows:
        return rows
    running = _current.get()
    if running is None:
        raise RuntimeError("record() is called by commands only")
    actors = [str(actor)] * len(rows) if isinstance(actor, Actor) else [str(one) for one in actor]
    if not len(rows) == len(changes) == len(actors):
        raise ValueError("each row has exactly one change and one actor")
    is_new = rows[0].pk is None
    if any((row.pk is None) != is_new for row in rows) or any(type(row) is not type(rows[0]) for row in rows):
        raise ValueError("rows are of one table, and all new or none")
    event_ids, row_ids, recorded_at = _reserve(type(rows[0]) if is_new else None, len(rows))
    times = {"at": chain.instant(at), "recorded_at": chain.instant(recorded_at)}
    shared = times | {"command": str(running)}
    events: list[bytes] = []
    texts: list[dict[str, Any]] = []
    for index, (row, change) in enumerate(zip(rows, changes, strict=True)):
        if is_new:
            row.pk = row_ids[index]
        for column, value in change.set.items():
            setattr(row, column, value)
        row.last_event_id = event_ids[index]
        event, said = _event(event_ids[index], row, change)
        event |= shared
        event["actor"] = actors[index]
        event["cause"] = causes[index] if causes else _cause.get()
        event["incident"] = (incidents[index] if incidents else None) or _own_incident(row)
        events.append(_digested(event))
        texts.extend(said)
    columns = None if is_new else {name for change in changes for name in change.set} | {"last_event_id"}
    _write(rows, columns, events, texts)
    wake_after_commit(Hint.RECORDED)
    return rows


def _own_incident(row: Recorded) -> int | None:
    """An incident's own events name it too, the one that makes it included."""
    return row.pk if row.subject_kind == "incident" else None


def touch(rows: Sequence[Recorded], *columns: str) -> None:
    """Write counters that are not state, without an event.

    Raises:
        ValueError: a column is not named in the model's `touched`.
    """
    if not rows:
        return
    stray = set(columns) - rows[0].touched
    if stray:
        raise ValueError(f"{type(rows[0]).__name__}: {sorted(stray)} are state; record() writes them")
    _run("touch", rows, set(columns), {})


@functools.cache
def _reservation(model: type[Model] | None) -> str:
    name = "reserve" if model is None else "reserve_rows"
    return SQL[name].format(sequence=f"{model._meta.db_table}_id_seq" if model else "")


def _reserve(model: type[Model] | None, count: int) -> tuple[list[int], list[int], datetime]:
    """Numbers for so many events, and for the new rows of a model; and the database's clock."""
    with prepared_cursor() as cursor:
        cursor.execute(_reservation(model), {"count": count})
        return cast(tuple[list[int], list[int], datetime], cursor.fetchone())


def _digested(event: dict[str, Any]) -> bytes:
    """The row of an event as JSON: the very bytes that are digested, and their digest."""
    said = chain.canonical(event)
    return b'{"digest":"\\\\x%s",%s' % (chain.digest(said).hex().encode(), said[1:])


def _event(event_id: int, row: Recorded, change: Change) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    kinds.known(change.kind)
    payload = plain(change.payload)
    if change.reason is not None:
        payload["reason"] = str(change.reason)
    texts = []
    for name, body in change.text.items():
        salt = secrets.token_bytes(_SALT_BYTES)
        payload[name] = {"text": chain.text_digest(salt, body)}
        texts.append({"event_id": event_id, "name": name, "salt": bytea(salt), "body": body})
    event = {
        "id": event_id,
        "kind": change.kind,
        "subject": row.subject,
        "audience_id": row.audience_id,
        "payload": payload,
    }
    return event, texts


def plain(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a payload as JSON types only (times as text, enums as their value)."""
    return cast(dict[str, Any], msgspec.to_builtins(dict(payload), enc_hook=str, str_keys=True))


def bytea(value: bytes) -> str:
    """Spell bytes so that PostgreSQL reads them back from JSON."""
    return "\\x" + value.hex()


def _write(
    rows: Sequence[Recorded],
    columns: set[str] | None,
    events: list[bytes],
    texts: list[dict[str, Any]],
) -> None:
    written = {"events": f"[{b','.join(events).decode()}]", "texts": json_text(texts)}
    _run("insert" if columns is None else "update", rows, columns, written)


def _run(statement: str, rows: Sequence[Recorded], columns: set[str] | None, extra: dict[str, Any]) -> None:
    model = type(rows[0])
    sql, document = _prepared(statement, model, None if columns is None else frozenset(columns))
    documents = [document(row) for row in rows]
    with prepared_cursor() as cursor:
        cursor.execute(sql, extra | {"rows": json_text(documents)})
        if cursor.rowcount != len(rows):
            raise RuntimeError(f"{model._meta.label}: {cursor.rowcount} of {len(rows)} rows were written")


Document = Callable[[Model], dict[str, Any]]


@functools.cache
def _prepared(statement: str, model: type[Model], columns: frozenset[str] | None) -> tuple[str, Document]:
    """Return a statement for these columns of a model (None: all), and how a row is spelled for it."""
    meta = model._meta
    fields = [f for f in meta.concrete_fields if columns is None or f.name in columns or f.attname in columns]
    unknown = (columns or frozenset()) - {f.name for f in fields} - {f.attname for f in fields}
    if unknown:
        raise ValueError(f"{meta.label} has no columns {sorted(unknown)}")
    quote = connection.ops.quote_name
    names = [quote(str(f.column)) for f in fields]
    sql = SQL[statement].format(
        table=quote(meta.db_table),
        columns=", ".join(names),
        taken=", ".join(f"taken.{name}" for name in names),
        assignments=", ".join(f"{name} = taken.{name}" for name in names),
    )
    if columns is not None and meta.pk not in fields:
        fields = [cast(Any, meta.pk), *fields]
    return sql, _document_of(fields)


def _document_of(fields: Sequence[Any]) -> Document:
    """How these columns (two at least) of a row become JSON that `json_populate_recordset` reads back
    unchanged; most values are JSON as they are, or RFC 3339."""
    names = [field.column for field in fields]
    values = operator.attrgetter(*(field.attname for field in fields))
    spelled = [(field.column, spell) for field in fields if (spell := _spelling(field)) is not None]

    def document(row: Model) -> dict[str, Any]:
        found = dict(zip(names, values(row), strict=True))
        for name, spell in spelled:
            if found[name] is not None:
                found[name] = spell(found[name])
        return found

    return document


def _spelling(field: Any) -> Callable[[Any], Any] | None:
    if hasattr(field, "pen_value"):
        return cast(Callable[[Any], Any], field.pen_value)
    if isinstance(field, BinaryField):
        return lambda value: bytea(bytes(value))
    if isinstance(field, DurationField):
        # PostgreSQL reads no negative ISO 8601 durations.
        return lambda value: f"{value / timedelta(seconds=1):.6f} s"
    return None


def json_text(value: Any) -> str:
    """Return JSON text with times in RFC 3339."""
    return msgspec.json.encode(value, enc_hook=str).decode()


def lane_of(subject: str, lanes: int) -> int:
    """Return the lane of a subject: the same in every process and for ever."""
    return hashlib.blake2s(subject.encode(), digest_size=2).digest()[0] % lanes

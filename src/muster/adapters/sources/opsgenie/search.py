"""The query language of Opsgenie's alert lists, as a condition on our rows.

`status: open AND (tag: db OR NOT owner: ana) AND createdAt > 1470394841148`, or free words.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from django.db.models import Q

from muster.adapters.sources.opsgenie.asked import number_of, tiny_number
from muster.core.lifecycle import AlertState
from muster.core.ports.source_form import Malformed
from muster.core.signals import bounded_key
from muster.core.text import clean_text, sender_time

LIMIT_CHARS = 1_000
_DEPTH_LIMIT = 20
_TOKEN = re.compile(
    r"\s*(?:\"(?P<quoted>(?:[^\"\\]|\\.)*)\"|(?P<sign>>=|<=|!=|[:=<>()])|(?P<word>[^\s:=<>()\"]+))"
)
_NOTHING = Q(pk__in=())
_LOOKUPS = {":": "", "=": "", ">": "__gt", "<": "__lt", ">=": "__gte", "<=": "__lte"}
_RESERVED = (*_LOOKUPS, "!=", "(", ")", "AND", "OR", "NOT")
_ALWAYS = Q()


class _Token(NamedTuple):
    text: str
    is_quoted: bool = False

    def says(self, word: str) -> bool:
        return not self.is_quoted and self.text.upper() == word


class _Term(NamedTuple):
    """`field sign value`, and when it is asked."""

    sign: str
    value: str
    at: datetime


def condition(query: str, at: datetime) -> Q:
    """What a query asks for; an empty one asks for all. Raises `Malformed` when it cannot be read."""
    if len(query) > LIMIT_CHARS:
        raise Malformed([f"query: may have at most {LIMIT_CHARS} characters"])
    tokens = _tokens(clean_text(query))
    return _Reader(tokens, at).whole() if tokens else _ALWAYS


def _tokens(query: str) -> list[_Token]:
    found: list[_Token] = []
    place = 0
    while place < len(query.rstrip()):
        match = _TOKEN.match(query, place)
        if match is None:
            raise Malformed([f"query: cannot be read at character {place + 1}"])
        place = match.end()
        quoted = match["quoted"]
        if quoted is not None:
            found.append(_Token(re.sub(r"\\(.)", r"\1", quoted, flags=re.S), is_quoted=True))
        else:
            found.append(_Token(match["sign"] or match["word"]))
    return found


class _Reader:
    """Reads the tokens from left to right: OR binds loosest, then AND (which may be left out), then NOT."""

    def __init__(self, tokens: list[_Token], at: datetime) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0
        self._at = at

    def whole(self) -> Q:
        found = self._any(self._one)
        if self._place < len(self._tokens):
            raise self._stuck()
        return found

    def _any(self, one: Callable[[], Q]) -> Q:
        found = self._all(one)
        while self._takes("OR"):
            found = found | self._all(one)
        return found

    def _all(self, one: Callable[[], Q]) -> Q:
        found = self._not(one)
        while self._takes("AND") or self._goes_on():
            found = found & self._not(one)
        return found

    def _not(self, one: Callable[[], Q]) -> Q:
        turned = False
        while self._takes("NOT"):
            turned = not turned
        found = self._grouped(one) if self._takes("(") else one()
        return ~found if turned else found

    def _grouped(self, one: Callable[[], Q]) -> Q:
        self._depth += 1
        if self._depth > _DEPTH_LIMIT:
            raise Malformed([f"query: may be nested {_DEPTH_LIMIT} deep at most"])
        found = self._any(one)
        if not self._takes(")"):
            raise self._stuck()
        self._depth -= 1
        return found

    def _one(self) -> Q:
        """A term, or a word to look for."""
        word = self._word()
        sign = self._peek()
        if sign is None or sign.is_quoted or sign.text not in (*_LOOKUPS, "!="):
            return _spoken(word.text)
        self._place += 1

        def value() -> Q:
            return _condition_of(word.text, _Term(sign.text, self._word().text, self._at))

        return self._grouped(value) if self._takes("(") else value()

    def _word(self) -> _Token:
        token = self._peek()
        if token is None or (not token.is_quoted and token.text.upper() in _RESERVED):
            raise self._stuck()
        self._place += 1
        return token

    def _peek(self) -> _Token | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _goes_on(self) -> bool:
        token = self._peek()
        return token is not None and not token.says("OR") and not token.says(")")

    def _takes(self, word: str) -> bool:
        token = self._peek()
        if token is None or not token.says(word):
            return False
        self._place += 1
        return True

    def _stuck(self) -> Malformed:
        token = self._peek()
        where = f"'{token.text[:40]}'" if token is not None else "its end"
        return Malformed([f"query: cannot be read at {where}"])


def _condition_of(field: str, term: _Term) -> Q:
    made = _FIELDS.get(field.lower())
    if made is None:
        raise Malformed([f"query: the field '{field[:40]}' is not known here"])
    if term.sign == "!=":
        return ~made(term._replace(sign="="))
    return made(term)


def _spoken(word: str) -> Q:
    plain = word.strip("*")
    return Q(summary__icontains=plain) | Q(dedup_key=word) | Q(tags__contains=[word])


def _text(column: str) -> Callable[[_Term], Q]:
    return lambda term: Q(**{f"{column}__icontains": term.value.strip("*")})


def _yes(term: _Term) -> bool:
    return term.value.strip().lower() in ("true", "yes", "1")


def _flag(when: Callable[[_Term], Q]) -> Callable[[_Term], Q]:
    return lambda term: when(term) if _yes(term) else ~when(term)


def _status(term: _Term) -> Q:
    over = Q(state=AlertState.RESOLVED)
    return {"open": ~over, "closed": over}.get(term.value.strip().lower(), _NOTHING)


def _moment(column: str) -> Callable[[_Term], Q]:
    def made(term: _Term) -> Q:
        at = _time(term.value)
        if at is None:
            raise Malformed([f"query: '{term.value[:40]}' is no time"])
        return Q(**{f"{column}{_LOOKUPS[term.sign]}": at})

    return made


def _time(text: str) -> datetime | None:
    """Milliseconds or seconds since 1970, `dd-mm-yyyy`, or ISO 8601."""
    if text.isascii() and text.isdecimal() and len(text) < 16:
        return sender_time(int(text))
    try:
        return datetime.strptime(text, "%d-%m-%Y").replace(tzinfo=UTC)
    except ValueError:
        return sender_time(text)


def _count(term: _Term) -> Q:
    return Q(**{f"count{_LOOKUPS[term.sign]}": tiny_number(term.value)})


def _team(term: _Term) -> Q:
    named = Q(service__team__name__iexact=term.value) | Q(service__team__handle__iexact=term.value)
    return named | Q(vendor__responders__contains=[{"name": term.value}])


_FIELDS: Mapping[str, Callable[[_Term], Q]] = {
    "status": _status,
    "acknowledged": _flag(lambda term: Q(acknowledged_at__isnull=False)),
    "isseen": _flag(lambda term: Q(acknowledged_at__isnull=False)),
    "snoozed": _flag(lambda term: Q(snoozed_until__gt=term.at)),
    "alertid": lambda term: Q(pk=number_of(term.value)),
    "id": lambda term: Q(pk=number_of(term.value)),
    "tinyid": lambda term: Q(pk=tiny_number(term.value)),
    "alias": lambda term: Q(dedup_key=bounded_key(term.value)),
    "message": _text("summary"),
    "description": _text("description"),
    "source": _text("source"),
    "entity": _text("component"),
    "priority": lambda term: Q(vendor__priority=term.value.strip().upper()),
    "owner": lambda term: (
        Q(acknowledged_by__handle=term.value) | Q(acknowledged_by__email__iexact=term.value)
    ),
    "tag": lambda term: Q(tags__contains=[term.value]),
    "tags": lambda term: Q(tags__contains=[term.value]),
    "teams": _team,
    "team": _team,
    "responders": _team,
    "details.key": lambda term: Q(labels__has_key=term.value),
    "integration.name": lambda term: Q(integration__handle__iexact=term.value),
    "count": _count,
    "createdat": _moment("opened_at"),
    "updatedat": _moment("last_seen_at"),
    "lastoccurredat": _moment("last_seen_at"),
    "snoozeduntil": _moment("snoozed_until"),
}

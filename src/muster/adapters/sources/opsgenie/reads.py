"""What Opsgenie's API shows: one alert, lists and their number, notes, and what became of a request."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from muster.adapters.sources.opsgenie import answers, shown
from muster.adapters.sources.opsgenie.asked import Asked, alert_named
from muster.adapters.sources.opsgenie.ids import Outcome, Thing, id_of, read_id
from muster.adapters.sources.opsgenie.search import condition
from muster.core.ports.source_form import Malformed, Reply
from muster.core.reading import text_of
from muster.detect.models import Alert
from muster.detect.queries import alerts_of_sender, noted_signals
from muster.foundation.timeline.queries import events_of, told

LIMIT_DEFAULT, LIMIT_MOST = 20, 100
_OFFSET_MOST = 1_000_000
_NOTES_MOST = 1_000
_SORTS: Mapping[str, str] = {
    "createdat": "id",
    "updatedat": "last_seen_at",
    "lastoccurredat": "last_seen_at",
    "tinyid": "id",
    "alias": "dedup_key",
    "message": "summary",
    "status": "state",
    "acknowledged": "acknowledged_at",
    "isseen": "acknowledged_at",
    "snoozed": "snoozed_until",
    "snoozeduntil": "snoozed_until",
    "count": "count",
    "source": "source",
    "owner": "acknowledged_by__handle",
}
_STATUS: Mapping[Outcome, str] = {
    Outcome.MISSING: "Alert does not exist",
    Outcome.UNCHANGED: "Nothing had to be changed",
    Outcome.REFUSED: "This cannot be done to the alert",
}
_DONE: Mapping[Thing, str] = {
    Thing.CREATE: "Created alert",
    Thing.CLOSE: "Closed alert",
    Thing.ACKNOWLEDGE: "Acknowledged alert",
    Thing.UNACKNOWLEDGE: "Unacknowledged alert",
    Thing.SNOOZE: "Snoozed alert",
    Thing.DELETE: "Deleted alert",
}
_NOTE_KINDS = ("alert.noted", "alert.acknowledged", "alert.unacknowledged", "alert.resolved")
_NO_ALERT = "There is no such alert."


class _Page(NamedTuple):
    offset: int
    limit: int


class _Note(NamedTuple):
    at: datetime
    note: str
    owner: str


def one(asked: Asked, identifier: str) -> Reply:
    """One alert."""
    alert = alert_named(asked, identifier)
    if alert is None:
        return answers.refused(404, _NO_ALERT)
    return answers.data(shown.whole(alert, asked.caller.at), seconds=asked.seconds)


def listed(asked: Asked, _identifier: str) -> Reply:
    """The alerts that a query asks for, a page of them."""
    page = _page(asked)
    rows = _wanted(asked).order_by(*_order(asked))
    found = list(rows[page.offset : page.offset + page.limit + 1])
    data = [shown.listed(row, asked.caller.at) for row in found[: page.limit]]
    paging = _paging(asked, page, has_more=len(found) > page.limit)
    return answers.data(data, seconds=asked.seconds, paging=paging)


def counted(asked: Asked, _identifier: str) -> Reply:
    """How many alerts a query asks for."""
    return answers.data({"count": _wanted(asked).count()}, seconds=asked.seconds)


def notes(asked: Asked, identifier: str) -> Reply:
    """The notes of an alert, those included that came with its signals."""
    alert = alert_named(asked, identifier)
    if alert is None:
        return answers.refused(404, _NO_ALERT)
    page = _page(asked)
    found = sorted(_notes(alert, asked), reverse=_is_descending(asked))
    data = [
        {"note": note.note, "owner": note.owner, "createdAt": shown.stamp(note.at), "offset": str(place)}
        for place, note in enumerate(found)
    ]
    end = page.offset + page.limit
    paging = _paging(asked, page, has_more=len(data) > end)
    return answers.data(data[page.offset : end], seconds=asked.seconds, paging=paging)


def request_status(asked: Asked, request: str) -> Reply:
    """What became of a request, read from its id."""
    known = read_id(request.strip())
    if known is None or known.thing in (Thing.ALERT, Thing.INTEGRATION):
        return answers.refused(404, "There is no such request. Ask with an id that an answer gave to you.")
    alert = alerts_of_sender(asked.caller.actor).filter(pk=known.number).first() if known.number else None
    is_gone = alert is None and (known.thing is not Thing.DELETE or not known.number)
    outcome = Outcome.MISSING if is_gone else known.outcome
    is_done = outcome in (Outcome.DONE, Outcome.UNCHANGED)
    done = _DONE.get(known.thing, "Updated alert")
    data = {
        "success": is_done,
        "action": "".join(word.title() for word in known.thing.name.split("_")),
        "processedAt": shown.stamp(known.at),
        "integrationId": id_of(Thing.INTEGRATION, asked.caller.integration_id),
        "isSuccess": is_done,
        "status": done if outcome is Outcome.DONE else _STATUS[outcome],
        "alertId": shown.alert_id(alert) if alert is not None else "",
        "alias": shown.alias_of(alert) if alert is not None else "",
    }
    return answers.data(data, seconds=asked.seconds)


def _wanted(asked: Asked) -> Any:
    if asked.query.get("searchIdentifier"):
        raise Malformed(["searchIdentifier: there are no saved searches here; send the query itself"])
    wanted = condition(asked.query.get("query", ""), asked.caller.at)
    return alerts_of_sender(asked.caller.actor).filter(wanted)


def _order(asked: Asked) -> tuple[str, ...]:
    name = asked.query.get("sort", "createdAt")
    column = _SORTS.get(name.lower())
    if column is None:
        raise Malformed([f"sort: '{name[:40]}' is not known here"])
    sign = "-" if _is_descending(asked) else ""
    return tuple(f"{sign}{name}" for name in dict.fromkeys((column, "id")))


def _is_descending(asked: Asked) -> bool:
    order = asked.query.get("order", "desc").lower()
    if order not in ("asc", "desc"):
        raise Malformed(["order: must be asc or desc"])
    return order == "desc"


def _page(asked: Asked) -> _Page:
    offset = _number(asked, "offset", 0, 0, _OFFSET_MOST)
    return _Page(offset, _number(asked, "limit", LIMIT_DEFAULT, 1, LIMIT_MOST))


def _number(asked: Asked, name: str, otherwise: int, least: int, most: int) -> int:
    text = asked.query.get(name, "").strip()
    if not text:
        return otherwise
    is_number = text.isascii() and text.isdecimal() and len(text) < 10
    if not is_number or not least <= int(text) <= most:
        raise Malformed([f"{name}: must be a number from {least} to {most}"])
    return int(text)


def _paging(asked: Asked, page: _Page, *, has_more: bool) -> dict[str, str]:
    """The addresses of the pages that there are, with the query as it was asked."""

    def address(offset: int) -> str:
        query = {**asked.query, "offset": str(offset), "limit": str(page.limit)}
        return f"{asked.url}?{urlencode(query)}"

    found = {"first": address(0)}
    if page.offset:
        found["prev"] = address(max(0, page.offset - page.limit))
    if has_more:
        found["next"] = address(page.offset + page.limit)
    return found


def _notes(alert: Alert, asked: Asked) -> Sequence[_Note]:
    events = events_of(alert.subject, asked.caller.actor).filter(kind__in=_NOTE_KINDS)[:_NOTES_MOST]
    found = []
    for line in told(events, lambda subjects: {}):
        note = line.facts.get("note") or line.facts.get("why")
        if note:
            found.append(_Note(line.at, str(note), str(line.facts.get("author") or line.actor)))
    for signal in noted_signals(alert, _NOTES_MOST):
        note = text_of(signal.raw.get("note")).strip()
        if note:
            found.append(_Note(signal.received_at, note, text_of(signal.raw.get("user"))))
    return found

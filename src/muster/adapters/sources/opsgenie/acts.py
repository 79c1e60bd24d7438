"""What Opsgenie's API does to one alert: each act is one command of ours, answered with a request's id."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from muster.adapters.sources.opsgenie import answers, recipients
from muster.adapters.sources.opsgenie.asked import Asked, alert_named
from muster.adapters.sources.opsgenie.ids import Outcome, Thing, request_id
from muster.adapters.sources.opsgenie.translate import (
    details_error,
    details_of,
    list_error,
    priority_error,
    priority_of,
    tags_of,
    text_error,
)
from muster.core.lifecycle import Refusal, Verb
from muster.core.ports.source_form import Malformed, Reply
from muster.core.reading import is_scalar, mapping_of, severity_of, text_of
from muster.core.refusal import Refused
from muster.core.signals import SUMMARY_LIMIT_CHARS, bounded_description, bounded_labels, bounded_tags
from muster.core.text import clean_text, one_line, sender_time
from muster.detect.commands import change_alert, move_alert, note_alert, withdraw_alert
from muster.detect.models import Alert
from muster.detect.reasons import Detect
from muster.mobilize.escalation.commands import reassign_alert, snooze_alert

NOTE_LIMIT_CHARS = 25_000
_NAME_LIMIT_CHARS = 100
_ALREADY: Mapping[StrEnum, frozenset[Thing]] = {
    Refusal.ALREADY_RESOLVED: frozenset({Thing.CLOSE}),
    Refusal.ALREADY_ACKNOWLEDGED: frozenset({Thing.ACKNOWLEDGE}),
    Refusal.NOT_ACKNOWLEDGED: frozenset({Thing.UNACKNOWLEDGE}),
    Detect.ALERT_UNCHANGED: frozenset(Thing),
}
"""Which refusals mean, for which acts, that all is as the sender wants it."""

Errors = Callable[[Asked], Iterator[str]]
Carry = Callable[[Alert, Asked], None]


@dataclass(frozen=True, slots=True)
class Act:
    """One act: what is wrong with a request for it, and how it is carried out.

    `keeps_note`: the act itself keeps the note that comes with it.
    """

    thing: Thing
    carry_out: Carry
    errors: Errors
    keeps_note: bool = False


def perform(act: Act, asked: Asked, identifier: str) -> Reply:
    """Carry an act out and answer with its request's id. An alert that is not there is no error (rule 13).

    Raises:
        Malformed: the request cannot be understood.
    """
    errors = [*_common_errors(asked), *act.errors(asked)]
    if errors:
        raise Malformed(errors)
    alert = alert_named(asked, identifier)
    outcome = Outcome.MISSING if alert is None else _carried_out(act, alert, asked)
    number = alert.pk if alert is not None else 0
    return answers.taken(request_id(act.thing, number, asked.caller.at, outcome), seconds=asked.seconds)


def _carried_out(act: Act, alert: Alert, asked: Asked) -> Outcome:
    outcome = Outcome.DONE
    try:
        act.carry_out(alert, asked)
    except Refused as why:
        if act.thing not in _ALREADY.get(why.reason, ()):
            return Outcome.REFUSED
        outcome = Outcome.UNCHANGED
    except Alert.DoesNotExist:
        return Outcome.MISSING
    is_kept = act.keeps_note and outcome is Outcome.DONE
    if _note(asked) and not is_kept:
        _write_note(alert, asked)
    return outcome


def _common_errors(asked: Asked) -> Iterator[str]:
    for name in ("user", "note", "source"):
        if not is_scalar(asked.said.get(name)):
            yield f"{name}: must be a text"


def _none(asked: Asked) -> Iterator[str]:
    yield from ()


def _text(name: str) -> Errors:
    return lambda asked: text_error(asked.said, name)


def _said(asked: Asked, name: str) -> str:
    """A text of the body, or of the query where there is no body."""
    return clean_text(text_of(asked.said.get(name)) or asked.query.get(name, ""))


def _note(asked: Asked) -> str:
    note = _said(asked, "note").strip()
    return note if len(note) <= NOTE_LIMIT_CHARS else note[: NOTE_LIMIT_CHARS - 1] + "…"


def _write_note(alert: Alert, asked: Asked) -> None:
    by = one_line(_said(asked, "user"), _NAME_LIMIT_CHARS)
    note_alert(alert.pk, _note(asked), by=by, actor=asked.caller.actor, at=asked.caller.at)


def _move(verb: Verb) -> Carry:
    def carry_out(alert: Alert, asked: Asked) -> None:
        move_alert(alert.pk, verb, why=_note(asked), actor=asked.caller.actor, at=asked.caller.at)

    return carry_out


def _change(edit: Callable[[Alert, Asked], Mapping[str, Any]]) -> Carry:
    def carry_out(alert: Alert, asked: Asked) -> None:
        change_alert(alert.pk, lambda row: edit(row, asked), actor=asked.caller.actor, at=asked.caller.at)

    return carry_out


def _with_message(row: Alert, asked: Asked) -> Mapping[str, Any]:
    return {"summary": one_line(_said(asked, "message"), SUMMARY_LIMIT_CHARS)}


def _with_description(row: Alert, asked: Asked) -> Mapping[str, Any]:
    return {"description": bounded_description(_said(asked, "description"))}


def _with_priority(row: Alert, asked: Asked) -> Mapping[str, Any]:
    priority = priority_of(asked.said)
    return {"severity": severity_of(priority).value, "vendor": {**row.vendor, "priority": priority}}


def _with_tags(row: Alert, asked: Asked) -> Mapping[str, Any]:
    return {"tags": list(bounded_tags([*row.tags, *tags_of(asked.said.get("tags"))]))}


def _without_tags(row: Alert, asked: Asked) -> Mapping[str, Any]:
    gone = set(bounded_tags(tags_of(asked.query["tags"])))
    return {"tags": [tag for tag in row.tags if tag not in gone]}


def _with_details(row: Alert, asked: Asked) -> Mapping[str, Any]:
    return {"labels": bounded_labels({**row.labels, **details_of(asked.said)})}


def _without_details(row: Alert, asked: Asked) -> Mapping[str, Any]:
    gone = set(bounded_labels(dict.fromkeys(tags_of(asked.query["keys"]), "")))
    return {"labels": {name: value for name, value in row.labels.items() if name not in gone}}


def _snooze(alert: Alert, asked: Asked) -> None:
    snooze_alert(alert.pk, _end(asked), actor=asked.caller.actor, at=asked.caller.at)


def _end(asked: Asked) -> datetime:
    until = sender_time(asked.said.get("endTime"))
    assert until is not None  # `_snooze_errors` has seen to it
    return until


def _delete(alert: Alert, asked: Asked) -> None:
    withdraw_alert(alert.pk, actor=asked.caller.actor, at=asked.caller.at)


def _ask(member: str, kind: str = "") -> Carry:
    """Ask whom the member names, in the place of the ladder that runs."""

    def carry_out(alert: Alert, asked: Asked) -> None:
        actor, at = asked.caller.actor, asked.caller.at
        target = recipients.target_of(mapping_of(asked.said[member]), actor, kind)
        reassign_alert(alert.pk, target, actor=actor, at=at, why=_note(asked))

    return carry_out


def _recipient_errors(member: str, *kinds: str) -> Errors:
    return lambda asked: recipients.errors(asked.said.get(member), member, kinds)


def _tags_errors(asked: Asked) -> Iterator[str]:
    yield from list_error(asked.said, "tags")
    if not tags_of(asked.said.get("tags")):
        yield "tags: may not be empty"


def _details_errors(asked: Asked) -> Iterator[str]:
    yield from details_error(asked.said)
    if not details_of(asked.said):
        yield "details: may not be empty"


def _priority_errors(asked: Asked) -> Iterator[str]:
    yield from priority_error(asked.said)
    if asked.said.get("priority") in (None, ""):
        yield "priority: may not be empty"


def _snooze_errors(asked: Asked) -> Iterator[str]:
    until = sender_time(asked.said.get("endTime"))
    if until is None:
        yield "endTime: must be a date and time such as 2027-01-04T11:00:00Z"
    elif until <= asked.caller.at:
        yield "endTime: must be in the future"


def _named_in_query(name: str) -> Errors:
    def errors(asked: Asked) -> Iterator[str]:
        if not tags_of(asked.query.get(name, "")):
            yield f"{name}: may not be empty"

    return errors


DELETE = Act(Thing.DELETE, _delete, _none)

ACTS: Mapping[tuple[str, str], Act] = {
    ("POST", "close"): Act(Thing.CLOSE, _move(Verb.RESOLVE), _none, keeps_note=True),
    ("POST", "acknowledge"): Act(Thing.ACKNOWLEDGE, _move(Verb.ACKNOWLEDGE), _none, keeps_note=True),
    ("POST", "unacknowledge"): Act(Thing.UNACKNOWLEDGE, _move(Verb.UNACKNOWLEDGE), _none, keeps_note=True),
    ("POST", "snooze"): Act(Thing.SNOOZE, _snooze, _snooze_errors),
    ("POST", "notes"): Act(Thing.ADD_NOTE, _write_note, _text("note"), keeps_note=True),
    ("POST", "tags"): Act(Thing.ADD_TAGS, _change(_with_tags), _tags_errors),
    ("DELETE", "tags"): Act(Thing.REMOVE_TAGS, _change(_without_tags), _named_in_query("tags")),
    ("POST", "details"): Act(Thing.ADD_DETAILS, _change(_with_details), _details_errors),
    ("DELETE", "details"): Act(Thing.REMOVE_DETAILS, _change(_without_details), _named_in_query("keys")),
    ("PUT", "message"): Act(Thing.UPDATE_MESSAGE, _change(_with_message), _text("message")),
    ("PUT", "description"): Act(Thing.UPDATE_DESCRIPTION, _change(_with_description), _text("description")),
    ("PUT", "priority"): Act(Thing.UPDATE_PRIORITY, _change(_with_priority), _priority_errors),
    ("POST", "assign"): Act(Thing.ASSIGN, _ask("owner", "user"), _recipient_errors("owner")),
    ("POST", "escalate"): Act(
        Thing.ESCALATE, _ask("escalation", "escalation"), _recipient_errors("escalation")
    ),
    ("POST", "responders"): Act(
        Thing.ADD_RESPONDER, _ask("responder"), _recipient_errors("responder", *recipients.KINDS)
    ),
    ("POST", "teams"): Act(Thing.ADD_TEAM, _ask("team", "team"), _recipient_errors("team")),
}
"""What can be done to an alert, by method and the last segment of the path."""

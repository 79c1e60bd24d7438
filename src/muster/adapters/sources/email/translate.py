"""Letters as alerts: what the subject is about is the key, a word in it opens or ends the alert.

How sure this is: the words are those of Alertmanager, Grafana, Nagios, Zabbix and UptimeRobot letters (their
documented templates: likely); the members' names are our own for SMTP, and those that Mailgun (`body-plain`),
SendGrid (`text`) and Postmark (`TextBody`) document for what they post of a letter (likely).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from email.utils import getaddresses
from typing import Any

from muster.adapters.sources.email.letter import text_of_html
from muster.core.likeness import shape
from muster.core.patterns import BadPattern, compiled
from muster.core.ports.source_form import Malformed, Translate
from muster.core.reading import made_key, mapping_of, said, text_of
from muster.core.signals import Action, Signal, SignalSeverity, make_signal
from muster.core.text import one_line, sender_time

PATTERN_LIMIT_CHARS = 500
_SUBJECT_CHARS, _SEARCHED_CHARS, _KEY_CHARS = 500, 20_000, 200
_ENDS = r"\b(?i:resolved|recovered|recovery|cleared)\b|\b(?:OK|UP)\b"
_LEVELS = (
    (SignalSeverity.CRITICAL, r"(?i)\b(?:critical|fatal|emergency|disaster|down|p1|sev1)\b"),
    (SignalSeverity.WARNING, r"(?i)\b(?:warning|warn|minor|p3|sev3)\b"),
    (SignalSeverity.INFO, r"(?i)\b(?:info|information|notice|p4|p5|sev4)\b"),
)
_ANSWERS = re.compile(r"(?i)^\s*(?:(?:re|fwd?|aw|wg|sv|tr)\s*(?:\[\d+\])?\s*:\s*)+")
_STATES = re.compile(
    r"\[(?:FIRING|RESOLVED|ALERTING|OK|PENDING)[^\]]{0,40}\]"
    r"|\b(?i:firing|alerting|problem|triggered|resolved|recovered|recovery|cleared|critical|warning|unknown)\b"
    r"|\b(?:OK|UP|DOWN|ALERT)\b"
    r"|\b(?:in|after)(?: \d{1,5}[smhd])+(?=:)"
)
_SIGNS = re.compile(r"[\s*:|()\[\]!,;-]+")
_NAMES = {
    "from": ("from", "From", "sender"),
    "subject": ("subject", "Subject"),
    "text": ("text", "TextBody", "body-plain", "stripped-text"),
    "html": ("html", "HtmlBody", "body-html"),
    "message_id": ("message_id", "MessageID", "Message-Id"),
    "in_reply_to": ("in_reply_to", "In-Reply-To"),
    "references": ("references", "References"),
    "auto_submitted": ("auto_submitted", "Auto-Submitted"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What an integration may say of its letters. `key` is `subject`, `shape` (numbers in it do not count),
    `thread`, or a pattern whose first group is the key; the others are patterns of subjects."""

    key: str = "subject"
    resolve_when: str = _ENDS
    ignore_when: str = ""


def reader(mapping: Mapping[str, str]) -> Translate:
    """A translation by what the integration says. Raises `Malformed`."""
    known = {one.name for one in fields(Told)}
    errors = [
        f"'{name}' is not known; known are {', '.join(sorted(known))}" for name in mapping.keys() - known
    ]
    told = Told(**{name: text for name, text in mapping.items() if name in known and text})
    errors += [error for name in sorted(known) for error in _wrong(name, getattr(told, name))]
    if errors:
        raise Malformed(sorted(errors))
    return lambda _headers, body: _read(told, body)


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one letter, as SMTP brought it or as a mail provider posts it. Raises `Malformed`."""
    return _read(Told(), body)


def topic(subject: str) -> str:
    """What a subject is about: without Re:, the words that say how it stands, and their punctuation."""
    bare = _STATES.sub(" ", _ANSWERS.sub("", subject))
    return _SIGNS.sub(" ", bare).strip().lower() or _SIGNS.sub(" ", subject).strip().lower()


def _wrong(name: str, pattern: str) -> Iterator[str]:
    if len(pattern) > PATTERN_LIMIT_CHARS:
        yield f"'{name}' is longer than {PATTERN_LIMIT_CHARS} characters"
        return
    if not pattern or (name == "key" and pattern in ("subject", "shape", "thread")):
        return
    try:
        groups = compiled(pattern).groups
    except BadPattern as why:
        yield f"'{name}' is no pattern of RE2: {why}"
        return
    if name == "key" and not groups:
        yield "'key' must be subject, shape, thread, or a pattern with a group in parentheses"


def _read(told: Told, body: Any) -> list[Signal]:
    letter = _letter(mapping_of(body))
    subject = one_line(letter["subject"], _SUBJECT_CHARS).strip()
    text = letter["text"].strip()
    summary = subject or next(iter(text.splitlines()), "")
    if not summary:
        raise Malformed(["The letter has neither a subject nor a text"])
    if letter["auto_submitted"].lower().startswith("auto-replied") or _finds(told.ignore_when, summary):
        return []
    ends = _finds(told.resolve_when, summary)
    sender, at = _address(letter["from"]), sender_time(letter["date"])
    return [
        make_signal(
            Action.RESOLVE if ends else Action.TRIGGER,
            _key(told.key, summary, text, sender, letter),
            summary=_ANSWERS.sub("", summary),
            severity=next(
                (level for level, words in _LEVELS if _finds(words, summary)), SignalSeverity.ERROR
            ),
            source=sender.rpartition("@")[2],
            class_="e-mail",
            labels={"from": sender} if sender else {},
            details=said(text=text),
            description=text,
            client="e-mail",
            occurred_at=None if ends else at,
            ended_at=at if ends else None,
            raw=body,
        )
    ]


def _letter(told: Mapping[str, Any]) -> dict[str, str]:
    """The parts of a letter, whoever names them."""
    found = {
        part: next((text for name in names if (text := _joined(told.get(name)))), "")
        for part, names in _NAMES.items()
    }
    if not found["text"] and found["html"]:
        found["text"] = text_of_html(found["html"][:_SEARCHED_CHARS])
    return found | {"date": text_of(told.get("date"))}


def _joined(value: Any) -> str:
    return " ".join(text_of(one) for one in value) if isinstance(value, list) else text_of(value)


def _address(text: str) -> str:
    return next((address for _, address in getaddresses([text[:_SUBJECT_CHARS]]) if address), "").lower()


def _finds(pattern: str, text: str) -> bool:
    return bool(pattern) and compiled(pattern).search(text) is not None


def _key(how: str, summary: str, text: str, sender: str, letter: Mapping[str, str]) -> str:
    """What this letter shares with those about the same thing. Letters of others are others' things."""
    if how == "thread":
        first = (letter["references"] or letter["in_reply_to"] or letter["message_id"]).split()
        return made_key([first[0] if first else topic(summary)])
    if how == "shape":
        return made_key([sender, shape(topic(summary))])
    if how != "subject":
        match = compiled(how).search(f"{summary}\n{text}"[:_SEARCHED_CHARS])
        if match is not None and match.group(1):
            return made_key([match.group(1)[:_KEY_CHARS]])
    return made_key([sender, topic(summary)])

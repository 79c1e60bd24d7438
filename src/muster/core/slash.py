"""What people type: one parser for the command bar, chat and command line (R30, design section 9). Pure.

A line that begins with a slash is a command; anything else is a sentence for the timeline. `//` begins a
sentence with a slash. `@ana` names a person. What a command means is not decided here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from muster.core.refusal import Refused


class Verb(StrEnum):
    """What somebody wants."""

    SAY = "say"
    NOTE = "note"
    HYPOTHESIS = "hypothesis"
    DECISION = "decision"
    ACTION = "action"
    CHECK = "check"
    UPDATE = "update"
    CLAIM = "claim"
    HANDOVER = "handover"
    TAKE = "take"
    ROLE = "role"
    TASK = "task"
    PAGE = "page"
    SEVERITY = "sev"
    PHASE = "phase"
    IMPACT = "impact"
    MITIGATED = "mitigated"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    JOIN = "join"
    READY = "ready"
    LEAVE = "leave"


class SlashRefusal(StrEnum):
    """Why a line could not be read."""

    UNKNOWN = "unknown_command"
    INCOMPLETE = "incomplete_command"


@dataclass(frozen=True, slots=True)
class Said:
    """One line as read. `word` stands first where a verb needs it: stream, role, level, phase, target.

    `person` is a handle without its `@`; `text` is the rest.
    """

    verb: Verb
    text: str = ""
    word: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class _Form:
    """What a verb takes, and how it is written (shown when something is missing)."""

    written: str
    word: re.Pattern[str] | None = None
    is_word_optional: bool = False
    takes_person: bool = False
    needs_person: bool = False
    needs_text: bool = False


_TOKEN: Final = re.compile(r"\S+")
_STREAM: Final = re.compile(r"(?:internal|executives?|external|public|customers?)\b:?", re.IGNORECASE)
_PERSON: Final = re.compile(r"@([a-z0-9][a-z0-9-]{0,62})(?=\s|$|[,:;])", re.IGNORECASE)

FORMS: Final[Mapping[Verb, _Form]] = {
    Verb.SAY: _Form("/say TEXT", needs_text=True),
    Verb.NOTE: _Form("/note TEXT", needs_text=True),
    Verb.HYPOTHESIS: _Form("/hypothesis TEXT", needs_text=True),
    Verb.DECISION: _Form("/decision TEXT", needs_text=True),
    Verb.ACTION: _Form("/action TEXT", needs_text=True),
    Verb.CHECK: _Form("/check [TEXT]"),
    Verb.UPDATE: _Form("/update [internal|executives|external] TEXT", _STREAM, True, needs_text=True),
    Verb.CLAIM: _Form("/claim"),
    Verb.HANDOVER: _Form("/handover @PERSON [REPORT]", takes_person=True, needs_person=True),
    Verb.TAKE: _Form("/take [WHY]"),
    Verb.ROLE: _Form("/role ROLE @PERSON", _TOKEN, takes_person=True, needs_person=True),
    Verb.TASK: _Form("/task [@PERSON] TEXT", takes_person=True, needs_text=True),
    Verb.PAGE: _Form("/page TARGET [TEXT]", _TOKEN),
    Verb.SEVERITY: _Form("/sev LEVEL [WHY]", re.compile(r"(?:sev\s*)?\d+", re.IGNORECASE)),
    Verb.PHASE: _Form("/phase PHASE [WHY]", _TOKEN),
    Verb.IMPACT: _Form("/impact TEXT", needs_text=True),
    Verb.MITIGATED: _Form("/mitigated [WHY]"),
    Verb.RESOLVE: _Form("/resolve [WHY]"),
    Verb.REOPEN: _Form("/reopen WHY", needs_text=True),
    Verb.JOIN: _Form("/join"),
    Verb.READY: _Form("/ready"),
    Verb.LEAVE: _Form("/leave"),
}

ALIASES: Final[Mapping[str, Verb]] = {
    "severity": Verb.SEVERITY,
    "mitigate": Verb.MITIGATED,
    "resolved": Verb.RESOLVE,
    "command": Verb.CLAIM,
    "theory": Verb.HYPOTHESIS,
}


def read_line(line: str) -> Said:
    """Read one line.

    Raises:
        Refused: there is no such command, or it lacks something (`detail["form"]` shows how it is written).
    """
    line = line.strip()
    if not line.startswith("/") or line.startswith("//"):
        text = line.removeprefix("/") if line.startswith("//") else line
        return _complete(Verb.SAY, Said(Verb.SAY, text))
    head, _, rest = line[1:].partition(" ")
    name = head.lower()
    if name not in set(Verb) and name not in ALIASES:
        raise Refused(SlashRefusal.UNKNOWN, {"verb": f"/{head}"[:40]})
    verb = ALIASES.get(name) or Verb(name)
    return _complete(verb, _parts(verb, rest.strip()))


def _parts(verb: Verb, rest: str) -> Said:
    form, word, person = FORMS[verb], "", ""
    if form.takes_person:
        named = _PERSON.search(rest) if form.needs_person else _PERSON.match(rest)
        if named:
            person = named[1].lower()
            rest = f"{rest[: named.start()]} {rest[named.end() :].lstrip(',:; ')}".strip()
    if form.word is not None:
        first = form.word.match(rest)
        if first:
            word, rest = first[0].rstrip(":"), rest[first.end() :].strip()
    return Said(verb, " ".join(rest.split(" ")).strip(), word, person)


def _complete(verb: Verb, said: Said) -> Said:
    form = FORMS[verb]
    lacks = (
        (form.needs_text and not said.text)
        or (form.needs_person and not said.person)
        or (form.word is not None and not form.is_word_optional and not said.word)
    )
    if lacks:
        raise Refused(SlashRefusal.INCOMPLETE, {"form": form.written})
    return said

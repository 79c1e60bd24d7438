"""What a mapping makes of payloads, as the screen draws it: field by field, or why it would be rejected."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from muster.core.signals import Signal
from muster.detect.source_kinds import Seen
from muster.detect.words import became
from muster.evaluate import words
from muster.evaluate.rehearsal import Foreseen
from muster.web.replay.last_payloads import Replayed

Dict = dict[str, Any]
_SIGNALS = 3
_PAYLOAD_CHARS = 8_000


def drawn(seen: Seen) -> Dict:
    """One payload as it came, and what it would be."""
    found = [{"facts": _facts(signal), "lines": []} for signal in seen.signals[:_SIGNALS]]
    return {
        "title": _title([signal.summary for signal in seen.signals]),
        "payload": _text(seen.payload),
        "errors": list(seen.errors),
        "answer": "",
        "signals": found,
        "more": _more(len(seen.signals)),
    }


def drawn_replay(done: Iterable[Replayed]) -> list[Dict]:
    """What the door would answer to each payload, and what would follow."""
    return [
        {
            "title": _title([foreseen.signal.summary for foreseen in one.foreseen]),
            "payload": _text(one.payload),
            "errors": list(one.errors),
            "answer": _("Its sender would hear %(status)s.") % {"status": one.done.status},
            "signals": [_foreseen(foreseen) for foreseen in one.foreseen[:_SIGNALS]],
            "more": _more(len(one.foreseen)),
        }
        for one in done
    ]


def _foreseen(one: Foreseen) -> Dict:
    lines = [became(one.outcome.disposition, one.outcome.reason)]
    if one.alert is not None:
        lines[0] += f", {one.alert.public_id}"
    if one.decision is not None:
        said = one.decision.as_json()
        lines.append(words.summary(said["outcome"], said["urgency"], said["held_by"]))
    return {"facts": _facts(one.signal)[:4], "lines": lines}


def _title(summaries: Sequence[str]) -> str:
    if not summaries:
        return _("Rejected")
    return next((one for one in summaries if one), _("Without a summary"))


def _more(count: int) -> str:
    return _("and %(n)s more of this payload") % {"n": count - _SIGNALS} if count > _SIGNALS else ""


def _facts(signal: Signal) -> list[Dict]:
    """What each field became; what stays empty is left out."""
    labels = ", ".join(f"{name}={text}" for name, text in list(signal.labels.items())[:12])
    found = [
        (_("Action"), str(signal.action)),
        (_("Summary"), signal.summary),
        (_("Key"), signal.dedup_key),
        (_("Severity"), str(signal.severity)),
        (_("Source"), signal.source),
        (_("Component"), signal.component),
        (_("Group"), signal.group),
        (_("Class"), signal.class_),
        (_("Link"), ", ".join(link.href for link in signal.links)),
        (_("Labels"), labels),
        (_("When it happened"), _moment(signal.occurred_at)),
        (_("How long it holds"), _moment(signal.holds_until)),
    ]
    return [{"word": word, "value": value} for word, value in found if value]


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""


def _text(payload: Any) -> str:
    return json.dumps(payload, indent=2, ensure_ascii=False)[:_PAYLOAD_CHARS]

"""A suggestion is taken: it becomes a rule like any other. Taking it back is `retire_rule`."""

from datetime import datetime

from muster.core.permissions import Actor
from muster.core.refusal import Refused
from muster.evaluate.commands import add_rule
from muster.evaluate.models import Rule
from muster.foundation.timeline.pen import command
from muster.review.noise import words
from muster.review.noise.asking import NoiseAsked
from muster.review.noise.reasons import Noise
from muster.review.noise.report import MADE_BY, line_of, noise_report, suggestion_of

_NAME_CHARS = 120


@command
def take_suggestion(
    alert_id: str, remedy: str, ask: NoiseAsked, *, actor: Actor, at: datetime, shown: str = ""
) -> Rule:
    """Make the rule that is suggested for the alerts of the same kind as this one, in this period.

    `shown` is the mark of the suggestion that somebody looked at: another is not made in its place.

    Raises:
        Refused: not an admin; there is no such alert, or nothing of the kind is suggested (any more); the
            figures have changed since it was shown.
    """
    line = line_of(noise_report(actor, ask, at), actor, alert_id)
    found = suggestion_of(line, remedy, alert_id)
    if shown and shown != found.mark:
        raise Refused(Noise.CHANGED_SINCE)
    return add_rule(
        actor=actor,
        at=at,
        handle=_free(f"calm-{line.pattern.newest.alert}-{found.remedy}"),
        kind=found.kind,
        name=_name(f"{words.proposal(found)}: {line.pattern.title}"),
        matchers=[one.as_json() for one in found.matchers],
        fields=found.fields,
        why=words.reason(found),
        ends_at=at + found.lasts if found.lasts is not None else None,
        made_by=MADE_BY,
    )


def _name(text: str) -> str:
    """What senders write, as the name of a rule: on one line, and not too long."""
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(printable.split())[:_NAME_CHARS].strip()


def _free(wanted: str) -> str:
    """This handle, or with a number behind it: handles are unique for ever."""
    taken = set(Rule.objects.filter(handle__startswith=wanted).values_list("handle", flat=True))
    numbered = (f"{wanted}-{n}" for n in range(2, 10_000))
    return wanted if wanted not in taken else next(one for one in numbered if one not in taken)

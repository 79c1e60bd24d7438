"""What on-call's reasons say to people: refusals, why somebody is on call, what is wrong with a form."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from muster.core.cover import CoverReason
from muster.core.oncall import Why
from muster.core.oncall_checks import Check, ClockNote, Finding, Verdict
from muster.core.plain_form import FormReason
from muster.core.wallclock import zone
from muster.mobilize.oncall.reasons import OnCall

REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    OnCall.SCHEDULE_NOT_FOUND: (404, _("There is no such schedule.")),
    OnCall.OVERRIDE_NOT_FOUND: (404, _("There is no such override.")),
    OnCall.TIMEZONE_NEEDED: (
        422,
        _("A new schedule needs a timezone, like Europe/Madrid, unless its team has one."),
    ),
    OnCall.SPEC_INVALID: (422, _("%(path)s of the schedule cannot hold: %(why)s.")),
    OnCall.PAST: (409, _("This override is over. What has been never changes.")),
    OnCall.SPAN_TOO_LONG: (422, _("Ask for at most %(days)s days at once, from earlier to later.")),
    OnCall.NOBODY_TO_ASK: (404, _("There is nobody of that name to ask.")),
    OnCall.NOTE_TOO_LONG: (422, _("A note has between 1 and %(limit)s characters.")),
    OnCall.COVER_NOT_FOUND: (404, _("There is no such request.")),
    OnCall.LEAVE_NOT_FOUND: (404, _("There is no such leave.")),
    OnCall.LEAVE_BACKWARDS: (422, _("It ends before it starts.")),
    OnCall.CALENDAR_ADDRESS: (422, _("That is no web address that Muster may read.")),
    OnCall.FEED_NOT_FOUND: (404, _("There is no such calendar feed.")),
    CoverReason.NOT_YOURS: (403, _("This request is for somebody else to answer.")),
    CoverReason.NOT_ON_CALL: (409, _("You are not on call then, so there is nothing to give away.")),
    CoverReason.YOURSELF: (422, _("Ask somebody else than yourself.")),
    CoverReason.ENDED: (409, _("This request has ended.")),
    CoverReason.BACKWARDS: (422, _("It ends before it starts.")),
    CoverReason.OVER: (409, _("That time is over. What has been never changes.")),
    CoverReason.RETURN_NOT_THEIRS: (409, _("The other person is not on call in what you want in return.")),
}

FORM: Mapping[FormReason, Any] = {
    FormReason.MISSING: _("it is missing"),
    FormReason.UNKNOWN_KEY: _("there is no such key"),
    FormReason.NOT_A_LIST: _("it should be a list"),
    FormReason.NOT_AN_OBJECT: _("it should be an object with keys"),
    FormReason.NOT_READABLE: _("it cannot be read"),
    FormReason.OUT_OF_RANGE: _("it is too large or negative"),
    FormReason.EMPTY: _("it is empty"),
    FormReason.UNKNOWN_PERSON: _("there is nobody of that name"),
    FormReason.STANDS_ALONE: _("a policy stands alone in its step"),
    FormReason.UNKNOWN_TARGET: _("there is no such target; write it like person:ana or schedule:payments"),
    FormReason.ENDS_BEFORE_IT_STARTS: _("it ends before it starts"),
}
"""What is wrong with one place of a schedule, a policy or contact rules."""

CAUSES: Mapping[Why, Any] = {
    Why.LAYER: _("by the rotation"),
    Why.OVERRIDE: _("by an override"),
    Why.NOBODY: _("nobody is on call"),
}
"""What puts somebody on call."""

CHECKS: Mapping[Check, tuple[Any, Any]] = {
    Check.COVERED: (
        _("Somebody is on call at every hour"),
        _("Nobody is on call at some hours: alerts then go to the next step at once"),
    ),
    Check.PRESENT: (_("Nobody is away during a shift"), _("Somebody is away during their shift")),
    Check.HOLIDAYS: (
        _("No shift falls on its person's public holiday"),
        _("Shifts fall on public holidays of those who have them"),
    ),
    Check.REACHABLE: (
        _("Everybody has a way of being reached that is proved"),
        _("Somebody has no proved way of being reached, so no page would arrive"),
    ),
    Check.TWICE: (
        _("Nobody is primary and secondary at once"),
        _("Somebody is primary and secondary at once: nobody would be left to help"),
    ),
    Check.SECONDARY: (
        _("The team has a primary and a secondary"),
        _("Give the team a secondary: somebody to be called when the first does not answer"),
    ),
    Check.ENOUGH_PEOPLE: (
        _("Six people or more take turns"),
        _("Fewer than six people take turns, so each one's comes round too soon"),
    ),
    Check.WEEK_LONG: (
        _("Turns last a week"),
        _("Turns of a week are easier to plan and to rest after"),
    ),
    Check.SUN: (
        _("Nobody is on call at night by their own clock"),
        _("Somebody is on call at night; people in other time zones could take those hours"),
    ),
    Check.FAIR: (_("Everybody carries about the same"), _("Somebody carries much more than the others")),
}
"""What each check says when it is met, and when not."""


def finding_sentence(one: Finding) -> str:
    """What a check says of what it found."""
    if one.whole:
        return gettext("100 % uncovered: nobody is on call at all")
    return str(CHECKS[one.check][one.verdict is not Verdict.MET])


def length(seconds: float) -> str:
    """How long a change of the clocks is: "one hour", "30 minutes"."""
    minutes = round(abs(seconds) / 60)
    if minutes % 60:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    if minutes == 60:
        return gettext("one hour")
    return ngettext("%(n)s hour", "%(n)s hours", minutes // 60) % {"n": minutes // 60}


def clock_sentence(note: ClockNote) -> str:
    """ "On 29 March this shift is one hour shorter." """
    local = note.at.astimezone(zone(note.timezone))
    facts = {
        "day": f"{local.day} {local:%B %Y}",
        "length": length(note.longer.total_seconds()),
        "zone": note.timezone,
    }
    if note.moves:
        return (
            gettext("On %(day)s the clocks of %(zone)s change: turns keep their length and move on the wall.")
            % facts
        )
    if note.longer.total_seconds() > 0:
        return gettext("On %(day)s this shift is %(length)s longer: the clocks of %(zone)s change.") % facts
    return gettext("On %(day)s this shift is %(length)s shorter: the clocks of %(zone)s change.") % facts

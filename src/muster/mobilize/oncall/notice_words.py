"""The first line of each kind of notice."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

Facts = Mapping[str, Any]

_HEADLINES: Mapping[str, Callable[[Facts], str]] = {
    "shift_tomorrow": lambda f: _("Within a day you are on call for %(schedule)s, from %(start)s") % f,
    "shift_begins": lambda f: _("You are on call for %(schedule)s from %(start)s") % f,
    "shift_began": lambda f: _("You are on call for %(schedule)s now") % f,
    "shift_ended": lambda f: _("You are off call for %(schedule)s; now it is %(people)s") % f,
    "gap_ahead": lambda f: _("Nobody is on call for %(schedule)s from %(start)s to %(end)s") % f,
    "week_empty": lambda f: (
        _("%(schedule)s is 100 %% uncovered from %(start)s to %(end)s: nobody is on call") % f
    ),
    "hours_left": lambda f: (
        _("%(schedule)s leaves %(percent)s %% of the week to nobody, by its own hours, first from %(start)s")
        % f
    ),
    "away_ahead": lambda f: (
        _("%(person)s is on call for %(schedule)s and away from %(start)s to %(end)s") % f
    ),
    "away_yourself": lambda f: (
        _("You are on call for %(schedule)s and away from %(start)s to %(end)s: ask somebody to cover") % f
    ),
    "zone_moved": lambda f: (
        _("New time zone data move your shift of %(schedule)s: now %(start)s to %(end)s") % f
    ),
    "zone_moved_team": lambda f: (
        _("New time zone data move shifts of %(schedule)s: now %(start)s to %(end)s") % f
    ),
    "contact_lost": lambda f: _("%(contact)s no longer reaches you: %(why)s") % f,
    "person_unreachable": lambda f: _("Nobody can wake %(person)s: no contact method of theirs works") % f,
    "unreachable_ahead": lambda f: (
        _("%(person)s is on call for %(schedule)s from %(start)s, and no page would reach them") % f
    ),
    "unreachable_yourself": lambda f: (
        _("You are on call for %(schedule)s from %(start)s, and no page would reach you: prove a contact") % f
    ),
    "person_left": lambda f: _("%(person)s has left; see what is uncovered now") % f,
    "policy_changed": lambda f: (
        _("%(by)s changed the escalation policy %(policy)s: version %(version)s stands now") % f
    ),
    "cover_asked": lambda f: _("%(asker)s asks you to take %(schedule)s from %(start)s to %(end)s") % f,
    "cover_accepted": lambda f: _("%(answered_by)s takes %(schedule)s from %(start)s to %(end)s") % f,
    "cover_declined": lambda f: _("%(answered_by)s cannot take %(schedule)s from %(start)s") % f,
    "cover_withdrawn": lambda f: _("%(asker)s no longer asks for cover of %(schedule)s from %(start)s") % f,
    "cover_expired": lambda f: (
        _("Nobody took %(schedule)s from %(start)s: you are still on call. Ask again, or tell your manager.")
        % f
    ),
}


def headline(kind: str, facts: Facts) -> str:
    """What a notice says in one line; its facts are in words already."""
    return _HEADLINES[kind](facts)

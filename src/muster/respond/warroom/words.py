"""The words of the war room: its refusals, and those of the rules it asks."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from muster.core.roles import RoleRefusal
from muster.core.slash import SlashRefusal
from muster.respond.warroom.reasons import Room

REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    Room.TASK_NOT_FOUND: (404, _("There is no such task.")),
    Room.TASK_OVER: (409, _("This task is %(state)s already.")),
    Room.TITLE_NEEDED: (422, _("Say in a few words what is to be done.")),
    Room.WORDS_NEEDED: (422, _("Write a sentence first.")),
    Room.AUDIENCE_UNKNOWN: (422, _("Nobody is reached by %(audience)s. Write one of: %(known)s.")),
    Room.KIND_UNKNOWN: (422, _("An entry is one of: %(known)s.")),
    Room.ENTRY_NOT_FOUND: (404, _("There is no such entry.")),
    Room.ITEM_UNKNOWN: (422, _("The Standard has no such item on this checklist.")),
    Room.WRITTEN_MEANWHILE: (
        409,
        _("Somebody wrote version %(number)s meanwhile. Read it, then save again."),
    ),
    Room.PROMISE_IN_THE_PAST: (422, _("The next update cannot be promised for a time that is over.")),
    Room.PROMISE_TOO_LATE: (422, _("At this severity the next update is due by %(latest)s at the latest.")),
    Room.FLAG_UNKNOWN: (422, _("The Standard has no flag %(flag)s. It has: %(known)s.")),
    Room.PERSON_UNKNOWN: (422, _("Nobody with access has the handle %(handle)s.")),
    Room.INCIDENT_OVER: (409, _("This incident is over. Reopen it first.")),
    RoleRefusal.UNKNOWN_ROLE: (422, _("The Standard has no role %(role)s.")),
    RoleRefusal.ALREADY_HOLDS_IT: (409, _("They have this role already.")),
    RoleRefusal.DOES_NOT_HOLD_IT: (409, _("They do not have this role.")),
    RoleRefusal.ONLY_THE_COMMANDER: (403, _("Only the incident commander gives roles, or a manager.")),
    RoleRefusal.COMMAND_IS_TAKEN: (
        409,
        _("Somebody commands already. They hand over, or a manager decides."),
    ),
    RoleRefusal.COMMAND_IS_HANDED_OVER: (409, _("Command is handed over to somebody, never dropped.")),
    RoleRefusal.NOT_THE_SUCCESSOR: (403, _("Command is being handed to somebody else.")),
    RoleRefusal.NO_HANDOVER: (409, _("No handover is under way.")),
    RoleRefusal.STEP_OUT_OF_ORDER: (422, _("A step of the handover is missing. Do it, or say why not.")),
    RoleRefusal.SHADOW_TOO_SHORT: (
        422,
        _("The shadow time is not over. Wait, or say why you take over now."),
    ),
    SlashRefusal.UNKNOWN: (422, _("There is no command %(verb)s. Type / to see them all.")),
    SlashRefusal.INCOMPLETE: (422, _("Write it like this: %(form)s")),
}

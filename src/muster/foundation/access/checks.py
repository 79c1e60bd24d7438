"""What a person's rules and hours must hold to: asked before anything is written."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from muster.core.hold import never_begins
from muster.core.hours_form import read_hours, write_hours
from muster.core.plain_form import FormFault
from muster.core.policy_form import read_contact_rules, write_contact_rules
from muster.core.refusal import Refused
from muster.foundation.access.reasons import Invalid


def rules(value: Mapping[str, Any]) -> dict[str, Any]:
    """Contact rules in their one spelling. Raises `Refused` at the first place that cannot hold."""
    try:
        return write_contact_rules(read_contact_rules(value))
    except FormFault as fault:
        raise Refused(Invalid.RULES, {"path": fault.path}) from None


def hours(value: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """Quiet and working hours in their one spelling; `at` is any moment.

    Raises:
        Refused: they cannot be read, or leave no hour of the week for what can wait.
    """
    try:
        read = read_hours(value, "UTC")
    except (FormFault, ValueError) as fault:
        raise Refused(Invalid.HOURS, {"path": getattr(fault, "path", "hours")}) from None
    if never_begins(read, at):
        raise Refused(Invalid.NO_HOUR_LEFT)
    return write_hours(read)

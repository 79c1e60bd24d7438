"""How somebody wants to be paged: by which contacts, when, and at which hours they hear of what can wait."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from muster.core.permissions import Actor
from muster.core.refusal import Refused
from muster.foundation.access.commands import change_person
from muster.foundation.access.models import Contact, Person
from muster.foundation.access.reasons import Invalid
from muster.foundation.timeline.pen import command


@command
def change_contact_rules(
    person_id: int,
    *,
    actor: Actor,
    at: datetime,
    rules: Mapping[str, Any] | None = None,
    hours: Mapping[str, Any] | None = None,
) -> Person:
    """Replace somebody's contact rules, their quiet and working hours, or both; None leaves a thing as it is.

    Hours hold what begins from now on; what waits already keeps its time.

    Raises:
        Refused: neither they themselves nor an admin; rules or hours that cannot be read, name a contact that
            is not there, or leave no hour for what can wait.
    """
    changes = {name: value for name, value in (("rules", rules), ("hours", hours)) if value is not None}
    person = change_person(person_id, changes, actor=actor, at=at)
    named = {rule["use"] for listed in person.rules.values() for rule in listed}
    theirs = Contact.objects.filter(person_id=person_id, retired_at__isnull=True)
    if rules is not None and named - set(theirs.values_list("name", flat=True)):
        raise Refused(Invalid.RULE_CONTACT)
    return person

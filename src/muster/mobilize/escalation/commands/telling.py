"""Who answers for a policy is told when somebody else changes it (peers 23b)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from muster.core.permissions import Actor
from muster.foundation.access.models import Person
from muster.foundation.access.queries import leads_of
from muster.foundation.timeline.pen import command
from muster.mobilize.escalation.models import Policy
from muster.mobilize.escalation.queries import handles_of_targets
from muster.mobilize.oncall.commands import tell


@command
def tell_of_policy(
    policy_id: int,
    version: int,
    specs: Mapping[str, Mapping[str, Any]],
    by: str,
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """A policy's ladder was changed `by` somebody (`person:7`): its team's leads read what was and what is.

    Whoever changed it themselves is not told; with no team the admins answer for it.
    """
    policy = Policy.objects.get(pk=policy_id)
    kind, _sep, number = by.partition(":")
    editor = Person.objects.filter(pk=int(number)).first() if kind == "person" else None
    leads = [lead for lead in leads_of(policy.team_id) if editor is None or lead != editor.pk]
    handles = handles_of_targets()
    words = {"before": _("It was: %(ladder)s"), "after": _("It is: %(ladder)s")}
    facts = {
        "by": editor.name if editor is not None else "Muster",
        "policy": policy.name,
        "policy_handle": policy.handle,
        "version": version,
        "lines": [words[when] % {"ladder": _ladder(specs[when], handles)} for when in words],
    }
    tell(leads, "policy_changed", f"{policy.subject}@{version}", facts, actor=actor, at=at)


def _ladder(spec: Mapping[str, Any], handles: Mapping[str, str]) -> str:
    """Its steps in one line: `0s person:ana; 15m manager:pay`."""
    return "; ".join(
        f"{step['after']} {', '.join(handles.get(target, target) for target in step['notify'])}"
        for step in spec["steps"]
    )

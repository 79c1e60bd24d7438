"""What escalation tells the registries once its models are ready."""

from collections.abc import Callable

from muster.foundation.catalog import configuration, pointers
from muster.foundation.timeline.models import Recorded
from muster.mobilize.escalation.configuration import PoliciesSection
from muster.mobilize.escalation.models import Policy

_NAMED_AS = {
    "person": ("person",),
    "team": ("team", "manager"),
    "schedule": ("schedule", "on-call-manager"),
    "policy": ("policy",),
    "position": ("position",),
    "webhook": ("webhook",),
}


def register() -> None:
    """Say what points at people, teams, schedules and positions, and that `policies` is ours."""
    for kind, names in _NAMED_AS.items():
        pointers.register(kind, _policies_naming(names))
    pointers.register("team", _of_team)
    configuration.register(PoliciesSection())


def _policies_naming(kinds: tuple[str, ...]) -> Callable[[Recorded], list[str]]:
    def naming(row: Recorded) -> list[str]:
        """The policies in use of which a step notifies this row."""
        wanted = {f"{kind}:{row.pk}" for kind in kinds}
        live = Policy.objects.filter(retired_at__isnull=True)
        return [
            f"policy:{policy.handle}"
            for policy in live
            if any(wanted & set(step["notify"]) for step in policy.spec["steps"])
        ]

    return naming


def _of_team(row: Recorded) -> list[str]:
    rows = Policy.objects.filter(team_id=row.pk, retired_at__isnull=True)
    return [f"policy:{handle}" for handle in rows.values_list("handle", flat=True)]

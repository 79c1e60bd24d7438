"""What somebody leaves, in words."""

from django.utils.translation import gettext, ngettext

from muster.mobilize.oncall.messages import wall
from muster.mobilize.reach.leaving import Leaving, Uncovered


def left_behind(left: Leaving) -> list[str]:
    """What somebody leaves, a sentence each; empty when it is nothing."""
    return [
        *(_uncovered(one) for one in left.uncovered),
        *(gettext("%(what)s names them.") % {"what": what} for what in left.named_by),
        *(
            [
                ngettext("%(n)s open alert is theirs.", "%(n)s open alerts are theirs.", left.alerts)
                % {"n": left.alerts}
            ]
            if left.alerts
            else []
        ),
    ]


def _uncovered(one: Uncovered) -> str:
    said = ngettext(
        "%(schedule)s has nobody else in %(count)s shift of the next four weeks (%(hours)s h), from "
        "%(start)s.",
        "%(schedule)s has nobody else in %(count)s shifts of the next four weeks (%(hours)s h), first from "
        "%(start)s.",
        one.count,
    )
    start = wall(one.first.start, one.timezone)
    return said % {"schedule": one.name, "count": one.count, "hours": one.hours, "start": start}

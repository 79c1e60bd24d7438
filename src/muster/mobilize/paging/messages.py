"""What a page says: worded once, dressed by each channel."""

import dataclasses
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from muster.core.ports.contact_form import Message
from muster.evaluate.models import AlertGroup
from muster.evaluate.queries import Members, first_alerts
from muster.mobilize.paging.links import acknowledge_link, page_link
from muster.mobilize.paging.models import Call, Delivery, Post
from muster.mobilize.paging.reply_links import reply_address

MOST_LINES = 5


class Wording:
    """Words messages; what their pages are about is read once for a whole batch (engine side)."""

    def __init__(self, deliveries: Iterable[Delivery], carried: Iterable[int] = ()) -> None:
        self._carried = Delivery.objects.select_related("page__person").in_bulk(list(carried))
        abouts = {row.page.about for row in (*deliveries, *self._carried.values())}
        numbers = [about.partition(":") for about in abouts]
        groups = [int(number) for kind, _, number in numbers if kind == "group"]
        calls = [int(number) for kind, _, number in numbers if kind == "call"]
        self._groups = AlertGroup.objects.select_related("service", "incident").in_bulk(groups)
        self._calls = Call.objects.select_related("incident").in_bulk(calls) if calls else {}
        self._alerts = first_alerts(groups, MOST_LINES) if groups else {}

    def message(self, delivery: Delivery, carries: Sequence[int] = ()) -> Message:
        """The message of one delivery; `carries` are deliveries that were folded into it, in this order.

        The first MOST_LINES of them are told, the others counted.
        """
        with translation.override(settings.LANGUAGE_CODE):
            message = self._alone(delivery)
            return self._with_carried(message, carries) if carries else message

    def _alone(self, delivery: Delivery) -> Message:
        kind, _sep, number = delivery.page.about.partition(":")
        if kind == "group":
            return self._about_group(delivery, int(number))
        return _about_call(delivery, self._calls[int(number)])

    def _about_group(self, delivery: Delivery, group_id: int) -> Message:
        group = self._groups[group_id]
        members = self._alerts.get(group_id, Members())
        count = members.open or 1
        more = ngettext("%(count)s alert", "%(count)s alerts", count) % {"count": count}
        subject = f"ALR-{members.first[0].id}" if members.first else group.public_id
        lines = [more, *(f"ALR-{one.id} {one.severity}: {one.summary}" for one in members.first)]
        return _message(
            delivery,
            subject=subject,
            headline=f"{group.service.name}: {group.summary}",
            summary=group.summary,
            lines=tuple(lines),
            count=count,
            service=group.service.handle,
            alert=subject if members.first else None,
            incident=group.incident.public_id if group.incident is not None else None,
        )

    def _with_carried(self, message: Message, carries: Sequence[int]) -> Message:
        others = [self._alone(self._carried[pk]) for pk in carries[:MOST_LINES]]
        facts = {"count": len(carries), "headline": message.headline}
        said = ngettext("And %(count)s more page:", "And %(count)s more pages:", len(carries)) % facts
        headline = ngettext(
            "%(headline)s, and %(count)s more page", "%(headline)s, and %(count)s more pages", len(carries)
        )
        lines = (*message.lines, said, *(other.headline for other in others))
        rest = len(carries) - len(others)
        if rest > 0:
            lines = (*lines, ngettext("... and %(n)s more.", "... and %(n)s more.", rest) % {"n": rest})
        return dataclasses.replace(
            message, headline=headline % facts, lines=lines, count=message.count + len(carries)
        )


def _about_call(delivery: Delivery, call: Call) -> Message:
    incident = call.incident
    lines = []
    if incident is not None:
        lines.append(
            _("%(id)s, %(severity)s. You are called as %(target)s.")
            % {
                "id": incident.public_id,
                "severity": incident.severity,
                "target": call.target,
            }
        )
    return _message(
        delivery,
        subject=incident.public_id if incident is not None else delivery.page.public_id,
        headline=call.summary,
        summary=call.summary,
        lines=tuple(lines),
        incident=incident.public_id if incident is not None else None,
        **({"ack_label": _("It reached me")} if call.is_test else {}),
    )


def _message(delivery: Delivery, *, subject: str, headline: str, summary: str, **more: object) -> Message:
    page = delivery.page
    base_url = settings.BASE_URL.rstrip("/")
    words: dict[str, object] = {"ack_label": _("Acknowledge"), "open_label": _("Open the page")}
    return Message(
        key=delivery.key,
        delivery=delivery.public_id,
        page=page.public_id,
        person=page.person.handle,
        person_name=page.person.name,
        subject=subject,
        headline=headline,
        summary=summary,
        urgency=delivery.urgency,
        url=f"{base_url}/pages/{page.public_id}",
        created_at=delivery.created_at,
        ack_url=page_link(page.pk),
        ack_post_url=acknowledge_link(page.pk),
        reply_to=reply_address(delivery.pk) if delivery.kind == "email" else "",
        reply_label=_("Or reply to this letter: that acknowledges it too."),
        footer=page.why or _("You are paged by Muster."),
        **(words | more),  # type: ignore[arg-type]
    )


def post_message(post: Post) -> Message:
    """What a webhook is told: which step of which ladder has begun, about what (engine side)."""
    kind, _sep, number = post.about.partition(":")
    if kind == "group":
        group = AlertGroup.objects.select_related("service", "incident").get(pk=int(number))
        members = first_alerts([group.pk], 1).get(group.pk, Members())
        alert = f"ALR-{members.first[0].id}" if members.first else None
        return _post(
            post,
            subject=alert or group.public_id,
            summary=group.summary,
            path=f"alerts/{group.public_id}",
            count=members.open or 1,
            service=group.service.handle,
            alert=alert,
            incident=group.incident.public_id if group.incident is not None else None,
        )
    call = Call.objects.select_related("incident").get(pk=int(number))
    incident = call.incident.public_id if call.incident is not None else None
    path = f"incidents/{incident}" if incident else ""
    return _post(post, subject=incident or post.public_id, summary=call.summary, path=path, incident=incident)


def _post(post: Post, *, subject: str, summary: str, path: str, **more: object) -> Message:
    return Message(
        key=post.key,
        delivery=post.public_id,
        page="",
        person="",
        person_name="",
        subject=subject,
        headline=summary,
        summary=summary,
        urgency=post.urgency,
        url=f"{settings.BASE_URL.rstrip('/')}/{path}",
        created_at=post.created_at,
        kind="escalation.step",
        **more,  # type: ignore[arg-type]
    )

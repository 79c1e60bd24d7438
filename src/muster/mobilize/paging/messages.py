"""What a page says: worded once, dressed by each channel."""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from muster.core.lifecycle import AlertState
from muster.core.ports.contact_form import Message
from muster.detect.models import Alert
from muster.evaluate.models import AlertGroup
from muster.mobilize.paging.links import acknowledge_link, page_link
from muster.mobilize.paging.models import Call, Delivery
from muster.mobilize.paging.reply_links import reply_address

_MOST_LINES = 5


def message_for(delivery: Delivery, carries: tuple[int, ...] = ()) -> Message:
    """The message of one delivery; `carries` are deliveries that were folded into it."""
    with translation.override(settings.LANGUAGE_CODE):
        kind, _sep, number = delivery.page.about.partition(":")
        if kind == "group":
            message = _about_group(delivery, int(number))
        else:
            message = _about_call(delivery, int(number))
        return _with_carried(message, carries) if carries else message


def _about_group(delivery: Delivery, group_id: int) -> Message:
    group = AlertGroup.objects.select_related("service", "incident").get(pk=group_id)
    alerts = list(Alert.objects.filter(decision__group=group).order_by("id")[: _MOST_LINES + 1])
    count = Alert.objects.filter(decision__group=group).exclude(state=AlertState.RESOLVED).count() or 1
    headline = f"{group.service.name}: {group.summary}"
    more = ngettext("%(count)s alert", "%(count)s alerts", count) % {"count": count}
    lines = [more, *(f"{row.public_id} {row.severity}: {row.summary}" for row in alerts[:_MOST_LINES])]
    return _message(
        delivery,
        subject=alerts[0].public_id if alerts else group.public_id,
        headline=headline,
        summary=group.summary,
        lines=tuple(lines),
        count=count,
        service=group.service.handle,
        alert=alerts[0].public_id if alerts else None,
        incident=group.incident.public_id if group.incident is not None else None,
    )


def _about_call(delivery: Delivery, call_id: int) -> Message:
    call = Call.objects.select_related("incident").get(pk=call_id)
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


def _with_carried(message: Message, carries: tuple[int, ...]) -> Message:
    rows = Delivery.objects.select_related("page").filter(pk__in=carries).order_by("id")[:_MOST_LINES]
    others = [message_for(row) for row in rows]
    words = ngettext("And %(count)s more page:", "And %(count)s more pages:", len(carries))
    lines = (*message.lines, words % {"count": len(carries)}, *(other.headline for other in others))
    return Message(
        **{name: getattr(message, name) for name in message.__slots__}
        | {
            "lines": lines,
            "count": message.count + len(carries),
        }
    )

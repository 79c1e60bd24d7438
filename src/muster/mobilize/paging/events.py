"""Event kinds of paging."""

from django.utils.translation import gettext as _

from muster.foundation.timeline.kinds import Kind, Sensitivity

KINDS = (
    Kind("call.started", lambda p: _("called %(target)s") % p, "phone-outgoing"),
    Kind("call.acknowledged", lambda p: _("is coming"), "phone-incoming"),
    Kind("call.resolved", lambda p: _("ended the call"), "phone-off"),
    Kind("page.started", lambda p: _("is paged"), "bell-ring"),
    Kind("page.unreachable", lambda p: _("cannot be reached: no usable contact method"), "triangle-alert"),
    Kind("page.acknowledged", lambda p: _("answered the page"), "check"),
    Kind("delivery.queued", lambda p: _("a message waits to be sent"), "mail", Sensitivity.MEMBER),
    Kind("delivery.claimed", lambda p: _("a message is being sent"), "send", Sensitivity.MEMBER),
    Kind(
        "delivery.accepted",
        lambda p: _("the provider accepted the message"),
        "mail-check",
        Sensitivity.MEMBER,
    ),
    Kind(
        "delivery.retry_scheduled",
        lambda p: _("a message failed and is tried again"),
        "refresh-cw",
        Sensitivity.MEMBER,
    ),
    Kind("delivery.failed", lambda p: _("a message could not be delivered: %(reason)s") % p, "mail-x"),
    Kind("delivery.delivered", lambda p: _("a message arrived"), "mail-open", Sensitivity.MEMBER),
    Kind("delivery.acknowledged", lambda p: _("a message was answered"), "check", Sensitivity.MEMBER),
    Kind("delivery.folded", lambda p: _("a message was bundled into another"), "layers", Sensitivity.MEMBER),
    Kind("delivery.cancelled", lambda p: _("a message was no longer needed"), "x", Sensitivity.MEMBER),
    Kind(
        "delivery.hastened",
        lambda p: _("the next message is due at once"),
        "fast-forward",
        Sensitivity.MEMBER,
    ),
    Kind(
        "delivery.result_ignored",
        lambda p: _("a late result was kept as evidence"),
        "clock-alert",
        Sensitivity.MEMBER,
    ),
)

"""Event kinds of paging."""

from django.utils.translation import gettext as _

from muster.foundation.timeline.kinds import Kind, Sensitivity

KINDS = (
    Kind("call.started", lambda p: _("called %(target)s") % p, "phone-outgoing"),
    Kind("call.raised", lambda p: _("called %(target)s afresh: it became worse") % p, "bell-ring"),
    Kind("call.acknowledged", lambda p: _("is coming"), "phone-incoming"),
    Kind("call.resolved", lambda p: _("ended the call"), "phone-off"),
    Kind("page.started", lambda p: _("paged %(person)s") % p, "bell-ring"),
    Kind(
        "page.unreachable",
        lambda p: _("cannot reach %(person)s: no usable contact method") % p,
        "triangle-alert",
    ),
    Kind("page.acknowledged", lambda p: _("answered the page"), "check"),
    Kind("webhook.added", lambda p: _("made the webhook %(handle)s") % p, "webhook"),
    Kind("webhook.changed", lambda p: _("changed the webhook"), "webhook"),
    Kind("webhook.retired", lambda p: _("retired the webhook"), "archive"),
    Kind("webhook.restored", lambda p: _("put the webhook back in use"), "webhook"),
    Kind("post.queued", lambda p: _("is to tell a webhook"), "webhook", Sensitivity.MEMBER),
    Kind("post.claimed", lambda p: _("is telling a webhook"), "send", Sensitivity.MEMBER),
    Kind("post.accepted", lambda p: _("told a webhook"), "webhook", Sensitivity.MEMBER),
    Kind(
        "post.retry_scheduled",
        lambda p: _("failed to tell a webhook and tries again"),
        "refresh-cw",
        Sensitivity.MEMBER,
    ),
    Kind("post.failed", lambda p: _("could not tell a webhook: %(reason)s") % p, "triangle-alert"),
    Kind("post.cancelled", lambda p: _("need not tell a webhook any more"), "x", Sensitivity.MEMBER),
    Kind("post.shifted", lambda p: _("moved a post with the clock"), "clock-alert", Sensitivity.MEMBER),
    Kind("post.result_ignored", lambda p: _("heard of a post too late"), "clock", Sensitivity.MEMBER),
    Kind("delivery.queued", lambda p: _("queued a message"), "mail", Sensitivity.MEMBER),
    Kind("delivery.claimed", lambda p: _("is sending a message"), "send", Sensitivity.MEMBER),
    Kind(
        "delivery.accepted",
        lambda p: _("handed a message to its provider"),
        "mail-check",
        Sensitivity.MEMBER,
    ),
    Kind(
        "delivery.retry_scheduled",
        lambda p: _("failed to send a message and tries again"),
        "refresh-cw",
        Sensitivity.MEMBER,
    ),
    Kind("delivery.failed", lambda p: _("could not deliver a message: %(reason)s") % p, "mail-x"),
    Kind("delivery.delivered", lambda p: _("heard that a message arrived"), "mail-open", Sensitivity.MEMBER),
    Kind("delivery.acknowledged", lambda p: _("saw a message answered"), "check", Sensitivity.MEMBER),
    Kind("delivery.held", lambda p: _("let a message wait"), "clock", Sensitivity.MEMBER),
    Kind("delivery.folded", lambda p: _("bundled a message into another"), "layers", Sensitivity.MEMBER),
    Kind(
        "delivery.cancelled",
        lambda p: _("dropped a message that was no longer needed"),
        "x",
        Sensitivity.MEMBER,
    ),
    Kind(
        "delivery.hastened",
        lambda p: _("made the next message due at once"),
        "fast-forward",
        Sensitivity.MEMBER,
    ),
    Kind(
        "delivery.released",
        lambda p: _("took a message back from a sender that has gone"),
        "wrench",
        Sensitivity.MEMBER,
    ),
    Kind(
        "delivery.shifted", lambda p: _("moved a message with the clock"), "clock-alert", Sensitivity.MEMBER
    ),
    Kind(
        "delivery.result_ignored",
        lambda p: _("kept a late result as evidence"),
        "clock-alert",
        Sensitivity.MEMBER,
    ),
)

"""Event kinds of postmortems, worded when they are read."""

from django.utils.translation import gettext as _

from muster.foundation.timeline.kinds import Kind

KINDS = (
    Kind("postmortem.drafted", lambda p: _("drafted the postmortem from the timeline"), "file-text"),
    Kind("postmortem.due_again", lambda p: _("the postmortem is due again"), "timer"),
    Kind("postmortem.begun", lambda p: _("began to write the postmortem"), "pencil"),
    Kind("postmortem.reviewers_set", lambda p: _("asked %(reviewer_people)s to review it") % p, "users"),
    Kind("postmortem.cause_named", lambda p: _("named the cause for reports: %(cause)s") % p, "tag"),
    Kind("postmortem.meeting_planned", lambda p: _("planned the review meeting"), "calendar"),
    Kind("postmortem.meeting_held", lambda p: _("held the review meeting"), "calendar"),
    Kind("postmortem.handed_in", lambda p: _("handed the postmortem in for review"), "send"),
    Kind("postmortem.returned", lambda p: _("gave the postmortem back: %(why)s") % p, "undo-2"),
    Kind("postmortem.published", lambda p: _("published the postmortem"), "book-open"),
    Kind("postmortem.withdrawn", lambda p: _("withdrew the postmortem: %(why)s") % p, "undo-2"),
    Kind("postmortem.waived", lambda p: _("waived the postmortem, because: %(why)s") % p, "circle-x"),
    Kind(
        "postmortem_section.drafted",
        lambda p: _("drafted the section %(key)s") % p,
        "file-text",
        is_step=True,
    ),
    Kind(
        "postmortem_section.edited",
        lambda p: _("wrote version %(version)s of the section %(key)s") % p,
        "pencil",
    ),
    Kind("incident.postmortem_not_due", lambda p: _("no postmortem is due"), "file-text"),
)

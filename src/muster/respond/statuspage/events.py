"""Event kinds of status pages, worded when they are read."""

from django.utils.translation import gettext as _

from muster.foundation.timeline.kinds import Kind, Sensitivity

KINDS = (
    Kind("status_page.added", lambda p: _("made the status page %(handle)s") % p, "radio-tower"),
    Kind("status_page.changed", lambda p: _("changed the status page %(handle)s") % p, "radio-tower"),
    Kind("status_page.renamed", lambda p: _("renamed the status page %(before)s") % p, "radio-tower"),
    Kind("status_page.retired", lambda p: _("retired the status page %(handle)s") % p, "archive"),
    Kind("status_page.restored", lambda p: _("brought back the status page %(handle)s") % p, "undo-2"),
    Kind("component.added", lambda p: _("added the component %(name)s") % p, "boxes"),
    Kind("component.changed", lambda p: _("changed the component %(name)s") % p, "boxes"),
    Kind(
        "component.state_changed",
        lambda p: _("set %(name)s to %(state)s") % p,
        "boxes",
        Sensitivity.STAKEHOLDER,
    ),
    Kind("component.retired", lambda p: _("removed the component %(name)s") % p, "archive"),
    Kind(
        "page_incident.opened",
        lambda p: _("published on the status page %(page)s: %(title)s") % p,
        "radio-tower",
        Sensitivity.STAKEHOLDER,
    ),
    Kind(
        "page_incident.changed",
        lambda p: _("set the status page to %(state)s") % p,
        "radio-tower",
        Sensitivity.STAKEHOLDER,
    ),
    Kind(
        "page_incident.resolved",
        lambda p: _("set the status page to resolved"),
        "circle-check",
        Sensitivity.STAKEHOLDER,
    ),
    Kind("page_incident.moved", lambda p: _("shows INC-%(into)s on the status page") % p, "git-merge"),
    Kind(
        "page_update.posted",
        lambda p: _("told customers: %(body)s") % p,
        "megaphone",
        Sensitivity.STAKEHOLDER,
    ),
    Kind("publication.begun", lambda p: _("keeps the page's bytes"), "radio-tower"),
    Kind("publication.wanted", lambda p: _("wants the page published"), "radio-tower"),
    Kind("publication.claimed", lambda p: _("publishes the page"), "refresh-cw"),
    Kind("publication.live", lambda p: _("the page is live"), "radio-tower"),
    Kind("publication.failed", lambda p: _("could not publish the page: %(why)s") % p, "triangle-alert"),
)

"""Event kinds of the auditor."""

from django.utils.translation import gettext as _

from muster.foundation.timeline.kinds import Kind
from muster.mobilize.watch.words import said

KINDS = (
    Kind("finding.raised", lambda p: _("found: %(check)s") % {"check": said(p["check"])}, "triangle-alert"),
    Kind("finding.mended", lambda p: _("put right: %(check)s") % {"check": said(p["check"])}, "wrench"),
    Kind("finding.ended", lambda p: _("no longer found: %(check)s") % {"check": said(p["check"])}, "check"),
    Kind("clock_jump.seen", lambda p: _("saw the database's clock set by %(seconds)s s") % p, "clock-alert"),
)

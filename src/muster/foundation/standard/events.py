"""Event kinds of the Standard."""

from django.utils.translation import gettext as _

from muster.foundation.timeline.kinds import Kind

KINDS = (
    Kind(
        "standard.published", lambda p: _("published version %(number)s of the Standard") % p, "scroll-text"
    ),
)

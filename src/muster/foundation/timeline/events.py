"""The timeline's own event kinds."""

from django.utils.translation import gettext as _

from muster.foundation.timeline.kinds import Kind, Sensitivity

KINDS = (
    Kind("text.erased", lambda p: _("erased %(texts)s texts of a person") % p, "eraser", Sensitivity.MEMBER),
    Kind("timeline.repaired", lambda p: _("lifted the guard: %(reason)s") % p, "wrench", Sensitivity.MEMBER),
)

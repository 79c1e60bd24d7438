"""Event kinds of proofs and test pages."""

from django.utils.translation import gettext as _

from muster.foundation.timeline.kinds import Kind, Sensitivity

KINDS = (
    Kind("proof.asked", lambda p: _("asked for a code to prove a contact method"), "key", Sensitivity.MEMBER),
    Kind("proof.claimed", lambda p: _("is sending a code"), "send", Sensitivity.MEMBER),
    Kind("proof.accepted", lambda p: _("sent a code"), "check", Sensitivity.MEMBER),
    Kind("proof.retry_scheduled", lambda p: _("will send a code again"), "rotate-ccw", Sensitivity.MEMBER),
    Kind("proof.failed", lambda p: _("could not send a code"), "x", Sensitivity.MEMBER),
    Kind("proof.result_ignored", lambda p: _("put a late result aside"), "clock", Sensitivity.MEMBER),
    Kind("proof.tried", lambda p: _("typed a wrong code"), "circle-x", Sensitivity.MEMBER),
    Kind("proof.given", lambda p: _("typed the right code"), "circle-check", Sensitivity.MEMBER),
    Kind("proof.ended", lambda p: _("let a newer code take a code's place"), "x", Sensitivity.MEMBER),
    Kind("test_page.started", lambda p: _("sent a test page"), "bell", Sensitivity.MEMBER),
    Kind("test_plan.changed", lambda p: _("changed when test pages are sent"), "calendar"),
    Kind("test_plan.round_began", lambda p: _("began a round of test pages"), "bell-ring"),
)

"""The only writers of postmortems and their sections."""

from muster.review.postmortem.commands.beginning import begin_review, draft_postmortem, suspend_review
from muster.review.postmortem.commands.meeting import hold_meeting, plan_meeting
from muster.review.postmortem.commands.publishing import (
    publish_postmortem,
    return_postmortem,
    submit_for_review,
    waive_postmortem,
    withdraw_postmortem,
)
from muster.review.postmortem.commands.writing import edit_section, name_cause, set_reviewers

__all__ = [
    "begin_review",
    "draft_postmortem",
    "edit_section",
    "hold_meeting",
    "name_cause",
    "plan_meeting",
    "publish_postmortem",
    "return_postmortem",
    "set_reviewers",
    "submit_for_review",
    "suspend_review",
    "waive_postmortem",
    "withdraw_postmortem",
]

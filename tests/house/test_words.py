"""Every reason that can reach a person has a sentence."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest

from muster.core import (
    attendance,
    bundle,
    claim,
    decision,
    delivery,
    escalation,
    escalation_life,
    grouping,
    heartbeats,
    hold,
    inbox,
    intake,
    letters,
    lifecycle,
    matchers,
    noise,
    outcome,
    paging,
    plain_form,
    policy_lint,
    remedies,
    retry,
    routing,
    rule_form,
    severity,
    silence,
    traffic,
    urgency,
    watch,
)
from muster.core import oncall as oncall_rules
from muster.core.phases import PhaseRefusal
from muster.core.ports.contact_form import FailureReason
from muster.core.refusal import Refused
from muster.detect import words as detect
from muster.detect.reasons import Detect
from muster.evaluate import words as evaluate
from muster.evaluate.reasons import Evaluate
from muster.foundation.timeline.refusals import told
from muster.mobilize.escalation import words as ladder
from muster.mobilize.escalation.reasons import Escalate
from muster.mobilize.oncall import words as oncall
from muster.mobilize.oncall.reasons import OnCall
from muster.mobilize.paging import words as messages
from muster.mobilize.paging.reasons import DeliveryStopped, Paging
from muster.mobilize.watch import words as watching
from muster.review.noise import words as noisy
from muster.review.noise.reasons import Noise

WORDED: dict[type[StrEnum], Mapping[Any, Any]] = {
    Detect: detect.REFUSALS,
    lifecycle.Refusal: detect.REFUSALS,
    lifecycle.AlertState: detect.STATES,
    intake.Disposition: detect.DISPOSITIONS,
    intake.IntakeReason: detect.INTAKE,
    intake.EndReason: detect.ENDINGS,
    letters.Aside: detect.ASIDE,
    heartbeats.HeartbeatRefusal: detect.REFUSALS,
    heartbeats.Standing: detect.STANDINGS,
    heartbeats.Down: detect.DOWN,
    heartbeats.PingKind: detect.PINGS,
    traffic.Doing: detect.DOING,
    Evaluate: evaluate.REFUSALS,
    PhaseRefusal: evaluate.REFUSALS,
    severity.SeverityRefusal: evaluate.REFUSALS,
    silence.SilenceRefusal: evaluate.REFUSALS,
    noise.FeedbackRefusal: evaluate.REFUSALS,
    noise.Feedback: evaluate.FEEDBACKS,
    noise.Verdict: noisy.VERDICTS,
    remedies.Remedy: noisy.PROPOSALS,
    Noise: noisy.REFUSALS,
    silence.SilenceState: evaluate.SILENCE_STATES,
    decision.Step: evaluate.STEPS,
    decision.StepReason: evaluate.REASONS,
    inbox.ViewRefusal: evaluate.REFUSALS,
    rule_form.RuleRefusal: evaluate.REFUSALS,
    rule_form.RuleKind: evaluate.RULE_KINDS,
    rule_form.FieldProblem: evaluate.FIELD_PROBLEMS,
    routing.RouteReason: evaluate.REASONS,
    routing.RouteUrgencyReason: evaluate.REASONS,
    urgency.UrgencyReason: evaluate.REASONS,
    urgency.Urgency: evaluate.URGENCIES,
    grouping.JoinReason: evaluate.JOINING,
    grouping.SettleReason: evaluate.CHANGES,
    grouping.WakeReason: evaluate.CHANGES,
    matchers.MatcherProblem: evaluate.MATCHER_PROBLEMS,
    OnCall: oncall.REFUSALS,
    oncall_rules.Why: oncall.CAUSES,
    plain_form.FormReason: oncall.FORM,
    Escalate: ladder.REFUSALS,
    escalation.StepReason: ladder.STEPS,
    attendance.Attendance: ladder.ATTENDANCE,
    escalation_life.StopReason: ladder.STOPPED,
    escalation_life.HastenReason: ladder.HASTENED,
    escalation_life.RestartReason: ladder.RESTARTED,
    escalation.EscalationState: ladder.STATES,
    policy_lint.Weakness: ladder.WEAKNESSES,
    watch.Check: watching.CHECKS,
    watch.Silent: watching.SILENCES,
    Paging: messages.REFUSALS,
    delivery.DeliveryRefusal: messages.REFUSALS,
    delivery.DeliveryState: messages.STATES,
    delivery.ResultReason: messages.REASONS,
    claim.ClaimReason: messages.REASONS,
    paging.PlanReason: messages.REASONS,
    paging.SkipReason: messages.REASONS,
    bundle.BundleReason: messages.REASONS,
    hold.HoldReason: messages.REASONS,
    retry.RetryReason: messages.REASONS,
    outcome.HastenReason: messages.REASONS,
    DeliveryStopped: messages.REASONS,
    FailureReason: messages.REASONS,
}


@pytest.mark.parametrize("reasons", WORDED, ids=lambda reasons: f"{reasons.__module__}.{reasons.__name__}")
def test_every_reason_has_words(reasons: type[StrEnum]) -> None:
    """A new reason without a sentence fails here."""
    assert [reason for reason in reasons if reason not in WORDED[reasons]] == []


@pytest.mark.parametrize(
    "table", [detect, evaluate, ladder, messages, noisy, oncall], ids=lambda table: table.__name__
)
def test_every_refusal_has_words_of_its_own(table: Any) -> None:
    """Two classes that spell a reason alike would have each other's words in one table."""
    worded = {(type(reason), reason.value) for reason in table.REFUSALS}
    classes = [reasons for reasons, words in WORDED.items() if words is table.REFUSALS]
    assert [one for reasons in classes for one in reasons if (reasons, one.value) not in worded] == []


def test_reasons_that_are_spelled_alike_have_words_of_their_own() -> None:
    """`StrEnum` members of the same value are equal; each stage means its own."""
    delivery_says, phase_says = (
        told(Refused(reason.ALREADY_THERE)).sentence for reason in (delivery.DeliveryRefusal, PhaseRefusal)
    )
    assert delivery_says != phase_says


def test_every_sentence_of_a_decision_can_be_filled_in() -> None:
    """Whatever the stored verdict lacks, no placeholder and no fault reaches a person."""
    for reason in evaluate.REASONS:
        said = evaluate.sentence({"reason": str(reason), "detail": {}})
        assert said
        assert "%(" not in said
    assert evaluate.sentence({"reason": "of_a_later_version"}) == "of a later version"

"""What evaluate's reasons say to people: refusals, and why an alert pages people or does not (design 6)."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from muster.core.decision import Outcome, Step, StepReason
from muster.core.grouping import JoinReason, SettleReason, WakeReason
from muster.core.inbox import ViewRefusal
from muster.core.matchers import MatcherProblem
from muster.core.noise import Feedback, FeedbackRefusal
from muster.core.phases import PhaseRefusal
from muster.core.routing import RouteReason, RouteUrgencyReason
from muster.core.rule_form import FieldProblem, RuleKind, RuleRefusal
from muster.core.severity import SeverityRefusal
from muster.core.silence import SilenceRefusal, SilenceState
from muster.core.urgency import Urgency, UrgencyReason
from muster.evaluate.reasons import Evaluate

Words = Mapping[StrEnum, Any]

REFUSALS: Mapping[StrEnum, tuple[int, Any]] = {
    Evaluate.GROUP_NOT_FOUND: (404, _("There is no such group of alerts, or it is not yours to see.")),
    Evaluate.INCIDENT_NOT_FOUND: (404, _("There is no such incident, or it is not yours to see.")),
    Evaluate.SILENCE_NOT_FOUND: (404, _("There is no such silence.")),
    Evaluate.RULE_NOT_FOUND: (404, _("There is no rule %(handle)s.")),
    Evaluate.VIEW_NOT_FOUND: (404, _("There is no such view, or it is not yours.")),
    Evaluate.VIEW_DELETED: (409, _("This view was deleted. Bring it back, then change it.")),
    ViewRefusal.NAME: (422, _("Give the view a name of at most 60 characters, on one line.")),
    ViewRefusal.NAME_TAKEN: (409, _("There is a view %(name)s already. Choose another name.")),
    ViewRefusal.STATE: (
        422,
        _("%(state)s is no list of alerts: choose open, triggered, mine, held or all."),
    ),
    ViewRefusal.WORDS_TOO_LONG: (422, _("Search for at most 200 characters.")),
    Evaluate.ROUTE_NOT_FOUND: (404, _("There is no such route.")),
    Evaluate.END_NEEDED: (422, _("Say until when: ends_at, or for as in 30m, 2h or 1d.")),
    Evaluate.BAD_MATCHER: (422, _("The matcher %(written)s cannot be used: %(problem)s.")),
    Evaluate.TITLE_NEEDED: (422, _("Say in a few words what you see.")),
    Evaluate.SERVICE_UNKNOWN: (422, _("There is no service %(service)s in use.")),
    Evaluate.SEVERITY_UNKNOWN: (422, _("The Standard has no severity %(severity)s. It has: %(known)s.")),
    Evaluate.ALERT_HAS_INCIDENT: (409, _("This alert belongs to %(incident)s already.")),
    Evaluate.NOT_ATTACHED: (409, _("It does not belong to %(incident)s any more.")),
    Evaluate.TOO_MANY_GROUPS: (422, _("At most %(most)s groups at once. Do it in parts.")),
    Evaluate.MUTING_OVER: (409, _("It is over. Make another.")),
    Evaluate.NO_WORK_THEN: (404, _("No work of the rule %(handle)s begins at %(start)s.")),
    Evaluate.WORK_TOO_LONG: (422, _("It can go on until %(latest)s at most. Plan it anew for longer.")),
    Evaluate.HANDLE_TAKEN: (409, _("The handle %(handle)s is taken, for ever. Choose another.")),
    FeedbackRefusal.UNKNOWN: (422, _("An alert was not %(said)s. Say one of: %(known)s.")),
    FeedbackRefusal.NAMES_A_SERVICE: (
        422,
        _("Name a service only with wrong_target: it is the one to which the alert should have gone."),
    ),
    FeedbackRefusal.NAMES_ITS_OWN: (
        422,
        _("It did go to %(service)s. Name the service to which it should have gone, or none."),
    ),
    SilenceRefusal.NO_MATCHER: (422, _("Say what to silence: at least one matcher.")),
    SilenceRefusal.MATCHES_EVERYTHING: (422, _("This would silence everything. Narrow it down.")),
    SilenceRefusal.NO_REASON: (422, _("Say why: whoever looks for the missing page will read it.")),
    SilenceRefusal.ENDS_BEFORE_IT_STARTS: (422, _("It ends before it starts.")),
    SilenceRefusal.ENDS_IN_THE_PAST: (422, _("It ends in the past.")),
    SilenceRefusal.TOO_LONG: (422, _("A silence lasts at most %(longest_days)s days.")),
    RuleRefusal.KIND_UNKNOWN: (422, _("There is no kind of rule %(kind)s. There are: %(known)s.")),
    RuleRefusal.FIELD_NOT_OF_KIND: (422, _("A rule of the kind %(kind)s has no field %(field)s.")),
    RuleRefusal.FIELD_NEEDED: (422, _("A rule of the kind %(kind)s needs the field %(field)s.")),
    RuleRefusal.FIELD_WRONG: (422, _("%(field)s cannot be %(written)s: %(problem)s.")),
    RuleRefusal.NO_MATCHER: (422, _("Say what it is about: at least one matcher.")),
    RuleRefusal.MATCHES_EVERYTHING: (422, _("This would hold back everything. Narrow it down.")),
    RuleRefusal.NO_REASON: (422, _("Say why: whoever looks for a missing page will read it.")),
    RuleRefusal.DOES_NOTHING: (
        422,
        _("It does nothing. Let it set severity, summary, labels, service or urgency, drop, or declare."),
    ),
    RuleRefusal.ENDS_IN_THE_PAST: (422, _("It ends in the past.")),
    RuleRefusal.NEVER_HAPPENS: (422, _("It is over already, or its rule never comes to a date.")),
    SeverityRefusal.UNKNOWN: (422, _("The Standard has no severity %(severity)s.")),
    SeverityRefusal.UNKNOWN_CRITERION: (422, _("The Standard has no such criterion.")),
    SeverityRefusal.UNKNOWN_FLAG: (422, _("The Standard has no such flag.")),
    SeverityRefusal.SAME: (409, _("The severity is %(severity)s already.")),
    SeverityRefusal.FORCED_BY_FLAG: (409, _("A flag demands at least %(at_least)s.")),
    SeverityRefusal.BELOW_MAJOR_FLOOR: (409, _("A major incident is at least %(at_least)s.")),
    SeverityRefusal.REASON_NEEDED: (422, _("Say why it is milder than was thought.")),
    PhaseRefusal.ALREADY_RESOLVED: (409, _("The incident is resolved already.")),
    PhaseRefusal.ALREADY_THERE: (409, _("The incident is in this phase already.")),
    PhaseRefusal.REASON_NEEDED: (
        422,
        _("Say why: it passes over a phase, steps back, sets the incident aside, or acts for somebody."),
    ),
    PhaseRefusal.GATE_CLOSED: (409, _("Not yet: some conditions for resolving are not met.")),
    PhaseRefusal.ONLY_BY_RESOLVING: (409, _("An incident enters this phase only by being resolved.")),
    PhaseRefusal.ONLY_BY_REOPENING: (409, _("The incident is over. Reopen it first.")),
    PhaseRefusal.ONLY_THE_COMMANDER: (403, _("Only the incident commander declares it resolved.")),
    PhaseRefusal.PHASE_SKIPPED: (409, _("The Standard skips this phase for this severity.")),
    PhaseRefusal.NOT_RESOLVED: (409, _("The incident is not resolved.")),
    PhaseRefusal.OVER: (409, _("The incident is over.")),
    PhaseRefusal.NOT_CLOSED_YET: (409, _("Something is still owed before it can be closed.")),
    PhaseRefusal.MAJOR_IS_WORKED_CONTINUOUSLY: (
        409,
        _("A major incident is worked on until it is resolved."),
    ),
    PhaseRefusal.SEVERITY_HAS_NO_BACKLOG: (
        409,
        _("An incident of this severity does not go to the backlog."),
    ),
    PhaseRefusal.INTO_ITSELF: (422, _("An incident cannot be merged into itself.")),
}

STEPS: Words = {
    Step.EVENT: _("Event rules"),
    Step.MAINTENANCE: _("Maintenance"),
    Step.SILENCE: _("Silences"),
    Step.INHIBIT: _("Inhibition"),
    Step.DEPENDENCY: _("Dependencies"),
    Step.WAIT: _("Waiting"),
    Step.GROUP: _("Grouping"),
    Step.ROUTE: _("Route"),
    Step.URGENCY: _("Urgency"),
}
"""The names of the steps."""

URGENCIES: Words = {Urgency.HIGH: _("high"), Urgency.LOW: _("low")}

REASONS: Words = {
    StepReason.NO_EVENT_RULE: _("No rule changes it."),
    StepReason.EVENT_RULES_APPLIED: _("Changed by %(rules)s: %(changed)s."),
    StepReason.DROPPED: _("The rule %(rule)s drops it: nobody is paged for it."),
    StepReason.NO_MAINTENANCE: _("No maintenance is under way on its service."),
    StepReason.IN_MAINTENANCE: _("Maintenance is under way on %(services)s until %(until)s."),
    StepReason.NOT_SILENCED: _("No silence matches it."),
    StepReason.SILENCED: _("Silence %(silence)s holds it back until %(until)s: %(matchers)s."),
    StepReason.NOT_INHIBITED: _("No other alert explains it."),
    StepReason.INHIBITED: _("ALR-%(alert)s is open and explains it (rule %(rule)s)."),
    StepReason.DEPENDENCIES_UP: _("Everything its service depends on is up."),
    StepReason.DEPENDENCY_DOWN_HELD: _(
        "It is held back because its service depends on what is down: %(path)s (%(because)s)."
    ),
    StepReason.DEPENDENCY_DOWN_NOTED: _("Its service depends on what is down: %(path)s (%(because)s)."),
    StepReason.NOTHING_TO_WAIT_FOR: _("No rule waits before it pages."),
    StepReason.WAITING: _(
        "It may pass by itself: the rule %(rule)s waits %(lasts)s, until %(until)s, before it pages."
    ),
    StepReason.WAITED: _("It was still there after the %(lasts)s that the rule %(rule)s waits."),
    StepReason.SEEN_TOO_RARELY: _(
        "Seen %(seen)s times in %(within)s: the rule %(rule)s pages from %(times)s times on."
    ),
    StepReason.SEEN_OFTEN_ENOUGH: _(
        "Seen %(times)s times within %(within)s, as often as the rule %(rule)s asks for."
    ),
    StepReason.FLAPPING: _(
        "It flaps: it came and went %(changes)s times in %(within)s."
        " The rule %(rule)s holds it until %(until)s."
    ),
    StepReason.PAGED_ALREADY: _("People have been paged for it already, so nothing waits."),
    StepReason.GROUPED_BY_SENDER: _("Its sender groups it with its like: they are one page."),
    StepReason.GROUPED_BY_RULE: _("The rule %(rule)s groups it with its like by %(by)s%(more)s."),
    StepReason.GROUP_OF_ONE: _("It stands alone."),
    RouteReason.HOME_SERVICE: _("No route matches, so it stays with %(service)s%(up)s."),
    RouteReason.ROUTE_MATCHED: _("The route %(rule)s sends it to %(service)s%(up)s."),
    RouteReason.ROUTE_TARGET_GONE: _(
        "The route %(rule)s names a service that is gone, so it stays with %(service)s%(up)s."
    ),
    RouteUrgencyReason.ROUTE_SAYS: _("Its route says: %(urgency)s."),
    UrgencyReason.SERVICE_ALWAYS_HIGH: _("Its service says that every alert is urgent."),
    UrgencyReason.SERVICE_ALWAYS_LOW: _("Its service says that no alert is urgent."),
    UrgencyReason.SEVERITY_HIGH: _("Severity %(severity)s is urgent."),
    UrgencyReason.SEVERITY_LOW: _("Severity %(severity)s can wait."),
    UrgencyReason.SERVICE_HOURS_OPEN: _("The working hours of its service are open, so it is urgent."),
    UrgencyReason.HELD_UNTIL_HOURS_OPEN: _(
        "Severity %(severity)s can wait: nobody is paged before the working hours of its service open."
    ),
    UrgencyReason.SEVERITY_UNKNOWN: _("Its severity is not known, so it counts as urgent."),
}
"""Why each step said what it said."""

JOINING: Words = {
    JoinReason.OPENED: _("It began the group."),
    JoinReason.ALREADY_PAGING: _("The group was being paged for already."),
    JoinReason.HELD_BY_ACKNOWLEDGEMENT: _("Somebody had the group already, so nobody was paged again."),
    JoinReason.HIGHER_URGENCY: _("It is more urgent than the group was, so people are paged again."),
    JoinReason.OTHERS_HELD_BACK: _("All others of the group were held back, so people are paged for it."),
    JoinReason.GROUP_RESOLVED: _("The earlier group was over, so it began another."),
}
"""What a member that joined meant for paging."""

CHANGES: Words = {
    SettleReason.ALL_MEMBERS_RESOLVED: _("All its alerts are resolved."),
    SettleReason.ALL_MEMBERS_ACKNOWLEDGED: _("All its alerts are acknowledged."),
    SettleReason.MEMBER_TRIGGERED_AGAIN: _("One of its alerts fired again."),
    WakeReason.SNOOZE_ENDED: _("Its snooze ended."),
    WakeReason.ACKNOWLEDGE_TIME_OUT: _("It was acknowledged for too long."),
}
"""Why a group changed although nobody touched it."""

RULE_KINDS: Words = {
    RuleKind.MAINTENANCE: _("Maintenance"),
    RuleKind.INHIBITION: _("Inhibition"),
    RuleKind.EVENT: _("Event rule"),
    RuleKind.WAIT: _("Wait before paging"),
    RuleKind.COUNT: _("Page after so many times"),
    RuleKind.FLAPPING: _("Flapping"),
    RuleKind.GROUPING: _("Grouping"),
}
"""What kinds of rules are called."""

FIELD_PROBLEMS: Words = {
    FieldProblem.NO_TEXT: _("it is not a text, or too long"),
    FieldProblem.NO_DURATION: _("write a length such as 90s, 15m or 2h, within what makes sense here"),
    FieldProblem.NO_NUMBER: _("it is not a number within what makes sense here"),
    FieldProblem.NO_MOMENT: _("write a local time such as 2026-01-31T02:00, without an offset"),
    FieldProblem.NO_ZONE: _("it is not a time zone such as Europe/Madrid"),
    FieldProblem.NO_REPEAT: _(
        "write a rule of RFC 5545 such as FREQ=WEEKLY;BYDAY=SU, not more often than daily"
    ),
    FieldProblem.NO_LIST: _("it is not a list of names, or too long"),
    FieldProblem.NO_TABLE: _("it is not a table of names and texts, or too long"),
    FieldProblem.NO_SEVERITY: _("a sender's severity is critical, error, warning or info"),
    FieldProblem.NO_URGENCY: _("an urgency is high or low"),
    FieldProblem.NO_MATCHERS: _('its matchers cannot be read; write them like severity="critical"'),
    FieldProblem.NOT_YES_OR_NO: _("it is neither true nor false"),
}
"""What is wrong with one field of a rule."""

MATCHER_PROBLEMS: Words = {
    MatcherProblem.NOT_A_MATCHER: _('write it like severity="critical"'),
    MatcherProblem.BAD_FIELD: _("its field is not a name"),
    MatcherProblem.BAD_OPERATOR: _("its operator is none of =, !=, =~, !~, in, not in"),
    MatcherProblem.BAD_VALUE: _("its value is not a text, or in and not in lack their brackets"),
    MatcherProblem.TOO_LONG: _("it is too long"),
    MatcherProblem.TOO_MANY: _("there are too many"),
    MatcherProblem.BAD_PATTERN: _("its pattern is not one of RE2"),
}
"""Why a matcher is refused."""

FEEDBACKS: Words = {
    Feedback.USEFUL: _("Useful"),
    Feedback.NOISE: _("Noise"),
    Feedback.DUPLICATE: _("Duplicate"),
    Feedback.WRONG_TARGET: _("Wrong target"),
}
"""What people may say of an alert."""

FEEDBACK_SAID: Words = {
    Feedback.USEFUL: _("found the alert useful"),
    Feedback.NOISE: _("called the alert noise"),
    Feedback.DUPLICATE: _("called the alert a duplicate"),
    Feedback.WRONG_TARGET: _("said that the alert belongs elsewhere"),
}
"""What somebody said of an alert, as the timeline tells it after their name."""

SILENCE_STATES: Words = {
    SilenceState.PENDING: _("not yet"),
    SilenceState.ACTIVE: _("active"),
    SilenceState.OVER: _("over"),
}
"""Where a silence stands."""


def sentence(verdict: Mapping[str, Any]) -> str:
    """One stored verdict (`StepVerdict.as_json`) in plain words; `until` is shown in UTC.

    A reason that this version does not know is shown as it is stored.
    """
    reason = str(verdict.get("reason", ""))
    words = _BY_NAME.get(reason)
    return reason.replace("_", " ") if words is None else str(words) % _facts(verdict)


def held_because(steps: Iterable[Mapping[str, Any]], by: str = "") -> str:
    """Of a decision's stored steps, the first that holds it back (`by` a rule), in words; empty for none."""
    return next((sentence(step) for step in steps if step["holds"] and by in ("", step["by"])), "")


def summary(outcome: str, urgency: str, held_by: str = "") -> str:
    """The decision in one sentence."""
    if outcome == Outcome.DROP:
        return gettext("Nobody is paged: a rule drops it (%(by)s).") % {"by": held_by or "?"}
    if outcome == Outcome.HOLD:
        return gettext("Nobody is paged: it is held back (%(by)s).") % {"by": held_by or "?"}
    if urgency == Urgency.HIGH:
        return gettext("It pages people, urgently.")
    return gettext("It pages people, without urgency.")


def trial_sentence(told: Mapping[str, Any]) -> str:
    """What a rule would have done to recorded alerts, in one or two sentences."""
    facts = dict(told) | {"incidents": ", ".join(told["incidents"]), "n": len(told["incidents"])}
    said = gettext("It would have left all of %(alerts)s alerts as they were.")
    if told["held"]:
        said = gettext("It would have held back %(held)s of %(alerts)s alerts.")
        if told["incidents"]:
            said += " " + ngettext(
                "%(n)s of them became an incident: %(incidents)s.",
                "%(n)s of them became incidents: %(incidents)s.",
                len(told["incidents"]),
            )
        else:
            said += " " + gettext("None of them became an incident.")
    elif told["delayed"] or told["changed"]:
        said = gettext("It would have held back none of %(alerts)s alerts.")
    if told["delayed"]:
        said += " " + gettext("%(delayed)s would have been paged later.")
    if told["changed"]:
        said += " " + gettext("%(changed)s would have been changed.")
    if told["pages"] != told["pages_then"]:
        said += " " + gettext("There would have been %(pages_then)s pages in the place of %(pages)s.")
    return said % facts


_BY_NAME: Mapping[str, Any] = {str(reason): words for reason, words in REASONS.items()}


class _Facts(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "?"


def _facts(verdict: Mapping[str, Any]) -> _Facts:
    detail = dict(verdict.get("detail") or {})
    facts = _Facts({name: _listed(value) for name, value in detail.items()})
    facts["rule"] = str(verdict.get("by") or "").partition(":")[2]
    facts["until"] = _minute(str(verdict.get("until") or "")) or gettext("further notice")
    if "path" in detail:
        facts["path"] = " → ".join(str(name) for name in detail["path"])
    if "urgency" in detail:
        facts["urgency"] = str(URGENCIES.get(detail["urgency"], detail["urgency"]))
    if isinstance(detail.get("changed"), dict):
        facts["changed"] = _fields(detail["changed"]) or gettext("where it goes")
    facts["by"] = facts["by"] if detail.get("by") else gettext("their service")
    facts["more"] = gettext(" and a text that reads alike") if detail.get("alike") else ""
    policy = detail.get("policy")
    facts["up"] = gettext(" and goes up the policy %(policy)s") % {"policy": policy} if policy else ""
    return facts


def _fields(changed: Mapping[str, Any]) -> str:
    """What event rules set, as `severity = warning, owner = data`."""
    labels = changed.get("labels") or {}
    flat = {name: text for name, text in changed.items() if name != "labels"} | dict(labels)
    return ", ".join(f"{name} = {text}" for name, text in flat.items())


def _listed(value: Any) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)


def _minute(stamp: str) -> str:
    return f"{stamp[:16].replace('T', ' ')} UTC" if stamp else ""

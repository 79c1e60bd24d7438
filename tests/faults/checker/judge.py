"""All judges in a row."""

from faults.checker import chain, intake, pages, poison, status, steps, watched
from faults.checker.evidence import Evidence, Violation

JUDGES = (intake.judge, pages.judge, steps.judge, poison.judge, watched.judge, chain.judge, status.judge)


def judge(evidence: Evidence) -> list[Violation]:
    """Every violation that the evidence shows."""
    return [violation for one in JUDGES for violation in one(evidence)]

"""How fast we notice, answer, stop the harm and recover: the figures, and the sources' samples (R58)."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from muster.core.metrics import (
    IncidentTimes,
    Omitted,
    Verdict,
    elapsed,
    figure,
    report,
    summary,
    verdict,
)
from muster.core.standard import Point, Statistic
from muster.foundation.standard.presets import preset

RULES = preset().metrics
AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
VALUES: dict[str, Any] = {
    row["id"]: row
    for row in yaml.safe_load((Path(__file__).parents[1] / "oracles/values.yaml").read_text("utf-8"))
}


def incident(number: int, **minutes: float) -> IncidentTimes:
    """An incident whose instants are given in minutes after AT."""
    times = {f"{name}_at": AT + minute * MINUTE for name, minute in minutes.items()}
    return IncidentTimes(number, "SEV2", ("shop",), **times)  # type: ignore[arg-type]


def sample_time(text: str) -> datetime:
    """A sample's `14:20Z` on the sample's day."""
    return datetime.combine(date(2024, 1, 15), time.fromisoformat(text.rstrip("Z")), UTC)


def sample() -> IncidentTimes:
    """The story that document 003 tells, as instants."""
    told = VALUES["sample.postmortem"]["values"]["003"]
    return IncidentTimes(
        1,
        told["severity"],
        ("payments",),
        impact_started_at=sample_time(told["deploy"]),
        detected_at=sample_time(told["first_alert"]),
        first_alert_at=sample_time(told["first_alert"]),
        acknowledged_at=sample_time(told["acknowledged"]),
        mitigated_at=sample_time(told["rollback_done"]),
        resolved_at=sample_time(told["resolved"]),
    )


def test_the_sample_postmortem_is_computed_from_its_timeline() -> None:
    wanted = VALUES["sample.postmortem"]["default"]
    names = {
        "time_to_detect_minutes": "MTTD",
        "time_to_acknowledge_minutes": "MTTA",
        "time_to_mitigate_minutes": "MTTM",
        "time_to_resolve_minutes": "MTTR",
    }
    for key, name in names.items():
        assert figure(name, RULES, [sample()]).chosen == wanted[key] * MINUTE
    alert_to_resolve = elapsed(sample(), Point.FIRST_PAGE_OR_ALERT, Point.RESOLVED)
    assert alert_to_resolve == wanted["alert_to_resolve_minutes"] * MINUTE


def test_the_sample_update_counts_from_the_first_alert() -> None:
    wanted = VALUES["sample.status_update"]["default"]
    running = sample_time(wanted["time"]) - (sample().at(Point.FIRST_PAGE_OR_ALERT) or AT)
    assert running == wanted["duration_minutes"] * MINUTE


def test_the_sample_quarter_passes_every_target() -> None:
    told, wanted = VALUES["sample.quarter"]["values"]["003"], VALUES["sample.quarter"]["default"]
    causes = [cause for cause, count in wanted["cause_counts"].items() for _ in range(count)]
    levels = [level for level in ("SEV1", "SEV2", "SEV3") for _ in range(told[level])]
    incidents = [
        IncidentTimes(
            number,
            level,
            ("shop",),
            cause="" if cause == "other" else cause,
            impact_started_at=AT,
            detected_at=AT + told["mttd"] * MINUTE,
            first_page_at=AT,
            acknowledged_at=AT + told["mtta"] * MINUTE,
            resolved_at=AT + told["mttr"] * MINUTE,
        )
        for number, (level, cause) in enumerate(zip(levels, causes, strict=True))
    ]
    shown = report(RULES, incidents)
    assert shown.total == wanted["total"]
    assert {count.word: count.count for count in shown.by_severity} == {
        level: wanted[level] for level in ("SEV1", "SEV2", "SEV3")
    }
    verdicts = {item.name.lower(): item.verdict.value for item in shown.figures if item.target_below}
    assert verdicts == wanted["verdicts"]
    assert {count.word: count.percent for count in shown.top_causes} == told["causes_percent"]


@pytest.mark.parametrize(
    ("minutes", "answer"), [(4.999, Verdict.PASS), (5, Verdict.FAIL), (5.001, Verdict.FAIL)]
)
def test_a_target_written_below_excludes_the_figure(minutes: float, answer: Verdict) -> None:
    found = figure("MTTD", RULES, [incident(1, impact_started=0, detected=minutes)])
    assert found.verdict is answer


def test_without_a_target_or_a_figure_there_is_no_verdict() -> None:
    assert verdict(MINUTE, None) is Verdict.NO_TARGET
    assert verdict(None, MINUTE) is Verdict.NO_FIGURE


def test_a_drill_never_counts() -> None:
    drill = replace(incident(1, impact_started=0, detected=999), is_drill=True)
    shown = report(RULES, [drill, incident(2, impact_started=0, detected=2)])
    assert shown.total == 1
    assert [item.chosen for item in shown.figures if item.name == "MTTD"] == [2 * MINUTE]


def test_every_figure_opens_the_incidents_behind_it_and_names_those_left_out() -> None:
    incidents = [
        incident(1, impact_started=0, resolved=30),
        incident(2, impact_started=0),
        incident(3, resolved=9),
        incident(4, impact_started=9, resolved=3),
    ]
    found = figure("MTTR", RULES, incidents)
    assert [span.incident for span in found.spans] == [1]
    assert found.omitted == ((2, Omitted.NO_STOP), (3, Omitted.NO_START), (4, Omitted.STOP_BEFORE_START))


def test_start_and_stop_points_are_data() -> None:
    # R58
    from_alert = replace(RULES.definitions["MTTR"], start=Point.FIRST_PAGE_OR_ALERT)
    rules = replace(RULES, definitions={"MTTR": from_alert})
    one = incident(1, impact_started=0, first_alert=5, first_page=6, resolved=35)
    assert figure("MTTR", rules, [one]).chosen == 30 * MINUTE


LENGTHS = [minutes * MINUTE for minutes in (1, 2, 3, 4, 90)]


def test_the_three_statistics_differ_and_are_all_given() -> None:
    assert summary(LENGTHS, Statistic.MEAN) == 20 * MINUTE
    assert summary(LENGTHS, Statistic.MEDIAN) == 3 * MINUTE
    assert summary(LENGTHS, Statistic.P90) == 90 * MINUTE
    assert summary([MINUTE, 2 * MINUTE], Statistic.MEDIAN) == 1.5 * MINUTE
    assert summary([n * MINUTE for n in range(1, 11)], Statistic.P90) == 9 * MINUTE
    assert all(summary([], kind) is None for kind in Statistic)


def test_the_standard_chooses_the_statistic_that_is_held_against_the_target() -> None:
    incidents = [
        incident(number, impact_started=0, detected=minute) for number, minute in enumerate((1, 1, 40))
    ]
    by_median = replace(RULES, statistic=Statistic.MEDIAN)
    assert figure("MTTD", RULES, incidents).verdict is Verdict.FAIL
    assert figure("MTTD", by_median, incidents).verdict is Verdict.PASS


def test_time_between_failures_is_counted_per_service() -> None:
    both = replace(incident(3, impact_started=100), services=("shop", "bank"))
    incidents = [incident(1, impact_started=0), incident(2, impact_started=60), both]
    found = figure("MTBF", RULES, incidents)
    assert [(span.incident, span.length) for span in found.spans] == [(1, 60 * MINUTE), (2, 40 * MINUTE)]
    assert found.omitted == ((3, Omitted.LAST_OF_ITS_SERVICE), (3, Omitted.LAST_OF_ITS_SERVICE))
    assert found.verdict is Verdict.NO_TARGET


def test_counts_are_by_severity_and_by_service() -> None:
    incidents = [
        replace(incident(1), severity="SEV3"),
        replace(incident(2), services=("bank", "shop")),
        incident(3),
    ]
    shown = report(RULES, incidents)
    assert [(count.word, count.count, count.percent, count.incidents) for count in shown.by_severity] == [
        ("SEV2", 2, 67, (2, 3)),
        ("SEV3", 1, 33, (1,)),
    ]
    assert [(count.word, count.count) for count in shown.by_service] == [("shop", 3), ("bank", 1)]


def test_a_quiet_quarter_is_an_empty_report() -> None:
    shown = report(RULES, [])
    assert (shown.total, shown.by_severity, shown.top_causes) == (0, (), ())
    assert all(item.verdict in (Verdict.NO_FIGURE, Verdict.NO_TARGET) for item in shown.figures)


def test_only_the_metrics_that_the_standard_shows_are_reported() -> None:
    assert [item.name for item in report(preset("001").metrics, []).figures] == ["MTTR", "MTTD"]

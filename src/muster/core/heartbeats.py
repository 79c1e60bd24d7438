"""Heartbeats: a job that ought to report, and what follows when it does not. Pure: the time comes in as `at`.

A job says `start` when it begins, and success or failure when it is done. A success is expected at each time
of the schedule; `grace` is how late it may be, and how long a run that has started may take. Cron expressions
are cron's own business, the change of the clocks included (docs/decisions/cron-with-cronsim.md), so they do
not go through `wallclock.instant`.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from cronsim import CronSim, CronSimError

from muster.core.change import Change
from muster.core.refusal import Refused
from muster.core.signals import Action
from muster.core.wallclock import LATEST, UnknownZone, parse_duration, within, zone

SHORTEST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(days=365)
_CRON_FIELDS: Final = 5
_TEXT_LIMIT_CHARS: Final = 200
_SOME_DAY: Final = datetime(2024, 1, 1, tzinfo=UTC)


class BeatState(StrEnum):
    """What was decided about a heartbeat last. Only `up` and `new` ones can be missed."""

    NEW = "new"
    UP = "up"
    DOWN = "down"
    PAUSED = "paused"


class Standing(StrEnum):
    """How a heartbeat stands at an instant: its state, or `late` while its grace runs."""

    NEW = "new"
    UP = "up"
    LATE = "late"
    DOWN = "down"
    PAUSED = "paused"


class PingKind(StrEnum):
    """What a job says of itself."""

    SUCCESS = "success"
    START = "start"
    FAIL = "fail"
    LOG = "log"


class Down(StrEnum):
    """Why a heartbeat is down."""

    SILENT = "heartbeat_silent"
    UNFINISHED = "heartbeat_run_unfinished"
    FAILED = "heartbeat_run_failed"


class HeartbeatRefusal(StrEnum):
    """Why a rhythm is refused."""

    SCHEDULE_UNREADABLE = "heartbeat_schedule_unreadable"
    SCHEDULE_TOO_SHORT = "heartbeat_schedule_too_short"
    SCHEDULE_TOO_LONG = "heartbeat_schedule_too_long"
    SCHEDULE_NEVER = "heartbeat_schedule_never_comes"
    ZONE_UNKNOWN = "heartbeat_zone_unknown"
    GRACE_OUT_OF_RANGE = "heartbeat_grace_out_of_range"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a job ought to report. Make it with `schedule_of`.

    `every` is set for one that counts from the last report; otherwise `text` is a cron expression, read on
    the clock of `timezone`.
    """

    text: str
    timezone: str
    every: timedelta | None

    def after(self, since: datetime) -> datetime:
        """The first expected time after this instant (UTC); LATEST when there is none."""
        if self.every is not None:
            return within(since + self.every)
        for found in CronSim(self.text, within(since).astimezone(zone(self.timezone))):
            expected = found.astimezone(UTC)
            if expected > since:  # within the hour that comes twice, cron's next may be its first half's
                return expected
        return LATEST

    def coming(self, since: datetime, count: int) -> list[datetime]:
        """The next times after this instant, if the job reports at each of them."""
        found: list[datetime] = []
        while len(found) < count and (since := self.after(since)) < LATEST:
            found.append(since)
        return found

    @property
    def stride(self) -> timedelta:
        """How far apart two expected times are; of a cron expression, two of its times."""
        if self.every is not None:
            return self.every
        first, second = self.coming(_SOME_DAY, 2)
        return second - first

    @property
    def explained(self) -> str:
        """A cron expression in English; empty for a schedule that counts from the last report."""
        if self.every is not None:
            return ""
        return CronSim(self.text, _SOME_DAY).explain()


def schedule_of(text: str, timezone: str) -> Schedule:
    """Read `15m`, `1h`, `1d` or a cron expression of five fields.

    Raises:
        Refused: with a `HeartbeatRefusal`; `why` says what is wrong with a cron expression.
    """
    try:
        zone(timezone)
    except UnknownZone:
        raise Refused(HeartbeatRefusal.ZONE_UNKNOWN, {"timezone": timezone[:80]}) from None
    plain = " ".join(text.split())
    if len(plain.split()) == _CRON_FIELDS and len(plain) <= _TEXT_LIMIT_CHARS:
        return _cron(plain, timezone)
    try:
        every = parse_duration(plain)
    except ValueError:
        raise Refused(HeartbeatRefusal.SCHEDULE_UNREADABLE, {"schedule": plain[:80]}) from None
    if every < SHORTEST:
        raise Refused(HeartbeatRefusal.SCHEDULE_TOO_SHORT, {"schedule": plain})
    if every > LONGEST:
        raise Refused(HeartbeatRefusal.SCHEDULE_TOO_LONG, {"schedule": plain})
    return Schedule(plain, timezone, every)


def _cron(text: str, timezone: str) -> Schedule:
    schedule = Schedule(text, timezone, None)
    try:
        first = schedule.after(_SOME_DAY)
    except CronSimError as error:
        raise Refused(
            HeartbeatRefusal.SCHEDULE_UNREADABLE, {"schedule": text[:80], "why": str(error)}
        ) from None
    if first == LATEST:
        raise Refused(HeartbeatRefusal.SCHEDULE_NEVER, {"schedule": text[:80]})
    return schedule


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A schedule and how late a job may be."""

    schedule: Schedule
    grace: timedelta


def rhythm_of(text: str, timezone: str, grace: timedelta) -> Rhythm:
    """Read a rhythm.

    Raises:
        Refused: with a `HeartbeatRefusal`.
    """
    schedule = schedule_of(text, timezone)
    if not timedelta(0) <= grace <= LONGEST or grace.microseconds:
        raise Refused(HeartbeatRefusal.GRACE_OUT_OF_RANGE)
    return Rhythm(schedule, grace)


@dataclass(frozen=True, slots=True)
class Beat:
    """What is known of a job.

    `since` is when its clock began to run: its last report, or when somebody resumed or changed it.
    `started_at` is set while a run goes on; `took` is how long the last run took, when its start was said.
    Until `spared_until` silence proves nothing, because nobody listened for a while.
    """

    state: BeatState
    since: datetime | None = None
    started_at: datetime | None = None
    took: timedelta | None = None
    spared_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What a ping or the clock makes of a heartbeat.

    `change` is set when the state changes; nothing else of a heartbeat is worth an event. `action` is what
    its alert is told.
    """

    beat: Beat
    change: Change | None = None
    action: Action | None = None
    why: Down | None = None


def expected_at(beat: Beat, rhythm: Rhythm) -> datetime | None:
    """When the job ought to report next; None when nothing is expected of it."""
    if beat.state is not BeatState.UP or beat.since is None:
        return None
    return rhythm.schedule.after(beat.since)


def due_at(beat: Beat, rhythm: Rhythm) -> datetime | None:
    """When an alert opens unless the job reports; None for one that waits for nothing, or is down already."""
    if beat.state not in (BeatState.NEW, BeatState.UP):
        return None
    expected = expected_at(beat, rhythm)
    ends = [expected + rhythm.grace] if expected is not None else []
    if beat.started_at is not None:
        ends.append(beat.started_at + max(rhythm.grace, SHORTEST))
    if not ends:
        return None
    due = within(min(ends))
    return due if beat.spared_until is None else max(due, beat.spared_until)


def standing(beat: Beat, rhythm: Rhythm, at: datetime) -> Standing:
    """How the job stands at this instant."""
    expected = expected_at(beat, rhythm)
    return Standing.LATE if expected is not None and expected < at else Standing(beat.state.value)


def pinged(beat: Beat, kind: PingKind, *, at: datetime) -> Turn:
    """What a ping does. A paused heartbeat hears, and stays paused."""
    if kind is PingKind.LOG:
        return Turn(beat)
    if kind is PingKind.START:
        return Turn(replace(beat, started_at=at))
    began = beat.started_at
    took = at - began if began is not None and began <= at else None
    heard = replace(beat, since=at, started_at=None, took=took, spared_until=None)
    if beat.state is BeatState.PAUSED:
        return Turn(heard)
    return _failed(beat, heard) if kind is PingKind.FAIL else _succeeded(beat, heard)


def _failed(beat: Beat, heard: Beat) -> Turn:
    """Every failure is told to the alert, which counts them."""
    change = None
    if beat.state is not BeatState.DOWN:
        change = Change("heartbeat.failed", {"state": BeatState.DOWN}, {"before": beat.state})
    return Turn(replace(heard, state=BeatState.DOWN), change, Action.TRIGGER, Down.FAILED)


def _succeeded(beat: Beat, heard: Beat) -> Turn:
    if beat.state is BeatState.UP:
        return Turn(heard)
    was_down = beat.state is BeatState.DOWN
    kind = "heartbeat.recovered" if was_down else "heartbeat.began"
    change = Change(kind, {"state": BeatState.UP}, {"before": beat.state})
    return Turn(replace(heard, state=BeatState.UP), change, Action.RESOLVE if was_down else None)


def missed(beat: Beat, rhythm: Rhythm, *, at: datetime) -> Turn | None:
    """What the clock does; None while nothing is due."""
    due = due_at(beat, rhythm)
    if due is None or at < due:
        return None
    started, expected = beat.started_at, expected_at(beat, rhythm)
    unfinished = started is not None and (
        expected is None or started + max(rhythm.grace, SHORTEST) < expected + rhythm.grace
    )
    why = Down.UNFINISHED if unfinished else Down.SILENT
    facts = {"due_at": due, "since": beat.since, "started_at": started}
    change = Change("heartbeat.missed", {"state": BeatState.DOWN}, facts, reason=why)
    return Turn(replace(beat, state=BeatState.DOWN), change, Action.TRIGGER, why)


def paused(beat: Beat) -> Turn | None:
    """Expect nothing more of the job, and end its alert; None when that is so already."""
    if beat.state is BeatState.PAUSED:
        return None
    change = Change("heartbeat.paused", {"state": BeatState.PAUSED}, {"before": beat.state})
    action = Action.RESOLVE if beat.state is BeatState.DOWN else None
    return Turn(replace(beat, state=BeatState.PAUSED, started_at=None), change, action)


def resumed(beat: Beat, *, at: datetime, was_heard: bool) -> Turn | None:
    """Expect the job again, counted from now; one that never reported waits for its first report.

    None when it is not paused.
    """
    if beat.state is not BeatState.PAUSED:
        return None
    state = BeatState.UP if was_heard else BeatState.NEW
    change = Change("heartbeat.resumed", {"state": state}, {})
    return Turn(replace(beat, state=state, since=at if was_heard else None, started_at=None), change)


def counted_anew(beat: Beat, *, at: datetime) -> Beat:
    """The clock begins again, because the rhythm is another."""
    return replace(beat, since=at) if beat.state is BeatState.UP else beat


def spared(beat: Beat, rhythm: Rhythm, *, at: datetime) -> Beat:
    """Nobody could hear the job until now: it has its grace once more, a minute at least."""
    return replace(beat, spared_until=within(at + max(rhythm.grace, SHORTEST)))

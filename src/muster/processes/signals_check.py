"""`muster doctor`: whether signals have their days, which are dropped whole when they are old (design 4), and
whether their doors can be opened."""

from collections.abc import Iterator

from django.conf import settings

from muster.core.retention import missing
from muster.detect.queries import days_without_part, locked_integrations, signal_parts
from muster.foundation.access.queries import now
from muster.processes.doctor import NO_KEY, Finding, Patient


def check_signals(patient: Patient) -> Iterator[Finding]:
    """Tomorrow has its day, and nothing stands where retention cannot drop it."""
    assert patient.database is not None
    row = patient.database.execute("SELECT to_regproc('detect_make_signal_day')").fetchone()
    if row is None or row[0] is None:
        return
    remedy = "Start muster worker; if one runs, read its log for make_signal_days."
    if days := missing(signal_parts(), now(), ahead=1):
        told = f"Signals of {days[0].isoformat()} have no day of their own and would not be dropped."
        yield Finding("signals", told, remedy)
    elif strays := days_without_part():
        told = f"Signals of {strays[0].isoformat()} stand outside their day and are not dropped."
        yield Finding("signals", told, remedy)


def check_secrets(patient: Patient) -> Iterator[Finding]:
    """The secrets of integrations can be opened with this secret key."""
    assert patient.database is not None
    row = patient.database.execute("SELECT to_regclass('detect_integration')").fetchone()
    if row is None or row[0] is None or settings.SECRET_KEY == NO_KEY:
        return
    remedy = "Set MUSTER_SECRET_KEY as it was, or write their secrets anew under Settings."
    if locked := locked_integrations():
        told = f"The secrets of {', '.join(locked)} were sealed with another key: their senders are put off."
        yield Finding("secrets", told, remedy)

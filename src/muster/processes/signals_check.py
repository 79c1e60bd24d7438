"""`muster doctor`: whether signals have their days, which are dropped whole when they are old (design 4)."""

from collections.abc import Iterator

from muster.core.retention import missing
from muster.detect.queries import days_without_part, signal_parts
from muster.foundation.access.queries import now
from muster.processes.doctor import Finding, Patient


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

"""`muster verify` as a command; what it finds is proved in tests/commands/test_timeline_verify.py."""

import subprocess
from collections.abc import Callable
from datetime import datetime

from database import Database
from muster.foundation.access.commands import begin_first_run
from muster.foundation.timeline.sealer import seal_all
from processes.running import MUSTER, bare

# R58


def test_the_command_ends_with_code_one_and_a_line_for_each_finding(
    database: Database, at: Callable[[], datetime]
) -> None:
    begin_first_run(at=at())
    seal_all()
    environment = bare(MUSTER_DATABASE_URL=database.owner_url)
    answer = subprocess.run([MUSTER, "verify"], env=environment, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout.splitlines()[-1]) == (0, "The chain holds")
    database.as_owner("SET session_replication_role = replica; DELETE FROM timeline_event WHERE id = 2")
    answer = subprocess.run([MUSTER, "verify"], env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "seq 2 event 2 what its event is missing" in answer.stdout

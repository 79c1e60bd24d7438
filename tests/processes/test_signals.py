"""`muster signals` as a command: the query, its answer, and an exit code that says whether it holds."""

import json
import subprocess

from database import Database
from muster.detect.accounting import ACCOUNT
from muster.detect.commands import receive_signals
from processes.running import MUSTER, bare
from senders import resolve, trigger


def run(database: Database, *options: str) -> tuple[int, str]:
    environment = bare(MUSTER_DATABASE_URL=database.owner_url)
    answer = subprocess.run(
        [MUSTER, "signals", *options], env=environment, capture_output=True, text=True, check=False
    )
    assert answer.stderr == ""
    return answer.returncode, answer.stdout


def test_the_query_is_printed_with_its_answer(key: str, database: Database) -> None:
    receive_signals([trigger(key), trigger(key), resolve(key), resolve(key, "never")])
    code, told = run(database)
    assert code == 0
    assert told.startswith(ACCOUNT)
    rows = [line.split() for line in told.removeprefix(ACCOUNT).splitlines()]
    assert rows[2:-1] == [
        ["merged", "already_open", "1"],
        ["opened", "first", "1"],
        ["rejected", "nothing_open", "1"],
        ["resolved", "resolved_by_sender", "1"],
        ["4", "signals"],
    ]


def test_what_is_amiss_is_told_and_ends_it_with_code_one(key: str, database: Database) -> None:
    receive_signals([trigger(key)])
    database.as_owner("UPDATE detect_signal SET disposition = 'resolved'")
    code, told = run(database)
    assert (code, "1 signals have a disposition that lacks its reason" in told) == (1, True)
    code, told = run(database, "--json")
    found = json.loads(told)
    assert (code, found["ok"], found["signals"]) == (1, False, 1)
    assert found["counted"] == [{"disposition": "resolved", "reason": "first", "signals": 1}]
    assert [one["what"] for one in found["amiss"]] == ["without_its_reason"]

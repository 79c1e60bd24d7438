"""The planted faults of tests/oracles/mutants.md that this product can have, and what has to catch each.

Rooms that are not built yet have no entry: M19 (no command restricts an incident), M20 (no door verifies a
signature), M22 (nothing is exported as CSV).
"""

from dataclasses import dataclass

from faults.mutants.planting import Edit
from faults.stories import (
    Story,
    by_cells,
    by_races,
    by_repeats,
    by_watchdog,
    live,
    oncall,
    outside,
    paging,
    poisoned,
)

_DELIVERIES = "mobilize/paging/commands/deliveries.py"
_DUE = "mobilize/paging/due.py"
_INTAKE = "detect/commands/intake.py"
_INTAKE_SQL = "detect/commands/intake_sql.py"
_BATCHING = "web/batching.py"
_REACTOR = "foundation/timeline/reactor.py"


@dataclass(frozen=True)
class Mutant:
    """A fault: the edits that plant it, the invariant that it breaks, the story by which it is caught."""

    name: str
    invariant: str
    edits: tuple[Edit, ...]
    story: Story
    sql: str = ""
    needs: str = ""


MUTANTS: dict[str, Mutant] = {
    "M01": Mutant(
        "2xx before COMMIT",
        "I1",
        (
            Edit(
                _INTAKE,
                '    fail_point("F2")\n',
                "    for tell in EARLY:\n        tell(taken)\n    import time; time.sleep(0.2)\n"
                '    fail_point("F2")\n',
            ),
            Edit(_INTAKE, "_UNKNOWN = Taken(known=False)\n", "_UNKNOWN = Taken(known=False)\nEARLY = []\n"),
            Edit(
                _BATCHING,
                "return list(self._store.receive(items))",
                "return list(_with_early(self, batch, items))",
            ),
            Edit(
                _BATCHING,
                "def _settle(answer",
                "def _with_early(flusher, batch, items):\n"
                "    from muster.detect.commands import intake\n"
                "    intake.EARLY[:] = [lambda taken: flusher._tell(batch, list(taken))]\n"
                "    return flusher._store.receive(items)\n\n\n"
                "def _settle(answer",
            ),
        ),
        by_cells("K-F2-X3"),
    ),
    "M02": Mutant(
        "asynchronous commit on ingest",
        "I2",
        (
            Edit(
                _INTAKE,
                '    fail_point("F2")\n',
                "    from django.db import connection\n"
                '    connection.cursor().execute("SET LOCAL synchronous_commit = off")\n'
                '    fail_point("F2")\n',
            ),
        ),
        by_cells("K-F3-X3", times=10),
    ),
    "M03": Mutant(
        "idempotency remembered in the process",
        "I3",
        (
            Edit(_INTAKE_SQL, "\ndef open_alerts(", "\nMINE = set()\n\n\ndef open_alerts("),
            Edit(
                _INTAKE_SQL,
                '_run(_OPEN, {"scopes": _text(scopes), "keys": _text(names)})}',
                '_run(_OPEN, {"scopes": _text(scopes), "keys": _text(names)}) if row[2] in MINE}',
            ),
            Edit(
                _INTAKE,
                '    fail_point("F2")\n',
                "    intake_sql.MINE.update(t.alert.pk for line in lines.values() for t in line.targets)\n"
                '    fail_point("F2")\n',
            ),
            Edit(_BATCHING, "        if self._store.at_once is None or ", "        if True or "),
        ),
        by_repeats("U-at-once-2", "U-restart-2"),
        sql="DROP INDEX one_open_alert",
    ),
    "M04": Mutant(
        "repeat counted into a resolved alert",
        "I4",
        (
            Edit(
                _INTAKE_SQL,
                "a.state <> 'resolved'\n    ORDER BY a.dedup_scope, a.dedup_key FOR NO KEY UPDATE OF a",
                "a.state <> 'resolved'\n    ORDER BY a.dedup_scope, a.dedup_key",
            ),
            Edit(
                _INTAKE_SQL,
                "<= said.absorbing\n        ORDER BY a.dedup_scope, a.dedup_key FOR NO KEY UPDATE OF a",
                "<= said.absorbing\n        ORDER BY a.dedup_scope, a.dedup_key",
            ),
        ),
        by_races("R3a", "R3b"),
    ),
    "M05": Mutant(
        "accepted before the provider is called",
        "I5",
        (
            Edit(
                _DUE,
                '            fail_point("N2")\n',
                "            from muster.core.delivery import Accepted\n"
                "            record_deliveries([SendResult(delivery.pk, delivery.fence, Accepted())],"
                " actor=_ACTOR, at=now())\n            connections.close_all()\n"
                '            fail_point("N2")\n',
            ),
        ),
        by_cells("K-N2-X1", "K-N2-X8"),
    ),
    "M06": Mutant(
        "retry with a new key",
        "I6",
        (
            Edit(
                "mobilize/paging/messages.py",
                "        key=delivery.key,\n",
                '        key=__import__("secrets").token_hex(16),\n',
            ),
        ),
        by_cells("K-N3-X1"),
    ),
    "M07": Mutant(
        "lane advances before effects",
        "I7",
        (
            Edit(
                _REACTOR,
                "        for reaction, some in gathered(events, group):\n"
                "            _react_to(reaction, some, group, behind, now, park_all=park_all)\n",
                "",
            ),
            Edit(
                _REACTOR,
                "    return len(events), head\n\n\ndef _sealed(",
                "    for reaction, some in gathered(events, group):\n"
                "        with transaction.atomic():\n"
                "            _react_to(reaction, some, group, behind, now, park_all=park_all)\n"
                "    return len(events), head\n\n\ndef _sealed(",
            ),
        ),
        by_cells("K-P1-X1", "K-G1-X1"),
    ),
    "M08": Mutant(
        "acknowledgement not re-checked at the claim",
        "I8",
        (
            Edit(
                _DELIVERIES,
                "    subjects = standing({row.page.about for row in rows}, shared=True)\n",
                "    from muster.core.claim import AlertState, Subject\n"
                "    subjects = {row.page.about: Subject(AlertState.TRIGGERED, True, row.epoch)"
                " for row in rows}\n",
            ),
        ),
        by_races("R2c"),
    ),
    "M09": Mutant(
        "a step with nobody waits its whole delay",
        "I9",
        (
            Edit(
                "core/escalation.py",
                "        if found.reason not in FELL_THROUGH:\n            following",
                "        if found.reason not in FELL_THROUGH or step == 1:\n            following",
            ),
        ),
        paging.NOBODY_FIRST,
    ),
    "M10": Mutant(
        "`>=` for `>` at a handoff",
        "I10",
        (
            Edit(
                "core/oncall.py",
                "    return explain_at(schedule, at).people\n",
                "    return explain_at(schedule, at - INSTANT).people\n",
            ),
        ),
        oncall.HANDOFFS,
    ),
    "M11": Mutant(
        "the fold takes the later instant",
        "I10",
        (
            Edit(
                "core/wallclock.py",
                "    bound = when if when.tzinfo is not None else when.replace(tzinfo=where, fold=0)\n",
                "    first, second = (when.replace(tzinfo=when.tzinfo or where, fold=n) for n in (0, 1))\n"
                "    bound = second if first.utcoffset() > second.utcoffset() else first\n",
            ),
        ),
        oncall.FOLDS,
    ),
    "M12": Mutant(
        "lease compared with the app's clock",
        "I11",
        (
            Edit(
                _DELIVERIES,
                "        OR (state = 'sending' AND lease_until <= now()))\n",
                "        OR (state = 'sending' AND lease_until <= %(app)s))\n",
            ),
            Edit(
                _DELIVERIES,
                '{"kind": kind, "limit": min(limit, BATCH)}',
                '{"kind": kind, "limit": min(limit, BATCH),'
                ' "app": datetime.now(__import__("datetime").timezone.utc)}',
            ),
            Edit(
                "mobilize/paging/queries.py",
                "AND d.lease_until <= now())\n",
                "AND d.lease_until <= '{app}')\n",
            ),
            Edit(
                "mobilize/paging/queries.py",
                "        cursor.execute(_DUE_KINDS, [list(kinds)])\n",
                '        cursor.execute(_DUE_KINDS.replace("{app}",'
                ' datetime.now(__import__("datetime").timezone.utc).isoformat()), [list(kinds)])\n',
            ),
            Edit(
                "core/claim.py",
                "delivery.lease_until is not None and at < delivery.lease_until:",
                "delivery.lease_until is not None"
                ' and datetime.now(__import__("datetime").timezone.utc) < delivery.lease_until:',
            ),
        ),
        paging.clock_ahead(),
        needs="faketime",
    ),
    "M13": Mutant(
        "oldest page first",
        "I12",
        (
            Edit(
                _DELIVERIES,
                "ORDER BY sev1 DESC, urgency, due_at DESC LIMIT",
                "ORDER BY created_at LIMIT",
            ),
        ),
        paging.BACKLOGGED,
    ),
    "M14": Mutant(
        "database transaction held across the send",
        "I13",
        (
            Edit(_DUE, "SENDERS_PER_KIND = 24", "SENDERS_PER_KIND = 16"),  # fewer than connections
            Edit(_DUE, "\n\nclass Sender:", "\n_SHARED = ThreadPoolExecutor(16)\n\n\nclass Sender:"),
            Edit(
                _DUE,
                'ThreadPoolExecutor(SENDERS_PER_KIND + 1, thread_name_prefix=f"send-{kind}")',
                "_SHARED",
            ),
            Edit(
                _DUE,
                "        self._free = SENDERS_PER_KIND\n",
                "        Sender._free = SENDERS_PER_KIND\n",
            ),
            Edit(_DUE, "places, self._free = ", "places, Sender._free = "),
            Edit(_DUE, "self._free += places", "Sender._free += places"),
            Edit(
                _DUE,
                "            result = self._channels.attempt(",
                '            held = __import__("django.db.transaction").db.transaction.atomic()\n'
                "            held.__enter__()\n"
                "            type(delivery).objects.select_for_update().get(pk=delivery.pk)\n"
                "            result = self._channels.attempt(",
            ),
            Edit(
                _DUE,
                '            fail_point("N4")\n',
                '            held.__exit__(None, None, None)\n            fail_point("N4")\n',
            ),
        ),
        paging.HANGING,
    ),
    "M15": Mutant(
        "poison retried for ever at the head",
        "I14",
        (
            Edit(
                _REACTOR,
                "            behind.add(event.subject)\n"
                "            _park(event, group, due_at=now + PARKED_AGAIN[0],"
                ' error=f"{type(error).__name__}: {error}")\n',
                "            raise error\n",
            ),
        ),
        poisoned("Q-bad-tz"),
    ),
    "M16": Mutant(
        "fence not checked when recording the result",
        "I15",
        (
            Edit(
                "core/delivery.py",
                "    late = _too_late(delivery, fence, at)\n",
                "    late = None\n",
            ),
        ),
        by_cells("K-N3-X7", "K-N4-X7"),
    ),
    "M17": Mutant(
        "sealer skips an event committed late",
        "I16",
        (
            Edit(
                "foundation/timeline/sealer.py",
                "(SELECT event_id FROM timeline_outbox ORDER BY event_id LIMIT %s)",
                "(SELECT event_id FROM timeline_outbox WHERE event_id > (SELECT coalesce(max(event_id), 0)"
                " FROM timeline_link) ORDER BY event_id LIMIT %s)",
            ),
        ),
        by_races("R10a"),
    ),
    "M18": Mutant(
        "live stream: replay first, subscribe after",
        "I19",
        (
            Edit(
                "web/hub.py",
                "        self.streams.add(stream)\n",
                "        asyncio.get_running_loop().call_later(0.4, self.streams.add, stream)\n",
            ),
        ),
        live.WATCHED,
    ),
    "M21": Mutant(
        "address checked, then name resolved again",
        "I22",
        (
            Edit(
                "adapters/egress.py",
                "                    address, port, deadline.within(timeout), local_address,",
                "                    host, port, deadline.within(timeout), local_address,",
            ),
            Edit("adapters/egress.py", "            self._judge_peer(stream)\n", ""),
        ),
        outside.REBINDING,
    ),
    "M23": Mutant(
        "the worker's loop feeds the dead man's switch",
        "I25",
        (
            Edit(
                "mobilize/watch/due.py",
                "        turn = passes.try_ping(self._eye)\n",
                "        self._ping()\n        return 1\n        turn = passes.try_ping(self._eye)\n",
            ),
        ),
        by_watchdog("G-auditor"),
    ),
    "M24": Mutant(
        "meta-alerts come back in through the front door",
        "I26",
        (
            Edit(
                "detect/commands/alerts.py",
                '    key = bounded_key(f"{kind}:{about}")\n    same',
                '    key = bounded_key(f"{kind}:{about}:" + __import__("secrets").token_hex(4))\n    same',
            ),
            Edit(
                "mobilize/escalation/commands/climbing.py",
                '    if kind != "group":\n        return False\n',
                "    return False\n",
            ),
        ),
        paging.ALL_FAIL,
    ),
}

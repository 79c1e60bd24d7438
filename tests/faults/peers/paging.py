"""Rows 1 to 7, 14 and 23 of peers.csv: what pages, what watches it, who may change it."""

from faults.mutants.planting import Edit
from faults.mutants.table import MUTANTS
from faults.peers.row import ByStory, ByTest, Peer
from faults.stories import peers

_CLIMBING = "mobilize/escalation/commands/climbing.py"
_DUE = "mobilize/escalation/due.py"
_ESCALATION = "core/escalation.py"
_PAGING = "journeys/test_peers_paging.py"
_REACH = "journeys/test_peers_reach.py"
_NO_WORKER = (
    "journeys/test_peers_no_worker.py"
    "::test_without_a_worker_it_is_said_everywhere_and_what_waits_leaves_when_one_starts"
)

PEERS: dict[str, Peer] = {
    "1": Peer(
        "a step that waits for hours is kept in the worker's memory only",
        (
            Edit(
                _ESCALATION,
                "    return Cursor(round_, step, opening(due_at) if wanted.in_hours else due_at)\n",
                "    if wanted.in_hours:\n        SLEEPING.append(opening(due_at))\n"
                "        return Cursor(round_, step, datetime.fromisoformat('9000-01-01T00:00Z'))\n"
                "    return Cursor(round_, step, due_at)\n\n\nSLEEPING = []\n",
            ),
            Edit(
                _DUE,
                "    return climb_due(together,",
                "    from muster.core.escalation import SLEEPING\n"
                "    if any(at <= now() for at in SLEEPING):\n"
                "        with connection.cursor() as cursor:\n"
                '            cursor.execute("UPDATE escalation_escalation SET due_at = now()'
                " WHERE due_at > '8999-01-01'\")\n"
                "    return climb_due(together,",
            ),
        ),
        ByStory(peers.WAITS, "I7", "nobody was told by the time by which they had to be"),
    ),
    "2a": Peer(
        "the sign of life says nothing of the auditor",
        (
            Edit(
                "mobilize/watch/due.py",
                "        if why is not None:\n",
                "        if why is not None and not self:\n",
            ),
        ),
        ByTest(
            "commands/test_watch_outside.py::test_it_hears_nothing_when_the_auditor_stops",
            "assert signs[1:] == [0] * 5",
        ),
    ),
    "2b": Peer(
        "the auditor believes that a ladder without a next time climbs",
        (Edit("mobilize/watch/looks.py", "    Check.STEP_WITHOUT_TIME,\n", ""),),
        ByTest(
            "commands/test_watch.py::test_a_ladder_without_a_next_time_climbs_on_and_is_told",
            "assert watched.passes() == 1",
        ),
    ),
    "3a": Peer(
        "a rota is saved without a word about who cannot be reached, and a step waits for them",
        (
            Edit(
                "core/oncall_checks.py",
                "if person in around.unreachable)",
                "if person in around.unreachable and not around)",
            ),
            Edit(
                _ESCALATION,
                "    people = tuple(person for person in asked if reachable(person))\n",
                "    people = asked\n",
            ),
        ),
        ByTest(
            f"{_REACH}::test_nobody_is_on_call_without_a_way_of_being_reached_in_silence",
            '== ("missed", ["ana"])',
        ),
    ),
    "3b": Peer(
        "a contact counts because it is there, though it bounces",
        (
            Edit(
                "core/readiness.py",
                "    return bool(contact.failing) or (contact.test",
                "    return False and (contact.test",
            ),
        ),
        ByTest(
            f"{_REACH}::test_an_address_that_bounces_counts_for_nothing_and_is_told", "Nobody can wake Ana"
        ),
    ),
    "4a": Peer(
        "the next step cancels the rules that still run of the step before",
        (
            Edit(
                _CLIMBING,
                '    fail_point("E3")\n',
                "    from muster.mobilize.paging.commands import DeliveryStopped, cancel_waiting\n"
                "    cancel_waiting([row.about for row in due], actor=actor, at=at,"
                " why=DeliveryStopped.ANSWERED)\n"
                '    fail_point("E3")\n',
            ),
        ),
        ByTest(f"{_PAGING}::test_the_next_step_leaves_the_rules_of_the_one_before_alone", "ana:email"),
    ),
    "4b": Peer(
        "a page by hand does not hear of its acknowledgement",
        (
            Edit(
                "mobilize/escalation/commands/answers.py",
                "        call = answer_call(call_id, actor=actor, at=at)\n"
                "        stop_escalations([about], StopReason.ACKNOWLEDGED, actor=actor, at=at)\n",
                "        pass\n",
            ),
            Edit(
                "mobilize/escalation/commands/answers.py",
                "    if actor.id is not None:\n        answer_pages(about",
                "    if actor.id is not None and call.incident_id is not None:\n        answer_pages(about",
            ),
        ),
        ByTest(f"{_PAGING}::test_who_is_paged_by_hand_and_answers_is_left_alone", "ana:email"),
    ),
    "4c": Peer(
        "a ladder is climbed once, whatever it says of repeating",
        (
            Edit(
                _ESCALATION,
                "    for round_ in range(cursor.round, policy.repeat + 2):\n",
                "    for round_ in range(cursor.round, 2):\n",
            ),
            Edit(_ESCALATION, "    if round_ <= policy.repeat:\n", "    if round_ <= 0:\n"),
        ),
        ByTest(f"{_PAGING}::test_somebody_without_a_signal_is_called_until_they_answer", "ana:webhook"),
    ),
    "5a": Peer(
        "a step with nobody waits its whole delay",
        MUTANTS["M09"].edits,
        ByTest(
            "commands/test_mobilize.py::test_a_step_with_nobody_takes_no_time_and_is_told",
            "paged()[0]",
        ),
    ),
    "5b": Peer(
        "a step cannot be held until somebody is on call",
        (
            Edit(
                _ESCALATION,
                "        is_held = wanted.until_covered and given.covered(wanted.notify, at) is not None\n",
                "        is_held = False\n",
            ),
        ),
        ByTest(
            "journeys/test_peers_ladder.py::test_the_story[held_until_covered]",
            'opens = tale.planned(name, "mia")',
        ),
    ),
    "6a": Peer(
        "an acknowledgement holds for ever",
        (
            Edit(
                _DUE,
                "        AND g.acknowledged_at + e.acknowledged_for <= now()\n",
                "        AND g.acknowledged_at + e.acknowledged_for <= now() AND false\n",
            ),
        ),
        ByTest(
            "commands/test_escalation_more.py::test_who_acknowledges_and_forgets_is_asked_again",
            "assert ask_again() == 1",
        ),
    ),
    "6b": Peer(
        "the order of its labels says which alert it is",
        (Edit("core/labelled.py", "for name in sorted(labels):", "for name in labels:"),),
        ByTest(f"{_PAGING}::test_a_resolve_finds_its_alert_however_its_labels_are_ordered", "resolved"),
    ),
    "7a": Peer(
        "a worker counts as seen, whether there is one or not",
        (
            Edit(
                "foundation/timeline/beats.py",
                "    return seen is not None and now - seen <= WORKER_SEEN_WITHIN, seen\n",
                "    return True, seen\n",
            ),
        ),
        ByStory(peers.NO_WORKER, "I25", "nobody was told of the outage within two minutes"),
    ),
    "7b": Peer(
        "a test page is sent by whoever asks for it, not by the road of real pages",
        (
            Edit(
                "mobilize/reach/commands/testing.py",
                '        "state": "queued",\n',
                '        "state": "accepted",\n        "accepted_at": at,\n',
            ),
        ),
        ByTest(_NO_WORKER, "not sent yet: no worker is running"),
    ),
    "7c": Peer(
        "a resolve does not end the ladder",
        (
            Edit(
                "mobilize/escalation/reactions.py",
                '    "group.resolved": on_groups_resolved,\n',
                "",
            ),
        ),
        ByTest(
            "commands/test_mobilize.py::test_a_resolve_by_the_sender_stops_the_ladder",
            "climb_due_escalations() == 0",
        ),
    ),
    "14": Peer(
        "nothing is gathered: one message for each alert",
        (
            Edit(
                "core/bundle.py",
                "DIGEST_EVERY: Final = timedelta(minutes=1)\n",
                "DIGEST_EVERY: Final = timedelta(0)\n",
            ),
        ),
        ByTest(
            "commands/test_bundling.py::test_what_comes_within_the_minute_is_one_digest_that_counts_it",
            "assert states() ==",
        ),
        lacks="SMS and voice, and with them a carrier that blocks",
    ),
    "23a": Peer(
        "whoever has signed in may change any team's things",
        (
            Edit(
                "core/permissions.py",
                "        return Granted.TEAM_MANAGER if team is not None and team in actor.manages"
                " else Denied.NOT_YOUR_TEAM\n",
                "        return Granted.TEAM_MANAGER\n",
            ),
        ),
        ByTest(
            "journeys/test_peers_oncall.py::test_another_teams_manager_is_refused_at_every_door",
            "not_your_team",
        ),
    ),
    "23b": Peer(
        "a change of a policy is written down without what was and what is",
        (
            Edit(
                "foundation/catalog/commands/rows.py",
                '    return record(row, Change(kind, new, {"handle": row.handle} | facts, text),',
                '    return record(row, Change(kind, new, {"handle": row.handle}, text),',
            ),
        ),
        ByTest(f"{_PAGING}::test_a_change_of_a_policy_says_who_and_what", "3m"),
    ),
}

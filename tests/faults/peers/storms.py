"""Rows 11 to 13 and 19 of peers.csv: storms, crowds, repeats, and what is sent in a shape nobody knows."""

from faults.mutants.planting import Edit
from faults.peers.row import ByTest, Peer

_CROWDS = "journeys/test_peers_crowds.py"
_RULES = "journeys/test_peers_rules.py"
_STORMS = "journeys/test_peers_storms.py"

PEERS: dict[str, Peer] = {
    "11a": Peer(
        "nothing is grouped and nothing is bundled",
        (Edit("core/bundle.py", "    return read_by_person or asked_for\n", "    return False\n"),),
        ByTest(
            f"{_STORMS}::test_when_everything_fails_each_person_gets_a_message_a_minute",
            "closest >= timedelta(minutes=1)",
        ),
    ),
    "11b": Peer(
        "what a service stands on explains nothing",
        (
            Edit(
                "core/evaluation.py",
                "    if not service.hold_when_dependency_down:\n",
                "    if service:\n",
            ),
        ),
        ByTest(
            f"{_RULES}::test_the_uplink_is_one_story_and_who_still_fails_afterwards_pages",
            '== ["uplink"]',
        ),
    ),
    "12a": Peer(
        "a change of state rewrites the list of all that is open",
        (
            Edit(
                "mobilize/escalation/commands/answers.py",
                "    return _on_alert(alert_id, Verb.ACKNOWLEDGE, acknowledge_group, actor, at)\n",
                "    found = _on_alert(alert_id, Verb.ACKNOWLEDGE, acknowledge_group, actor, at)\n"
                "    Alert.objects.exclude(state=AlertState.RESOLVED).update(last_seen_at=at)\n"
                "    return found\n",
            ),
        ),
        ByTest(
            f"{_CROWDS}::test_an_acknowledgement_costs_the_same_however_much_is_open",
            "typical.rows <= alone.rows + 5",
        ),
    ),
    "12b": Peer(
        "an incident's page brings all of its alerts",
        (
            Edit(
                "respond/warroom/room.py",
                "list(groups(actor).filter(incident=incident)[:GROUPS])",
                "list(groups(actor).filter(incident=incident))",
            ),
        ),
        ByTest(
            f"{_CROWDS}::test_an_incident_of_thousands_opens_small_and_scrolls_on",
            "<= PAGE_BYTES",
        ),
    ),
    "12c": Peer(
        "a rule cannot ask for so many times",
        (Edit("core/waiting.py", "    if enough:\n", "    if enough or alert:\n"),),
        ByTest(
            f"{_RULES}::test_the_fifth_time_in_ten_minutes_declares_one_incident",
            "not Incident.objects.exists(), times",
        ),
    ),
    "13a": Peer(
        "what fires again pages again, whoever has it",
        (
            Edit(
                "core/intake.py",
                "    if current.severity not in absorbing(signals):\n",
                "    if current.state is OpenState.ACKNOWLEDGED or current.severity not in"
                " absorbing(signals):\n",
            ),
            Edit(
                "core/intake.py",
                "    if signal.action is Action.TRIGGER:\n        return _merge(running, signal)\n",
                "    if signal.action is Action.TRIGGER:\n"
                "        if running.state is OpenState.ACKNOWLEDGED:\n"
                "            running.state = OpenState.TRIGGERED\n"
                "            again = move(AlertState.ACKNOWLEDGED, Verb.UNACKNOWLEDGE, at=at,"
                " reason=IntakeReason.FIRED_AGAIN)\n"
                "            running.changes.append(again)\n"
                "        return _merge(running, signal)\n",
            ),
        ),
        ByTest(
            "journeys/test_peers_paging.py::test_what_fires_again_after_an_answer_pages_nobody",
            "assert house.sent() == []",
        ),
        lacks="that it is seen in chat, which is not built",
    ),
    "13b": Peer(
        "the sender, and not the fingerprint, says which alert it is",
        (
            Edit(
                "detect/commands/intake_sql.py",
                "ELSE 'service:' || i.service_id END",
                "ELSE 'integration:' || i.id END",
            ),
        ),
        ByTest(
            f"{_STORMS}::test_two_alertmanagers_apart_from_one_another_are_one_alert_and_one_page",
            '== [("triggered", 2)] * 5',
        ),
    ),
    "19b": Peer(
        "a shape that nobody knows is answered with success and dropped",
        (
            Edit(
                "web/doors.py",
                "            reason = IntakeReason.NOT_UNDERSTOOD\n"
                "            other = await self._keeper.keep(key, body, reason, why.errors, admitted=True)\n"
                "            return other or self.door.malformed(why.errors)\n",
                "            return self.door.accepted(())\n",
            ),
        ),
        ByTest(
            "journeys/test_peers_clouds.py::test_a_shape_that_is_not_known_is_refused_kept_and_told",
            "assert send(older) == 400",
        ),
    ),
}

"""Rows 8 to 10 of peers.csv: who is on call, over changes of the clocks, of hours, of people."""

from faults.mutants.planting import Edit
from faults.peers.row import ByTest, Peer

_ROTATION = "core/rotation.py"
_WALLCLOCK = "core/wallclock.py"
_ONCALL = "journeys/test_peers_oncall.py"

PEERS: dict[str, Peer] = {
    "8a": Peer(
        "hand-offs are so many times 24 hours apart",
        (
            Edit(
                _ROTATION,
                "        return instant(local + timedelta(days=count * (7 if unit is Unit.WEEKS else 1)),"
                " where)\n",
                "        return start + timedelta(days=count * (7 if unit is Unit.WEEKS else 1))\n",
            ),
        ),
        ByTest(f"{_ONCALL}::test_a_weekly_handoff_stays_at_nine_in_london_over_both_changes", "(9, False)"),
    ),
    "8b": Peer(
        "a shift ends so many seconds after it began",
        (
            Edit(
                _ROTATION,
                "            yield Turn(max(a, begins), min(b, ends), layer.people",
                "            fixed = begins + timedelta(weeks=1)\n"
                "            yield Turn(max(a, begins), min(b, fixed), layer.people",
            ),
        ),
        ByTest(f"{_ONCALL}::test_shifts_cover_every_second_once_in_chicago", "gaps(row.pk, a, b) == []"),
    ),
    "8c": Peer(
        "a file's start is read as UTC",
        (
            Edit(
                "mobilize/oncall/configuration.py",
                '        "start": layer.start,\n        "people": list(layer.people),\n',
                '        "start": layer.start if "+" in layer.start else layer.start + "+00:00",\n'
                '        "people": list(layer.people),\n',
            ),
        ),
        ByTest(f"{_ONCALL}::test_file_api_and_form_make_the_same_rota", "== of_api"),
    ),
    "9a": Peer(
        "the server's zone is the one that times are read in",
        (
            Edit(
                _WALLCLOCK,
                "when.replace(tzinfo=where, fold=0)\n",
                "when.replace(fold=0)\n",
            ),
        ),
        ByTest(f"{_ONCALL}::test_the_hosts_clock_changes_nothing", "2026-10-19T07:00:00+00:00"),
    ),
    "9b": Peer(
        "turns are counted in opening hours only",
        (
            Edit(
                _ROTATION,
                "    return list(_cut(rotation, windows(layer.only, where, a, b)))\n",
                "    open_ = windows(layer.only, where, instant(layer.start, where), b)\n"
                "    people = layer.people\n"
                "    return [Turn(max(a, start), end, people[number * 2 % len(people)])\n"
                "            for number, (start, end) in enumerate(open_) if max(a, start) < end]\n",
            ),
        ),
        ByTest(f"{_ONCALL}::test_turns_are_equal_whatever_the_hours_say", "assert people == "),
    ),
    "9c": Peer(
        "a week without any shift is not looked at",
        (
            Edit(
                "core/oncall_checks.py",
                "    missing = gaps(rota, a, b)\n",
                "    missing = [one for one in gaps(rota, a, b) if (one.start, one.end) != (a, b)]\n",
            ),
        ),
        ByTest(f"{_ONCALL}::test_a_week_with_nobody_is_said_everywhere", "100 % uncovered"),
    ),
    "10a": Peer(
        "a time that comes twice or never is what the host's library makes of it",
        (
            Edit(
                _WALLCLOCK,
                "when.replace(tzinfo=where, fold=0)\n",
                "when.replace(tzinfo=where, fold=1)\n",
            ),
        ),
        ByTest(f"{_ONCALL}::test_a_start_that_comes_twice_or_never_has_one_meaning", "on_call_at(row.pk, at"),
    ),
    "10b": Peer(
        "nobody is told at a hand-off",
        (
            Edit(
                "mobilize/oncall/due.py",
                "    tell_of_hand_offs(hand_offs(found, at - LATE, at + INSTANT), actor=actor, at=at)\n",
                "",
            ),
        ),
        ByTest(
            "commands/test_notices.py::test_at_the_hand_over_both_are_told_once_with_what_is_open",
            'told("shift_began", "shift_ended")',
        ),
        lacks="the team's channel",
    ),
    "10c": Peer(
        "a swap belongs to a turn of the rotation, wherever that turn lies",
        (
            Edit(
                "core/oncall.py",
                "        start, end = max(instant(override.from_, where), a),"
                " min(instant(override.to, where), b)\n",
                "        start, end = instant(override.from_, where), instant(override.to, where)\n"
                "        later = timedelta(weeks=max(len(one.people) - 2 for one in spec.layers))\n"
                "        start, end = max(start + later, a), min(end + later, b)\n",
            ),
        ),
        ByTest(f"{_ONCALL}::test_a_swap_stays_on_its_day_when_a_member_joins", "assert told == ["),
    ),
}

"""Q: rows and bodies that nobody can digest. Each in its turn, with neighbours before and behind (I14)."""

import time
from collections.abc import Callable

import httpx

from fakes.webhook import status
from faults.cells.outcome import Outcome
from faults.rig.company import PEOPLE, configuration
from faults.rig.site import Plan, Site

POISONED = ("tz", "bad-cron", "no-steps", "itself", "left", "revoked", "merge", "body")
COMPANY = "\n".join(
    [
        "schedules:",
        *(
            f"  - {{handle: q-{name}, team: payments, timezone: Europe/Madrid,\n"
            '     layers: [{every: 1 week, start: "2020-01-06T09:00", people: [ana]}]}'
            for name in ("tz", "bad-cron")
        ),
        "policies:",
        *(
            f"  - {{handle: q-{name}, steps: [{{after: 0s, notify: [{target}]}}], then_after: 4h}}"
            for name, target in (
                ("tz", "schedule:q-tz"),
                ("bad-cron", "schedule:q-bad-cron"),
                ("no-steps", "person:ana"),
                ("itself", "person:ana"),
                ("left", "person:gone1"),
                ("revoked", "person:gone2"),
                ("merge", "person:ana"),
                ("body", "person:ana"),
            )
        ),
        "services:",
        *(f"  - {{handle: q-{name}, name: Q {name}, team: payments, policy: q-{name}}}" for name in POISONED),
        "integrations:",
        *(f"  - {{handle: q-{name}, service: q-{name}, kind: pagerduty}}" for name in POISONED),
        "  - {handle: q-template, service: q-body, kind: generic}",
        "  - {handle: q-variable, service: q-body, kind: generic}",
        "",
    ]
)
PLAN = Plan(more=COMPANY, company=configuration, people=tuple(PEOPLE))
PARKED_S = 40.0
"""So long a reaction is tried before a person is asked."""


class Poison:
    """Runs the cells on one site; all are poisoned at once, as bad data is there all the time."""

    def __init__(self, site: Site, seed: int = 1) -> None:
        self.site = site
        self.seed = seed
        self.outcomes: list[Outcome] = []
        self.keys: dict[str, str] = {}

    def run(self, names: list[str]) -> None:
        """Poison, send neighbours, and wait for as long as anything is tried again."""
        for name in names:
            self.outcomes.append(Outcome(name, self.seed))
            self._neighbour(name, "before")
            key = f"{name}/{self.seed}"
            self.keys[key] = name
            self.site.history.write(op="poison", key=key)
            CELLS[name](self, key)
            self._neighbour(name, "behind")
        time.sleep(PARKED_S)
        for name in names:
            self._neighbour(name, "afterwards")
        self.site.settle()

    def _neighbour(self, name: str, when: str) -> None:
        key = f"{name}/{self.seed} {when}"
        self.keys[key] = name
        self.site.history.write(op="neighbour", key=key)
        self.send("plain", key)
        time.sleep(0.05)

    def send(self, integration: str, key: str) -> None:
        """An alert."""
        client = self.site.client
        client.insist(lambda turn: client.trigger(self.site.keys[integration], key, at=turn))

    def plant(self, *statements: str) -> None:
        """Change rows behind the product's back, as an old version or a hand may have left them."""
        self.site.sql("; ".join(["SET session_replication_role = replica", *statements]))

    def post(self, path: str, body: bytes, key: str, kind: str = "application/json") -> None:
        """Send a body as it is; whatever the answer, it must be one."""
        url = self.site.addresses[self.site.webs[0].name]
        answer = httpx.post(f"{url}{path}", content=body, headers={"content-type": kind}, timeout=60)
        phase = "ok" if answer.is_success else "fail"
        number = f"{time.monotonic_ns()}"
        self.site.history.write(op="trigger", key=key, id=number, phase="invoke")
        self.site.history.write(op="trigger", key=key, id=number, phase=phase, said="taken or not")
        if answer.status_code >= 500:
            self.outcomes[-1].violations.append(f"I14: answered {answer.status_code}")


def bad_time_zone(cell: Poison, key: str) -> None:
    """A schedule in a zone that does not exist (any more)."""
    cell.plant(
        "UPDATE oncall_scheduleversion v SET spec = jsonb_set(spec, '{timezone}', '\"Mars/Olympus\"') "
        "FROM oncall_schedule s WHERE s.id = v.schedule_id AND s.handle = 'q-tz'"
    )
    cell.send("q-tz", key)


def bad_rhythm(cell: Poison, key: str) -> None:
    """A rotation that cannot be read: this product's cron line."""
    cell.plant(
        "UPDATE oncall_scheduleversion v SET spec = jsonb_set(spec, '{layers,0,every}', '\"0 fortnights\"') "
        "FROM oncall_schedule s WHERE s.id = v.schedule_id AND s.handle = 'q-bad-cron'"
    )
    cell.send("q-bad-cron", key)


def no_steps(cell: Poison, key: str) -> None:
    """A policy without steps."""
    cell.plant("UPDATE escalation_policy SET spec = '{\"steps\": []}' WHERE handle = 'q-no-steps'")
    cell.send("q-no-steps", key)


def names_itself(cell: Poison, key: str) -> None:
    """A policy that goes on with itself."""
    cell.plant(
        "UPDATE escalation_policy SET spec = jsonb_set(spec, '{steps,0,notify,0}', "
        "to_jsonb('policy:' || id)) WHERE handle = 'q-itself'"
    )
    cell.send("q-itself", key)


def deleted_user(cell: Poison, key: str) -> None:
    """The only person of a step has left."""
    cell.plant("UPDATE access_person SET retired_at = now() WHERE handle = 'gone1'")
    cell.send("q-left", key)


def revoked_token(cell: Poison, key: str) -> None:
    """The provider knows us no longer."""
    cell.site.phones.answers["gone2"] = status(401)
    cell.send("q-revoked", key)


def recursive_merge(cell: Poison, key: str) -> None:
    """Two incidents that were merged into each other."""
    declare = {"title": f"{key} of two", "service": "q-merge", "severity": "SEV2"}
    ids = [cell.site.client.api("POST", "/incidents", json=declare).json()["id"] for _ in range(2)]
    numbers = [int(one.removeprefix("INC-")) for one in ids]
    for one, other in (numbers, numbers[::-1]):
        cell.plant(f"UPDATE evaluate_incident SET merged_into_id = {other} WHERE id = {one}")
    for one in ids:
        shown = cell.site.client.api("GET", f"/incidents/{one}")
        if shown.status_code != 200:
            cell.outcomes[-1].violations.append(f"I14: {one} answers {shown.status_code}")
    cell.send("q-merge", key)


def bad_template(cell: Poison, key: str) -> None:
    """A mapping that is no expression."""
    _map(cell, "q-template", "[[")
    _generic(cell, "q-template", key)


def missing_variable(cell: Poison, key: str) -> None:
    """A mapping that names what the body has not."""
    _map(cell, "q-variable", "there.is.no.such")
    _generic(cell, "q-variable", key)


def _map(cell: Poison, integration: str, expression: str) -> None:
    cell.plant(
        f"UPDATE detect_integration SET mapping = jsonb_build_object('summary', '{expression}') "
        f"WHERE handle = '{integration}'"
    )


def _generic(cell: Poison, integration: str, key: str) -> None:
    body = f'{{"summary": "{key}", "key": "{key}", "severity": "critical"}}'.encode()
    cell.post(f"/in/generic/{cell.site.keys[integration]}", body, key)


def large_label(cell: Poison, key: str) -> None:
    """A label of 10 MB."""
    _pagerduty(cell, key, '{"label": "' + "x" * 10_000_000 + '"}')


def lone_surrogate(cell: Poison, key: str) -> None:
    """Half a character."""
    _pagerduty(cell, key, '{"label": "\\ud800"}')


def not_a_number(cell: Poison, key: str) -> None:
    """What JSON has no word for."""
    _pagerduty(cell, key, '{"value": NaN}')


def _pagerduty(cell: Poison, key: str, details: str) -> None:
    payload = f'{{"summary": "{key}", "source": "s", "severity": "critical", "custom_details": {details}}}'
    body = f'{{"routing_key": "{cell.site.keys["q-body"]}", "event_action": "trigger", "dedup_key": "{key}", '
    cell.post("/v2/enqueue", (body + f'"payload": {payload}}}').encode(), key)


CELLS: dict[str, Callable[[Poison, str], None]] = {
    "Q-bad-tz": bad_time_zone,
    "Q-bad-template": bad_template,
    "Q-10mb-label": large_label,
    "Q-lone-surrogate": lone_surrogate,
    "Q-nan": not_a_number,
    "Q-recursive-merge": recursive_merge,
    "Q-deleted-user": deleted_user,
    "Q-bad-cron": bad_rhythm,
    "Q-no-steps": no_steps,
    "Q-names-itself": names_itself,
    "Q-revoked-token": revoked_token,
    "Q-missing-variable": missing_variable,
}

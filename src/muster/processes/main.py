"""The command `muster`: every process and every command line hangs here."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

import typer

from muster.foundation.access.client import ApiProblem
from muster.processes.lean import load, tell_refusals

# The one list of commands: word -> a function, or a typer.Typer with words of its own. Only what is asked for
# is imported, so that `muster ack` is quick. A stage adds its command lines at the end.
COMMANDS: dict[str, str] = {
    "up": "muster.processes.begin.up",
    "web": "muster.processes.begin.web",
    "worker": "muster.processes.begin.worker",
    "status-server": "muster.processes.begin.status_server",
    "db": "muster.processes.database.app",
    "doctor": "muster.processes.doctor.doctor",
    "verify": "muster.processes.verify.verify",
    "signals": "muster.processes.signals.signals",
    "map": "muster.processes.map.print_map",
    "token": "muster.processes.token.app",
    # What follows speaks to the API.
    "apply": "muster.web.configuration.cli.apply",
    "export": "muster.web.configuration.cli.export",
    "timeline": "muster.web.api.cli.timeline",
    "people": "muster.foundation.access.cli.people",
    "team": "muster.foundation.catalog.cli.team",
    "service": "muster.foundation.catalog.cli.service",
    "product": "muster.foundation.catalog.cli.product",
    "customer": "muster.foundation.catalog.cli.customer",
    "position": "muster.foundation.catalog.cli.position",
    "integration": "muster.detect.cli.integration",
    "heartbeat": "muster.detect.cli_heartbeats.heartbeat",
    "change": "muster.detect.cli_changes.change",
    "replay": "muster.web.replay.cli.replay",
    "silence": "muster.evaluate.cli_silences.silence",
    "view": "muster.evaluate.cli_views.view",
    "rule": "muster.evaluate.cli_rules.rule",
    "schedule": "muster.mobilize.oncall.cli.schedule",
    "oncall": "muster.mobilize.oncall.cli.oncall",
    "cover": "muster.mobilize.oncall.cli_people.cover",
    "leave": "muster.mobilize.oncall.cli_people.leave",
    "feed": "muster.mobilize.oncall.cli_people.feed",
    "policy": "muster.mobilize.escalation.cli.policy",
    "alert": "muster.mobilize.escalation.cli.alert",
    "ack": "muster.mobilize.escalation.cli.ack",
    "explain": "muster.mobilize.escalation.cli.explain",
    "storm": "muster.mobilize.escalation.cli_storm.storm",
    "page": "muster.mobilize.paging.cli.page",
    "deliveries": "muster.mobilize.paging.cli.deliveries",
    "readiness": "muster.mobilize.reach.cli.readiness",
    "test-page": "muster.mobilize.reach.cli.send_test_page",
    "incident": "muster.respond.warroom.cli.incident",
    "declare": "muster.respond.warroom.cli.declare",
    "update": "muster.respond.warroom.cli.update",
    "claim": "muster.respond.warroom.cli.claim",
    "handover": "muster.respond.warroom.cli.handover",
    "mitigate": "muster.restore.cli.mitigate",
    "resolve": "muster.restore.cli.resolve",
    "reopen": "muster.restore.cli.reopen",
    "postmortem": "muster.review.postmortem.cli.postmortem",
    "actions": "muster.review.actions.cli.actions",
    "action": "muster.review.actions.cli.action",
    "metrics": "muster.review.metrics.cli.metrics",
    "noise": "muster.review.noise.cli.noise",
}


def command_line(words: Iterable[str]) -> typer.Typer:
    """The command line with the commands `words` in it."""
    app = typer.Typer(
        name="muster",
        help="Incident management you run yourself.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_begin)
    for word in words:
        found: typer.Typer | Callable[..., Any] = load(COMMANDS[word])
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=word)
        else:
            app.command(word)(found)
    return app


def main() -> None:
    """Run one command. What a person can mend is told in one line, with exit code 1."""
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        tell_refusals(command_line([asked] if asked in COMMANDS else COMMANDS))
    except ApiProblem as problem:
        print(f"muster: {problem}", file=sys.stderr)
        sys.exit(problem.exit_code)


def _begin(context: typer.Context) -> None:
    """Incident management you run yourself."""
    context.obj = _client


def _client() -> Any:
    """The API's client, imported and made only for the commands that ask for it."""
    return load("muster.processes.client.from_environment")()


if __name__ == "__main__":
    main()

"""What people type in the command bar, in chat and on the command line."""

import pytest

from muster.core.refusal import Refused
from muster.core.slash import FORMS, Said, SlashRefusal, Verb, read_line


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Pods wait for the database", Said(Verb.SAY, "Pods wait for the database")),
        ("  spaces  ", Said(Verb.SAY, "spaces")),
        ("//etc/passwd is fine", Said(Verb.SAY, "/etc/passwd is fine")),
        ("/note  twice  spaced", Said(Verb.NOTE, "twice  spaced")),
        ("/NOTE shouted", Said(Verb.NOTE, "shouted")),
        ("/theory the pool", Said(Verb.HYPOTHESIS, "the pool")),
        ("/update We look", Said(Verb.UPDATE, "We look")),
        ("/update external: We look", Said(Verb.UPDATE, "We look", "external")),
        ("/update public We look", Said(Verb.UPDATE, "We look", "public")),
        ("/update internally we know", Said(Verb.UPDATE, "internally we know")),
        ("/claim", Said(Verb.CLAIM)),
        ("/handover @ben 62 % fail", Said(Verb.HANDOVER, "62 % fail", person="ben")),
        ("/take Ana has a fever", Said(Verb.TAKE, "Ana has a fever")),
        ("/role scribe @Ben", Said(Verb.ROLE, "", "scribe", "ben")),
        ("/role @ben scribe", Said(Verb.ROLE, "", "scribe", "ben")),
        ("/task @tomas-h, list the orders", Said(Verb.TASK, "list the orders", person="tomas-h")),
        ("/task mail ana@example.com", Said(Verb.TASK, "mail ana@example.com")),
        ("/page person:ana now", Said(Verb.PAGE, "now", "person:ana")),
        ("/sev 1 all are hit", Said(Verb.SEVERITY, "all are hit", "1")),
        ("/sev SEV2", Said(Verb.SEVERITY, "", "SEV2")),
        ("/phase mitigating roll back", Said(Verb.PHASE, "roll back", "mitigating")),
        ("/mitigated", Said(Verb.MITIGATED)),
        ("/resolve it holds", Said(Verb.RESOLVE, "it holds")),
        ("/check", Said(Verb.CHECK)),
    ],
)
def test_a_line_is_read(line: str, said: Said) -> None:
    assert read_line(line) == said


@pytest.mark.parametrize("line", ["/", "/dance", "/ note", "/claimed"])
def test_an_unknown_command_is_named(line: str) -> None:
    with pytest.raises(Refused) as refused:
        read_line(line)
    assert refused.value.reason is SlashRefusal.UNKNOWN


@pytest.mark.parametrize(
    "line",
    [
        "",
        "   ",
        "/note",
        "/update",
        "/update external",
        "/role scribe",
        "/handover",
        "/reopen",
        "/sev bad",
    ],
)
def test_what_is_missing_is_shown_by_the_form(line: str) -> None:
    with pytest.raises(Refused) as refused:
        read_line(line)
    assert refused.value.reason is SlashRefusal.INCOMPLETE
    assert refused.value.detail["form"] in {form.written for form in FORMS.values()}


def test_every_verb_has_its_form() -> None:
    assert set(FORMS) == set(Verb)

"""Letters as alerts: what is about the same thing, what ends it, and that nothing in a letter upsets us."""

import contextlib
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.corpora import LETTERS
from muster.adapters.sources.email.door import DOOR
from muster.adapters.sources.email.letter import letter_of, text_of_html
from muster.adapters.sources.email.translate import reader, topic
from muster.core.ports.source_form import Malformed
from muster.core.signals import Action, Signal


def letter(
    subject: str, text: str = "It happened.", sender: str = "nagios@db-1.example.com", **more: Any
) -> Any:
    return {"from": sender, "subject": subject, "text": text, **more}


def read(body: Any, **mapping: str) -> Signal:
    [signal] = (reader(mapping) if mapping else DOOR.translate)({}, body)
    return signal


@pytest.mark.parametrize(
    ("problem", "recovery"),
    [
        (
            "** PROBLEM Service Alert: db-1/disk is CRITICAL **",
            "** RECOVERY Service Alert: db-1/disk is OK **",
        ),
        ("[FIRING:1] Disk full (db-1 critical)", "[RESOLVED] Disk full (db-1 critical)"),
        ("Problem: Disk full on db-1", "Resolved in 5m 12s: Disk full on db-1"),
        ("Monitor is DOWN: Checkout", "Re: Monitor is UP: Checkout"),
        ("[Alerting] CPU high", "[OK] CPU high"),
        ("CPU high", "AW: Fwd: Recovered: CPU high"),
    ],
)
def test_a_recovery_ends_what_the_problem_opened(problem: str, recovery: str) -> None:
    first, last = read(letter(problem)), read(letter(recovery))
    assert (first.action, last.action) == (Action.TRIGGER, Action.RESOLVE)
    assert first.dedup_key == last.dedup_key


def test_other_subjects_and_other_senders_are_other_things() -> None:
    keys = {
        read(letter("Disk full on db-1")).dedup_key,
        read(letter("Disk full on db-2")).dedup_key,
        read(letter("Disk full on db-1", sender="cron@db-9.example.com")).dedup_key,
    }
    assert len(keys) == 3
    assert topic("OK") == "ok"  # a subject that is nothing but a state still is about something


def test_what_people_need_to_see_is_kept() -> None:
    signal = read(
        letter("Re: Disk WARNING on db-1", "97 % of /var is used.", date="2026-03-02T21:00:00+00:00")
    )
    assert (signal.summary, signal.severity.value) == ("Disk WARNING on db-1", "warning")
    assert (signal.source, signal.labels["from"]) == ("db-1.example.com", "nagios@db-1.example.com")
    assert signal.description == "97 % of /var is used."
    assert signal.occurred_at is not None
    assert read(letter("", "First line\nsecond")).summary == "First line"
    with pytest.raises(Malformed, match="neither a subject nor a text"):
        read(letter("", "  "))


def test_what_the_integration_says_of_its_letters_counts() -> None:
    job = {"key": r"Job: (\S+)", "resolve_when": "finished", "ignore_when": "^Weekly"}
    failed, done = letter("Backup failed", "Job: nightly"), letter("Backup finished", "Job: nightly")
    assert read(failed, **job).dedup_key == read(done, **job).dedup_key
    assert read(done, **job).action is Action.RESOLVE
    assert reader(job)({}, letter("Weekly report")) == []
    shapes = {read(letter(f"Disk {n} % full"), key="shape").dedup_key for n in (97, 98)}
    assert len(shapes) == 1
    thread = [letter("A", message_id="<1@x>"), letter("Re: B", references=["<1@x>", "<2@x>"])]
    assert len({read(one, key="thread").dedup_key for one in thread}) == 1
    assert read(letter("no job here"), **job).dedup_key == read(letter("no job here")).dedup_key


@pytest.mark.parametrize(
    ("mapping", "why"),
    [
        ({"key": "("}, "no pattern"),
        ({"key": "without a group"}, "with a group"),
        ({"resolve_when": "["}, "no pattern"),
        ({"ignore_when": "x" * 501}, "longer"),
        ({"colour": "red"}, "not known"),
    ],
)
def test_what_it_cannot_be_told_is_said(mapping: dict[str, str], why: str) -> None:
    with pytest.raises(Malformed, match=why):
        reader(mapping)


def test_a_machine_s_answer_is_dropped_and_a_machine_s_letter_is_not() -> None:
    assert DOOR.translate({}, letter("Out of office", auto_submitted="auto-replied (vacation)")) == []
    assert read(letter("Disk full", auto_submitted="auto-generated")).action is Action.TRIGGER


@pytest.mark.parametrize(
    "body",
    [
        {"sender": "a@x.example", "subject": "Disk full", "body-plain": "97 %"},
        {"from": "A <a@x.example>", "subject": "Disk full", "text": "97 %"},
        {"From": "a@x.example", "Subject": "Disk full", "HtmlBody": "<p>97 %</p>"},
    ],
)
def test_what_mail_providers_post_is_read(body: Any) -> None:
    signal = read(body)
    assert (signal.summary, signal.labels["from"], signal.description) == ("Disk full", "a@x.example", "97 %")


def test_a_letter_is_taken_apart() -> None:
    said = EmailMessage()
    said["From"], said["To"], said["Subject"] = (
        "Größe <groesse@x.example>",
        "a@b.example",
        "Plattenplatz für ü",
    )
    said["Date"], said["References"] = "Mon, 2 Mar 2026 22:00:00 +0100", "<1@x> <2@x>"
    said.set_content("Zeile eins\n")
    said.add_alternative("<p>Zeile <b>eins</b></p>", subtype="html")
    said.add_attachment(b"x", maintype="image", subtype="png", filename="graph.png")
    found = letter_of(bytes(said))
    assert found["from"] == "groesse@x.example"
    assert (found["subject"], found["text"]) == ("Plattenplatz für ü", "Zeile eins")
    assert (found["references"], found["attachments"]) == (["<1@x>", "<2@x>"], ["graph.png"])
    assert found["date"] == "2026-03-02T22:00:00+01:00"


def test_html_becomes_what_a_person_reads_of_it() -> None:
    page = "<style>p {}</style><h1>Disk</h1><p>97 &gt; 90<br>of /var</p><script>alert(1)</script>"
    assert text_of_html(page) == "Disk\n97 > 90\nof /var"


@pytest.mark.parametrize("content", LETTERS.values(), ids=list(LETTERS))
def test_no_letter_upsets_us(content: bytes) -> None:
    found = letter_of(content)
    assert len(found["text"]) <= 20_000
    with contextlib.suppress(Malformed):
        DOOR.translate({}, found)


@given(st.binary(max_size=400))
def test_no_bytes_upset_us(content: bytes) -> None:
    letter_of(b"Subject: x\r\n" + content)

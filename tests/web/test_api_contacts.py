"""Contacts over the API: every kind by its own form, one's own only, and no secret in an answer (I23)."""

from calling import Call, answer, problem
from muster.config import wiring
from muster.foundation.access.models import Contact


def test_every_wired_kind_describes_itself(call: Call) -> None:
    kinds = answer(call("GET", "/contact-kinds", who="ana"))["items"]
    assert {kind["kind"] for kind in kinds} == {form.kind for form in wiring.CONTACT_FORMS}
    [ntfy] = [kind for kind in kinds if kind["kind"] == "ntfy"]
    assert [field["name"] for field in ntfy["fields"]] == ["server", "topic", "token"]


def test_a_contact_is_added_changed_and_removed_without_its_secret_being_told(call: Call) -> None:
    values = {"server": "https://ntfy.example.com", "topic": "ana-7", "token": "tk_canary"}
    made = call("PUT", "/people/ana/contacts", {"kind": "ntfy", "values": values}, who="ana")
    shown = {"name": "ntfy", "kind": "ntfy", "address": "ana-7", "verified": False, "stopped": ""}
    assert answer(made) == shown
    listed = call("GET", "/people/ana/contacts", who="ana")
    assert [one["address"] for one in answer(listed)["items"]] == ["ana-7"]
    assert b"tk_canary" not in made.content + listed.content
    assert Contact.objects.get(name="ntfy").target["token"] == "tk_canary"
    answer(call("DELETE", "/people/ana/contacts/ntfy", who="ana"), 204)
    assert answer(call("GET", "/people/ana/contacts", who="ana"))["items"] == []


def test_what_the_form_refuses_is_refused_by_the_command(call: Call) -> None:
    wrong = call("PUT", "/people/ana/contacts", {"kind": "ntfy", "values": {"topic": "a b"}}, who="ana")
    said = problem(wrong, 422, "contact_invalid")
    assert "server is missing" in said
    unknown = call("PUT", "/people/ana/contacts", {"kind": "pigeon", "values": {}}, who="ana")
    assert "it knows email" in problem(unknown, 422, "contact_kind_not_found")


def test_nobody_reads_or_changes_somebody_elses(call: Call) -> None:
    for method, path, body in (
        ("GET", "/people/ben/contacts", None),
        ("PUT", "/people/ben/contacts", {"kind": "email", "values": {"address": "eve@example.com"}}),
    ):
        assert call(method, path, body, who="ana").status_code == 403
    assert Contact.objects.filter(person__handle="ben").count() == 0

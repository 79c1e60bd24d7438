"""A whole company in one file, its people too: applied, exported, applied again, pruned (design 13)."""

from pathlib import Path

import yaml

from calling import Call, answer

FILE = (Path(__file__).parent / "acme.yaml").read_text()


def test_every_section_is_applied_and_comes_back_as_it_was(call: Call) -> None:
    """Read back by `export` and left alone by a second `apply`."""
    first = answer(call("POST", "/configuration/apply", FILE))
    assert set(first["counts"]) <= {"create", "change"}
    assert answer(call("POST", "/configuration/apply", FILE))["counts"].keys() == {"leave"}
    exported = call("GET", "/configuration/export").content.decode()
    assert set(yaml.safe_load(exported)) == set(yaml.safe_load(FILE))
    assert first["integrations"][0]["key"] not in exported
    assert answer(call("POST", "/configuration/apply", exported))["counts"].keys() == {"leave"}


def test_everything_an_apply_made_can_be_pruned_again(call: Call) -> None:
    """What points at other things goes first."""
    call("POST", "/configuration/apply", FILE)
    left = "version: 1\norganisation: {fallback: [person:admin]}\n"
    pruned = answer(call("POST", "/configuration/apply?prune=true", left))
    assert {step["action"] for step in pruned["plan"]} == {"change", "retire"}
    back = answer(call("POST", "/configuration/apply", FILE))
    assert "create" not in back["counts"]

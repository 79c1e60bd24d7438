"""Changes by API: told by a token, listed, and bad input answered with what to change."""

from typing import Any

import pytest

from calling import Call, answer, problem

SAID = {"service": "checkout", "summary": "Released 4.18.0", "source": "ci"}


def test_a_pipeline_tells_of_a_release_and_everybody_reads_it(call: Call, key: str) -> None:
    told = answer(call("POST", "/changes", SAID | {"changed_at": "2026-03-02T21:00:00+01:00"}), 201)
    assert (told["id"][:4], told["service"], told["integration"]) == ("CHG-", "checkout", None)
    assert told["changed_at"] == "2026-03-02T20:00:00Z"
    answer(call("POST", "/changes", SAID | {"url": "https://ci.example.com/2"}), 201)
    listed = answer(call("GET", "/changes?service=checkout"))
    assert [one["links"] for one in listed["items"]] == [
        [{"href": "https://ci.example.com/2", "text": ""}],
        [],
    ]
    assert len(answer(call("GET", "/changes?limit=1"))["items"]) == 1
    problem(call("GET", "/changes?service=nobody"), 404, "service_not_found")


@pytest.mark.parametrize(
    "wrong",
    [
        {"summary": ""},
        {"summary": "x" * 1001},
        {"changed_at": "yesterday"},
        {"changed_at": "2026-03-02T21:00:00"},
        {"service": None},
        {"colour": "red"},
        {"url": "x" * 3000},
    ],
)
def test_what_makes_no_sense_is_refused(call: Call, key: str, wrong: dict[str, Any]) -> None:
    assert call("POST", "/changes", SAID | wrong).status_code in (400, 422)
    assert answer(call("GET", "/changes"))["items"] == []

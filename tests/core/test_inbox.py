"""What a search of the inbox asks for, and which views can be saved."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from muster.core.inbox import LONGEST_CHARS, NAME_CHARS, ViewRefusal, asked_of, check_view


@pytest.mark.parametrize(
    ("text", "terms", "words"),
    [
        ("", {}, ()),
        ("time out", {}, ("time", "out")),
        ("service:checkout timeout", {"service": ["checkout"]}, ("timeout",)),
        ("service:a service:b TEAM:Pay", {"service": ["a", "b"], "team": ["pay"]}, ()),
        ("urgency:high", {"urgency": ["high"]}, ()),
        ("service: http://x colour:red", {}, ("service:", "http://x", "colour:red")),
    ],
)
def test_terms_that_we_know_are_terms_and_all_else_is_words(
    text: str, terms: dict[str, list[str]], words: tuple[str, ...]
) -> None:
    asked = asked_of(text)
    assert (asked.terms, asked.words) == (terms, words)


@given(some.text(max_size=400))
def test_any_text_is_a_search(text: str) -> None:
    asked = asked_of(text)
    assert sum(map(len, asked.words)) <= LONGEST_CHARS


@pytest.mark.parametrize(
    ("name", "state", "words", "wrong"),
    [
        ("My night", "open", "", None),
        ("x" * NAME_CHARS, "all", "w" * LONGEST_CHARS, None),
        ("", "open", "", ViewRefusal.NAME),
        ("  ", "open", "", ViewRefusal.NAME),
        ("x" * (NAME_CHARS + 1), "open", "", ViewRefusal.NAME),
        ("two\nlines", "open", "", ViewRefusal.NAME),
        ("n", "closed", "", ViewRefusal.STATE),
        ("n", "open", "w" * (LONGEST_CHARS + 1), ViewRefusal.WORDS_TOO_LONG),
    ],
)
def test_a_view_needs_a_name_and_a_list_that_there_is(
    name: str, state: str, words: str, wrong: ViewRefusal | None
) -> None:
    assert check_view(name, state, words) is wrong

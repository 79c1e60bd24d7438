"""What strangers' members are read as, whatever stands in them."""

from typing import Any

import pytest

from muster.core.reading import host_in, listed, said, scalars_of


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (["a", 2, None, "", " ", {"b": 1}, ["c"]], ["a", "2"]),
        ("a", ["a"]),
        (None, []),
        ({"a": "b"}, []),
    ],
)
def test_a_list_is_read_as_the_texts_that_say_something(value: Any, texts: list[str]) -> None:
    assert listed(value) == texts


def test_what_says_nothing_is_left_out_and_nought_and_no_are_kept() -> None:
    assert said(a=None, b="", c=[], d={}, e=0, f=False, g="x") == {"e": 0, "f": False, "g": "x"}


def test_the_scalars_of_an_object_are_texts_and_the_rest_is_left_out() -> None:
    assert scalars_of({"a": 1, "b": None, "c": [1], "d": "x" * 5000}) == {"a": "1", "d": "x" * 5000}
    assert scalars_of(["a"]) == {}


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://status.example.com/?unsubscribe=x", "status.example.com"),
        ("http://[", ""),
        ("status.example.com", ""),
        (None, ""),
    ],
)
def test_the_host_of_an_address_of_the_web_is_found(address: Any, host: str) -> None:
    assert host_in(address) == host

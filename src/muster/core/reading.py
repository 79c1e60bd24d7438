"""How strangers' JSON is read: what every source needs to turn a body into signals (wire rules 3 to 5).

Total functions: whatever stands in a member, the answer is a text, a mapping or nothing, never an error. A
source decides by itself what it refuses.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from muster.core.signals import Link, SignalSeverity
from muster.core.text import clean_json

LABEL_TEXT_LIMIT_CHARS = 255
_MADE_KEY_CHARS = 32

_SEVERITIES = {
    SignalSeverity.CRITICAL: "critical crit page fatal emergency emerg alert disaster urgent p1 sev1",
    SignalSeverity.ERROR: "error err major high average p2 sev2",
    SignalSeverity.WARNING: "warning warn minor medium moderate p3 sev3",
    SignalSeverity.INFO: "info informational information none notice low debug ok p4 p5 sev4",
}
_SEVERITY_OF = {word: severity for severity, words in _SEVERITIES.items() for word in words.split()}


def severity_of(word: str) -> SignalSeverity:
    """The severity that a sender's free text means; a word that nobody taught us is an error."""
    return _SEVERITY_OF.get(word.strip().lower(), SignalSeverity.ERROR)


def mapping_of(value: Any) -> Mapping[str, Any]:
    """The value when it is an object, else an empty one."""
    return value if type(value) is dict or isinstance(value, Mapping) else {}


def is_scalar(value: Any) -> bool:
    """Whether a value can stand for a text: null, text, number or truth value."""
    return value is None or isinstance(value, (str, int, float))


def text_of(value: Any) -> str:
    """The text of a scalar; empty for null and for anything that is not a scalar."""
    if type(value) is str:
        return value
    return str(value) if value is not None and is_scalar(value) else ""


def text_or_json(value: Any) -> str:
    """The text of anything: scalars as they are, null as nothing, the rest as JSON."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return json.dumps(clean_json(value), ensure_ascii=False)


def texts_of(value: Any) -> dict[str, str]:
    """The members of an object as texts, without the null ones; empty for anything else."""
    if not isinstance(value, Mapping):
        return {}
    return {str(name): text_or_json(inner) for name, inner in value.items() if inner is not None}


def short_texts_of(value: Any) -> dict[str, str]:
    """The short one-line scalars of an object, for matchers to look at."""
    found = {}
    for name, inner in mapping_of(value).items():
        if inner is not None and is_scalar(inner):
            text = text_of(inner)
            if len(text) <= LABEL_TEXT_LIMIT_CHARS and "\n" not in text:
                found[str(name)] = text
    return found


def scalars_of(value: Any) -> dict[str, str]:
    """The scalars of an object as texts, however long, without the null ones."""
    members = mapping_of(value).items()
    return {str(name): text_of(inner) for name, inner in members if inner is not None and is_scalar(inner)}


def listed(value: Any) -> list[str]:
    """The texts of a list that say something; a scalar alone counts as a list of one."""
    items = value if isinstance(value, list) else [value]
    return [text for text in map(text_of, items) if text.strip()]


def said(**members: Any) -> dict[str, Any]:
    """The members that say something: without null, and without empty texts, lists and objects."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}


def first_of(texts: Mapping[str, str], names: Iterable[str]) -> str:
    """The first of the named texts that says something, or nothing."""
    return next((texts[name] for name in names if texts.get(name)), "")


def made_key(parts: Any) -> str:
    """The key for what brings none: 32 hexadecimal digits, the same for the same parts in any order of names.

    What is sent again after a lost answer gets the same key, and so joins the alert that the first one opened
    instead of paging twice.
    """
    canonical = json.dumps(clean_json(parts), sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:_MADE_KEY_CHARS]


def web_links(*named: tuple[str, Any]) -> list[Link]:
    """The (words, address) pairs whose address is one of the web, as links."""
    return [Link(href, words) for words, href in named if is_web_address(href)]


def is_web_address(value: Any) -> TypeGuard[str]:
    """Whether a value is text that begins as an http or https address."""
    return isinstance(value, str) and value.startswith(("https://", "http://"))


def host_in(address: Any) -> str:
    """The name of the host in an address of the web, or nothing."""
    try:
        return (urlsplit(str(address)).hostname or "") if is_web_address(address) else ""
    except ValueError:
        return ""


def objects_in(value: Any) -> Sequence[Mapping[str, Any]]:
    """The objects of a list, without whatever else stands there; empty for anything that is not a list."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []

"""The public page: what was published is there, and never half of it (I17, I18)."""

from collections.abc import Iterator

from faults.checker.evidence import Evidence, Violation


def judge(evidence: Evidence) -> Iterator[Violation]:
    """A reader's looks are lines `op: look` of the history: the texts seen, whether the page was whole."""
    seen: dict[str, float] = {}
    for line in evidence.history:
        if line["op"] != "look":
            continue
        if not line["whole"]:
            yield Violation("I17", "a reader got half a page")
        for text in line["texts"]:
            seen.setdefault(text, line["at"])
    for one in evidence.operations:
        if one.what == "publish" and one.ok and one.key not in seen:
            yield Violation("I18", "published, and never public", one.key)
    for row in evidence.rows("publication"):
        if row["live"] < row["wanted"]:
            yield Violation("I18", f"page {row['page']} is not live: {row['live']} of {row['wanted']}")

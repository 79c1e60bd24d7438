"""Reading the file: every entry as the form of its section, every fault with its line."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from muster.core.typed_yaml import Fault, InvalidDocument, Problem, read
from muster.foundation.catalog import configuration
from muster.foundation.catalog.configuration import Section
from muster.foundation.catalog.handles import HANDLE
from muster.web.configuration.reasons import Finding, refusal

VERSION = 1
LIMIT_CHARS = 8_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that the file names. `handle` is empty for the organisation."""

    section: Section[Any]
    path: str
    handle: str
    form: Any


@dataclass(frozen=True, slots=True)
class Document:
    """The entries of a file in its order, and the line of each place."""

    entries: tuple[Entry, ...]
    lines: Mapping[str, int]

    def finding(self, path: str, reason: str) -> Finding:
        """A finding at this path; its line is that of the nearest place around it that has one."""
        around = path
        while around and around not in self.lines:
            around = around.rpartition(".")[0]
        return Finding(self.lines.get(around, 1), path, reason)


def read_document(text: str) -> Document:
    """Read a configuration file.

    Raises:
        Refused: with every finding: not YAML, unknown keys, wrong types, wrong or double handles.
    """
    try:
        document, lines = read(_document_type(), text, limit_chars=LIMIT_CHARS)
    except InvalidDocument as invalid:
        raise refusal([_finding(problem) for problem in invalid.problems]) from None
    found = Document(tuple(_entries(document)), lines)
    findings = list(_wrong_handles(found))
    if document.version != VERSION:
        findings.append(found.finding("version", _("this version of Muster reads version 1")))
    if findings:
        raise refusal(findings)
    return found


def _document_type() -> type[Any]:
    sections = configuration.sections()
    fields: list[Any] = [("version", int)]
    for section in sections:
        kind: Any = section.form if section.is_single else tuple[section.form, ...]  # type: ignore[name-defined]
        fields.append((section.name, kind | None, None))
    return dataclasses.make_dataclass("Configuration", fields, frozen=True)


def _entries(document: Any) -> Iterator[Entry]:
    for section in configuration.sections():
        value = getattr(document, section.name)
        if value is None:
            continue
        if section.is_single:
            yield Entry(section, section.name, "", value)
            continue
        for index, form in enumerate(value):
            yield Entry(section, f"{section.name}.{index}", getattr(form, section.key), form)


def _wrong_handles(document: Document) -> Iterator[Finding]:
    seen: dict[tuple[str, str], str] = {}
    for entry in document.entries:
        if entry.section.is_single:
            continue
        path = f"{entry.path}.{entry.section.key}"
        if not HANDLE.fullmatch(entry.handle):
            words = _("%(handle)s is no handle: use a-z, 0-9 and -, at most 63 characters")
            yield document.finding(path, words % {"handle": repr(entry.handle[:80])})
        first = seen.setdefault((entry.section.name, entry.handle), path)
        if first != path:
            line = document.finding(first, "").line
            words = _("%(handle)s stands in line %(line)s already")
            yield document.finding(path, words % {"handle": entry.handle, "line": line})


def _finding(problem: Problem) -> Finding:
    words = {
        Fault.NOT_YAML: _("this is not YAML: %(fact)s"),
        Fault.TOO_LARGE: _("the file is too large (%(fact)s characters)"),
        Fault.TOO_DEEP: _("this is nested too deep"),
        Fault.ANCHOR: _("anchors and aliases are not read; write it out"),
        Fault.UNKNOWN_KEY: _("unknown key %(key)s; known are %(fact)s"),
        Fault.DOUBLE_KEY: _("%(key)s stands here twice"),
        Fault.MISSING_KEY: _("%(key)s is missing"),
        Fault.WRONG_TYPE: _("%(key)s should be a %(fact)s"),
        Fault.NOT_ONE_OF: _("%(key)s must be one of %(fact)s"),
    }
    facts = {"fact": problem.fact, "key": problem.path.rpartition(".")[2] or _("the document")}
    return Finding(problem.line, problem.path, words.get(problem.fault, problem.fault.value) % facts)

"""Every string that a person reads goes through gettext (design section 12)."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser

from house.checkers.source import Tree, said

_TRANSLATED = re.compile(r"{%-?\s*(blocktrans\w*|blocktranslate)\b.*?%}.*?{%\s*end\1\s*%}", re.S)
_COMMENT = re.compile(r"{%\s*comment\b.*?%}.*?{%\s*endcomment\s*%}|{#.*?#}|<!--.*?-->", re.S)
_TAG = re.compile(r"{%.*?%}|{{.*?}}", re.S)
# A block that fills the body's class attribute: `is-task`.
_STYLE_CLASS = re.compile(r"\b(?:is|has)-[a-z-]+")
_LETTERS = re.compile(r"[A-Za-z]{2,}")
_READ_ATTRIBUTES = {"title", "aria-label", "placeholder", "alt", "label", "aria-description", "data-confirm"}
_UNREAD_ELEMENTS = {"script", "style", "kbd", "code", "pre", "svg"}
# Names and notations that are the same in every language.
_ALIKE = {"Muster", "UTC", "API", "CLI", "JSON", "YAML", "CSV", "PDF", "RSS", "Atom", "iCal", "SEV", "Esc"}
_WORDED_KEYWORDS = {"label", "help_text", "placeholder", "empty_label", "verbose_name"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str]] = []
        self._unread: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNREAD_ELEMENTS:
            self._unread.append(tag)
        for name, value in attrs:
            if name in _READ_ATTRIBUTES:
                self._note(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._unread and self._unread[-1] == tag:
            self._unread.pop()

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self._note(data)

    def _note(self, text: str) -> None:
        words = [w for w in _LETTERS.findall(_STYLE_CLASS.sub("", text)) if w not in _ALIKE]
        if words:
            self.found.append((self.getpos()[0], " ".join(text.split())[:60]))


def bare_templates(tree: Tree) -> Iterator[str]:
    """Words in a template outside trans and blocktrans."""
    for path in tree.files("*.html"):
        if "templates" not in path.parts:
            continue
        text = path.read_text("utf-8")
        for pattern in (_COMMENT, _TRANSLATED, _TAG):
            text = pattern.sub(lambda m: "\n" * m.group().count("\n") or " ", text)
        reader = _Reader()
        reader.feed(re.sub(r"<\s+(?=[a-z])", "<", text))
        reader.close()
        for line, words in reader.found:
            yield f"{tree.relative(path)}:{line}: {words!r} does not go through gettext"


def bare_python(tree: Tree) -> Iterator[str]:
    """Sentences in views, forms, refusals and messages outside gettext, roughly."""
    for source in tree.sources:
        for node in ast.walk(source.tree):
            for value in _worded(node) if isinstance(node, ast.Call) else _refusal(node):
                text = value.value if isinstance(value, ast.Constant) else None
                if isinstance(text, str) and _LETTERS.search(text) and text not in _ALIKE:
                    yield f"{source.path}:{value.lineno}: {text!r} does not go through gettext"


def _refusal(node: ast.AST) -> Iterator[ast.expr]:
    """The sentence in `REASON: (409, "...")`."""
    for pair in node.values if isinstance(node, ast.Dict) else ():
        if isinstance(pair, ast.Tuple) and len(pair.elts) == 2:
            status = pair.elts[0].value if isinstance(pair.elts[0], ast.Constant) else 0
            if isinstance(status, int) and 400 <= status < 600:
                yield pair.elts[1]


def _worded(call: ast.Call) -> Iterator[ast.expr]:
    """The arguments of a call that a person reads."""
    name = said(call.func)
    if name.startswith("messages.") and len(call.args) > 1:
        yield call.args[1]
    if name.rpartition(".")[2] in {"ValidationError", "HttpResponseForbidden", "HttpResponseBadRequest"}:
        yield from call.args[:1]
    if name.rpartition(".")[2].endswith("Field") or name.rpartition(".")[2] == "Kind":
        yield from (k.value for k in call.keywords if k.arg in _WORDED_KEYWORDS)
        sentences = [a for a in call.args if isinstance(a, ast.Lambda)]
        yield from (s.body for s in sentences)
        yield from (s.body.left for s in sentences if isinstance(s.body, ast.BinOp))

"""Each house rule fails on a seeded fault: a rule that cannot fail guards nothing."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from house.checkers import clocks, events, reading, sizes, words, writing
from house.checkers.source import Tree

MODELS = """
from django.db import models
from muster.foundation.timeline.models import Recorded

class Alert(Recorded):
    subject_kind = "alert"
    touched = frozenset({"count"})
    service = models.ForeignKey("Service", related_name="alerts")

class Loud(Alert):
    pass

class Cache(models.Model):
    pass
"""
LONG = "def long() -> int:\n" + "    x = 1\n" * 50 + "    return x\n"
ENGINE_HELPER = '''
def due() -> None:
    """What is due (engine side)."""
    _rows()

def _rows():
    return Alert.objects.all()
'''
SHARED_HELPER = ENGINE_HELPER + "\ndef shown(actor):\n    return _rows()\n"


def planted(folder: Path, path: str, text: str) -> Tree:
    """A tiny house with two tables with a state, one without, and one more file."""
    for name, content in (("src/muster/detect/models.py", MODELS), (path, text)):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, "utf-8")
    return Tree(folder)


COMMANDS, QUERIES = "src/muster/detect/commands.py", "src/muster/detect/queries.py"
VIEWS, PAGE = "src/muster/detect/views.py", "src/muster/detect/templates/detect/page.html"
SQL = "src/muster/detect/fold.sql"
Rule = Callable[[Tree], Iterable[str]]


def unseen(tree: Tree) -> Iterable[str]:
    return reading.unseen_queries(tree, {})


def idle(tree: Tree) -> Iterable[str]:
    return reading.idle_exemptions(tree, {"src/muster/detect/queries.py:gone": "no reason"})


def clock(tree: Tree) -> Iterable[str]:
    return clocks.foreign_clocks(tree, {})


def network(tree: Tree) -> Iterable[str]:
    return clocks.network_clients(tree, {})


def kinds(tree: Tree) -> Iterable[str]:
    return events.unregistered_kinds(tree, {"alert.opened"})


def links(tree: Tree) -> Iterable[str]:
    return events.dead_links(tree, "docs/tour.md")


FAULTS: list[tuple[Rule, str, str]] = [
    (sizes.large_files, COMMANDS, "x = 1\n" * 401),
    (sizes.large_files, PAGE, "<br>\n" * 401),
    (sizes.long_functions, COMMANDS, LONG),
    (sizes.long_functions, "tests/test_x.py", LONG),
    (sizes.hidden_imports, COMMANDS, "def f():\n    import os\n"),
    (sizes.relative_imports, COMMANDS, "from .models import Alert\n"),
    (sizes.nameless_drawers, "src/muster/detect/utils.py", ""),
    (writing.written_past_the_pen, COMMANDS, "def f():\n    Alert.objects.filter(pk=1).update(state='x')\n"),
    (writing.written_past_the_pen, COMMANDS, "def f():\n    Loud.objects.create(state='x')\n"),
    (writing.written_past_the_pen, COMMANDS, "def f():\n    Alert.objects.bulk_create([])\n"),
    (
        writing.written_past_the_pen,
        COMMANDS,
        "def f(alert: Alert):\n    alert.state = 'x'\n    alert.save()\n",
    ),
    (writing.written_past_the_pen, COMMANDS, "def f(thing):\n    thing.save()\n"),
    (
        writing.written_past_the_pen,
        COMMANDS,
        "def f():\n    for a in Alert.objects.all():\n        a.delete()\n",
    ),
    (writing.written_past_the_pen, COMMANDS, "def f(service):\n    service.alerts.update(state='x')\n"),
    (
        writing.written_past_the_pen,
        COMMANDS,
        "def f():\n    rows = Alert.objects.all()\n    rows.update(x=1)\n",
    ),
    (writing.written_past_the_pen, "src/muster/worker/x.py", "Alert.objects.all().delete()\n"),
    (writing.raw_writes, COMMANDS, 'SQL = "UPDATE detect_alert SET state = 1"\n'),
    (writing.raw_writes, COMMANDS, 'SQL = """insert into\n detect_loud (id) VALUES (1)"""\n'),
    (writing.raw_writes, SQL, "DELETE FROM detect_alert WHERE true"),
    (writing.raw_writes, SQL, "UPDATE detect_alert AS a SET count = b.n, state = 'x' FROM b"),
    (writing.odd_commands, COMMANDS, "@command\ndef open_alert(actor, at):\n    pass\n"),
    (writing.odd_commands, COMMANDS, "@command\ndef open_alert(*, actor):\n    pass\n"),
    (writing.odd_commands, COMMANDS, "def open_alert(actor, at):\n    record(1)\n"),
    (unseen, QUERIES, "def open_alerts(actor):\n    return Alert.objects.filter(state='x')\n"),
    (unseen, QUERIES, "def open_alerts(actor):\n    return Alert.objects.all().visible_to(actor)\n"),
    (unseen, QUERIES, '_SQL = "SELECT id FROM detect_alert"\n'),
    (unseen, VIEWS, "def page(request):\n    return list(models.Alert.objects.all())\n"),
    (unseen, QUERIES, SHARED_HELPER),
    (idle, QUERIES, "def there():\n    pass\n"),
    (clock, COMMANDS, "def f():\n    return datetime.now(UTC)\n"),
    (clock, COMMANDS, "def f():\n    return timezone.now()\n"),
    (clock, COMMANDS, "def f():\n    return time.time()\n"),
    (clock, COMMANDS, 'SQL = "SELECT clock_timestamp()"\n'),
    (clock, SQL, "SELECT CURRENT_TIMESTAMP"),
    (network, COMMANDS, "import httpx\n"),
    (network, COMMANDS, "from urllib.request import urlopen\n"),
    (network, COMMANDS, "from urllib import request\n"),
    (kinds, COMMANDS, 'x = Change("alert.opend", {})\n'),
    (kinds, COMMANDS, 'x = Change(kind="alert.closed" if y else "alert.opened")\n'),
    (links, "docs/tour.md", "[here](../src/muster/detect/gone.py#L3)"),
    (links, "docs/other.md", ""),
    (words.bare_templates, PAGE, "{% load i18n %}<h1>Open alerts</h1>"),
    (words.bare_templates, PAGE, '<button aria-label="Close">{% trans "x" %}</button>'),
    (words.bare_templates, PAGE, "{% if x %}Yes, please{% endif %}"),
    (words.bare_python, VIEWS, "def f(r):\n    messages.success(r, 'Saved.')\n"),
    (words.bare_python, VIEWS, "x = forms.CharField(label='Title')\n"),
    (words.bare_python, VIEWS, "x = {Reason.TAKEN: (409, 'It is taken.')}\n"),
    (words.bare_python, VIEWS, "x = Kind('a.b', lambda p: 'opened %(x)s' % p)\n"),
]


@pytest.mark.parametrize(("rule", "path", "text"), FAULTS)
def test_a_rule_names_the_seeded_fault(rule: Rule, path: str, text: str, tmp_path: Path) -> None:
    assert list(rule(planted(tmp_path, path, text))) != []


CLEAN: list[tuple[Rule, str, str]] = [
    (sizes.large_files, COMMANDS, "x = 1\n" * 400),
    (sizes.long_functions, COMMANDS, LONG.replace("    x = 1\n", "", 2)),
    (writing.written_past_the_pen, COMMANDS, "def f():\n    Cache.objects.filter(pk=1).update(state='x')\n"),
    (writing.written_past_the_pen, COMMANDS, "def f():\n    row = Cache(x=1)\n    row.save()\n"),
    (
        writing.written_past_the_pen,
        COMMANDS,
        "def f(found):\n    found.update({1: 2})\n    set().update([1])\n",
    ),
    (writing.written_past_the_pen, COMMANDS, "def f():\n    h = hashlib.sha256()\n    h.update(b'x')\n"),
    (sizes.hidden_imports, "src/muster/detect/apps.py", "def ready(self):\n    import os\n"),
    (writing.raw_writes, COMMANDS, 'SQL = "SELECT 1 FROM detect_alert FOR UPDATE"\n'),
    (writing.raw_writes, SQL, "UPDATE detect_alert AS a SET count = a.count + b.n FROM b WHERE a.id = b.id"),
    (writing.odd_commands, COMMANDS, "@command\ndef open_alert(x, *, actor, at, y=1):\n    record(1)\n"),
    (writing.written_past_the_pen, COMMANDS, "@router.delete('/x')\ndef f():\n    pass\n"),
    (unseen, QUERIES, "def open_alerts(actor):\n    return Alert.objects.visible_to(actor).filter(x=1)\n"),
    (unseen, QUERIES, 'def f():\n    """All (engine side)."""\n    return Alert.objects.filter(x=1)\n'),
    (unseen, QUERIES, ENGINE_HELPER),
    (unseen, COMMANDS, "def f(actor):\n    return Alert.objects.filter(x=1)\n"),
    (clock, COMMANDS, '"""Never clock_timestamp()."""\ndef f():\n    return time.monotonic()\n'),
    (network, COMMANDS, "from urllib.parse import quote\n"),
    (kinds, COMMANDS, 'x = Change("alert.opened", {})\n'),
    (links, "docs/tour.md", "[models](../src/muster/detect/models.py#L1) [far](https://example.com/x)"),
    (words.bare_templates, PAGE, '<h1 title="{% trans "Hi" %}">{% trans "Open" %}</h1>{# note #} 7 {{ x }}'),
    (words.bare_templates, PAGE, "<p>{% blocktrans with n=x %}You have {{ n }}{% endblocktrans %}</p>"),
    (words.bare_python, VIEWS, "x = forms.CharField(label=_('Title'))\n"),
]


@pytest.mark.parametrize(("rule", "path", "text"), CLEAN)
def test_a_rule_leaves_alone_what_is_right(rule: Rule, path: str, text: str, tmp_path: Path) -> None:
    assert list(rule(planted(tmp_path, path, text))) == []


PEN = "INSERT INTO timeline_outbox (event_id)\nSELECT id FROM x"


@pytest.mark.parametrize(
    "sql", ["", PEN.replace("event_id", "event"), PEN.replace("SELECT id", "SELECT id, x")]
)
def test_the_pens_columns_are_compared(sql: str) -> None:
    assert list(events.pen_columns(sql, {"timeline_outbox": {"event_id"}})) != []
    assert list(events.pen_columns(PEN, {"timeline_outbox": {"event_id"}})) == []


def test_the_counters_are_read_from_the_models(tmp_path: Path) -> None:
    assert writing.counters(planted(tmp_path, COMMANDS, "")) == ["Alert.count"]

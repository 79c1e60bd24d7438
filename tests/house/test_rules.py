"""The house rules, kept by the tree as it is. `test_rules_bite.py` shows that each can fail."""

from pathlib import Path

import pytest
from django.apps import apps

from house import exempt
from house.checkers import clocks, events, reading, sizes, words, writing
from house.checkers.source import Tree
from muster.foundation.timeline import kinds, lanes
from muster.foundation.timeline.models import Event, EventText, Outbox

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def tree() -> Tree:
    """This repository."""
    return Tree(ROOT)


def shown(violations: object) -> str:
    """Violations one a line, so that a failure can be read."""
    return "\n".join(violations)  # type: ignore[call-overload]


def test_no_file_is_over_400_lines(tree: Tree) -> None:
    assert shown(sizes.large_files(tree)) == ""


def test_no_function_is_over_50_lines(tree: Tree) -> None:
    assert shown(sizes.long_functions(tree)) == ""


def test_no_import_hides_in_a_function(tree: Tree) -> None:
    assert shown(sizes.hidden_imports(tree)) == ""


def test_imports_are_absolute(tree: Tree) -> None:
    assert shown(sizes.relative_imports(tree)) == ""


def test_no_file_is_called_utils_helpers_or_services(tree: Tree) -> None:
    assert shown(sizes.nameless_drawers(tree, exempt.FIELD_NAMES)) == ""


def test_only_the_pen_writes_rows_with_a_state(tree: Tree) -> None:
    assert shown(writing.written_past_the_pen(tree)) == ""


def test_only_the_pen_holds_sql_that_writes_rows_with_a_state(tree: Tree) -> None:
    assert shown(writing.raw_writes(tree)) == ""


def test_commands_take_actor_and_at_by_keyword(tree: Tree) -> None:
    assert shown(writing.odd_commands(tree, exempt.ODD_COMMANDS)) == ""


def test_the_counters_that_touch_may_write_stand_in_one_list(tree: Tree) -> None:
    """Add a line to touched.txt only for what is no state: counters and last-seen times."""
    assert shown(writing.counters(tree)) == (HERE / "touched.txt").read_text("utf-8").strip()


def test_lists_for_people_start_from_what_they_may_see(tree: Tree) -> None:
    assert shown(reading.unseen_queries(tree, exempt.ENGINE_QUERIES, exempt.EVERYONES)) == ""


def test_no_exemption_names_what_is_gone(tree: Tree) -> None:
    assert shown(reading.idle_exemptions(tree, exempt.ENGINE_QUERIES)) == ""
    listed = {*exempt.PROCESS_CLOCKS, *exempt.NETWORK_CLIENTS, *exempt.FIELD_NAMES}
    assert [path for path in sorted(listed) if not (ROOT / path).exists()] == []


def test_product_time_is_the_databases(tree: Tree) -> None:
    assert shown(clocks.foreign_clocks(tree, exempt.PROCESS_CLOCKS)) == ""


def test_network_clients_live_in_adapters(tree: Tree) -> None:
    assert shown(clocks.network_clients(tree, exempt.NETWORK_CLIENTS)) == ""


def test_templates_speak_through_gettext(tree: Tree) -> None:
    assert shown(words.bare_templates(tree)) == ""


def test_views_and_sentences_speak_through_gettext(tree: Tree) -> None:
    assert shown(words.bare_python(tree)) == ""


def test_every_event_kind_that_is_written_is_registered(tree: Tree) -> None:
    assert shown(events.unregistered_kinds(tree, [kind.name for kind in kinds.every()])) == ""


def test_the_pens_columns_are_the_models_columns() -> None:
    columns = {
        m._meta.db_table: {f.column for f in m._meta.concrete_fields} for m in (Event, EventText, Outbox)
    }
    sql = (ROOT / "src/muster/foundation/timeline/pen.sql").read_text("utf-8")
    assert shown(events.pen_columns(sql, columns)) == ""


def test_every_link_in_the_tour_and_the_readme_opens(tree: Tree) -> None:
    assert shown(events.dead_links(tree, "docs/tour.md", "README.md", "CONTRIBUTING.md")) == ""


def test_the_map_of_reactions_is_as_printed(tree: Tree) -> None:
    """`muster map > tests/house/map.txt` when a reaction was meant to come or go."""
    assert lanes.as_text() == (HERE / "map.txt").read_text("utf-8")


def test_the_checkers_see_the_tables_that_django_sees(tree: Tree) -> None:
    """The rules above read syntax trees; this holds their idea of a table beside Django's."""
    ours = {m for m in apps.get_models() if m.__module__.startswith("muster.")}
    assert {t.name for t in tree.tables if t.name != "Recorded"} >= {m.__name__ for m in ours}
    recorded = {m._meta.db_table for m in ours if hasattr(m, "subject_kind")}
    assert recorded == tree.recorded_tables

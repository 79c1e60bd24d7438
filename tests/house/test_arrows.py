"""The arrows of design section 3: this tree keeps them, and each contract fails on a seeded fault."""

import configparser
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / ".importlinter"

# Contract, importing module, imported module.
FAULTS = [
    ("house", "muster.detect.commands", "muster.evaluate.commands"),
    ("house", "muster.foundation.timeline.pen", "muster.detect.models"),
    ("house", "muster.web.home", "muster.worker.loop"),
    ("house", "muster.core.oncall", "muster.foundation.access.models"),
    ("house", "muster.review.metrics.queries", "muster.config.wiring"),
    ("foundation", "muster.foundation.timeline.pen", "muster.foundation.access.models"),
    ("foundation", "muster.foundation.catalog.commands", "muster.foundation.obligations.commands"),
    ("mobilize", "muster.mobilize.paging.commands", "muster.mobilize.escalation.commands"),
    ("mobilize", "muster.mobilize.oncall.commands", "muster.mobilize.paging.commands"),
    ("mobilize", "muster.mobilize.escalation.commands", "muster.mobilize.reach.commands"),
    ("mobilize", "muster.mobilize.reach.commands", "muster.mobilize.watch.commands"),
    ("stage", "muster.detect.queries", "muster.detect.commands"),
    ("stage", "muster.foundation.access.models", "muster.foundation.access.queries"),
    ("stage", "muster.mobilize.paging.commands", "muster.mobilize.paging.due"),
    ("stage", "muster.respond.warroom.reactions", "muster.respond.warroom.views"),
    ("stage", "muster.review.actions.views", "muster.review.actions.api"),
    ("law", "muster.core.oncall", "django.db"),
    ("law", "muster.core.oncall", "psycopg"),
    ("law", "muster.core.oncall", "socket"),
    ("vendors", "muster.adapters.contacts.email", "muster.adapters.contacts.webhook"),
    ("vendors", "muster.adapters.sources.pagerduty.door", "muster.adapters.publishers.folder.publish"),
    ("wiring", "muster.processes.main", "muster.adapters.contacts.email"),
    ("ports", "muster.mobilize.paging.commands", "muster.core.ports.contact"),
    ("ports", "muster.web.home", "muster.core.ports.publisher"),
    ("network", "muster.mobilize.paging.due", "httpx"),
    ("network", "muster.web.home", "socket"),
    ("network", "muster.config.wiring", "smtplib"),
    ("cycles", "muster.review.metrics.queries", "muster.review.actions.queries"),
]
PACKAGES = (
    *("processes", "config", "web", "worker", "restore", "evaluate", "detect", "core.ports"),
    *(
        f"adapters.{a}"
        for a in ("contacts.email", "contacts.webhook", "sources.pagerduty", "publishers.folder")
    ),
    *(f"foundation.{f}" for f in ("timeline", "access", "catalog", "standard", "obligations")),
    *(f"mobilize.{m}" for m in ("watch", "reach", "escalation", "paging", "oncall")),
    *("respond.warroom", "respond.statuspage"),
    *("review.postmortem", "review.actions", "review.metrics"),
)
MODULES = (
    *(
        "core.ports.busy",
        "core.ports.contact",
        "core.ports.publisher",
        "foundation.failpoints",
        "mobilize.paging.due",
        "review.actions.api",
    ),
    *("review.actions.queries",),
)


def house(folder: Path, *imports: tuple[str, str]) -> str:
    """Build a tiny house with these imports; return what the import linter says of it."""
    for package in PACKAGES:
        place = folder / "muster"
        for part in ("", *package.split(".")):
            place = place / part
            place.mkdir(parents=True, exist_ok=True)
            (place / "__init__.py").touch()
    for module in (*(f"muster.{m}" for m in MODULES), *(m for pair in imports for m in pair)):
        file = folder / (module.replace(".", "/") + ".py")
        if module.startswith("muster.") and not file.with_suffix("").is_dir():
            file.touch()
    for importer, imported in imports:
        base = folder / importer.replace(".", "/")
        with (base / "__init__.py" if base.is_dir() else base.with_suffix(".py")).open("a") as file:
            file.write(f"import {imported}\n")
    linter = Path(sys.executable).with_name("lint-imports")
    command = [str(linter), "--config", str(CONTRACTS), "--no-cache"]
    environment = os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200", "NO_COLOR": "1"}
    answer = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    return answer.stdout + answer.stderr


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """For each contract, by its name, what the linter said of a house with every fault in it."""
    back = [(new, old) for contract, old, new in FAULTS if contract == "cycles"]
    said = house(tmp_path_factory.mktemp("faulty"), *[(a, b) for _, a, b in FAULTS], *back)
    found: dict[str, str] = {}
    title = ""
    lines = said.partition("Broken contracts")[2].splitlines()
    for line, below in pairwise([*lines, ""]):
        if line and below == "-" * len(line):
            title = line
        found[title] = found.get(title, "") + line + "\n"
    return found


@pytest.mark.parametrize(("contract", "importer", "imported"), FAULTS)
def test_a_contract_names_the_seeded_fault(
    broken: dict[str, str], contract: str, importer: str, imported: str
) -> None:
    chapter = broken[names()[contract]]
    if contract == "cycles":
        assert "muster.review" in chapter
    else:
        assert importer in chapter
        assert imported.partition(".")[0 if "muster" not in imported else 2] in chapter


def test_every_contract_has_a_seeded_fault() -> None:
    assert set(names()) == {contract for contract, _, _ in FAULTS}


def test_a_house_without_faults_keeps_every_contract(tmp_path: Path) -> None:
    allowed = [
        ("muster.config.wiring", "muster.adapters.contacts.email"),
        ("muster.adapters.contacts.email", "muster.core.ports.contact"),
        ("muster.mobilize.paging.due", "muster.core.ports.contact"),
        ("muster.adapters.contacts.email", "smtplib"),
        ("muster.mobilize.escalation.commands", "muster.mobilize.paging.commands"),
        ("muster.processes.main", "muster.config.wiring"),
    ]
    said = house(tmp_path, *allowed)
    assert "0 broken" in said, said


def test_a_folder_without_a_floor_is_refused(tmp_path: Path) -> None:
    """The layers are exhaustive: a new top-level folder needs a place."""
    (tmp_path / "muster" / "misc").mkdir(parents=True)
    (tmp_path / "muster" / "misc" / "__init__.py").touch()
    assert "muster.misc" in house(tmp_path)


def test_this_tree_keeps_every_contract() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run(
        [str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_every_acting_port_is_protected() -> None:
    """A new port is two modules; the acting one stands in the contract `ports`."""
    parsed = configparser.ConfigParser()
    parsed.read(CONTRACTS)
    listed = parsed["importlinter:contract:ports"]["protected_modules"].split()
    folder = ROOT / "src/muster/core/ports"
    acting = {p.stem for p in folder.glob("*.py") if p.stem != "__init__" and not p.stem.endswith("_form")}
    assert set(listed) == {f"muster.core.ports.{name}" for name in acting}


def names() -> dict[str, str]:
    """The contracts' names by their ids."""
    parsed = configparser.ConfigParser()
    parsed.read(CONTRACTS)
    prefix = "importlinter:contract:"
    return {s.removeprefix(prefix): parsed[s]["name"] for s in parsed.sections() if s.startswith(prefix)}

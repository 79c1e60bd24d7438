# Muster. Two commands matter: `make up` and `make test`; each does its own set-up. `make help` lists the rest.

SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv/bin
# Options for `make up`, for example: make up ARGS="--port 9000 --data /srv/muster"
ARGS ?=

.PHONY: up test setup deps check fmt bench faults oracle demo help

up: setup ## Start Muster with a demo company (a new data folder only); prints where to open it
	@exec $(VENV)/muster up --demo $(ARGS)

demo: up ## The same, by its other name

test: setup check ## Everything that must be green: lint, types, arrows, all rings of tests
	@exec $(VENV)/python tools/test.py

setup: ## What both need, in .venv; does nothing when it is there
	@python=$$(sh tools/pick_python.sh) && exec $$python tools/setup.py

deps: ## Debian packages for the browser and real-peer tests (needs root)
	@sh tools/deps.sh

check: setup ## Format, lint, types, arrows, migrations
	@$(VENV)/ruff format --check --quiet
	@$(VENV)/ruff check --quiet
	@$(VENV)/mypy
	@$(VENV)/mypy --config-file tests/mypy.ini
	@$(VENV)/lint-imports
	@$(VENV)/python tools/check_migrations.py

fmt: setup ## Put the code into the house's format
	@$(VENV)/ruff format --quiet
	@$(VENV)/ruff check --quiet --fix

# `make bench ingest page` measures those two; `make bench` all.
ifeq (bench,$(firstword $(MAKECMDGOALS)))
BENCHES := $(wordlist 2,$(words $(MAKECMDGOALS)),$(MAKECMDGOALS))
.PHONY: $(BENCHES)
$(BENCHES):
	@:
endif
bench: setup ## What we claim about speed, measured: make bench, or make bench ingest
	@for name in $(or $(BENCHES),$(basename $(notdir $(shell grep -l __main__ bench/*.py)))); do \
		PYTHONPATH=tests $(VENV)/python bench/$$name.py || exit 1; \
	done

faults: setup ## The long form of the fault tests, and a table of what came of it: kill, cut, freeze, fill, race
	@$(VENV)/python tools/faults.py

oracle: setup ## Who is on call around every change of the clocks, against java.time (needs a JDK)
	@$(VENV)/python tests/core/oncall_oracle/prove.py
	@MUSTER_ORACLE=long $(VENV)/python -m pytest -q -s tests/web/test_calendar_feed.py -k same

help: ## This list
	@sed -n 's/^\([a-z]*\):.* ## \(.*\)/make \1\t\2/p' Makefile | expand -t 14

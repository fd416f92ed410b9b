# What a contributor does in a day; `make` alone lists it. Every command works in .venv, which is made by the first.
# To use another Python: make clean setup PYTHON=python3.14. To use an environment elsewhere: make check VENV=/tmp/venv.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/ready-for-work
# Workers share the compiled form of the tests; without it each would rewrite every assertion of every file by itself.
unexport PYTHONDONTWRITEBYTECODE
# Tests of one file run one after another in one process: what they share is made once, and they never meet each other.
PYTEST = $(BIN)/python -m pytest -q -n auto --dist loadfile
# These start bots, terminals and services. Whatever is not named here runs in `make check`, new directories too.
SLOW = tests/browser tests/discord_ui tests/terminal tests/deploy tests/failures tests/fuzz tests/llm tests/simulators \
	tests/ops tests/evaluation

.PHONY: help setup check lint quick test format bench docs docs-check clean

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS='	' read -r name what; do \
		printf '  make %-12s%s\n' "$$name" "$$what"; done

setup: $(READY) ## make .venv and install the program and all that work on it needs

$(READY): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -e '.[dev]'
	@touch $@

check: lint quick ## all that is quick: lint, and the quick tests; before every commit

lint: $(READY) ## formatting, style, types, and which part may import which
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

quick: $(READY) ## the tests that start no bot, terminal or service, under a minute on two cores
	$(PYTEST) -m "not slow and not postgres" $(addprefix --ignore=,$(SLOW))

test: $(READY) ## all tests, a quarter of an hour on two cores; before a pull request
	$(PYTEST)

format: $(READY) ## put the code into form, and mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) ## measure how long things take; BENCH=name for one of them
	$(BIN)/python -m benchmarks $(BENCH)

docs: $(READY) ## make the pages and pictures anew that are made from the code
	$(BIN)/python docs/measures.py
	$(BIN)/python docs/example.py
	$(BIN)/python -m tests.failures --write
	$(BIN)/python docs/pictures/terminal.py
	$(BIN)/python docs/pictures/discord_panels.py
	$(BIN)/python docs/pictures/report.py

docs-check: docs ## fail if they were not up to date
	git diff --exit-code --stat -- docs

clean: ## remove what the commands above have made
	find bot tests benchmarks docs -name __pycache__ -prune -exec rm -rf {} +
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.* dist build

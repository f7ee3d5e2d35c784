# `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help

.PHONY: help install install-dev run test journeys check lint types imports bench bench-scale bench-quality docs lock clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Broadsheet needs Python 3.11 or newer; this is %s. Try: make PYTHON=python3.11 $(MAKECMDGOALS)" % sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

install: $(VENV)/.installed ## create .venv and install Broadsheet with pinned dependencies

install-dev: $(VENV)/.installed-dev ## the same, with what the tests and checks need

run: install ## serve at http://127.0.0.1:8000, with a sample edition when the library is empty
	$(BIN)/broadsheet serve

test: install-dev ## run the tests
	$(BIN)/python -m pytest -q -n 3 -m "not journey"

journeys: install-dev ## the slow tests: whole programs, real browsers, kills at any moment
	$(BIN)/python -m pytest -q -n 3 -m journey

check: install-dev lint types imports journeys ## lint, types, import rule, journeys

lint: install-dev ## ruff, rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install-dev ## mypy, strict
	$(BIN)/mypy

imports: install-dev ## the import rule
	$(BIN)/lint-imports

bench: install-dev ## speed and size on the real data, as a table
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.intake
	$(BIN)/python -m benchmarks.community
	$(BIN)/python -m benchmarks.protocols
	$(BIN)/python -m benchmarks.digests
	$(BIN)/python -m benchmarks.feeds

bench-scale: install-dev ## search over a million papers, beside other engines (half an hour)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	$(BIN)/python -m benchmarks.scale

bench-quality: install-dev ## quality of search on the test collections
	$(BIN)/python -m benchmarks.quality

lock: ## write the lock files anew from pyproject.toml (needs pip-tools)
	for extra in "" dev bench; do $(PYTHON) -m piptools compile --quiet --strip-extras --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --all-build-deps $${extra:+--extra $$extra} -o requirements$${extra:+-$$extra}.lock pyproject.toml; done

docs: install-dev ## write docs/settings.md and docs/cli.md from the code
	$(BIN)/python -m tools.generate_docs

clean: ## remove the environment and caches (not your data)
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# The two commands of the README, and what CI runs. Needs only python3 (>= 3.11) with venv and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test peers lint types layers unit clean docs bench

demo: $(VENV)/.installed
	$(BIN)/tunnelwatch demo

# Everything that CI demands: style, types, layers, then all tests against the real peers. What is pure is covered whole.
PURE := collector/wire/*,collector/interpret/*,collector/tables/*,collector/tunnels/*,collector/ledger/*,collector/store.py,exporters/*

test: peers lint types layers
	$(BIN)/python -m pytest --cov --cov-report=
	$(BIN)/coverage report --include="$(PURE)" --fail-under=100

peers:
	sh tests/install-peers.sh

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

layers: $(VENV)/.installed-dev
	$(BIN)/lint-imports

unit: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m "not integration"

docs: $(VENV)/.installed-dev
	$(BIN)/python -m collector.config.docs
	$(BIN)/python -m exporters.docs
	$(BIN)/python -m exporters.openapi

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --editable .
	touch $@

# pip 25.1 and later know dependency groups; the venv's own pip may be older.
$(VENV)/.installed-dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/pip install --quiet --editable . --group dev
	touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage

# Each target creates .venv and installs what it needs when that is missing or out of date.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export PYTHONDONTWRITEBYTECODE :=
.DEFAULT_GOAL := help

.PHONY: help demo test check format bench kills example clean

help: ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "make %-8s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "make: $(PYTHON): expected Python 3.11 or newer, received $$($(PYTHON) --version 2>&1); set PYTHON=..."; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(STAMP) ## run the official cases against the reference CSMS and say where the report is
	@$(BIN)/ocpp-conformance run csms

test: $(STAMP) ## run all tests
	@$(BIN)/python -m pytest --numprocesses 2 --dist worksteal

check: $(STAMP) ## format, lint, types, arrows
	@$(BIN)/ruff format --check --quiet . || { echo "make: files are not formatted; make format does it"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: $(STAMP) ## format the code
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --fix --quiet .

bench: $(STAMP) ## measure the harness and the reference CSMS against a bare echo
	@$(BIN)/python -m benchmarks

kills: $(STAMP) ## break every answer in every way and list which check noticed
	@$(BIN)/python -m tests.kills

example: $(STAMP) ## make reports/example again
	@$(BIN)/python -m tests.subjects.example

clean: ## remove what was made
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

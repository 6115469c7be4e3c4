# Everything here runs inside .venv, which is made on first use and again when pyproject.toml changes.
# Paths are relative, so that a checkout whose path has a blank in it works.

ENGINE ?= auto
PORT ?= 8400
TIMES ?= 20
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check install --quiet
.DEFAULT_GOAL := help
.SUFFIXES:

.PHONY: help up tenant test test-faults fault-table check fuzz bench clean

help: ## What can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1	\2/p' Makefile
	@echo 'make up ENGINE=offline|pulumi picks the engine, make tenant PORT=8500 the port, PYTHON=... the Python to use.'

up: $(VENV)/sandbox.stamp ## Grant access in an offline tenant with the example stack, and show who may do what
	@$(PY) -m pulumi_talend_sandbox.demo --engine $(ENGINE) --port $(PORT)

tenant: $(VENV)/sandbox.stamp ## The tenant of `make up` in the foreground, with its page, until Ctrl-C
	@mkdir -p .talend
	@$(PY) -m pulumi_talend_sandbox.cli tenant --port $(PORT) --database .talend/tenant.db

test: $(VENV)/dev.stamp ## All tests
	@$(PY) -m pytest -n 2

test-faults: $(VENV)/dev.stamp ## All faults: every fault of the API, two writers, a process killed at every call
	@$(PY) -m pytest -n 2 -m '' tests/faults

fault-table: $(VENV)/dev.stamp ## Every fault against every operation, and the table of docs/faults.md written anew
	@$(PY) tests/faults --write

check: $(VENV)/dev.stamp ## Style, format and types
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m pyright

fuzz: $(VENV)/dev.stamp ## The tests that try examples, with TIMES=20 as many of them, others each time (TESTS=tests/fuzz for some)
	@FUZZ_TIMES=$(TIMES) $(PY) -m pytest -n 2 -m hypothesis $(TESTS)

bench: $(VENV)/dev.stamp ## API calls, seconds and memory beside other providers (BENCH=--quick, BENCH=--write-docs)
	@$(PY) -m benchmarks $(BENCH)

clean: ## Forget tenant and stack of `make up`, the virtual environment and what tools keep
	rm -rf .talend Pulumi.demo.yaml $(VENV) .pytest_cache .ruff_cache .hypothesis build dist
	find provider tests examples -name __pycache__ -type d -prune -exec rm -rf {} +

# The first Python that is new enough, `python3` before others; PYTHON=... overrides.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.10 python3.14; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && { echo "$$p"; break; }; done)

$(PY):
	@test -n "$(PYTHON)" || { echo 'error: this needs Python 3.10 or newer, and there is none on PATH (PYTHON=/path/to/python3 names one).' >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo 'error: $(PYTHON) is no Python 3.10 or newer.' >&2; exit 1; }
	@echo 'Making a virtual environment in $(VENV) ...'
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); echo 'error: $(PYTHON) cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }

$(VENV)/sandbox.stamp: pyproject.toml | $(PY)
	@echo 'Installing what the demo needs into $(VENV) ...'
	@$(PIP) -e '.[sandbox]'
	@touch $@

$(VENV)/dev.stamp: pyproject.toml | $(PY)
	@echo 'Installing what tests and checks need into $(VENV) ...'
	@$(PIP) -e '.[dev]'
	@touch $(VENV)/sandbox.stamp $@

# Everything here runs inside .venv, which is made on first use and again when pyproject.toml changes.
# Paths are relative, so that a checkout whose path has a blank in it works.

ENGINE ?= auto
PORT ?= 8400
TIMES ?= 40
# A good part of the tests waits, so that two cores keep four processes busy.
WORKERS ?= 4
VENV := .venv
PY := $(VENV)/bin/python
AXE := tools/axe/node_modules/.package-lock.json
# Versions to install, of CI: CONSTRAINTS=.ci/constraints.txt
CONSTRAINTS ?=
PIP := $(PY) -m pip --disable-pip-version-check install --quiet $(if $(CONSTRAINTS),-c $(CONSTRAINTS))
.DEFAULT_GOAL := help
# With it, every process would compile what it imports anew.
unexport PYTHONDONTWRITEBYTECODE
.SUFFIXES:

.PHONY: help up tenant cli accessibility test test-python test-lowest coverage constraints audit dist test-faults fault-table contract check fuzz bench docs reference pictures clean

help: ## What can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1	\2/p' Makefile
	@echo 'make up ENGINE=offline|pulumi picks the engine, make tenant PORT=8500 the port, PYTHON=... the Python to use.'

up: $(VENV)/sandbox.stamp link-cli ## Grant access in an offline tenant with the example stack, and show who may do what
	@$(PY) -m pulumi_talend_sandbox.demo --engine $(ENGINE) --port $(PORT)

tenant: $(VENV)/sandbox.stamp ## The tenant of `make up` in the foreground, with its page, until Ctrl-C
	@mkdir -p .talend
	@$(PY) -m pulumi_talend_sandbox.cli tenant --port $(PORT) --database .talend/tenant.db

cli: $(VENV)/sandbox.stamp ## The Pulumi CLI, built from its Go module (needs Go, about 3 minutes once), for make up, test and bench
	@$(PY) tools/pulumi-cli/cli.py build

# What the cache has of it; nothing is built.
.PHONY: link-cli
link-cli: | $(VENV)/sandbox.stamp
	@$(PY) tools/pulumi-cli/cli.py link

test: $(VENV)/dev.stamp link-cli $(AXE) ## All tests (PYTEST=... passes options on)
	@$(PY) -m pytest -n $(WORKERS) --dist worksteal $(PYTEST)

test-python: ## All tests on another Python, in a virtual environment of its own: make test-python PYTHON=python3.13
	@$(MAKE) test VENV=.venv-$(notdir $(PYTHON)) PYTHON='$(PYTHON)'

test-lowest: $(VENV)/dev.stamp ## All tests with the lowest versions of what the package requires (PYTHON=... for another Python)
	@$(PY) -m uv pip compile --quiet --resolution lowest-direct --python '$(PYTHON)' --extra cli --extra sandbox \
		--no-annotate --output-file $(VENV)/lowest.txt pyproject.toml
	@$(MAKE) test VENV=.venv-lowest CONSTRAINTS=$(VENV)/lowest.txt PYTHON='$(PYTHON)'

constraints: $(VENV)/dev.stamp ## Write the versions that CI installs anew
	@$(PY) -m uv pip compile --quiet --upgrade --universal --python-version 3.10 --extra dev --extra docs --extra audit --no-annotate \
		--custom-compile-command 'make constraints' --output-file .ci/constraints.txt pyproject.toml

audit: $(VENV)/dev.stamp ## Known vulnerabilities in the versions that CI installs (asks the advisory service)
	@$(PY) -m uv tool run --quiet --constraints .ci/constraints.txt pip-audit --strict --disable-pip --no-deps \
		--progress-spinner off --requirement .ci/constraints.txt

dist: $(VENV)/dev.stamp ## Build the wheel and the source archive into dist/, if the package has the version VERSION=...
	@$(PY) -c 'import importlib.metadata, sys; there = importlib.metadata.version("pulumi-talend"); \
		sys.exit(sys.argv[1] not in ("", there) and f"error: pyproject.toml says {there}, not {sys.argv[1]}: change it, or the tag")' '$(VERSION)'
	@rm -rf dist
	@$(PY) -m uv build --quiet

# Branches that the tests run in this process take, in percent. What runs in other processes does not count.
COVERED := api=96 access=95 model=96 provider=94 resources=94
coverage: $(VENV)/dev.stamp ## Branch coverage of the provider, with a floor for each room (about 2 minutes)
	@$(PY) -m coverage run --branch --source provider/pulumi_talend -m pytest -q tests/api tests/access tests/model tests/resources \
		tests/names tests/messages tests/debug tests/faults tests/fuzz tests/table tests/provider -m 'not faults and not engine'
	@for each in $(COVERED); do \
		$(PY) -m coverage report --precision 1 --skip-covered --show-missing \
			--include "*/pulumi_talend/$${each%=*}/*" --fail-under "$${each#*=}" || exit 1; \
	done

test-faults: $(VENV)/dev.stamp ## All faults: every fault of the API, two writers, a process killed at every call
	@$(PY) -m pytest -n 2 -m '' tests/faults

fault-table: $(VENV)/dev.stamp ## Every fault against every operation, and the table of docs/faults.md written anew
	@$(PY) tests/faults --write

contract: $(VENV)/dev.stamp ## Offline tenant and client against the vendor's OpenAPI documents (SPECS=DIR)
	@SPECS='$(SPECS)' $(PY) -m pytest -n 2 tests/contract

accessibility: $(VENV)/dev.stamp $(AXE) ## The pages of reviews in a browser, with axe-core (needs Chromium and npm)
	@$(PY) -m pytest tests/review/test_browser.py

check: $(VENV)/dev.stamp ## Style, format, types, spelling and workflows
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m pyright
	@$(PY) -m codespell_lib
	@$(VENV)/bin/zizmor --offline --persona auditor --quiet .github examples/ci/github.yml

docs: $(VENV)/docs.stamp ## The site of the documentation, into .site; fails on a broken link
	@NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict

reference: $(VENV)/dev.stamp ## The tables of the reference in docs/, written from the code
	@$(PY) tests/docs/reference.py --write

pictures: $(VENV)/dev.stamp ## The pictures in docs/pictures (needs Chromium)
	@$(PY) tests/review/pictures.py

fuzz: $(VENV)/dev.stamp ## The tests that try examples, with TIMES=40 as many of them, others each time (TESTS=tests/fuzz for some)
	@FUZZ_TIMES=$(TIMES) $(PY) -m pytest -n 2 -m hypothesis $(TESTS)

bench: $(VENV)/dev.stamp link-cli ## API calls, seconds and memory beside other providers (BENCH=--quick, BENCH=--write-docs)
	@$(PY) -m benchmarks $(BENCH)

clean: ## Forget tenant and stack of `make up`, the virtual environment and what tools keep
	rm -rf .talend tools/axe/node_modules Pulumi.demo.yaml .venv .venv-* .pytest_cache .ruff_cache .hypothesis .site build dist
	find provider tests examples -name __pycache__ -type d -prune -exec rm -rf {} +

# The first Python that is new enough, `python3` before others; PYTHON=... overrides.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.10 python3.14; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && { echo "$$p"; break; }; done)

$(PY):
	@test -n "$(PYTHON)" || { echo 'error: this needs Python 3.10 or newer, and there is none on PATH (PYTHON=/path/to/python3 names one).' >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo 'error: $(PYTHON) is no Python 3.10 or newer.' >&2; exit 1; }
	@echo 'Making a virtual environment in $(VENV) ...'
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); echo 'error: $(PYTHON) cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }

# axe-core for the tests of pages in a browser. Without npm or network they are skipped.
$(AXE): tools/axe/package-lock.json
	@! command -v npm >/dev/null || npm ci --silent --no-audit --no-fund --prefer-offline --prefix tools/axe || true

$(VENV)/sandbox.stamp: pyproject.toml | $(PY)
	@echo 'Installing what the demo needs into $(VENV) ...'
	@$(PIP) -e '.[sandbox]'
	@touch $@

$(VENV)/dev.stamp: pyproject.toml | $(PY)
	@echo 'Installing what tests and checks need into $(VENV) ...'
	@$(PIP) -e '.[dev]'
	@touch $(VENV)/sandbox.stamp $@

$(VENV)/docs.stamp: pyproject.toml | $(PY)
	@echo 'Installing what the site needs into $(VENV) ...'
	@$(PIP) -e '.[docs]'
	@touch $@

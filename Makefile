# Svar's commands. `make demo` and `make test` need Python 3.11 or newer, git, make and a network, and install the rest.
.DELETE_ON_ERROR:
.PHONY: help setup setup-dev demo rehearsal drill test slow shake mutate soak lint hooks lock bench simulation parity lighthouse styles faults small pictures browser pooler httr2 clean

PYTHON ?= python3
MINUTES ?= 20
# One more than the two processors of a small machine: a worker waits for PostgreSQL, browsers or a clock a fifth of its time.
WORKERS ?= 3
VENV := .venv
BIN := $(VENV)/bin
RUN := env -u PYTHONDONTWRITEBYTECODE
DEMO := $(VENV)/.demo-installed
DEV := $(VENV)/.dev-installed

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: setup  ## run the whole trial with a virtual clock, then serve it on http://127.0.0.1:8000
	@$(RUN) $(BIN)/flask rehearse --serve

rehearsal: setup  ## run the whole trial and leave its export, report and summary in var/rehearsal
	@$(RUN) $(BIN)/flask rehearse

drill: setup  ## lose a database of synthetic people, restore it on another server, then wrong keys, a wrong time: what must hold, RPO and RTO
	@$(RUN) SVAR_ENV=development $(BIN)/flask ops drill

setup: $(DEMO)  ## install what the service needs

setup-dev: $(DEV)  ## install what building and proving needs

test: setup-dev browser pooler httr2  ## the suite: all but the rules of the house (lint) and what tells the same at length (slow)
	@$(RUN) $(BIN)/python -m pytest -m "not slow" --ignore tests/house -n $(WORKERS) --dist loadfile --no-loadscope-reorder

slow: setup-dev browser pooler httr2  ## the rest of it: the same promises at length (tests/at_length.py)
	@$(RUN) $(BIN)/python -m pytest -m slow -n $(WORKERS) --dist loadfile --no-loadscope-reorder

shake: setup-dev browser pooler httr2  ## the suite under every perturbation in four rounds, or WHICH=name of them (tests/shaking), on SHAKEN=paths or all
	@$(RUN) $(BIN)/python -m tests.shaking $(WHICH) $(if $(SHAKEN),--tests $(SHAKEN))

mutate: setup-dev  ## plant mistakes in the rules of the trial, or in WHICH=name of them (tests/mutating); at least 95 % are noticed
	@$(RUN) $(BIN)/python -m tests.mutating $(WHICH)

soak: setup-dev  ## new histories of the state machine for MINUTES (20), 400 kills over 6,000 texts beside it, new examples, the API as it is described
	@SOAK=$(MINUTES) $(RUN) $(BIN)/python -m pytest tests/messages/test_state_machine.py tests/messages/test_killing.py -n 2 -rP --show-capture=stdout
	@$(RUN) $(BIN)/python -m pytest -q -m hypothesis --hypothesis-profile=wandering
	@$(RUN) $(BIN)/python -m pytest tests/api/soak_description.py -rP --show-capture=stdout

lint: setup-dev  ## format, style, insecure code, the rules of the house, types, the dependency rule, locks of the migrations
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/bandit -q -ll -r app wsgi.py 2>/dev/null || $(BIN)/bandit -ll -r app wsgi.py
	@$(RUN) $(BIN)/python -m pytest -n 2 tests/house
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m migrations.locks

hooks: setup-dev  ## let git run the lint before each commit, and the house rules before each push
	@$(BIN)/pre-commit install

bench: setup-dev  ## measure what has a number, each beside its anchor in the same run
	@$(RUN) $(BIN)/python -m bench

simulation: setup-dev  ## simulate trials: bias, coverage, type I error; the table goes to docs/statistics.md
	@$(RUN) $(BIN)/python -m bench.simulation 8000 --write

parity: setup-dev  ## fit the models with R too, where R is installed, and compare
	@$(RUN) $(BIN)/python -m bench.parity

lighthouse: setup-dev browser  ## score the patient's page with Lighthouse (needs node and chromium)
	@$(RUN) $(BIN)/python -m bench.lighthouse

small: setup-dev  ## write app/static/small from the patient's scripts and style
	@$(BIN)/python -m docs.small

styles:  ## write app/static/bootstrap.css from the parts of Bootstrap that the desk uses (needs npm)
	@cd docs/styles && npm ci --silent --ignore-scripts && npx sass --quiet --no-source-map --style=compressed --load-path=node_modules bootstrap.scss ../../app/static/bootstrap.css

faults: setup-dev  ## write docs/faults.md from the tests that name a fault
	@$(BIN)/python -m docs.faults

pictures: setup-dev  ## make the pictures of README and docs
	@$(RUN) $(BIN)/python -m docs.screenshots
	@echo "The desk's are made while \`make demo\` serves: python -m docs.desk_pictures http://127.0.0.1:8000"

lock: $(BIN)/uv  ## compile the requirements with hashes
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header requirements.in -o requirements.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header requirements-dev.in -o requirements-dev.txt

browser:  # Debian's chromium for the browser tests, where it can be installed
	@command -v chromium-headless-shell >/dev/null 2>&1 || tests/browser/install.sh
	@test -d tests/browser/node_modules || { command -v npm >/dev/null 2>&1 && npm ci --silent --prefix tests/browser >/dev/null 2>&1; } || echo "Accessibility tests will be skipped: npm could not install axe-core"

pooler:  # Debian's PgBouncer for the tests behind a pooler, where it can be installed
	@test -x /usr/sbin/pgbouncer || tests/core/install_pgbouncer.sh

httr2:  # Debian's httr2 for the example in R of docs/api.md, where R is and it can be installed
	@tests/api/install_httr2.sh

clean:  ## forget everything that was installed or made
	@rm -rf $(VENV) var instance .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(DEMO): requirements.txt | $(BIN)/uv
	@echo "Installing Svar ..."
	@$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements.txt
	@$(BIN)/python -m compileall -q app || true
	@touch $@

$(DEV): requirements-dev.txt | $(BIN)/uv
	@echo "Installing Svar and what proves it ..."
	@$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements-dev.txt
	@touch $@ $(DEMO)

$(BIN)/uv:
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing: install Python 3.11 or newer (or name it: make PYTHON=python3.12 ...)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, this is $$($(PYTHON) -V 2>&1): name another with make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv is missing: install it (on Debian: apt install python3-venv)"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -q --disable-pip-version-check uv==0.13.9

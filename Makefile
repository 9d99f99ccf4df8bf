# Everything that is done with this repository. `make` alone lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CODE := bot middleware api web jobs sandbox local
TESTS := tests e2e
# Tests that start programs, and wait for bots and leases for much of their time.
PROGRAMS := tests/jobs tests/live tests/local tests/sandbox
# Processes of the other tests, on two cores beside those that wait.
WORKERS ?= 3
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
# Development's packages are the product's and more: where they are in, `make run` keeps them.
INSTALLED := $(if $(wildcard $(DEV)),$(DEV),$(RUNTIME))
# What each part of the tests said last.
RESULTS := .cache/results
SYNC := $(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --only-binary :all: --require-hashes

COMPILE := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url

# Where Python keeps nothing of what it compiles, each of the many programs here compiles it all anew, for seconds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run password test code programs journeys lint types contracts browser fuzz bench month mutants soak sql pictures firefox sbom report key fmt lock hooks clean distclean upstream

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(INSTALLED) ## bring everything up on this machine, with a sandbox in place of Instagram; PAST=60 lives days first
	@exec $(BIN)/python -m local.run --end-with-parent $(if $(PAST),--past $(PAST))

password: $(INSTALLED) ## make a new first password for NAME=… (admin where it is not said) who has lost theirs
	@$(BIN)/python -m local.run --new-password $(or $(NAME),admin)

test: $(DEV) ## lint, types, import contracts and all tests, in a real browser too
	# The types take as long as all the others together.
	$(MAKE) --no-print-directory --jobs 2 types lint contracts browser
	# What waits and what reckons side by side: one after the other they would leave a third of the machine idle.
	$(MAKE) --no-print-directory --jobs 3 journeys programs code

code: $(DEV)
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup --junitxml=$(RESULTS)/$@.xml $(addprefix --ignore=,$(PROGRAMS)) tests

programs: $(DEV)
	$(BIN)/pytest -n 3 --dist loadgroup --junitxml=$(RESULTS)/$@.xml $(PROGRAMS)

# Apart: a process that has driven a browser keeps an event loop, under which other tests cannot make theirs.
journeys: $(DEV) ## the journeys alone; SNAPSHOTS=1 keeps how the pages of one that fails were at each step
	$(BIN)/pytest -n 2 --dist loadgroup --junitxml=$(RESULTS)/$@.xml e2e

lint: $(DEV) ## ruff: rules and format; bandit: dangerous code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive wsgi.py $(CODE) migrations

types: $(DEV) ## mypy, strict
	$(BIN)/mypy wsgi.py $(CODE) $(TESTS)

contracts: $(DEV) ## import-linter: who may import whom
	$(BIN)/lint-imports

browser: $(DEV) ## find a Chromium for the tests; as root, install one where there is none
	$(BIN)/python -m local.browser

fuzz: $(DEV) ## try the API against its document with FUZZ=200 examples of every operation
	FUZZ=$(or $(FUZZ),200) $(BIN)/pytest -q -n $(WORKERS) tests/api/test_fuzz.py

pictures: $(DEV) browser ## every page after PAST=60 days, as contact sheets in .cache/pictures; WRITE=1 renews those of README
	@$(BIN)/python -m e2e.pictures --past $(or $(PAST),60) $(if $(WRITE),--write)

firefox: $(DEV) ## the first run and its pages in Debian's firefox-esr, into .cache/firefox
	@$(BIN)/python -m e2e.in_firefox

bench: $(DEV) ## what steps, sign-ins and pages cost; jobs a second; WRITE=1 puts it into docs/benchmarks.md
	$(BIN)/python -m tests.bench $(if $(WRITE),--write)

month: $(DEV) ## simulate a month of BOTS=50 with TROUBLE=1 times the assumed refusals, every promise judged
	$(BIN)/python -m tests.bench.month $(if $(BOTS),--bots $(BOTS)) $(if $(TROUBLE),--trouble $(TROUBLE)) \
		$(if $(ONE_IN),--one-in $(ONE_IN))

mutants: $(DEV) ## removes each rule of plans from a copy: the tests have to find it; RULE="pace hours" tries some
	$(BIN)/python -m tests.mutants $(RULE)

soak: $(DEV) ## run BOTS=3000 for MINUTES=10 against the sandbox: lag, CPU, memory; KILL_EVERY=… seconds, WRITE=1
	@$(BIN)/python -m tests.bench.soak $(if $(BOTS),--bots $(BOTS)) $(if $(MINUTES),--minutes $(MINUTES)) \
		$(if $(PROCESSES),--processes $(PROCESSES)) $(if $(THREADS),--threads $(THREADS)) \
		$(if $(KILL_EVERY),--kill-every $(KILL_EVERY)) $(if $(PACE),--pace $(PACE)) $(if $(WRITE),--write)

sql: $(DEV) ## write every migration as SQL, up and down, beside it: after each change of migrations/versions
	@$(BIN)/python -m migrations.write_sql

upstream: $(DEV) ## compare the newest Instagram client, or VERSION=…, with the pinned one, and run the tests that lean on it
	@$(BIN)/python -m tests.support.upstream $(if $(VERSION),--version $(VERSION))

report: $(DEV) ## print the commits and what the tests said last, as Markdown
	@$(BIN)/python -m tests.support.report

sbom: $(DEV) ## write sbom.json: every part with its version, as CycloneDX
	@$(BIN)/python -m local.sbom > sbom.json

key: $(INSTALLED) ## print a new master key for ENCRYPTION_KEYS
	@$(BIN)/python -m local.keys

fmt: $(DEV) ## put the code into its one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(BIN)/uv ## resolve the newest versions anew and write the three locks
	$(COMPILE) pyproject.toml -o requirements.txt
	$(COMPILE) -c requirements.txt pyproject.toml --group dev -o requirements-dev.txt
	$(COMPILE) --group install -o requirements-uv.txt

hooks: $(DEV) ## run lint before every commit of yours
	$(BIN)/pre-commit install

clean: ## remove caches and what tests left
	rm -rf .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis test-results
	find $(CODE) $(TESTS) migrations -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## remove the virtual environment as well
	rm -rf $(VENV)

$(BIN)/uv: requirements-uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Troupe needs Python 3.11 or newer: PYTHON=python3.13 make ...")'
	@echo "Preparing $(VENV) ..." >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements-uv.txt
	@touch $@

$(RUNTIME): requirements.txt $(BIN)/uv
	@echo "Installing the packages of requirements.txt ..." >&2
	@$(SYNC) requirements.txt
	@touch $@

$(DEV): requirements-dev.txt $(BIN)/uv
	@echo "Installing the packages of requirements-dev.txt ..." >&2
	@$(SYNC) requirements-dev.txt
	@touch $@ $(RUNTIME)

# The commands for people and for CI. Each sets up what it needs; a machine needs Python >= 3.11 and make.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# the first Python that is new enough; or say it: make demo PYTHON=/path/to/python
PYTHON ?= $(firstword $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p; done))
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALL := $(PIP) install -qq --require-hashes --no-build-isolation

RUN := .venv/run.stamp
DEV := .venv/dev.stamp
KERNEL := .venv/kernel.stamp

WORKERS ?= 2
LEADS ?= 20000
MONTHS ?= 24
SEED ?= 7
AGREEMENT ?= examples/yamada/agreement.yaml
PORT ?= 8000

.PHONY: help demo demo-history test check bench shots lock clean
help:
	@echo 'make demo    a made-up company in the browser, on http://127.0.0.1:8000; Ctrl-C stops it; PORT=8080 for another port'
	@echo 'make demo-history    the same on the command line: simulate, import, replay, explain (about a minute)'
	@echo 'make check   style, types, layers, docs'
	@echo 'make test    all tests'
	@echo 'make bench   the table of speed and memory (several minutes)'
	@echo 'make shots   pictures of every page, both languages, light and dark, wide and narrow, in build/shots'
	@echo 'make lock    resolve the dependencies anew'
	@echo 'make clean   remove what was made, the compiled kernel too, but not .venv'

# Setting up, once.

$(RUN): requirements-run.lock pyproject.toml src/tasuki/server/locale/ja/LC_MESSAGES/django.po $(wildcard assets/*.*)
	@test -n '$(PYTHON)' || { echo 'Tasuki needs Python 3.11 or later; install it, or: make PYTHON=/path/to/python'; exit 1; }
	@test -x $(BIN)/python || { echo 'Making .venv with $(PYTHON) …'; $(PYTHON) -m venv .venv; }
	@echo 'Installing what Tasuki runs on (once) …'
	@$(INSTALL) -r requirements-run.lock
	@$(PIP) install -qq --no-build-isolation --no-deps -e .
	@touch $@

$(DEV): $(RUN) requirements.lock
	@echo 'Installing what checks and tests need (once; Spark is large) …'
	@$(INSTALL) --use-pep517 -r requirements.lock
	@touch $@

$(KERNEL): $(RUN) src/tasuki/engine/*.py
	@echo 'Compiling the kernel (once, half a minute) …'
	@rm -rf src/tasuki/engine/__pycache__   # its cache does not see what it imports
	@$(BIN)/python -c 'from tasuki.server.running.kernel import warm; warm()'
	@touch $@

# The product.

# The first lead that the agreement itself made an MQL, whose first score was above zero when it was won; or any that was won.
WON = tr -d '"' <demo/out/transitions.csv | awk -F, '$$3 == "MQL" && $$5 == "path" { mql[$$1] } \
	$$3 == "WON" { won = "--lead " $$1 " --at " $$4; if ($$1 in mql && $$7 > 0) exit } END { print won }'

# Made once, then gone on with; `make clean` begins anew.
demo: $(RUN) $(KERNEL)
	@$(BIN)/tasuki demo --data demo/server --port $(PORT)

# Each run begins with empty folders.
demo-history: $(RUN)
	@rm -rf demo/data demo/history demo/out
	@echo; echo '== $(MONTHS) months of a company that does not exist, $(LEADS) leads'
	$(BIN)/tasuki simulate --leads $(LEADS) --months $(MONTHS) --seed $(SEED) --out demo/data
	@echo; echo '== Its files become a history'
	$(BIN)/tasuki history import --out demo/history --profiles demo/data/profiles.csv \
	    --activities demo/data/activities.csv --decisions demo/data/decisions.csv
	@echo; echo '== What its agreement makes of them (the first time the kernel is compiled, some 20 seconds, once)'
	$(BIN)/tasuki replay $(AGREEMENT) --history demo/history --out demo/out
	@echo; echo '== Why one of them, as it was when it was won'
	@which=$$($(WON)); if [ -n "$$which" ]; then set -x; $(BIN)/tasuki explain $(AGREEMENT) --history demo/history $$which; fi
	@echo; echo 'The tables are in demo/out. What to try next: edit a bar or points in $(AGREEMENT), then'
	@echo '  $(BIN)/tasuki check $(AGREEMENT)'
	@echo '  $(BIN)/tasuki replay $(AGREEMENT) --history demo/history'
	@echo 'or read docs/tutorial.md, which goes on from here.'

check: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest tests/docs -m 'not slow'

# Tests marked slow come last (tests/conftest.py), so that a mistake shows early. TASUKI_REQUIRE=spark,shared forbids to skip
# the tests that need Spark or the data beside the project.
# The server's tests run twice: on SQLite, and on a PostgreSQL that is started for them (or that of TEST_DATABASE_URL).
test: $(DEV)
	$(BIN)/pytest -n $(WORKERS)
	TASUKI_TEST_ON=postgresql $(BIN)/pytest -n $(WORKERS) tests/server

bench: $(DEV)
	$(BIN)/python -m bench

shots: $(DEV)
	SHOTS=build/shots TASUKI_REQUIRE=browser $(BIN)/pytest tests/browser/test_shots.py
	@echo 'Look at them: build/shots'

# Versions and hashes of all files of a release, so that one lock serves every machine; no addresses. What the product
# runs on is a part of the other, so that the demo need not fetch Spark.
UV_COMPILE = build/lock/bin/uv pip compile --quiet --no-config --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links pyproject.toml --group build
lock:
	@$(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip --disable-pip-version-check install -qq uv
	@$(UV_COMPILE) --group dev --output-file requirements.lock >/dev/null
	@$(UV_COMPILE) --constraint requirements.lock --output-file requirements-run.lock >/dev/null
	@rm -rf build/lock
	@echo 'Look at the change: git diff --stat requirements.lock requirements-run.lock'

clean:
	rm -rf demo build dist bench/out .hypothesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find src tests bench examples -name __pycache__ -type d -prune -exec rm -rf {} +

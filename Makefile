# The commands for people and for CI. Each sets up what it needs; a machine needs Python >= 3.11 and make.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# the first Python that is new enough; or say it: make demo PYTHON=/path/to/python
PYTHON ?= $(firstword $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p; done))
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALL := $(PIP) install --quiet --require-hashes --no-build-isolation

RUN := .venv/run.stamp
DEV := .venv/dev.stamp

LEADS ?= 20000
MONTHS ?= 24
SEED ?= 7
AGREEMENT ?= examples/yamada/agreement.yaml

.PHONY: help demo test check bench lock clean
help:
	@echo 'make demo    a made-up company: simulate, import, replay, explain (about a minute after setting up)'
	@echo 'make check   style, types, layers, docs'
	@echo 'make test    all tests'
	@echo 'make bench   the table of speed and memory (several minutes)'
	@echo 'make lock    resolve the dependencies anew'
	@echo 'make clean   remove what was made, the compiled kernel too, but not .venv'

# Setting up, once.

$(RUN): requirements-run.lock pyproject.toml
	@test -n '$(PYTHON)' || { echo 'Tasuki needs Python 3.11 or later; install it, or: make PYTHON=/path/to/python'; exit 1; }
	@test -x $(BIN)/python || { echo 'Making .venv with $(PYTHON) …'; $(PYTHON) -m venv .venv; }
	@echo 'Installing what Tasuki runs on (once) …'
	@$(INSTALL) -r requirements-run.lock
	@$(PIP) install --quiet --no-build-isolation --no-deps -e .
	@touch $@

$(DEV): $(RUN) requirements.lock
	@echo 'Installing what checks and tests need (once; Spark is large) …'
	@$(INSTALL) --use-pep517 -r requirements.lock
	@touch $@

# The product.

demo: $(RUN)
	@PATH="$(CURDIR)/$(BIN):$$PATH" LEADS=$(LEADS) MONTHS=$(MONTHS) SEED=$(SEED) AGREEMENT=$(AGREEMENT) sh examples/demo.sh

check: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest tests/docs

# The rooms that take seconds come first, so that a mistake shows early.
test: $(DEV)
	$(BIN)/pytest -n 2 --ignore=tests/docs

bench: $(DEV)
	$(BIN)/python -m bench

# Versions and hashes of all files of a release, so that one lock serves every machine; no addresses. What the product
# runs on is a part of the other, so that the demo need not fetch Spark.
UV_COMPILE = build/lock/bin/uv pip compile --quiet --no-config --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links pyproject.toml --group build
lock:
	@$(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip --disable-pip-version-check install --quiet uv
	@$(UV_COMPILE) --group dev --output-file requirements.lock >/dev/null
	@$(UV_COMPILE) --constraint requirements.lock --output-file requirements-run.lock >/dev/null
	@rm -rf build/lock
	@echo 'Look at the change: git diff --stat requirements.lock requirements-run.lock'

clean:
	rm -rf demo build dist bench/out .hypothesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find src tests bench examples -name __pycache__ -type d -prune -exec rm -rf {} +

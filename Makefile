# The list of commands that developers and CI share. `make run` and `make test` are all a person needs.

VENV := .venv
BIN := $(VENV)/bin
UNPACKED := $(VENV)/unpacked
# Whether a Python can run Probewise.
SUPPORTED := (3, 11) <= sys.version_info[:2] <= (3, 13)
# The first that can, python3 before all others; override with make PYTHON=...
PYTHON ?= $(firstword $(foreach python,python3 python3.13 python3.12 python3.11,\
	$(shell $(python) -c 'import sys; sys.exit(not $(SUPPORTED))' 2>/dev/null && echo $(python))) python3)
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --constraint requirements.lock

# An environment whose Python is gone, or is one that cannot run Probewise, is made anew.
USABLE := $(shell $(BIN)/python -c 'import sys; print($(SUPPORTED))' 2>/dev/null)
ifneq ($(USABLE),True)
$(shell rm -f $(VENV)/.installed $(VENV)/.installed-test)
endif

.PHONY: help run setup setup-test test lint types format generate lock clean

help:  ## List the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: setup  ## Start Probewise at http://127.0.0.1:8501, installing it first if needed
	@$(BIN)/probewise app

# Downloads are unpacked where they will be installed, and the preflight has looked for room: /tmp is often too small.
$(VENV)/.installed $(VENV)/.installed-test: export TMPDIR := $(CURDIR)/$(UNPACKED)

setup: $(VENV)/.installed  ## Install everything into .venv

$(VENV)/.installed: pyproject.toml requirements.lock
	@command -v $(PYTHON) >/dev/null || { echo "probewise: no Python found; install Python 3.11, 3.12 or 3.13" >&2; exit 1; }
	@test -e $@ || $(PYTHON) assistant/preflight.py . # an update needs no room for everything
	@test "$(USABLE)" = True || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV) # mends one that was left half made
	@rm -rf $(UNPACKED) && mkdir -p $(UNPACKED)
	$(INSTALL) --editable .
	@touch $@

setup-test: $(VENV)/.installed-test  ## Install the test tools and, where none is found, a browser

$(VENV)/.installed-test: $(VENV)/.installed
	@mkdir -p $(UNPACKED)
	$(INSTALL) --editable '.[test]'
	@$(BIN)/python -m tests.browser.chromium
	@touch $@

test: setup-test lint types  ## Run the linter, the type checker and every test, those in a real browser included
	$(BIN)/python -m pytest -m "not browser" --numprocesses 2 --dist loadfile
	$(BIN)/python -m pytest -m browser # alone: what a person sees must not wait for other tests

lint: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup-test
	$(BIN)/mypy

format: setup-test  ## Format the code and fix what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

generate: setup  ## Renew what is generated: the translations, the format description in CONTRIBUTING.md, the figures in README.md
	$(BIN)/python -m assistant.messages
	$(BIN)/python -m knowledge.document
	$(BIN)/python -m assistant.evaluation.document

lock:  ## Renew requirements.lock from the newest versions that pyproject.toml admits (needs Python 3.11, 3.12 and 3.13)
	$(BIN)/python .ci/lock.py python3.11 python3.12 python3.13

clean:  ## Remove the virtual environment and everything else that was generated
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

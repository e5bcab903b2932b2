# make run      environment, demonstration index, the app; HOST=0.0.0.0 PORT=7861 INDEX=folder AUTH=user:password NO_AUTH=1
#               are respected: HOST beyond this machine asks for AUTH or NO_AUTH
# make check    for the inner loop: style, types, layers, documents, the tests that need no model, browser or server
# make test     everything: environment, browser, what `make check` checks, all tests
# make coverage the tests that need not be alone, and which lines of rag/ they run; fails below MIN_COVERAGE percent
# make audit    compares the installed packages with the flaws that PyPI knows; needs a network
# make format, make docs, make clean
#
# PYTHON=python3.13 uses another Python, in an environment of its own (.venv-3.13).

PYTHON ?= python3
# Its path; pyenv finds commands of another version than the chosen one only when it is told to look there.
WHERE := -c 'import sys; print(sys.executable)' 2>/dev/null
FOUND := $(shell $(PYTHON) $(WHERE) || PYENV_VERSION="$$(pyenv versions --bare 2>/dev/null | paste -sd: -)" $(PYTHON) $(WHERE))
VERSION := $(if $(FOUND),$(shell $(FOUND) -c 'import sys; print("%d.%d" % sys.version_info[:2])'))
VENV := $(if $(filter file,$(origin PYTHON)),.venv,.venv-$(VERSION))
BIN := $(VENV)/bin
MIN_COVERAGE := 90
SHELL := /bin/sh
# The tests start hundreds of processes; without byte code that is kept, each would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE
BY_FILE := --dist loadfile --no-loadscope-reorder

.PHONY: run check quick test coverage lint style types layers duplicates audit docs format clean

run: $(VENV)/.run
	@$(BIN)/python app.py

# The tests begin while one check after the other runs beside them.
check: $(VENV)/.dev
	@$(MAKE) --no-print-directory -j 3 style types quick layers duplicates

quick:
	@$(BIN)/python -m pytest -m "not (model or browser or server or alone or slow)" -n 2 $(BY_FILE)

# Three at a time on two processors: many tests wait for a browser, a server or a process that they kill. Then those that
# must be alone, of the few files that have any: to collect all tests takes as long as to run some of these.
test: lint
	@BROWSER_PATH="$$($(BIN)/python tests/support/browser.py)" && export BROWSER_PATH && \
	$(BIN)/python -m pytest -m "not alone" -n 3 $(BY_FILE) && \
	$(BIN)/python -m pytest -m alone $$(grep -rl --include="test_*.py" "mark\.alone" tests)

# By itself, since counting lines and branches makes tests take half as much processor time again. One job of CI does it,
# with the larger samples of EXAMPLES, FLIPS and KILLS.
coverage: $(VENV)/.dev
	@BROWSER_PATH="$$($(BIN)/python tests/support/browser.py)" && export BROWSER_PATH && \
	$(BIN)/python -m pytest -m "not alone" -n 3 $(BY_FILE) --cov --cov-fail-under=$(MIN_COVERAGE)

lint: $(VENV)/.dev
	@$(MAKE) --no-print-directory -j 2 duplicates types layers style # the longest first

style:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types:
	@$(BIN)/mypy

layers:
	@$(BIN)/lint-imports --no-logo

duplicates:
	@$(BIN)/pylint rag

audit: $(VENV)/.dev
	@$(BIN)/python .ci/audit

docs: $(VENV)/.dev
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "build/site/index.html"

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

$(VENV)/.run: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing According into $(VENV) (some minutes the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[rerank]"
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing According and what its tests need into $(VENV) (some minutes the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@ $(VENV)/.run

$(VENV)/bin/python:
	@test -n "$(FOUND)" || { echo "make: $(PYTHON) is not installed; install Python 3.11 or later, or name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(FOUND) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $(PYTHON) is $$($(FOUND) --version), According needs 3.11 or later; name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(FOUND) -m venv $(VENV) || { rm -rf $(VENV); echo "make: $(PYTHON) cannot make environments; install its venv module (Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; }

clean:
	rm -rf .venv .venv-* build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

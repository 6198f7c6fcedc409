# One front door. `make help` lists what there is; `make workshop` and `make test` need nothing but Python 3.11+.
PYTHON ?= python3
VENV   ?= .venv
FLINK  ?= .venv-flink
FLINK_PYTHON ?= $(shell for p in python3.12 python3.11 $(PYTHON); do $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null && echo $$p && exit; done; echo $(PYTHON))
BIN    := $(VENV)/bin
UV     := $(shell command -v uv 2>/dev/null)
SERIES := notebooks/00_start_here.ipynb $(sort $(wildcard notebooks/clickstream/[0-9]*.ipynb)) $(sort $(wildcard notebooks/toll/[0-9]*.ipynb))

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev workshop panel dashboard demo test test-browser nbval lint notebooks bench soak lock clean flink test-flink bench-flink

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---- set-up: uv where present, plain venv and pip otherwise; exact versions from the lock either way ----
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV) ..."
	@if [ -n "$(UV)" ]; then uv venv --quiet --python "$$(command -v $(PYTHON))" $(VENV); \
	  else $(PYTHON) -m venv $(VENV) || { echo "No venv module here: install it (Debian, Ubuntu: apt install python3-venv) and run make again."; exit 1; }; fi

define install
	@if [ -n "$(UV)" ]; then uv pip install --quiet --compile-bytecode --python $(BIN)/python $(1); \
	  else $(BIN)/python -m pip install --quiet --disable-pip-version-check $(1); fi
	@touch $@
endef

$(VENV)/.core: requirements.lock pyproject.toml $(wildcard helpers/streaming_sql/forest*.py) | $(BIN)/python
	$(call install,-r requirements.lock -e .)
	@# The forest is compiled once, here, rather than in front of a class; and afresh where a newer one was
	@# pulled, since numba sees a change of the file a kernel stands in only, not of those it calls.
	@rm -f helpers/streaming_sql/__pycache__/forest*.nb[ci]
	@$(BIN)/python -m compileall -q helpers
	@$(BIN)/python -c "from helpers.streaming_sql import prepare_forest; prepare_forest()"

$(VENV)/.dev: requirements-dev.lock $(VENV)/.core
	$(call install,-r requirements-dev.lock)

setup: $(VENV)/.core
setup-dev: $(VENV)/.dev

# ---- the workshop ----
workshop: setup  ## set everything up and open the series in JupyterLab on the local target
	$(BIN)/workshop open

panel: setup  ## show the control panel as a page of its own, for an instructor's screen
	$(BIN)/workshop panel

dashboard: setup  ## show the toll road's dashboard as a page of its own (behind chapter 01 of that track)
	$(BIN)/workshop panel notebooks/toll/dashboard.ipynb

demo: setup  ## run the whole series headless on stepped time, end with a table
	$(BIN)/python -m helpers.series demo

notebooks: setup-dev  ## generate the exercises, run the series and store its outputs again
	$(BIN)/python -m helpers.exercises
	$(BIN)/python -m helpers.series store

# ---- quality ----
test: setup-dev  ## run every test, the notebooks against their stored outputs included
	$(BIN)/python -m pytest --ignore=tests/browser
	$(MAKE) --no-print-directory nbval
	$(MAKE) --no-print-directory test-browser

test-browser: setup-dev  ## the panel in a real JupyterLab, Voila and Chromium
	$(BIN)/python -m pytest tests/browser

nbval: setup-dev
	$(BIN)/python tests/notebooks/series.py $(SERIES)

lint: setup-dev  ## style, types, import directions, the stack template
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cfn-lint cloudformation/*.yaml

bench: setup-dev  ## print every figure the README quotes
	$(BIN)/python -m tests.benchmarks

soak: setup-dev  ## thirty days of the lab's traffic on stepped time: exact counts, flat memory (DAYS=2 for fewer)
	$(BIN)/python -m tests.benchmarks.soak $(DAYS)

# ---- Apache Flink, in an environment of its own ----
$(FLINK)/bin/python:
	@$(FLINK_PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' || \
	  { echo "Apache Flink needs Python 3.11 or 3.12, $(FLINK_PYTHON) is $$($(FLINK_PYTHON) --version 2>&1). Try: make FLINK_PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(FLINK) ..."
	@if [ -n "$(UV)" ]; then uv venv --quiet --python "$(FLINK_PYTHON)" $(FLINK); \
	  else $(FLINK_PYTHON) -m venv $(FLINK) || { echo "No venv module here: install it (Debian, Ubuntu: apt install python3-venv) and run make again."; exit 1; }; fi

$(FLINK)/.done: requirements-flink.lock | $(FLINK)/bin/python
	@if [ -n "$(UV)" ]; then uv pip install --quiet --python $(FLINK)/bin/python -r requirements-flink.lock; \
	  else $(FLINK)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-flink.lock; fi
	@$(FLINK)/bin/python -m helpers.streaming_sql.flink.environment
	@touch $@

flink: $(FLINK)/.done  ## set Apache Flink up in an environment of its own (needs Java 17)

test-flink: flink setup-dev  ## run the same SQL on Flink and on the embedded engine, and compare; kill and restore it
	$(FLINK)/bin/python -m pytest -c tests/flink/pytest.ini --rootdir . tests/flink
	WORKSHOP_FLINK=$(abspath $(FLINK)) $(BIN)/python -m pytest tests/flink_service

bench-flink: setup flink  ## print records/s of the embedded engine and of Flink (RECORDS=100000 for fewer)
	$(FLINK)/bin/python -m tests.benchmarks.flink $(BIN)/python $(RECORDS)

lock:  ## resolve the requirements again into the locks (needs uv)
	uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate requirements-flink.in -o requirements-flink.lock

clean:  ## stop the local AWS; remove its state, the virtual environment and the caches
	-@[ ! -x $(BIN)/workshop ] || $(BIN)/workshop local-aws stop
	rm -rf .workshop $(VENV) $(FLINK) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

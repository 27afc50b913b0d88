# Reelfind: `make run` and `make test` need make and Python 3.11, 3.12 or 3.13, and see to the rest themselves.
# The environment is made once, in .venv, and again only when pyproject.toml changes.

ifndef PYTHON
PYTHON := $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$p && break; done)
endif
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip
# Arguments for pytest and names for the benches: make test TESTS="tests/engine/media -x", make bench BENCH=decode
TESTS ?=
BENCH ?=
# For make soak: what happens is drawn from the seed.
SEED ?= 1
MINUTES ?= 60
PART ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Tests open their windows in memory; the few that want a real one start Xvfb themselves.
TEST_ENV := QT_QPA_PLATFORM=offscreen

.PHONY: run test test-train check style clean-install soak bench bench-peers screenshots format clean help

run: $(VENV)/ready-run ## make the environment and open the window; without a display, check and say how to begin
	@if $(BIN)/python -c "import sys; from app.start import no_display; sys.exit(no_display() is not None)"; then \
		$(BIN)/reelfind; \
	else \
		$(BIN)/reelfind doctor || true; \
		echo; \
		echo "There is no display to open the window on. To index a first folder and search it:"; \
		echo "  $(BIN)/reelfind index ~/Videos"; \
		echo "  $(BIN)/reelfind search \"dog jumps into water\""; \
	fi

test: $(VENV)/ready-dev ## run the tests
	$(TEST_ENV) $(BIN)/python -m pytest -q $(TESTS)

test-train: $(VENV)/ready-train ## install the [train] extra with a CPU torch and run the training tests
	$(TEST_ENV) $(BIN)/python -m pytest -q tests/engine/training $(TESTS)

check: $(VENV)/ready-dev ## the whole gate apart from the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/vulture
	$(MAKE) --no-print-directory style clean-install

style: $(VENV)/ready-dev ## the rules of the house: sizes, arrows, who may do what
	$(TEST_ENV) $(BIN)/python -m pytest -q tests/test_style.py

clean-install: $(VENV)/ready-dev ## start the command line from a wheel, without source tree and development packages
	$(BIN)/python packaging/clean_install.py

soak: $(VENV)/ready-dev ## abuse for long: SEED=n, MINUTES of simulated time, PART=soak, fuzz or memory for one part
	$(BIN)/python -m tests.soak --seed $(SEED) --minutes $(MINUTES) --told $(PART)

bench: $(VENV)/ready-dev ## print the figures beside those of others; BENCH=name for some of them
	$(BIN)/python -m tests.bench $(BENCH)

bench-peers: $(VENV)/ready-dev ## print the same figures of other programs and recipes, on the same files in one run
	$(BIN)/python -m tests.bench.peers

screenshots: $(VENV)/ready-dev ## write pictures of the window's main states to screenshots/
	$(TEST_ENV) $(BIN)/python -m tests.app.screenshots

format: $(VENV)/ready-dev ## put imports and layout right
	$(BIN)/ruff check --select I --fix .
	$(BIN)/ruff format .

clean: ## remove the environment and what was built
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16

$(VENV)/python: packaging/system_packages.py
	@test -n "$(PYTHON)" || { echo "Reelfind needs Python 3.11, 3.12 or 3.13 (on Debian: sudo apt-get install -y python3)." >&2; exit 1; }
	$(PYTHON) packaging/system_packages.py run
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/ready-run: $(VENV)/python pyproject.toml
	$(PIP) install -q -e .
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready-run
	$(BIN)/python packaging/system_packages.py test
	$(PIP) install -q "setuptools>=77" -e ".[dev]"
	@touch $@

$(VENV)/ready-train: $(VENV)/ready-dev packaging/torch_cpu.py
	$(PIP) install -q $$($(BIN)/python packaging/torch_cpu.py)
	$(PIP) install -q -e ".[dev,train]"
	@touch $@

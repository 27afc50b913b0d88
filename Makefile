# Reelfind: `make run` and `make test` need make and Python 3.11, 3.12 or 3.13, and see to the rest themselves.
# The environment is made once, in .venv, and again only when pyproject.toml changes.

ifndef PYTHON
PYTHON := $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$p && break; done)
endif
VENV ?= .venv
PACKAGE_VENV ?= .venv-package
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
# Tests open their windows on a display that needs no screen, where there is one to be had, and in memory elsewhere.
TEST_ENV = $$(command -v xvfb-run >/dev/null && echo env -u WAYLAND_DISPLAY QT_QPA_PLATFORM=xcb xvfb-run -a || \
	echo env QT_QPA_PLATFORM=offscreen)

.PHONY: run test test-train check style licences clean-install package package-test soak bench bench-peers screenshots format clean help

run: $(VENV)/ready-run ## make the environment and open the window; without a display, show what it does in the terminal
	@if $(BIN)/python -c "import sys; from app.start import no_display; sys.exit(no_display() is not None)"; then \
		$(BIN)/reelfind; \
	else \
		$(BIN)/reelfind doctor || true; \
		echo; \
		$(BIN)/reelfind demo && \
		echo && \
		echo "There is no display to open the window on. To index a first folder of your own and search it:" && \
		echo "  $(BIN)/reelfind index ~/Videos" && \
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
	$(MAKE) --no-print-directory style licences clean-install

style: $(VENV)/ready-dev ## the rules of the house: sizes, arrows, who may do what
	$(TEST_ENV) $(BIN)/python -m pytest -q tests/test_style.py

licences: $(VENV)/ready-dev ## hold what the program is made of against packaging/licences.toml
	$(BIN)/python packaging/sbom.py

clean-install: $(VENV)/ready-dev ## start the command line from a wheel, without source tree and development packages
	$(BIN)/python packaging/clean_install.py

package: $(PACKAGE_VENV)/ready ## the packaged program, AppDir and .deb in dist/, with size and start time
	QT_QPA_PLATFORM=offscreen $(PACKAGE_VENV)/bin/python packaging/package.py

package-test: $(VENV)/ready-dev ## as root: try what `make package` made in a bare Debian without Python or source tree
	$(BIN)/python packaging/smoke.py

soak: $(VENV)/ready-dev ## abuse for long: SEED=n, MINUTES of simulated time, PART=soak, fuzz or memory for one part
	$(BIN)/python -m tests.soak --seed $(SEED) --minutes $(MINUTES) --told $(PART)

bench: $(VENV)/ready-dev ## print the figures beside those of others; BENCH=name for some of them
	$(BIN)/python -m tests.bench $(BENCH)

bench-peers: $(VENV)/ready-dev ## print the same figures of other programs and recipes, on the same files in one run
	$(BIN)/python -m tests.bench.peers

screenshots: $(VENV)/ready-dev ## write pictures of the window's main states to screenshots/, and those of the README
	$(TEST_ENV) $(BIN)/python -m tests.app.screenshots
	for look in LC_ALL=de_DE.UTF-8 LC_ALL=ko_KR.UTF-8 QT_SCALE_FACTOR=1.5 QT_SCALE_FACTOR=2; do \
		$(TEST_ENV) env $$look $(BIN)/python -m tests.app.screenshots || exit 1; done
	$(TEST_ENV) $(BIN)/python -m tests.app.readme_pictures

format: $(VENV)/ready-dev ## put imports and layout right
	$(BIN)/ruff check --select I --fix .
	$(BIN)/ruff format .

clean: ## remove the environment and what was built
	rm -rf $(VENV) $(PACKAGE_VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis

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

# hnswlib is built for any processor of its kind, not for the one that builds, and no build of it is taken from a cache.
$(PACKAGE_VENV)/ready: pyproject.toml packaging/package_requirements.py packaging/system_packages.py
	$(PYTHON) packaging/system_packages.py package
	$(PYTHON) -m venv $(PACKAGE_VENV)
	$(PACKAGE_VENV)/bin/python -m pip install -q packaging
	$(PACKAGE_VENV)/bin/python packaging/package_requirements.py > $(PACKAGE_VENV)/requirements.txt
	HNSWLIB_NO_NATIVE=1 $(PACKAGE_VENV)/bin/python -m pip install -q --no-cache-dir --no-deps --no-binary hnswlib hnswlib
	$(PACKAGE_VENV)/bin/python -m pip install -q -r $(PACKAGE_VENV)/requirements.txt
	@touch $@

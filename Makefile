# Lawful's house rules as commands. Needs python3 (3.11 or newer) with venv, and make.
#   make demo    install, then find the laws of the planets
#   make test    install, then run every test and every example
PYTHON ?= python3
VENV   ?= .venv
JOBS   ?= auto
BENCH_SYSTEMS ?= spring orbit pendulum lotka-volterra lorenz
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
# One thread a process: the tests already fill the cores, and sums keep their order.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test browser lint format floors docs bench readme clean

help: ## Say what there is to make
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

# A stamp for each set of extras: a second make installs nothing.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "lawful needs Python 3.11 or newer; say which: make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); \
	    echo "could not make $(VENV); on Debian: apt-get install python3-venv" >&2; exit 2; }

$(VENV)/.plain: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing lawful into $(VENV)"
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.%: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing lawful[$*] into $(VENV)"
	@$(PIP) install --constraint constraints.txt --editable '.[$*]'
	@touch $@ $(VENV)/.plain

demo: $(VENV)/.plain ## Find the laws of the planets, print them and write a report
	@$(BIN)/lawful discover planets

# Debian's own Chromium for the tests that look at pages; elsewhere any Chromium or Chrome.
browser:
	@for name in chromium chromium-browser google-chrome; do \
	  if command -v $$name > /dev/null; then exit 0; fi; \
	done; \
	echo "installing Debian's chromium for the tests of pages"; \
	apt-get -qq update > /dev/null && \
	DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends chromium \
	  > /dev/null || \
	echo "no chromium: the tests of pages are left out; on Debian: apt-get install chromium" >&2

test: $(VENV)/.test browser ## Run every test and every example
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

lint: $(VENV)/.lint floors ## Check style, format, types and floors
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

floors: $(VENV)/.lint ## Check that no file imports from a floor above
	@$(BIN)/lint-imports --no-logo

format: $(VENV)/.lint ## Put the code in order
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

docs: $(VENV)/.docs ## Build the documentation; a warning is an error
	@$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: $(VENV)/.test ## Run the benchmarks in quick mode; each script's --help says the rest
	$(BIN)/python bench/laws.py --systems $(BENCH_SYSTEMS) --noise 0 0.01 --seeds 0
	$(BIN)/python bench/simulate.py --quick
	$(BIN)/python bench/honesty.py --quick
	$(BIN)/python bench/scale.py --quick
	$(BIN)/python bench/xor.py --quick
	$(BIN)/python bench/learning.py --quick
	$(BIN)/python bench/ensembles.py --quick
	$(BIN)/python bench/equilibrium.py --quick
	$(BIN)/python bench/hopfield.py --quick
	$(BIN)/python bench/field.py --quick
	$(BIN)/python bench/published.py --quick
	$(BIN)/python bench/memory.py --quick
	$(BIN)/python bench/physicsnet.py --quick
	$(BIN)/python bench/web.py --quick

readme: $(VENV)/.plain ## Refresh the measured blocks of README and docs
	@$(BIN)/python tools/readme.py

clean: ## Remove what was built; the environment stays
	@rm -rf build dist docs/_build docs/jupyter_execute .pytest_cache .mypy_cache \
	  .ruff_cache .hypothesis .import_linter_cache lawful-report lawful-learning lawful-memory lawful-physicsnet lawful-evaluation lawful-pipeline src/*.egg-info
	@find src tests bench docs tools -name __pycache__ -type d -prune -exec rm -rf {} +

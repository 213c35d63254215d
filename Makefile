# `make help` lists the verbs. The first one that needs the environment makes it; afterwards it is only renewed
# when the list of dependencies or the lock has changed.

VENV   := .venv
BIN    := $(VENV)/bin
EXTRAS ?= book,test
MADE   := $(VENV)/.made-from-lock
ASSETS := node_modules/.course-lock
WORKERS ?= 2
PYTHON := $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

.DEFAULT_GOAL := help
.PHONY: help env book test lint lab serve frontend audit bench clean

help:  ## show these verbs
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

env: $(MADE) $(ASSETS)  ## make the environment (.venv) and install what the pages load

$(MADE): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed and was not found: https://www.python.org/downloads/" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "This Python cannot make environments: on Debian and Ubuntu, apt-get install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing what the course needs: a few minutes, this once"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$(EXTRAS)]' --constraint constraints.txt
	@touch $@

$(ASSETS): package.json package-lock.json | $(MADE)
	@$(BIN)/course assets
	@touch $@

book: env  ## sample data, lessons, book: _build/html
	@$(BIN)/course book

# The processes share the tests out by files, in order: the many short doctests come last and even it out. One
# thread each for linear algebra, since two of two threads each get in each other's way on two cores.
test: env lint  ## all that CI runs
	@$(BIN)/course book
	OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1 \
	  $(BIN)/pytest --numprocesses=$(WORKERS) --dist=loadfile --no-loadscope-reorder --durations=25

lint: env  ## style of the code and of the lessons
	$(BIN)/ruff check
	$(BIN)/ruff format --check

lab: env  ## open the lessons in JupyterLab
	$(BIN)/jupyter lab --notebook-dir=notebooks

serve: env  ## read the built book at http://127.0.0.1:8000/
	@$(BIN)/course serve

frontend: env  ## build what is shipped of the explorer from its source and lock file
	@$(BIN)/course frontend

audit: env  ## look for known holes in what is installed
	@$(BIN)/course audit

bench: env  ## measure against the usual ways: make bench NAME=points_vs_rasterio
	$(BIN)/python -m tests.benchmarks $(NAME)

clean:  ## remove what was built; downloads and the environment stay
	rm -rf _build .pytest_cache .ruff_cache .hypothesis

# make demo | make test | make site | make clean. Needs Python 3.11 or newer; everything else goes to .venv.

PYTHON ?= python3
LOWEST_PYTHON ?= 3.11
NEW ?= 20
WORKERS ?= auto
CLUSTERS ?= 12
STEPS ?= 200
PYTHONS ?= 3.11 3.12 3.13 3.14
RELEASE ?=

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq -c constraints.txt
INPUTS := pyproject.toml constraints.txt

# The networks are small: more threads gain little, and lose much beside other work.
export OMP_NUM_THREADS ?= 1

CHECKS := \
	'ruff format --check .' \
	'ruff check .' \
	'mypy' \
	'lint-imports'

.DEFAULT_GOAL := help
.PHONY: help demo poster test test-lowest site weights cross-validation release clean
.NOTPARALLEL:

help:
	@echo 'make demo    new frameworks with the shipped weights, judged, into demo/'
	@echo 'make poster  the tests of the poster with its own network, into docs/images/ (five minutes on one core; its own numbers, two hours: CLUSTERS=64 STEPS=2000)'
	@echo 'make test    every check: format, lint, types, imports, tests'
	@echo 'make test-lowest   the tests with the lowest versions of the dependencies; needs uv'
	@echo 'make site    the documentation, into site/index.html; opens in a browser, offline'
	@echo 'make weights train the shipped weights again (about three hours on one core)'
	@echo 'make cross-validation   train five times, each time looking for the types held out (an hour and a half on one core)'
	@echo 'make release  everything a release is checked for, archives into dist/ (docs/releasing.md)'
	@echo 'make clean   remove the environment, the demo, the site and caches'

# The stamps are newer than what they were installed from, so nothing is installed twice.
.venv/installed: $(INPUTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'zeoloom needs Python 3.11 or newer, but $(PYTHON) is:' "$$($(PYTHON) --version 2>&1)"; \
		echo 'Name another one: make PYTHON=python3.12 ...'; exit 1; }
	@echo 'Installing into .venv (a few minutes the first time) ...'
	@$(PYTHON) -m venv .venv
	@$(PIP) torch
	@$(PIP) -e '.[energy]'
	@echo 'Compiling, on all cores (half a minute on one) ...'
	@$(BIN)/zeoloom prepare
	@touch $@

.venv/installed-for-tests: .venv/installed
	@echo 'Installing the tools of the checks ...'
	@$(PIP) -e '.[test]'
	@touch $@

# Small batches: twenty families come from more groups.
demo: .venv/installed
	@rm -rf demo
	@echo 'New frameworks, until $(NEW) families have an R_DLS of at most 0.006; the best of each is relaxed:'
	@$(BIN)/zeoloom generate -n $(NEW) --relax $(NEW) --batch 3 --seed 0 -o demo
	@echo 'Open the report in a browser; it needs no network.'

# An interrupted run goes on where it stopped.
poster: .venv/installed
	$(BIN)/python benchmarks/poster.py -n $(CLUSTERS) --steps $(STEPS)

# All checks run, beside the tests; one that fails does not hide the others. What has changed is
# compiled before the tests start, so that their processes do not compile it each.
test: .venv/installed-for-tests
	@(failed=''; for check in $(CHECKS); do \
		echo "== $$check"; $(BIN)/$$check || failed="$$failed; $$check"; \
	done; [ -z "$$failed" ] || { echo "== FAILED: $${failed#; }"; exit 1; }) >.venv/checks.log 2>&1 & checks=$$!; \
	$(BIN)/zeoloom prepare; \
	echo '== pytest'; $(BIN)/pytest -n $(WORKERS); tests=$$?; \
	wait $$checks; checks=$$?; cat .venv/checks.log; [ $$tests = 0 ] && [ $$checks = 0 ]

# The dependencies in the lowest versions that pyproject.toml allows, in an environment of their own.
# Old releases meet newer ones of what they need, and are warned of what is to come.
test-lowest:
	uv venv -q --python $(LOWEST_PYTHON) .venv-lowest
	uv pip install -q --python .venv-lowest --resolution lowest-direct -e '.[test]'
	.venv-lowest/bin/pytest -n $(WORKERS) -W ignore::DeprecationWarning

.venv/installed-for-site: .venv/installed
	@echo 'Installing what makes the documentation ...'
	@$(PIP) -e '.[docs]'
	@touch $@

# The report on the start page is made by a small run the first time, and kept in build/.
site: .venv/installed-for-site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo 'Open site/index.html in a browser; it needs no network.'

# An interrupted training goes on where it stopped.
TRAIN := $(BIN)/zeoloom train --threads 1 --resume

weights: .venv/installed
	$(TRAIN) --config crystal -o runs/training/crystal
	$(TRAIN) --config equivariant -o runs/training/equivariant
	$(TRAIN) --config pointnet -o runs/training/pointnet
	$(TRAIN) --config pointnet-weak -o runs/training/pointnet-weak
	$(TRAIN) --config equivariant-weak -o runs/training/equivariant-weak
	for model in crystal equivariant pointnet equivariant-weak pointnet-weak; do \
		cp runs/training/$$model/weights.safetensors src/zeoloom/learn/weights/$$model.safetensors && \
		cp runs/training/$$model/weights.json src/zeoloom/learn/weights/$$model.json || exit 1; \
	done

# Each type is held out once, those of the time split too. Interrupted, it goes on with its last training.
cross-validation: .venv/installed
	for fold in 1 2 3 4 5; do \
		runs=runs/cross-validation; \
		$(TRAIN) --fold $$fold --time-split --config crystal-quick -o $$runs/fold-$$fold && \
		$(BIN)/python benchmarks/solve.py --list held-out --model $$runs/fold-$$fold \
			> $$runs/fold-$$fold.part && mv $$runs/fold-$$fold.part $$runs/fold-$$fold.txt || exit 1; \
	done; tail -n 1 $$runs/fold-*.txt

# Sends and tags nothing.
release:
	$(PYTHON) scripts/release.py --pythons $(PYTHONS) --keep dist $(RELEASE)

clean:
	rm -rf .venv .venv-lowest demo site build dist src/*.egg-info .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

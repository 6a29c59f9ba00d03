# make demo | make test | make clean. Needs Python 3.11 or newer; everything else goes to .venv.

PYTHON ?= python3
MODEL ?= equivariant
SAMPLED ?= 64
JOINED ?= 8

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
.PHONY: help demo test weights clean
.NOTPARALLEL:

help:
	@echo 'make demo    make and join clusters with the shipped weights, into demo/'
	@echo 'make test    every check: format, lint, types, imports, tests'
	@echo 'make weights train the shipped weights again (about an hour and a half on one core)'
	@echo 'make clean   remove the environment, the demo and caches'

# The stamps are newer than what they were installed from, so nothing is installed twice.
.venv/installed: $(INPUTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'zeoloom needs Python 3.11 or newer, but $(PYTHON) is:' "$$($(PYTHON) --version 2>&1)"; \
		echo 'Name another one: make PYTHON=python3.12 ...'; exit 1; }
	@echo 'Installing into .venv (a few minutes the first time) ...'
	@$(PYTHON) -m venv .venv
	@$(PIP) torch
	@$(PIP) -e .
	@touch $@

.venv/installed-for-tests: .venv/installed
	@echo 'Installing the tools of the checks ...'
	@$(PIP) -e '.[test]'
	@touch $@

demo: .venv/installed
	@rm -rf demo
	@echo; echo '$(SAMPLED) clusters out of noise, against real ones of types the model never saw:'
	@$(BIN)/zeoloom sample -n $(SAMPLED) --model $(MODEL) --seed 0 -o demo/sample
	@echo; echo '$(JOINED) times five clusters joined into one piece of framework:'
	@$(BIN)/zeoloom join -n $(JOINED) --model $(MODEL) --seed 0 -o demo/join
	@echo
	@echo 'Figures  demo/sample/regeneration.png  demo/join/joined.png'
	@echo 'In 3D    demo/sample/clouds.html       demo/join/clouds.html  (open them in a browser)'

# All checks run, the tests last; one that fails does not hide the others.
test: .venv/installed-for-tests
	@failed=''; \
	for check in $(CHECKS); do \
		echo "== $$check"; $(BIN)/$$check || failed="$$failed; $$check"; \
	done; \
	[ -z "$$failed" ] || echo "== FAILED: $${failed#; }"; \
	echo '== pytest'; $(BIN)/pytest && [ -z "$$failed" ]

# An interrupted training goes on where it stopped.
weights: .venv/installed
	for model in equivariant pointnet; do \
		$(BIN)/zeoloom train --config $$model --threads 1 --resume -o runs/training/$$model && \
		cp runs/training/$$model/weights.safetensors src/zeoloom/learn/weights/$$model.safetensors && \
		cp runs/training/$$model/weights.json src/zeoloom/learn/weights/$$model.json || exit 1; \
	done

clean:
	rm -rf .venv demo build dist src/*.egg-info .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

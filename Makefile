# A fresh machine needs Python 3.11 and make; everything else is installed into .venv from the locks.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3.11)
UV ?= uv

VENV := .venv
BIN := $(VENV)/bin
RUN_INSTALLED := $(VENV)/.requirements.installed
DEV_INSTALLED := $(VENV)/.requirements-dev.installed

PIP_INSTALL := $(BIN)/python -m pip install --quiet --require-hashes --disable-pip-version-check
# Extras stay in the locks: without them pip 23 treats `coverage[toml]` as unpinned once a newer release exists.
UV_COMPILE := $(UV) pip compile pyproject.toml --quiet --generate-hashes --no-emit-index-url \
	--no-strip-extras \
	--python-version 3.11 --python-platform linux --custom-compile-command "make lock"

# Two packages are source-only. Without this, an old pip builds them with the packages in .venv.
export PIP_USE_PEP517 := 1

.DEFAULT_GOAL := help
.PHONY: help run test coverage test-slow lint format data settings lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

# The example of every task, the slowest first.
EXAMPLES := flights_zh_en flights_slots flights_intents

run: $(RUN_INSTALLED) ## train, evaluate and publish every task on its embedded data
	$(BIN)/python main.py run $(EXAMPLES) --jobs 2

test: $(DEV_INSTALLED) ## run the fast tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow"

coverage: $(DEV_INSTALLED) ## run the fast tests and print the lines that they miss
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow" --cov --cov-report=term

test-slow: $(DEV_INSTALLED) ## run the slow tests
	$(BIN)/python -m pytest -m slow

lint: $(DEV_INSTALLED) ## check format, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(DEV_INSTALLED) ## format the code and apply automatic fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

data: $(RUN_INSTALLED) ## regenerate the embedded data from its grammar
	$(BIN)/python data/flights/generate.py

settings: $(RUN_INSTALLED) ## write docs/settings.md from the descriptions in the code
	$(BIN)/python main.py settings --markdown > docs/settings.md

lock: ## update both locks for pyproject.toml; versions that still fit stay (needs uv)
	@command -v $(UV) >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	$(UV_COMPILE) --output-file requirements.txt
	$(UV_COMPILE) --extra test --extra lint --constraint requirements.txt \
		--output-file requirements-dev.txt

clean: ## remove .venv and the caches; runs, models and prepared data stay
	rm -rf $(VENV) .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is newer than its lock as long as .venv matches the lock.
$(RUN_INSTALLED): requirements.txt | $(BIN)/python
	@echo "installing $< into $(VENV): a minute or two"
	$(PIP_INSTALL) -r $<
	@touch $@

$(DEV_INSTALLED): requirements-dev.txt | $(BIN)/python
	@echo "installing $< into $(VENV): a minute or two"
	$(PIP_INSTALL) -r $<
	@touch $@ $(RUN_INSTALLED)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { \
		echo "this project needs Python 3.11, and $(PYTHON) is not it; install it," \
			"or give its path: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

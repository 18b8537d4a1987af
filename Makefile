# A convenience: everything here is reached by `pip install` and the `foncier` command too.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STUDY ?=
OUT ?= maps/demo

.PHONY: run test check lint types floors unit coverage bench demo-data lock clean
.DEFAULT_GOAL := run

run: $(VENV)/.run  ## install, then the main job on the embedded demo
	$(BIN)/foncier run $(STUDY) --out $(OUT)

test: $(VENV)/.dev lint types floors unit  ## install, then every check

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

floors: $(VENV)/.dev
	$(BIN)/lint-imports

unit: $(VENV)/.dev
	$(BIN)/pytest -n 2 --dist worksteal

coverage: $(VENV)/.dev  ## the tests again, twice as slow, with the lines that none of them reached
	$(BIN)/pytest -n 2 --cov --cov-report=term:skip-covered

bench: $(VENV)/.dev  ## the figures of docs/benchmarks.md, each as a ratio to a named alternative
	$(BIN)/python tests/bench/run.py

demo-data: $(VENV)/.run  ## draw the embedded city again
	$(BIN)/python -m foncier.demo

lock: $(VENV)/.dev  ## resolve the dependencies again, for every Python we support
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-header --python-version 3.11 \
		pyproject.toml requirements/build.in -o requirements/run.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-header --python-version 3.11 \
		--extra dev -c requirements/run.txt pyproject.toml requirements/build.in -o requirements/dev.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "foncier needs Python 3.11 or newer; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

clean:
	rm -rf $(VENV) maps/demo artefacts .coverage

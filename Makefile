# Optional: `pip install` and the `foncier` command do the same.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Audit tools have their own environment.
AUDIT := .venv-audit
MUTATION := .venv-mutation
STUDY ?=
OUT ?= maps/demo
INPUT ?= study.toml
SECONDS ?= 60
MODULES ?=
REAL_DATA ?= $(or $(FONCIER_REAL_DATA),$(abspath ../shared/data))

.PHONY: run test check lint types imports unit coverage readings bench bench-large hardening guided audit mutation demo-data lock plugin installed docs clean
.DEFAULT_GOAL := run

run: $(VENV)/.run  ## install, then run the embedded demonstration
	$(BIN)/foncier run $(STUDY) --out $(OUT)

test: $(VENV)/.dev lint types imports unit  ## install, then every check

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

imports: $(VENV)/.dev
	$(BIN)/lint-imports

unit: $(VENV)/.dev
	$(BIN)/pytest -n 2 --dist worksteal

coverage: $(VENV)/.dev  ## the tests again, twice as slow, with the lines not covered
	$(BIN)/pytest -n 2 --cov --cov-report=term:skip-covered

bench: $(VENV)/.bench  ## the figures of docs/benchmarks.md
	$(BIN)/python -m tests.bench

readings: $(VENV)/.dev  ## every rule set against the parcels of Ennezat read on plans (needs the folder of real data)
	FONCIER_REAL_DATA=$(REAL_DATA) $(BIN)/foncier compare-profiles tests/studies/ennezat \
		$(foreach file,$(wildcard $(REAL_DATA)/truth/*.csv tests/studies/ennezat/lecture-*.csv),--truth $(file)) --out maps/lectures

bench-large: $(VENV)/.bench  ## the same for 300 000 and 1 000 000 parcels
	$(BIN)/python -m tests.bench --sizes 300000 1000000 --turns 1

hardening: $(VENV)/.dev  ## the figures of docs/robustness.md: kills, full disks, corrupted files (Linux, half an hour)
	$(BIN)/python -m tests.hardening.killing run 50
	$(BIN)/python -m tests.hardening.killing fetch 50
	unshare $$([ "$$(id -u)" = 0 ] && echo -m || echo -rm) $(BIN)/python -m tests.hardening.no_room
	$(BIN)/python -m tests.hardening.memory
	$(BIN)/python -m tests.fuzz.breaking kept
	$(BIN)/python -m tests.fuzz.breaking bombs
	$(BIN)/python -m tests.fuzz.breaking 12000
	$(BIN)/pytest -q tests/fuzz/test_drawn.py --hypothesis-profile=hardening

guided: $(VENV)/.dev  ## coverage-guided fuzzing by Atheris, INPUT for SECONDS (Linux, CPython 3.11 to 3.13)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps 'atheris>=3,<4'
	$(BIN)/python -m tests.fuzz.guided $(INPUT) $(SECONDS)

audit: $(AUDIT)/.tools  ## known vulnerabilities of the locked dependencies (asks the package index), and Bandit on the code
	$(AUDIT)/bin/pip-audit --strict --disable-pip --require-hashes -r requirements/run.txt
	$(AUDIT)/bin/pip-audit --strict --disable-pip --require-hashes -r requirements/dev.txt
	$(AUDIT)/bin/bandit --quiet --recursive --configfile pyproject.toml src

mutation: $(MUTATION)/.tools  ## mutants of the rules that no test kills: MODULES, else all (Linux, an hour)
	$(MUTATION)/bin/python -m tests.mutation $(MODULES)

demo-data: $(VENV)/.run  ## generate the embedded city again
	$(BIN)/python -m tests.demo_city

# The oldest dependencies by default. All of them: make installed RESOLUTIONS="lowest-direct highest" PYTHONS="python3.11 python3.13"
RESOLUTIONS ?= lowest-direct
PYTHONS ?=
installed: $(VENV)/.dev  ## the wheel in an empty environment, with the oldest dependencies that it allows: every command on the demonstration
	$(BIN)/pip install -q --disable-pip-version-check uv
	$(BIN)/python -m tests.packaging.environments $(RESOLUTIONS) $(if $(PYTHONS),--python $(foreach name,$(PYTHONS),$(shell command -v $(name))))

docs: $(VENV)/.docs  ## the documentation site in docs/_build; a warning is an error
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build

plugin:  ## the plugin of QGIS, to install from a zip
	mkdir -p dist
	git archive --format=zip --prefix=foncier_processing/ -o dist/foncier_processing.zip HEAD:qgis/foncier_processing

lock: $(VENV)/.dev  ## resolve the dependencies again, for every supported Python
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-header --python-version 3.11 \
		-c requirements/limits.in pyproject.toml requirements/build.in -o requirements/run.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-header --python-version 3.11 \
		--extra dev -c requirements/run.txt pyproject.toml requirements/build.in -o requirements/dev.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-header --python-version 3.11 \
		-c requirements/dev.txt requirements/bench.in -o requirements/bench.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-header --python-version 3.11 \
		-c requirements/dev.txt requirements/docs.in -o requirements/docs.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "foncier needs Python 3.11 or newer; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt requirements/schemas.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/schemas.txt
	@touch $@

$(VENV)/.docs: requirements/docs.txt $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/docs.txt
	@touch $@

# Alternatives of the benchmarks. A platform without one of their wheels has none of them.
$(VENV)/.bench: requirements/bench.txt $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/bench.txt || \
		echo "Some alternatives cannot be installed on this machine: their rows will say so."
	@touch $@

$(AUDIT)/.tools:
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/pip install --quiet --disable-pip-version-check 'pip-audit>=2.10' 'bandit>=1.9'
	@touch $@

# mutmut runs the tests in its own process: its environment sees the locked one, and adds to it.
$(MUTATION)/.tools: $(VENV)/.dev
	$(BIN)/python -m venv $(MUTATION)
	$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > \
		"$$($(MUTATION)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/locked.pth"
	$(MUTATION)/bin/pip install --quiet --disable-pip-version-check 'mutmut>=3.8,<4'
	@touch $@

clean:
	rm -rf $(VENV) $(AUDIT) $(MUTATION) maps/demo artefacts .coverage

# The front door. Each target prepares what it needs, so any of them may be the first command in a fresh clone.
#   make demo      build, then run the demonstration
#   make test      build, then all tests: ctest and pytest
#   make bench     benchmarks; make bench-instructions: instruction counts against recorded ones; bench-programs: build only
#   make golden    compare with recorded results: ROOT=folder, ONLY=name,...
#   make differential SEEDS=200 FROM=1   random strategies through the real zipline and through rustybt
#   make conformance FILES="test_blotter.py ..."   Zipline's own tests against rustybt; all of them: writes docs/conformance.md
#   make test-pandas3   the Python unit tests with pandas 3
#   make wheels PYTHONS="python3.12 ..."   a wheel for each Python, tested in an environment of its own
#   make types     how much of the package's public names has a type (all), and a strategy under strict rules
#   make fuzz SECONDS=60   every parser of foreign bytes under libFuzzer, so long each; ONLY=name for one
#   make build | format | check | clean
SHELL := /bin/bash
BUILD := build/dev
# about 1 GB of memory per job
JOBS ?= $(shell nproc)
PYTHON := .venv/bin/python
CLANG_FORMAT ?= clang-format-19
CXX_FILES = $(shell git ls-files '*.cpp' '*.hpp')

.PHONY: demo test test-pandas3 types wheels bench bench-instructions bench-programs golden differential conformance fuzz build command setup configure format check clean
.DEFAULT_GOAL := build

setup:
	@tools/setup.sh

configure: setup
	@test -f $(BUILD)/build.ninja || cmake --preset dev

build: configure
	cmake --build $(BUILD) -j $(JOBS)

# only what running needs: no tests, no benchmarks
command: configure
	cmake --build $(BUILD) -j $(JOBS) --target products

demo: command
	@mkdir -p build/demo
	$(BUILD)/bin/rustybt demo --report build/demo/report.html

test: build
	@status=0; \
	ctest --test-dir $(BUILD) -j $(JOBS) --output-on-failure --no-tests=error || status=1; \
	$(PYTHON) -m pytest || status=1; \
	exit $$status

test-pandas3: command
	@tools/setup.sh pandas3
	.venv-pandas3/bin/python -m pytest python/tests

wheels:
	@tools/wheels.sh

types: command
	@tools/setup.sh types
	.venv-types/bin/python tools/type_completeness.py 60
	PYTHONPATH="$(CURDIR)/build/dev/python" .venv-types/bin/basedpyright --pythonpath .venv-types/bin/python

bench bench-instructions bench-programs: command
	cmake --build $(BUILD) -j $(JOBS) --target $@

golden: command
	$(PYTHON) tools/golden.py $(if $(ROOT),--root "$(ROOT)") $(if $(ONLY),--only "$(ONLY)")

differential: command
	$(PYTHON) tools/differential.py --seeds $(or $(SEEDS),200) --from $(or $(FROM),1)

conformance: command
	$(PYTHON) tools/conformance.py $(FILES)

fuzz: setup
	tools/fuzz.sh $(or $(SECONDS),60) $(ONLY)

format: setup
	$(CLANG_FORMAT) -i $(CXX_FILES)

check: setup
	$(CLANG_FORMAT) --dry-run -Werror $(CXX_FILES)
	$(PYTHON) tools/check_rooms.py

clean:
	rm -rf build

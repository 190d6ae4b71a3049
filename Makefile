# The front door. Each target prepares what it needs, so any of them may be the first command in a fresh clone.
#   make demo      build, then run the demonstration
#   make test      build, then all tests: ctest and pytest
#   make bench     benchmarks
#   make golden    compare with recorded results: ROOT=folder, ONLY=name,...
#   make build | format | check | clean
SHELL := /bin/bash
BUILD := build/dev
# two jobs at least; about 1 GB of memory per job
JOBS ?= $(shell nproc)
PYTHON := .venv/bin/python
CLANG_FORMAT ?= clang-format-19
CXX_FILES = $(shell git ls-files '*.cpp' '*.hpp')

.PHONY: demo test bench golden build command setup configure format check clean
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
	$(BUILD)/bin/rustybt demo

test: build
	@status=0; \
	ctest --test-dir $(BUILD) -j $(JOBS) --output-on-failure --no-tests=error || status=1; \
	$(PYTHON) -m pytest || status=1; \
	exit $$status

bench: build
	cmake --build $(BUILD) --target bench

golden: command
	$(PYTHON) tools/golden.py $(if $(ROOT),--root "$(ROOT)") $(if $(ONLY),--only "$(ONLY)")

format:
	$(CLANG_FORMAT) -i $(CXX_FILES)

check:
	$(CLANG_FORMAT) --dry-run -Werror $(CXX_FILES)
	$(PYTHON) tools/check_rooms.py

clean:
	rm -rf build

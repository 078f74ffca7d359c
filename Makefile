# What a person types. Everything here is one line of cmake, ctest or a script that can be run by itself.

JOBS ?= $(shell nproc)
KEEP ?=
export KEEP

PRESETS := dev release arm64

.DEFAULT_GOAL := help
.PHONY: help packages build test test-crash demo lint format bench clean $(PRESETS:%=build-%)

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

packages: ## Install the Debian packages that the build, the tests and the demo need
	@cmake/install-packages.sh

$(PRESETS:%=build-%): build-%: packages
	@cmake --preset $* $(if $(wildcard build/$*/build.ninja),>/dev/null)
	@cmake --build --preset $* --parallel $(JOBS)

build: build-release build-arm64 ## Build the two binaries that ship: dist/powernode-agent-linux-{amd64,arm64}
	@ls -l dist

test: build-dev build-release build-arm64 ## Run every test, from units to virtual machines
	@ctest --test-dir build/dev --output-on-failure --parallel 4

test-crash: build-dev ## Kill claim, enrolment, renewal, tasks and state writers at each call with an effect (POWERNODE_CRASH=every: at each call)
	@ctest --test-dir build/dev --build-config crash --output-on-failure -R '_crash_test$$'

demo: build-release ## Boot a virtual machine from power-on to a served page (KEEP=1 leaves it running)
	@tests/vm/demo

lint: packages ## Check format, warnings, includes and shell
	@cmake --preset lint >/dev/null
	@cmake/lint

format: packages ## Format the C++ sources in place
	@git ls-files --cached --others --exclude-standard '*.cc' '*.h' | xargs clang-format -i

bench: packages ## Measure the bars of speed and size on the shipped binary
	@cmake --preset release $(if $(wildcard build/release/build.ninja),>/dev/null)
	@cmake --build --preset release --parallel $(JOBS) --target all bench

clean: ## Remove build/ and dist/; the cache of third-party libraries stays
	@rm -rf build dist

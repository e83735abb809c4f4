# Every habit has a target; `make` lists them. Recipes go through npm, which puts the right Node on the PATH.
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# One test file or folder: make test FILES='test/goyaml/**/*.test.ts'
FILES ?=
NPM := npm --silent

.PHONY: help
help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^## / {printf "\n%s\n", substr($$0, 4)} /^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: install
install: # dependencies, only when the lock asks for others than are there
	@node .ci/ensure-installed.cjs

## Try it
.PHONY: run dev-up dev-down
run: install ## a control plane with Sluice in it and a sample delivery; stays up until Ctrl-C
	@$(NPM) start
dev-up: install ## only the control plane, in the background
	@$(NPM) run sluice dev up
dev-down: install ## end it
	@$(NPM) run sluice dev down

## Check
.PHONY: test test-unit test-integration test-all lint format typecheck verify
test: install ## everything a change must pass: format, lint, types, unit and integration tests
	@$(if $(FILES),npx --no mocha $(FILES),$(NPM) test)
test-unit: install ## what needs no cluster
	@$(NPM) run test:unit
test-integration: install ## what runs on the real control plane
	@$(NPM) run test:integration
test-all: install ## test, with the optional oracles (built on first use, takes minutes) and the fuzzers
	@$(NPM) run test:all
lint: install ## what is wrong with the sources, import rings included
	@$(NPM) run lint
typecheck: install ## compile without output
	@$(NPM) run typecheck
format: install ## rewrite the sources in the house's format
	@$(NPM) run format
verify: install ## regenerate everything generated and fail on a difference
	@$(NPM) run verify

## Build
.PHONY: build generate
build: install ## dist/, which bin/sluice runs
	@$(NPM) run build
generate: install ## crds/, compiled rules, references, from src/api
	@$(NPM) run generate

## Measure
.PHONY: bench fuzz
bench: install ## all benchmarks, one after the other: figures beside those of a real peer
	@$(NPM) run bench
fuzz: install ## all fuzzers, longer than in test-all (FUZZ_RUNS=1000000 for more)
	@$(NPM) run fuzz

.PHONY: clean
clean: ## remove what can be made again; the cache of built tools in ~/.cache/sluice stays
	rm -rf dist node_modules .sluice

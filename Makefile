# Every command a developer needs; continuous integration runs the same ones (.ci/run).

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

FUZZTIME ?= 30s
ROWS     ?=

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## bin/kytiem with bin/kytiem-service behind it and bin/devca, static, and bin/kytiem-token, which loads tokens' libraries; without cgo
	CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/devca ./cmd/kytiem-token
	CGO_ENABLED=0 go build -trimpath -o bin/kytiem-service ./cmd/kytiem
	CGO_ENABLED=0 go build -trimpath -o bin/kytiem ./cmd/front

.PHONY: run
run: build ## the service on http://127.0.0.1:8080 with a throwaway CA and sample data under var/ (LISTEN=127.0.0.1:9090 for another)
	@bin/kytiem run $(if $(LISTEN),--listen $(LISTEN))

.PHONY: demo
demo: build ## the main job, end to end, in a new directory under var/ (ROWS=1000 for another size)
	@mkdir -p var
	bin/kytiem demo $(if $(ROWS),--rows $(ROWS)) --dir "var/demo-$$(date +%Y%m%d-%H%M%S)"

.PHONY: test
test: ## all tests, after installing what they need (without root: names what is missing)
	.ci/install
	.ci/test

.PHONY: lint
lint: ## gofmt and golangci-lint; .golangci.yml holds the layers
	.ci/lint

.PHONY: fmt
fmt: ## gofmt over the tree
	gofmt -s -w .

.PHONY: bench
bench: build ## the published figures, each beside its peer where that is installed (PARTS="pairs raise" for some of them)
	.ci/bench $(PARTS)

.PHONY: fuzz
fuzz: ## every fuzz test in the tree, FUZZTIME each (30s)
	.ci/fuzz $(FUZZTIME)

.PHONY: interop
interop: ## other people's verifiers (pdfsig, openssl, pyHanko, EU DSS) judge our signatures at every level
	.ci/interop

# make up      builds, fetches what is missing, serves a model; Ctrl-C ends it
# make test    all fast tests, with the real engine and the small model
# make accept  the slow real ones   make bench  the benchmarks   make lint

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.PHONY: up build fakellm engine test accept bench lint generate clean

export CGO_ENABLED := 0
OS   := $(shell go env GOOS)
ARCH := $(shell go env GOARCH)
PLATFORM := $(if $(filter linux,$(OS)),linux,$(OS))-$(if $(filter amd64,$(ARCH)),x64,$(ARCH))
LIBS := bin/engine/.pinned-$(PLATFORM)
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
SOURCES := $(shell git ls-files -co --exclude-standard -- '*.go' go.mod go.sum 'internal/**' 2>/dev/null)

up: build engine
	@exec bin/irori up

build: bin/irori

bin/irori: $(SOURCES)
	go build -trimpath -ldflags "-X irori/internal/app.Version=$(VERSION)" -o $@ ./cmd/irori

# A model server with knobs, to test clients with: bin/fakellm -help
fakellm:
	go build -o bin/fakellm ./cmd/fakellm

engine: $(LIBS) bin/engine/LICENSE.llama.cpp

# The libraries come from one npm package, pinned by version and hash; its
# scripts are not run.
$(LIBS): engine/$(PLATFORM)/package-lock.json
	npm ci --prefix engine/$(PLATFORM) --ignore-scripts --no-audit --no-fund --loglevel=error
	mkdir -p bin/engine
	rm -f bin/engine/*.so bin/engine/.pinned-*
	cp engine/$(PLATFORM)/node_modules/@node-llama-cpp/$(PLATFORM)/bins/$(PLATFORM)/lib*.so bin/engine/
	rm -f bin/engine/libllama-common.so
	cp engine/$(PLATFORM)/node_modules/@node-llama-cpp/$(PLATFORM)/LICENSE bin/engine/LICENSE.node-llama-cpp
	touch $@

# The npm package brings its own licence, not that of what it was built from.
bin/engine/LICENSE.llama.cpp: engine/LICENSE.llama.cpp | $(LIBS)
	cp $< $@

# The small model that tests run on lies in a home of their own.
TESTHOME := $(CURDIR)/bin/testhome
MODEL    := smollm2-135m-instruct

bin/testhome/.pulled: | build
	IRORI_HOME=$(TESTHOME) bin/irori pull $(MODEL)
	touch $@

# where the public evaluation sets lie; tests that need them skip without
EVALDATA := $(or $(IRORI_EVAL_DATA),$(firstword $(wildcard $(CURDIR)/shared/data/eval $(CURDIR)/../shared/data/eval)))
# and where public pools of outcomes do
ROUTINGDATA := $(or $(IRORI_ROUTING_DATA),$(firstword $(wildcard $(CURDIR)/shared/data/routing $(CURDIR)/../shared/data/routing)))
REAL    := IRORI_TEST_BIN=$(CURDIR)/bin/irori IRORI_TEST_HOME=$(TESTHOME)
TARGETS := linux/arm64 darwin/arm64 darwin/amd64 windows/amd64

# Tests on the real engine run one package at a time: its threads spin while
# they wait for each other, and two engines on the same cores stall both.
test: build engine bin/testhome/.pulled
	test -z "$$(gofmt -l cmd internal bench)" || { gofmt -l cmd internal bench; exit 1; }
	go vet ./...
	for t in $(TARGETS); do echo "build $$t"; GOOS=$${t%/*} GOARCH=$${t#*/} go build -o /dev/null ./cmd/irori; done
	go test -timeout 300s $$(go list ./... | grep -v -e '/backend/embedded$$' -e '/cmd/irori$$')
	$(REAL) go test -p 1 -timeout 900s ./internal/backend/embedded ./cmd/irori

accept: build engine bin/testhome/.pulled
	$(REAL) IRORI_EVAL_DATA=$(EVALDATA) IRORI_ROUTING_DATA=$(ROUTINGDATA) go test -p 1 -timeout 60m -tags accept ./...
	tools/jinja2/run.sh
	$(REAL) tools/real/responses/run.sh
	$(REAL) tools/real/clients/run.sh
	$(REAL) tools/real/engines/run.sh vllm
	tools/real/routing/run.sh

bench: build engine bin/testhome/.pulled
	$(REAL) bench/run.sh

lint:
	test -z "$$(gofmt -l cmd internal bench)"
	go vet ./...
	go test ./internal/archtest
	go build -modfile=tools/go.mod -o bin/staticcheck honnef.co/go/tools/cmd/staticcheck
	bin/staticcheck ./...

clean:
	rm -rf bin

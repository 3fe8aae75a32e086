# A new machine needs only `make up` or `make test`: every target installs what it uses.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# Kubeconfig context of an existing cluster, instead of the embedded node: make up CONTEXT=kind-mesh
CONTEXT ?=
MESH := node cli/bin/mesh.js
# The folder of another platform, instead of catalogue/platform.ts: make up CATALOGUE=example/bank
CATALOGUE ?=
ifneq ($(CATALOGUE),)
# Not for tests, which know their platforms.
up verify status down: export MESH_PLATFORM := $(CATALOGUE)
endif
# An image of local/standin that the cluster can pull.
STANDIN_IMAGE ?=
ON := $(if $(CONTEXT),--context $(CONTEXT))
# Parts of `make verify` that may stay unchecked: make verify CONTEXT=kind-mesh ALLOW_UNCHECKED=egress
ALLOW_UNCHECKED ?=
UNCHECKED := $(if $(ALLOW_UNCHECKED),--allow-unchecked $(ALLOW_UNCHECKED))
IMAGE := $(if $(STANDIN_IMAGE),--standin-image $(STANDIN_IMAGE))

.PHONY: help up verify down status test test-full lint policy bench docs

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-progress
	@touch $@

policy/node_modules/.package-lock.json: policy/package.json policy/package-lock.json
	npm ci --no-progress --prefix policy
	@touch $@

up: node_modules/.package-lock.json ## deploy the platform to an embedded Kubernetes on this machine
	@$(MESH) up $(ON) $(IMAGE)

verify: node_modules/.package-lock.json ## prove with real requests that only the catalogue's calls are allowed
	@$(MESH) verify $(ON) $(IMAGE) $(UNCHECKED)

status: node_modules/.package-lock.json ## show the mesh on one screen
	@$(MESH) status

down: node_modules/.package-lock.json ## remove the embedded node and everything it created, except the cache
	@$(MESH) down $(ON)

test: node_modules/.package-lock.json policy/node_modules/.package-lock.json ## lint, unit tests, and the core live tests where the embedded node can run
	npm run lint
	npm run toolchain
	npm run test:unit
	npm run test:go
	npm run test:live

test-full: node_modules/.package-lock.json policy/node_modules/.package-lock.json ## test with all live tests, the corpus on real routers and every policy mutation: about four hours
	npm run lint
	npm run toolchain
	npm run toolchain:consul
	npm run test:unit:full
	npm run test:go
	npm run test:live:full
	npm run test:corpus
	npm run policy:mutations

lint: node_modules/.package-lock.json policy/node_modules/.package-lock.json ## types, ESLint, import directions, prose, format
	npm run lint

policy: node_modules/.package-lock.json policy/node_modules/.package-lock.json ## evaluate the policy pack on the stack prod, and its mutation proof; needs no cloud
	npm run -s policy -- --stack prod
	npm run -s policy:mutations

bench: node_modules/.package-lock.json ## benchmarks of this machine, as ratios
	npm run bench

docs: node_modules/.package-lock.json ## build the documentation site in docs/.vitepress/dist; fails on a dead link
	npm run docs

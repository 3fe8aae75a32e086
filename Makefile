# `make up` and `make test` are all that a new machine needs: every target sets up what it uses.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# A kubeconfig context to use instead of the embedded node: make up CONTEXT=kind-mesh
CONTEXT ?=
MESH := node cli/bin/mesh.js
# The image of local/standin that this cluster can pull.
STANDIN_IMAGE ?=
ON := $(if $(CONTEXT),--context $(CONTEXT))
# Parts that need not be checked where they cannot be: make verify CONTEXT=kind-mesh ALLOW_UNCHECKED=egress
ALLOW_UNCHECKED ?=
UNCHECKED := $(if $(ALLOW_UNCHECKED),--allow-unchecked $(ALLOW_UNCHECKED))
IMAGE := $(if $(STANDIN_IMAGE),--standin-image $(STANDIN_IMAGE))

.PHONY: help up verify down status test test-full lint policy bench

help: ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-progress
	@touch $@

policy/node_modules/.package-lock.json: policy/package.json policy/package-lock.json
	npm ci --no-progress --prefix policy
	@touch $@

up: node_modules/.package-lock.json ## the platform on a real Kubernetes on this machine
	@$(MESH) up $(ON) $(IMAGE)

verify: node_modules/.package-lock.json ## prove on real requests that only the catalogue's calls pass
	@$(MESH) verify $(ON) $(IMAGE) $(UNCHECKED)

status: node_modules/.package-lock.json ## what runs
	@$(MESH) status

down: node_modules/.package-lock.json ## remove the node and all that it left on this machine
	@$(MESH) down $(ON)

test: node_modules/.package-lock.json policy/node_modules/.package-lock.json ## lint, unit tests, and the core of the live tests where the node can run
	npm run lint
	npm run test:unit
	npm run test:go
	npm run test:live

test-full: node_modules/.package-lock.json policy/node_modules/.package-lock.json ## test, with all live tests, the corpus on real routers and every mutation: about four hours
	npm run lint
	npm run test:unit
	npm run test:go
	npm run test:live:full
	npm run test:corpus
	npm run policy:mutations

lint: node_modules/.package-lock.json policy/node_modules/.package-lock.json ## types, rules, import directions, format
	npm run lint

policy: node_modules/.package-lock.json policy/node_modules/.package-lock.json ## judge the stack prod by the policy pack, without a cloud
	npm run -s policy -- --stack prod
	npm run -s policy:mutations

bench: node_modules/.package-lock.json ## figures of this machine, as ratios
	npm run bench

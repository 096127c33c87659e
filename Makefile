# Every target sets up what it needs; the second time that takes a moment.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
setup := sandbox/setup.sh
bin := .venv/bin
environments := base web data

.PHONY: help
help:  ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

.PHONY: setup
setup:  ## Create .venv, make sure that a Docker engine answers, build the sandbox images
	@$(setup) python engine images

.PHONY: serve
serve: setup  ## Run the whole service on this machine, and print its address
	@$(bin)/grader serve

.PHONY: demo
demo: setup  ## Send the sample submissions of every take-home through the service and show where the reports are
	@$(bin)/grader demo

.PHONY: test
test: setup lint  ## Lint, then run all tests (with Docker; with Chromium where it is installed)
	@$(setup) browser
	@without=$$(command -v chromium >/dev/null || echo ' and not browser'); \
	    $(bin)/pytest -n auto --maxprocesses 4 --dist worksteal -m "not docker and not exhaustive$$without"; \
	    $(bin)/pytest -m "docker and not exhaustive$$without"  # one at a time: some of them measure

.PHONY: hostile
hostile: setup  ## Grade every idea of the hostile corpus, not only a sample
	@$(bin)/pytest -n auto tests/hostile

.PHONY: chaos
chaos: setup  ## Kill every part of the service while hundreds of submissions come in; deliver 10,000 webhooks in disorder
	@$(bin)/pytest -s -m exhaustive tests/chaos tests/api/test_shift.py tests/api/forges/test_storm.py

.PHONY: bench
bench: setup  ## Measure a full grade against a bare pytest run, and the service
	@$(bin)/python -m benchmarks
	@$(bin)/python -m benchmarks.service

.PHONY: lint
lint:  ## Check style, types and the direction of imports
	@$(setup) python
	@$(bin)/ruff check .
	@$(bin)/ruff format --check .
	@$(bin)/mypy
	@$(bin)/lint-imports

.PHONY: fmt
fmt:  ## Format the code and mend what can be mended mechanically
	@$(setup) python
	@$(bin)/ruff check --fix .
	@$(bin)/ruff format .

.PHONY: images
images:  ## Build the sandbox images where something in them has changed
	@$(setup) python engine images

.PHONY: lock
lock:  ## Lock the newest allowed versions of all dependencies: ours and the environments'
	@$(setup) python
	@$(bin)/uv lock --quiet --upgrade
	@$(bin)/uv export --quiet --locked --all-groups --no-emit-project --no-header --no-annotate \
	    --format requirements-txt --output-file requirements.lock
	@$(bin)/uv pip compile --quiet --generate-hashes --no-header --no-annotate --no-emit-index-url \
	    --only-binary :all: --python-version 3.13 --python-platform x86_64-manylinux_2_40 --extra telemetry \
	    --constraint requirements.lock --output-file requirements.image.lock pyproject.toml
	@cd sandbox/images/locks && for name in $(environments); do \
	    echo "locking $$name"; \
	    ../../../$(bin)/uv pip compile --quiet --upgrade --generate-hashes --no-header --no-annotate \
	        --no-emit-index-url --only-binary :all: --python-version 3.13 \
	        --python-platform x86_64-manylinux_2_40 \
	        $$([ $$name = base ] || echo --constraint base.lock) --output-file $$name.lock $$name.in; \
	done

.PHONY: clean
clean:  ## Remove what the other targets made, but for the engine and its images
	rm -rf .venv .tools .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis reports

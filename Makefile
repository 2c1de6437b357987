# The commands of this house. Each makes the environment first where it is missing.
.DEFAULT_GOAL := help
.PHONY: help env env-spark java browser run test test-all lint format docs bench lock starter clean

PYTHON ?= python3
export PYTHON
BIN := .venv/bin
WORKERS ?= 2
CORPUS := $(or $(OPENLIFECYCLE_CORPUS),../shared/corpus)

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

env:
	@sh tools/environment.sh

env-spark:
	@sh tools/environment.sh spark

java:
	@sh tools/java.sh

browser:
	@sh tools/browser.sh

run: env ## open the pages, on real figures and an invented record world; STORE=folder: on your own
	@$(BIN)/olc serve --browser $(if $(STORE),--store "$(STORE)",--demo) $(if $(PORT),--port $(PORT))

test: env-spark java browser lint ## everything a change must pass: lint, types, house rules, tests (about 10 minutes)
	@echo "Tests marked heavy are left out here: make test-all runs them."
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --durations=20 -m "not heavy"

test-all: env-spark java browser lint ## the same and the heavy tests (more mutants, kills, stints and processes)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

lint: env ## ruff, mypy --strict and the house rules of tools/
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "Some files are not formatted: make format"; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/python tools/check_all.py

format: env ## put every file into the house's form
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

docs: env ## rebuild the generated pages (docs/generated/)
	@$(BIN)/python tools/generate_docs.py

bench: env ## measure speed and size; the numbers belong in docs/performance.md
	@over=0; for file in benchmarks/bench_*.py; do \
		echo "== $$file"; $(BIN)/python $$file || over=1; done; \
	echo "== benchmarks/questions.py"; rm -rf build/bench-store; \
	$(BIN)/olc take --store build/bench-store "$(CORPUS)/ice_detention_statistics" >/dev/null && \
	$(BIN)/python benchmarks/questions.py build/bench-store || over=1; exit $$over

lock: env ## rebuild requirements.lock from pyproject.toml (hashes, no addresses)
	@sh tools/lock.sh

starter: env ## rebuild the starter set of `olc demo` from the workbooks (OPENLIFECYCLE_CORPUS)
	@$(BIN)/python tools/build_starter.py

clean: ## remove the environment and everything that can be rebuilt
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

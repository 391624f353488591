# TapLens. `make` lists the targets. Needs Python 3.11 or newer; everything else goes into .venv.

PYTHON ?= python3
ifeq ($(OS),Windows_NT)
VENV_PYTHON := .venv/Scripts/python.exe
else
VENV_PYTHON := .venv/bin/python
endif
TESTS ?= tests
# As many at once as there are processors, but no more than a laptop has memory for.
AT_ONCE ?= -n logical --maxprocesses 4

.DEFAULT_GOAL := help
.PHONY: help demo test check docs bench bench-peers soak lock

help: ## List the targets
	@$(PYTHON) scripts/targets.py

demo: ## Sandbox, mirror, state, MCP over HTTP: everything on built-in defaults
	@$(PYTHON) scripts/demo.py

test: ## Run the tests (TESTS=tests/mcp for some of them)
	@$(PYTHON) scripts/environment.py --dev
	@$(VENV_PYTHON) -m pytest $(AT_ONCE) $(TESTS)

check: ## Lint, types, and that the reference pages are not stale
	@$(PYTHON) scripts/environment.py --dev
	@$(VENV_PYTHON) -m ruff check src tests scripts bench
	@$(VENV_PYTHON) -m mypy
	@$(VENV_PYTHON) scripts/docs.py --check

docs: ## Write docs/reference anew from the code
	@$(PYTHON) scripts/environment.py --dev
	@$(VENV_PYTHON) scripts/docs.py

bench: ## Measure the figures of docs/benchmarks.md
	@$(PYTHON) scripts/environment.py --dev
	@$(VENV_PYTHON) bench/start.py
	@$(VENV_PYTHON) bench/mirror_reads.py
	@$(VENV_PYTHON) bench/snapshot.py
	@$(VENV_PYTHON) bench/search.py
	@$(VENV_PYTHON) bench/flow.py
	@$(VENV_PYTHON) bench/charts.py
	@$(VENV_PYTHON) bench/judged/run.py
	@$(VENV_PYTHON) bench/questions/run.py
	@$(VENV_PYTHON) bench/questions/run.py --half untouched
	@$(VENV_PYTHON) bench/ask.py
	@$(VENV_PYTHON) bench/evaluate.py
	@$(VENV_PYTHON) bench/classic.py
	@$(VENV_PYTHON) bench/sync.py
	@$(VENV_PYTHON) bench/gateway/run.py

bench-peers: ## The gateway beside LiteLLM and Portkey, installed into bench/.peers (needs npm)
	@$(PYTHON) scripts/environment.py --dev
	@$(VENV_PYTHON) bench/gateway/peers.py
	@$(VENV_PYTHON) bench/gateway/run.py --peers

soak: export SOAK_REQUESTS := 10000
soak: ## 10,000 chats, a tenth of them answered wrongly upstream (a minute or two)
	@$(PYTHON) scripts/environment.py --dev
	@$(VENV_PYTHON) -m pytest -rP tests/gateway/soak

lock: ## Resolve the dependencies anew (needs uv and a package index)
	@$(VENV_PYTHON) scripts/lock.py

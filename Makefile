# Tapwatt: `make` alone prints this menu.
.DEFAULT_GOAL := menu
.PHONY: menu setup demo test test-fast check format contracts dashboards rooms bench bench-worker bench-tariff drill simulate crash-matrix mutants chaos fuzz differential lock clean
PY := .venv/bin/python
export PYTHONDONTWRITEBYTECODE := 1

menu: ## print this menu
	@echo "Tapwatt: tap a card, get watts."; echo
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

setup: ## make .venv with everything locked (the others do it themselves)
	@bash scripts/setup.sh

demo: setup ## run the whole ring on a real Kafka and Redis: at least 60 sessions, and an audit to the cent
	@$(PY) -m tapwatt_cli demo $(ARGS)

test: setup check ## check everything: tidy, unit, cli, property, flow, contract, integration
	@$(PY) -m pytest -n 2 --dist loadfile tests $(ARGS)

test-fast: setup ## the tests that need no Kafka: seconds
	@$(PY) -m pytest -q -n auto tests/unit tests/cli tests/property tests/flow tests/tidy $(ARGS)

check: setup ## formatting, lint, types, who may import whom, the published contract, the dashboards
	@.venv/bin/ruff format --check --quiet . || { echo "not formatted: run 'make format'"; exit 1; }
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy --no-error-summary
	@.venv/bin/lint-imports --no-cache >/dev/null || .venv/bin/lint-imports --no-cache
	@$(PY) -m scripts.contracts --check
	@$(PY) -m scripts.dashboards --check

format: setup ## put every file in shape
	@.venv/bin/ruff format --quiet .
	@.venv/bin/ruff check --quiet --fix .

contracts: setup ## write docs/asyncapi.yaml, settings.md, metrics.md and rooms.md anew from the code
	@$(PY) -m scripts.contracts

dashboards: setup ## write deploy/dashboards/*.json anew from scripts/dashboards
	@$(PY) -m scripts.dashboards

rooms: setup ## how large each room is, and the story of a session in files and lines
	@$(PY) -m scripts.rooms $(ARGS)

bench: setup ## the whole ring under open-loop load: latencies, and what each process costs a session; ARGS="--help"
	@$(PY) -m tests.bench.ring $(ARGS)

bench-worker: setup ## the worker beside stock Faust, in turns, on one real Kafka
	@$(PY) tests/bench/bench_worker.py $(ARGS)

bench-tariff: setup ## how many events the tariff service handles on one core, and how long one price takes
	@$(PY) tests/bench/bench_price.py $(ARGS)
	@$(PY) tests/bench/bench_tariff.py

drill: setup ## break one thing after another beside a real Prometheus, and see who is woken: about an hour; ARGS="--list"
	@bash scripts/prometheus.sh
	@$(PY) -m tests.drill $(ARGS)

simulate: setup ## the whole ring in one process, seed after seed with unforeseen dice, judged by the ledger; ARGS="--help"
	@$(PY) -m tests.simulation $(ARGS)

crash-matrix: setup ## hit every service at every window in every way, in memory and with kill -9: minutes; ARGS="--help"
	@$(PY) -m tests.crash $(ARGS)

mutants: setup ## break one safeguard after another in a copy, and see that a test notices: minutes; ARGS="--list"
	@$(PY) -m tests.mutants $(ARGS)

chaos: setup ## kill services, the broker and Redis while sessions flow, and let the provider's ledger judge; ARGS="--help"
	@$(PY) -m tests.chaos $(ARGS)

fuzz: setup ## spoil tariffs, CDRs and sessions for a minute: a price or one sentence, never anything else
	@$(PY) -m lab.fuzz $(ARGS)

differential: setup ## compare our prices with other engines'; needs ARGS, see docs/differential.md
	@$(PY) -m lab.differential $(ARGS)

lock: ## resolve requirements.in into requirements.lock (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --upgrade requirements.in --output-file requirements.lock

clean: ## remove what running and testing left behind
	@rm -rf .venv .run .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# The two commands of the README are `make run` and `make test`; CI and people call the same ones.
PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
DEMO ?= 1
LEADS ?= 1000000
export PORT HOST DEMO

BIN := .venv/bin
# Named so that a settings file or a database of the caller plays no part in checks.
CHECKED := env -u DATABASE_URL_FILE -u SECRET_KEY_FILE SECRET_KEY=only-for-checks-abcdefghijklmnopqrstuvwxyz-0123456789-ABCDEFGHIJ \
	DATABASE_URL=postgresql://nobody@127.0.0.1:1/nowhere

.PHONY: run test test-fast faults check lint fix types arch migrations deploy-check locks lock demo e2e bench install install-test

run: install
	@exec $(BIN)/leadflow up --host "$(HOST)" --port "$(PORT)"

install:
	@$(PYTHON) scripts/install.py run

install-test:
	@$(PYTHON) scripts/install.py test

test: install-test
	@$(BIN)/python scripts/run_tests.py all

test-fast: install-test
	@$(BIN)/python scripts/run_tests.py fast

faults: install-test
	@FAULTS=long $(BIN)/python scripts/run_tests.py faults

e2e: install-test
	@$(BIN)/python scripts/run_tests.py e2e

check: lint types arch migrations deploy-check locks

lint: install-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@if [ -n "$$(find templates -name '*.html' -print -quit 2>/dev/null)" ]; then $(BIN)/djlint --quiet --lint templates; fi

fix: install-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: install-test
	$(CHECKED) $(BIN)/mypy leadflow capture qualification nurturing distribution pipeline

arch: install-test
	$(BIN)/lint-imports

migrations: install-test
	$(CHECKED) $(BIN)/python -W ignore manage.py makemigrations --check --dry-run

deploy-check: install-test
	$(CHECKED) PUBLIC_BASE_URL=https://crm.leadflow.example $(BIN)/python manage.py check --deploy --fail-level WARNING

locks: install-test
	$(BIN)/python scripts/locks.py check

lock: install-test
	$(BIN)/python scripts/locks.py write

demo: install
	$(BIN)/leadflow migrate
	$(BIN)/leadflow demo --leads $(LEADS)

bench: install-test
	$(BIN)/python -m benchmarks

# `make help` lists the targets.

PORT ?= 8000
SANDBOX_PORT ?= 8790
PYTHON ?=
BIN = .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run test check bench vendor messages

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile
	@echo 'PORT=8000 chooses the port of `make run`; ARGS goes to pytest: make test ARGS="-k consent"'

run: .venv/.installed ## install, prepare the database and demo data, and start everything on PORT
	@$(BIN)/python manage.py migrate -v 0
	@$(BIN)/python manage.py demo --sandbox-port $(SANDBOX_PORT)
	@exec $(BIN)/python manage.py up --port $(PORT) --sandbox-port $(SANDBOX_PORT)

test: .venv/.installed-dev ## run the whole suite on SQLite, and all of it that opens a database on PostgreSQL
	@.ci/browser
	@$(BIN)/python tests/run.py $(ARGS)

check: .venv/.installed-dev ## format, lint, types, missing migrations, templates
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check
	$(BIN)/djlint templates --lint --quiet

bench: .venv/.installed-dev ## measure speed and memory; the numbers depend on the machine
	@$(BIN)/python -m tests.bench

messages: .venv/.installed ## collect the texts people read and compile their translations (needs gettext)
	$(BIN)/python manage.py makemessages -l es -l id --no-obsolete --no-location \
		--ignore .venv --ignore var --ignore static/vendor --ignore tests --ignore node_modules
	@for po in locale/*/LC_MESSAGES/django.po; do \
		msgattrib --sort-output $$po | sed '/^"POT-Creation-Date:/d' > $$po.new && mv $$po.new $$po; \
	done
	$(BIN)/python manage.py compilemessages --ignore .venv

vendor: ## fetch the front-end files of package.json into static/vendor again (needs Node)
	npm ci --ignore-scripts --no-audit --no-fund
	node scripts/vendor.mjs

.venv/bin/python:
	@PYTHON="$(PYTHON)" .ci/venv

.venv/.installed: .venv/bin/python requirements.txt
	@echo "Installing what Carillon needs…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/.installed-dev: .venv/.installed requirements-dev.txt
	@echo "Installing what the tests need…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

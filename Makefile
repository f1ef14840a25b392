# Ledgerline. `make` alone lists what there is; everything installs what it needs by itself.
.DEFAULT_GOAL := help
.PHONY: help run setup test check format bench storm demo-pictures clean
PY := .venv/bin/python

help: ## list these commands
	@awk -F ' *## ' '/^[a-z-]+:.* ## / { split($$1, name, ":"); printf "  make %-15s %s\n", name[1], $$2 }' Makefile

run: setup ## start Ledgerline: database, demo data (DEMO=0: none), pages on HOST:PORT
	@$(PY) -m flask serve

setup: .venv/.installed static/vendor/.installed ## install what running needs, nothing more

test: .venv/.installed-dev static/vendor/.installed ## run every test, browser included (ARGS="-k words" chooses)
	@chromium=$$($(PY) tools/chromium.py) && LEDGERLINE_CHROMIUM="$$chromium" $(PY) -m pytest $(ARGS)

check: .venv/.installed-dev ## ruff, its formatter, mypy strict
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

format: .venv/.installed-dev ## let ruff format and repair what it can
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

bench: .venv/.installed-dev static/vendor/.installed ## measure every promise of speed
	@$(PY) -m benchmarks $(ARGS)

storm: .venv/.installed-dev static/vendor/.installed ## the long tests: crashes, contests, fuzz (ARGS sets their size)
	@$(PY) -m benchmarks.storm $(ARGS)

demo-pictures: .venv/.installed-dev static/vendor/.installed ## photograph every page of the demo, light and dark
	@chromium=$$($(PY) tools/chromium.py) && LEDGERLINE_CHROMIUM="$$chromium" $(PY) -m benchmarks.pictures $(ARGS)

clean: ## remove what was installed; data in DATA_DIR stays
	@rm -rf .venv node_modules static/vendor .mypy_cache .ruff_cache .pytest_cache

.venv/.installed: requirements.txt tools/venv.sh
	@sh tools/venv.sh requirements.txt
	@touch $@

.venv/.installed-dev: requirements-dev.txt requirements.txt tools/venv.sh
	@sh tools/venv.sh requirements-dev.txt
	@touch .venv/.installed $@

static/vendor/.installed: package-lock.json package.json tools/frontend.py requirements-node.txt | .venv/.installed
	@echo "Installing the front end ..." >&2
	@$(PY) tools/frontend.py
	@touch $@

# Two commands on a fresh machine: `make demo` and `make test`. Both make their own environment.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
DEMO ?= autoresearch-demo

.PHONY: demo test docs agents attacks lint fix clean

demo: $(VENV)/base
	$(BIN)/autoresearch demo $(DEMO)

# What failed beside others is tried once more, alone: real processes starve on a busy machine. Both are printed.
test: $(VENV)/dev lint
	$(BIN)/python -m pytest -n 3 --dist worksteal || { [ $$? = 1 ] && $(BIN)/python -m pytest --last-failed --maxfail 5; }

# The documentation as a site, in docs/_build/html; any warning is an error.
docs: $(VENV)/docs
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html
	@echo docs/_build/html/index.html

# Installs the coding agents that the tests drive: 2 GB in .agents, never part of the package. Tests skip what is missing.
agents:
	tests/agents/programs/install.sh

# Plays every attack on every sandbox here, or FAMILIES="git intake", and writes the tables of the documentation.
attacks: $(VENV)/dev
	PYTHONPATH=tests $(BIN)/python -m attacks.page $(FAMILIES)

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(VENV)/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/base: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[tui,web]'
	touch $@

$(VENV)/dev: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[dev$(if $(GPT),$(comma)gpt)]'
	touch $@ $(VENV)/base

$(VENV)/docs: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[docs]'
	touch $@ $(VENV)/base

comma := ,

clean:
	rm -rf $(VENV) .agents dist build docs/_build docs/reference/options.md .mypy_cache .pytest_cache .ruff_cache .hypothesis

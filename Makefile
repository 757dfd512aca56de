# make chat   install into .venv, take in the sample (or DOCUMENT=path), open the chat
# make test   install and run every test (TESTS=tests/ingest/test_split.py for some of them)
# make check  ruff, mypy, and the tests without browser, language model and slow ones
# make lint   ruff and mypy
# make lock   resolve the locks again (add UPGRADE=--upgrade for newer versions)
PYTHON ?= python3
MODEL ?= auto
PORT ?= 7860
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# Modules are compiled when first used, not all of them on installing: 400 MB less.
export PYTHONDONTWRITEBYTECODE :=
LOCKED := install --quiet --no-deps --no-compile --require-hashes

.PHONY: chat install test check lint lock clean

chat: install
	$(BIN)/footnote ingest $(if $(DOCUMENT),"$(DOCUMENT)",--sample)
	$(BIN)/footnote chat --model $(MODEL) --port $(PORT)

install: .venv/installed

.venv/bin/python:
	$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info < (3, 14); sys.exit(not ok and "Footnote needs Python 3.11 to 3.13, this is " + sys.version.split()[0] + ": name another with make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

# torch comes first: pip takes the build that it is set up for (the CPU build where it finds one),
# which is then checked; among several that are admitted pip would prefer the registry's. A torch
# that is in .venv already stays.
.venv/torch.txt: constraints.txt | .venv/bin/python
	sed -n '/^torch==/,/[^\\]$$/p' constraints.txt > $@.new
	$(BIN)/python -c 'import torch' 2>/dev/null || ( \
	  $(PIP) download --quiet --no-deps --dest .venv/wheels "$$(sed -n 's/^\(torch==[^ ]*\).*/\1/p' $@.new)" && \
	  $(PIP) $(LOCKED) --no-index --find-links .venv/wheels -r $@.new )
	rm -rf .venv/wheels
	mv $@.new $@

# Every file is checked against the lock. The second step adds only what a build of torch that
# someone chose brings along (CUDA's packages); on a CPU machine it adds nothing.
.venv/installed: constraints.txt pyproject.toml .venv/torch.txt
	@echo "Installing Footnote into .venv (a few minutes the first time)…"
	$(PIP) $(LOCKED) -r constraints.txt
	$(PIP) install --quiet --no-build-isolation --editable .
	@touch $@

.venv/tested: .ci/test.txt .venv/installed
	$(PIP) $(LOCKED) -r .ci/test.txt
	$(PIP) install --quiet --no-build-isolation --editable '.[test]'
	@touch $@

# Two workers: tests that share the language model or the browser stay in one of them.
PYTEST := $(BIN)/python -m pytest --numprocesses 2 --dist loadgroup

test: .venv/tested
	$(PYTEST) $(TESTS)

check: lint
	$(PYTEST) -m "not browser and not language_model and not slow"

lint: .venv/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lock: .venv/installed
	$(PIP) install --quiet uv
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python .ci/lock.py $(UPGRADE)

clean:
	rm -rf .venv *.egg-info

# `make` says what there is. Everything is set up in .venv, from the package index alone.
PYTHON ?= python3
UV ?= uv

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
SAMPLE := .dalil/sample
RESULTS := .dalil/eval

# PyTorch is not in the lock file: which build a machine needs (processor or GPU) is its own affair.
TORCH := torch==2.13.0
# What PyTorch's GPU build asks for directly; it comes with PyTorch, or not at all.
GPU := cuda-bindings cuda-toolkit nvidia-cudnn-cu13 nvidia-cusparselt-cu13 nvidia-nccl-cu13 \
	nvidia-nvshmem-cu13 triton

.PHONY: help run demo test soak lint audit licences eval bench picture lock clean

help:
	@echo "make run    index the sample articles and open the chat page"
	@echo "make demo   ask one question in each language in the terminal"
	@echo "make test   run every test"
	@echo "make soak   kill, attack and load it for hours: the figures of SECURITY.md"
	@echo "make lint   ruff (rules and format) and strict type checking"
	@echo "make audit  look every locked version up among the known vulnerabilities (asks osv.dev)"
	@echo "make licences  list the licences of all that is installed"
	@echo "make eval   make the tables of goals and results; DATA=folder adds imported question sets, HELD_OUT=1 a fifth of each"
	@echo "make bench  measure speed and quality beside other systems"
	@echo "make picture  take the picture of the chat page for the README (needs a browser)"
	@echo "make lock   resolve requirements.lock again (needs uv; UPGRADE=--upgrade for new versions)"
	@echo "make clean  remove the environment, the sample index and the caches"
	@echo "Another Python: make run PYTHON=/path/to/python3.12"

run: $(READY)
	$(BIN)/dalil ingest eval/data/articles --home $(SAMPLE)
	$(BIN)/dalil serve --open --home $(SAMPLE)

demo: $(READY)
	$(BIN)/dalil ingest eval/data/articles --home $(SAMPLE)
	$(BIN)/dalil ask "متى استقالت حكومة حسان دياب؟" --llm quotes --home $(SAMPLE)
	$(BIN)/dalil ask "When did the Hope probe reach Mars?" --llm quotes --home $(SAMPLE)

test: $(READY)
	$(BIN)/python -m pytest

soak: $(READY)
	$(BIN)/dalil ingest eval/data/articles --home $(SAMPLE)
	$(BIN)/python -m pytest -s -m soak
	$(BIN)/python -m eval.attacks --llm embedded --out $(RESULTS)/attacks
	$(BIN)/python -m eval.load --home $(SAMPLE)

audit: $(READY)
	$(BIN)/pip-audit --requirement requirements.lock --disable-pip --vulnerability-service osv

licences: $(READY)
	$(BIN)/pip-licenses --from=mixed --order=license

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

eval: $(READY)
	$(BIN)/python -m eval.table $(if $(DATA),--data $(DATA)) $(if $(HELD_OUT),--held-out) --out $(RESULTS)

bench: $(READY)
	$(BIN)/dalil eval bench

picture: $(READY)
	$(BIN)/python -m pytest tests/test_web.py -k opens_the_article
	cp tests/artifacts/article-ar-1280.png ui/page.png

# The stamp is written last, so that a set-up that was interrupted goes on at the next call.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Dalil needs Python 3.11 or newer; '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)." >&2; \
		echo "Name another one: make run PYTHON=/path/to/python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install $(TORCH)
	$(BIN)/python -m pip install --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --no-deps --no-build-isolation -e .
	$(BIN)/python -m pip check
	@touch $@

# Keeps the versions that still fit. Overriding the GPU libraries away here concerns the lock file
# alone; in pyproject.toml it would break PyTorch for who installs Dalil with uv.
lock:
	@command -v $(UV) >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	printf "%s\n" $(TORCH) $(GPU:=";python_version<'0'") | $(UV) pip compile pyproject.toml \
		--group dev --extra peers --universal --python-version 3.11 --overrides /dev/stdin \
		--no-emit-package torch --generate-hashes --no-header --no-annotate $(UPGRADE) \
		--quiet --output-file requirements.lock

clean:
	rm -rf $(VENV) $(SAMPLE) $(RESULTS) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find index rag eval ui tests -name __pycache__ -type d -prune -exec rm -rf {} +
